"""The agents themselves, in homes of their own: `make test-agents` installs them and says where (AGENT_PROGRAMS)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headroom import count_tokens
from headroom.agent_setup import Surroundings, agent_named, file_edit

PROGRAMS = os.environ.get("AGENT_PROGRAMS", "")
# A word of what each says of a server that it knows; of these, three connect to it to say so.
SIGNS = {
    "claude": "Connected",
    "codex": "enabled",
    "copilot": "headroom (local)",
    "gemini": "headroom",
    "opencode": "connected",
    "qwen": "Connected",
}
PATIENCE_S = 120

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="AGENT_PROGRAMS names no directory of agents: make test-agents")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / "work").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def run(home):
    def run(*command, code=0, **more):
        surroundings = {
            "HOME": str(home),
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "HEADROOM_CONFIG": os.devnull,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            **more,
        }
        done = subprocess.run(
            command,
            env=surroundings,
            cwd=home / "work",
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == code, done
        return done.stdout + done.stderr

    return run


@pytest.mark.parametrize("name", SIGNS)
def test_an_agent_knows_the_server_once_it_is_registered_and_no_longer_afterwards(name, home, run):
    run(name, "mcp", "list")
    path = Path(file_edit(agent_named(name), "mcp", Surroundings(str(home), {}, sys.platform, ("headroom",))).path)
    before = path.read_bytes() if path.exists() else None
    run(sys.executable, "-m", "headroom", "mcp", "install", "--agent", name)
    written = path.read_bytes()
    assert SIGNS[name] in run(name, "mcp", "list")
    is_theirs = path.read_bytes() != written
    run(sys.executable, "-m", "headroom", "mcp", "uninstall", "--agent", name)
    assert "headroom" not in run(name, "mcp", "list").replace(str(home), "")
    after = path.read_bytes() if path.exists() else None
    assert after == before or (is_theirs and b"headroom" not in (after or b""))


def test_claude_code_compresses_a_tools_output_and_has_a_part_of_the_original_back(home, run):
    log = home / "app.log"
    lines = [
        f"2026-01-01 10:00:{n % 60:02d} INFO worker-{n % 7} handled request {n} in {n % 93} ms" for n in range(300)
    ]
    log.write_text("\n".join([*lines, "2026-01-01 10:20:00 ERROR worker-3 upstream timed out"]))
    provider = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("fake_provider.py")), str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert provider.stdout is not None
    with provider:
        address = f"http://127.0.0.1:{provider.stdout.readline().strip()}"
        run(sys.executable, "-m", "headroom", "init", "claude", "--hooks", "--base-url", address)
        tools = ["--allowedTools", "Bash", "mcp__headroom__headroom_retrieve"]
        said = run("claude", "-p", "which request failed?", *tools, ANTHROPIC_API_KEY="sk-none")
        run(sys.executable, "-m", "headroom", "unwrap", "claude")
        requests = json.loads(provider.communicate("")[0])
    assert "all done" in said
    assert "mcp__headroom__headroom_retrieve" in [tool["name"] for tool in requests[-1]["tools"]]
    blocks = [
        block
        for message in requests[-1]["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    shown, retrieved = [block["content"] for block in blocks if block["type"] == "tool_result"]
    assert "upstream timed out" in shown
    assert count_tokens(shown) < count_tokens(log.read_text()) / 10
    assert "\n".join(lines[4:6]) in retrieved[0]["text"]
    assert not (home / ".claude" / "settings.json").exists()
    assert "headroom" not in (home / ".claude.json").read_text()
