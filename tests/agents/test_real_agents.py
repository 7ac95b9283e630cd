"""The agents themselves, in homes of their own: `make test-agents` installs them and says where (AGENT_PROGRAMS)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from configurations import snapshot
from headroom import count_tokens
from headroom.agent_setup import Surroundings, agent_named, wished_edits

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
QUESTION = "which request failed?"

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="AGENT_PROGRAMS names no directory of agents: make test-agents")


def log_text() -> str:
    """What the agents are made to read."""
    lines = [f"10:00:{n % 60:02d} INFO worker-{n % 7} handled request {n} in {n % 93} ms" for n in range(300)]
    return "\n".join([*lines, "10:20:00 ERROR worker-3 upstream timed out"])


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
    path = Path(wished_edits(agent_named(name), "mcp", Surroundings(str(home), {}, sys.platform, ("headroom",))).path)
    before = path.read_bytes() if path.exists() else None
    run(sys.executable, "-m", "headroom", "mcp", "install", "--agent", name)
    written = path.read_bytes()
    assert SIGNS[name] in run(name, "mcp", "list")
    is_theirs = path.read_bytes() != written
    run(sys.executable, "-m", "headroom", "mcp", "uninstall", "--agent", name)
    assert "headroom" not in run(name, "mcp", "list").replace(str(home), "")
    after = path.read_bytes() if path.exists() else None
    assert after == before or (is_theirs and b"headroom" not in (after or b""))


# What each calls its shell and the retrieve tool, how it is routed and run without a terminal.
HOOKED = {
    "claude": (
        "Bash",
        "mcp__headroom__headroom_retrieve",
        ["--allowedTools", "Bash", "mcp__headroom__headroom_retrieve"],
        {"ANTHROPIC_BASE_URL": "{address}", "ANTHROPIC_API_KEY": "sk-none"},
    ),
    "copilot": (
        "bash",
        "headroom-headroom_retrieve",
        ["--allow-all-tools"],
        {
            "COPILOT_PROVIDER_BASE_URL": "{address}",
            "COPILOT_PROVIDER_TYPE": "anthropic",
            "COPILOT_PROVIDER_API_KEY": "none",
            "COPILOT_MODEL": "claude-sonnet-4-5",
            "COPILOT_OFFLINE": "true",
        },
    ),
}


@pytest.mark.parametrize("name", HOOKED)
def test_a_tools_output_is_compressed_by_the_hook_and_a_part_of_the_original_had_back(name, home, run):
    shell, retrieve, options, routing = HOOKED[name]
    log = home / "app.log"
    log.write_text(log_text())
    lines = log.read_text().split("\n")
    before = snapshot(home)
    provider = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("fake_provider.py")), str(log), shell, retrieve],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert provider.stdout is not None
    with provider:
        address = f"http://127.0.0.1:{provider.stdout.readline().strip()}"
        surroundings = {variable: value.format(address=address) for variable, value in routing.items()}
        run(sys.executable, "-m", "headroom", "init", name, "--hooks")
        said = run(name, "-p", QUESTION, *options, **surroundings)
        run(sys.executable, "-m", "headroom", "unwrap", name)
        requests = json.loads(provider.communicate("")[0])
    assert "all done" in said
    assert retrieve in requests[-1]["tools"]
    shown, retrieved = map(json.dumps, requests[-1]["results"])
    assert "upstream timed out" in shown
    assert count_tokens(shown) < count_tokens(log.read_text()) / 10
    assert all(line in retrieved for line in lines[8:12])
    ours = {path: kind for path, kind in snapshot(home).items() if path in before}
    assert ours == before
    for purpose in ("mcp", "hooks"):
        path = Path(wished_edits(agent_named(name), purpose, Surroundings(str(home), {}, sys.platform, ("x",))).path)
        assert not path.exists() or "headroom" not in path.read_text()


CLINE_SETTINGS = {"provider": "anthropic", "apiKey": "sk-none", "model": "claude-sonnet-4-5"}
CLINE = json.dumps(
    {
        "version": 1,
        "lastUsedProvider": "anthropic",
        "modes": {},
        "providers": {
            "anthropic": {
                "settings": CLINE_SETTINGS,
                "updatedAt": "2026-11-01T10:00:00.000Z",
                "tokenSource": "manual",
            }
        },
    },
    indent=2,
)
CONTINUE = """# mine
name: mine
version: 1.0.0
schema: v1
models:
  - name: a # the one
    provider: anthropic
    model: claude-sonnet-4-5
    apiKey: sk-none
"""

# What each calls its shell and the retrieve tool ("" where it cannot ask), how it is run without a terminal, and what
# it needs beside that.
WRAPPED = {
    "claude": (
        "Bash",
        "mcp__headroom__headroom_retrieve",
        ["-p", QUESTION, "--allowedTools", "Bash", "mcp__headroom__headroom_retrieve"],
        {"ANTHROPIC_API_KEY": "sk-none"},
    ),
    "codex": (
        "exec_command",
        "mcp__headroom__headroom_retrieve",
        [
            "exec",
            "-m",
            "gpt-5",
            "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox",
            QUESTION,
        ],
        {"OPENAI_API_KEY": "sk-none", "CODEX_API_KEY": "sk-none"},
    ),
    "copilot": (
        "bash",
        "headroom-headroom_retrieve",
        ["-p", QUESTION, "--allow-all-tools"],
        {"COPILOT_PROVIDER_API_KEY": "none", "COPILOT_MODEL": "gpt-4.1", "COPILOT_OFFLINE": "true"},
    ),
    "gemini": (
        "run_shell_command",
        "mcp_headroom_headroom_retrieve",
        ["-m", "gemini-2.5-pro", "-y", "-p", QUESTION],
        {"GEMINI_API_KEY": "none", "GEMINI_CLI_TRUST_WORKSPACE": "true"},
    ),
    "opencode": (
        "bash",
        "headroom_headroom_retrieve",
        ["run", "-m", "anthropic/claude-sonnet-4-5", QUESTION],
        {"ANTHROPIC_API_KEY": "sk-none"},
    ),
    "cline": (
        "run_commands",
        "headroom__headroom_retrieve",
        ["-P", "anthropic", QUESTION],
        {},
    ),
    "continue": (
        "Bash",
        "headroom_retrieve",
        ["--auto", "-p", QUESTION],
        {},
    ),
    "qwen": (
        "run_shell_command",
        "",
        ["--auth-type", "openai", "-y", "-p", QUESTION],
        {"OPENAI_API_KEY": "sk-none", "OPENAI_MODEL": "gpt-4.1"},
    ),
}
# Gemini CLI asks how to log in unless its settings say so; two have a key and a model in theirs.
SETTINGS = {
    "gemini": (".gemini/settings.json", '{\n  "security": {"auth": {"selectedType": "gemini-api-key"}}\n}\n'),
    "cline": (".cline/data/settings/providers.json", CLINE),
    "continue": (".continue/config.yaml", CONTINUE),
}


@pytest.fixture
def no_daemon_left(home):
    """Cline leaves one behind, in whose surroundings its home stands."""
    yield
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command, surroundings = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
            if b"--cline-hub-daemon" in command and f"HOME={home}\0".encode() in surroundings:
                os.kill(int(process.name), signal.SIGTERM)


def wrapped(run, name, arguments, surroundings, log, shell="", retrieve="", *more):
    """What a wrapped agent said, what the provider was asked, and the port of the proxy between them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    provider = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("fake_provider.py")), str(log), shell, retrieve, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert provider.stdout is not None
    with provider:
        address = f"http://127.0.0.1:{provider.stdout.readline().strip()}"
        targets = {f"{name}_TARGET_API_URL": address for name in ("ANTHROPIC", "GEMINI", "OPENAI")}
        command = [sys.executable, "-m", "headroom", "wrap", name, "--port", str(port), "--", *arguments]
        said = run(*command, **targets, **surroundings)
        return said, json.loads(provider.communicate("")[0]), port


@pytest.mark.usefixtures("no_daemon_left")
@pytest.mark.parametrize("name", WRAPPED)
def test_a_wrapped_agents_requests_are_compressed_and_its_files_are_as_they_were(name, home, run):
    shell, retrieve, arguments, surroundings = WRAPPED[name]
    log = home / "work" / "app.log"
    log.write_text(log_text())
    lines = log.read_text().split("\n")
    if name in SETTINGS:
        path, text = SETTINGS[name]
        (home / path).parent.mkdir(parents=True)
        (home / path).write_text(text)
    before = snapshot(home)
    said, requests, port = wrapped(run, name, arguments, surroundings, log, shell, retrieve)
    assert "all done" in said
    requests = [request for request in requests if request["results"]]
    shown, *others = map(json.dumps, requests[-1]["results"])
    if retrieve:
        assert retrieve in requests[-1]["tools"]
        assert "upstream timed out" in shown
        assert count_tokens(shown) < count_tokens(log.read_text()) / 5
        [retrieved] = others
        # Some put lines of their own above what a tool printed.
        assert sum(line in retrieved for line in lines[:12]) >= 4
        assert lines[20] not in retrieved
    else:
        # The proxy offers the tool where the agent has none; what nobody can ask for is not left out.
        assert count_tokens(shown) < count_tokens(log.read_text()) / 2
        assert ("key=" in shown) == ("headroom_retrieve" in requests[-1]["tools"])
    after = {path: kind for path, kind in snapshot(home).items() if path in before}
    if name == "cline":
        # It writes down itself when it last used a provider.
        own = home / SETTINGS[name][0]
        assert json.loads(own.read_text())["providers"]["anthropic"]["settings"] == CLINE_SETTINGS
        after[own] = before[own]
    assert after == before
    for purpose in ("mcp", "route"):
        if purpose in agent_named(name).setups:
            path = Path(
                wished_edits(agent_named(name), purpose, Surroundings(str(home), {}, sys.platform, ("x",))).path
            )
            text = path.read_text() if path.exists() else ""
            assert "headroom" not in text
            assert str(port) not in text


AIDER = ["--no-git", "--yes-always", "--no-check-update", "--analytics-disable", "--no-show-release-notes"]


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
def test_aider_shows_what_it_reads_as_the_users_word_which_is_compressed_when_the_user_wants_it(model, home, run):
    log = home / "work" / "app.log"
    log.write_text("".join(f"10:00:{n % 60:02d} INFO worker-{n % 7} handled request {n}\n" for n in range(300)))
    (home / ".aider.conf.yml").write_text("# mine\ndark-mode: true\nset-env:\n  - A=b\n")
    before = snapshot(home)
    keys = {"OPENAI_API_KEY": "sk-none", "ANTHROPIC_API_KEY": "sk-none"}
    arguments = ["--model", model, *AIDER, "--read", str(log), "--message", QUESTION]
    lengths = []
    for settings in ({}, {"HEADROOM_COMPRESS_USER": "true"}):
        said, requests, _ = wrapped(run, "aider", arguments, {**keys, **settings}, log)
        assert "all done" in said
        [request] = requests
        assert request["path"] == ("/v1/chat/completions" if "gpt" in model else "/v1/messages")
        lengths.append(request["length"])
        assert {path: kind for path, kind in snapshot(home).items() if path in before} == before
    assert lengths[1] < lengths[0] - len(log.read_text()) / 3
