"""Setting agents up and taking it back, as a user does it: in processes, with a home of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from configurations import snapshot
from headroom.marker import parse_marker
from payloads import big_table


@pytest.fixture
def home(tmp_path):
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def headroom(home, tmp_path):
    def run(*arguments, input=b"", code=0, python=sys.executable, start=("-m", "headroom")):
        surroundings = {
            "HOME": str(home),
            "PATH": "/usr/bin:/bin",
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "HEADROOM_CONFIG": os.devnull,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        done = subprocess.run(
            [python, *start, *arguments],
            input=input,
            env=surroundings,
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done
        done.text = done.stdout.decode() + done.stderr.decode()
        return done

    return run


def refusal(done):
    [line] = done.stderr.decode().splitlines()
    assert done.stdout == b""
    assert line.startswith("headroom: ")
    return line


CLAUDE = '{\n  "numStartups": 3, // mine\n  "mcpServers": {"other": {"command": "true"}}\n}\n'
SETTINGS = '{\n\t"permissions": {"allow": []},\n\t"env": {"ANTHROPIC_BASE_URL": "https://gateway"}\n}\n'


def test_everything_for_one_agent_is_set_up_seen_and_taken_back(headroom, home):
    (home / ".claude").mkdir()
    (home / ".claude.json").write_text(CLAUDE)
    (home / ".claude" / "settings.json").write_text(SETTINGS)
    before = snapshot(home)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        headroom("init", "claude", "--hooks", "--base-url", address, "--no-launcher")
        settings = json.loads((home / ".claude" / "settings.json").read_text())
        assert settings["env"]["ANTHROPIC_BASE_URL"] == address
        assert (
            headroom("init", "claude", "--hooks", "--base-url", address, "--no-launcher").text.count("is set already")
            == 3
        )
        assert "claude     registered " in headroom("mcp", "status").text
        findings = {each["subject"]: each for each in json.loads(headroom("doctor", "--json").stdout)}
        assert [findings[f"claude-{purpose}"]["verdict"] for purpose in ("mcp", "hooks", "route")] == ["good"] * 3
    assert "requests go to" in headroom("doctor", code=1).text
    [command] = [hook["command"] for entry in settings["hooks"]["PostToolUse"] for hook in entry["hooks"]]
    assert command.endswith(" hook claude-post-tool-use")
    assert headroom("unwrap", "claude").text.count("taken back") == 3
    assert snapshot(home) == before
    assert "nothing to take back for claude" in headroom("unwrap", "claude").text


def test_a_dry_run_shows_the_changes_and_makes_none(headroom, home, tmp_path):
    (home / ".claude.json").write_text(CLAUDE)
    before = snapshot(home)
    shown = headroom("mcp", "install", "--agent", "claude", "--agent", "codex", "--dry-run").stdout.decode()
    assert f"--- {home}/.claude.json\n+++ {home}/.claude.json\n" in shown
    assert f"--- {os.devnull}\n+++ {home}/.codex/config.toml\n" in shown
    assert "+[mcp_servers.headroom]\n" in shown
    assert snapshot(home) == before
    assert not (tmp_path / "data").exists()


def test_a_set_up_with_another_address_takes_the_place_of_the_first(headroom, home, tmp_path):
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text('model = "x" # mine\n')
    before = snapshot(home)
    assert (
        "nothing answers at http://127.0.0.1:1"
        in headroom("init", "codex", "--base-url", "http://127.0.0.1:1", "--no-launcher").text
    )
    headroom("init", "codex", "--base-url", "http://127.0.0.1:2/", "--no-launcher")
    assert 'openai_base_url = "http://127.0.0.1:2/v1"\n' in (home / ".codex" / "config.toml").read_text()
    headroom("unwrap", "--all")
    assert snapshot(home) == before
    assert not (tmp_path / "data" / "headroom" / "edits").exists()


def test_without_names_the_agents_that_are_here_are_registered(headroom, home):
    (home / ".cursor").mkdir()
    (home / ".qwen").mkdir()
    assert headroom("mcp", "install").text.count(": MCP server set in ") == 2
    rows = json.loads(headroom("mcp", "status", "--json").stdout)
    assert [(row["agent"], row["status"]) for row in rows] == [("cursor", "registered"), ("qwen", "registered")]
    headroom("mcp", "uninstall")
    assert sorted(path.name for path in home.rglob("*")) == [".cursor", ".qwen"]


def test_the_server_is_registered_with_each_agent_by_name_and_taken_back(headroom, home):
    named = ["claude", "codex", "cursor", "vscode", "gemini", "copilot", "opencode", "cline", "continue", "windsurf"]
    (home / ".claude.json").write_text(CLAUDE)
    before = snapshot(home)
    chosen = [word for name in named for word in ("--agent", name)]
    headroom("mcp", "install", *chosen)
    rows = json.loads(headroom("mcp", "status", *chosen, "--json").stdout)
    assert [(row["agent"], row["status"]) for row in rows] == [(name, "registered") for name in named]
    assert {row["evidence"] for row in rows} == {"tested", "documented"}
    for row in rows:
        assert "headroom" in Path(row["file"]).read_text()
    headroom("mcp", "uninstall", *chosen)
    rows = json.loads(headroom("mcp", "status", *chosen, "--json").stdout)
    assert {row["status"] for row in rows} <= {"not registered", "not installed"}
    assert snapshot(home) == before


def test_hooks_go_with_the_server_that_gives_back_what_they_leave_out(headroom, home):
    headroom("init", "claude", "--hooks")
    assert headroom("mcp", "uninstall", "--agent", "claude").text.splitlines()[0].startswith("claude-hooks: taken back")
    assert snapshot(home) == {}


def test_where_nothing_can_be_done_the_message_says_what_can(headroom, home):
    assert "no agent 'cluade'; did you mean 'claude'?" in refusal(headroom("init", "cluade", code=2))
    assert "python/headroom/agents/cluade.py" in refusal(headroom("init", "cluade", code=2))
    assert "has no settings for hooks; these have: claude, copilot, cursor" in refusal(
        headroom("init", "aider", "--hooks", code=2)
    )
    assert "Aider takes no MCP server; give --route" in refusal(headroom("init", "aider", code=2))
    assert "is no address" in refusal(headroom("init", "claude", "--base-url", "localhost:1", code=2))
    assert "cannot be routed" in refusal(headroom("init", "cursor", "--base-url", "http://x", code=2))
    routed = refusal(headroom("init", "gemini", "--base-url", "http://x/", code=2))
    assert "run it as: GOOGLE_GEMINI_BASE_URL=http://x GOOGLE_VERTEX_BASE_URL=http://x gemini. Routing needs" in routed
    assert snapshot(home) == {}, "also of what comes before the part that is refused"
    assert "name one agent, or give --all" in refusal(headroom("unwrap", code=2))
    assert "no agent was found on this machine" in refusal(headroom("mcp", "install", code=2))
    (home / ".claude.json").write_text("{torn")
    assert "cannot be read as JSON" in refusal(headroom("mcp", "install", "--agent", "claude", code=2))
    assert "unreadable: " in headroom("mcp", "status", "--agent", "claude").text


def test_the_doctor_finds_what_was_changed_behind_our_back_and_says_how_to_mend_it(headroom, home):
    headroom("mcp", "install", "--agent", "claude")
    (home / ".claude.json").write_text("{}")
    findings = {each["subject"]: each for each in json.loads(headroom("doctor", "--json", code=1).stdout)}
    assert findings["claude-mcp"]["verdict"] == "problem"
    assert "mcpServers.headroom" in findings["claude-mcp"]["text"]
    assert findings["claude-mcp"]["cure"] == "headroom unwrap claude, then headroom init claude"
    headroom("unwrap", "claude")
    headroom("init", "claude")
    headroom("doctor")


def test_the_doctor_finds_a_program_that_has_gone(headroom, home, tmp_path):
    """Installed by an interpreter of its own, whose directory then goes, as that of a virtual environment does."""
    directory = tmp_path / "gone"
    directory.mkdir()
    (directory / "python").symlink_to(os.path.realpath(sys.executable))
    (directory / "headroom").write_text("")
    headroom("mcp", "install", "--agent", "qwen", python=str(directory / "python"))
    headroom("doctor")
    (directory / "headroom").unlink()
    assert f"{directory / 'headroom'}, which the agent starts, is gone" in headroom("doctor", code=1).text
    headroom("init", "qwen")
    headroom("doctor")
    headroom("unwrap", "qwen")
    assert snapshot(home) == {}


def test_the_doctor_takes_back_what_a_crash_left_half_done(headroom, home, tmp_path):
    headroom("mcp", "install", "--agent", "claude")
    record = tmp_path / "data" / "headroom" / "edits" / "claude-mcp.json"
    record.write_text(record.read_text().replace('"phase": "applied"', '"phase": "applying"'))
    assert "half done, was taken back" in headroom("doctor").text
    assert snapshot(home) == {}
    record.write_text("torn")
    assert "is no record of edits" in headroom("doctor", code=1).text


def test_the_hook_answers_an_event_and_fails_open(headroom):
    table = big_table()
    event = {"tool_name": "mcp__db__query", "tool_input": {}, "tool_response": table}
    answer = json.loads(headroom("hook", "claude-post-tool-use", input=json.dumps(event).encode()).stdout)
    text = answer["hookSpecificOutput"]["updatedToolOutput"]
    assert headroom("retrieve", parse_marker(text).key).stdout.decode() == table
    small = json.dumps({**event, "tool_response": "small"}).encode()
    assert headroom("hook", "claude-post-tool-use", input=small).text == ""
    assert "was left as it is" in refusal(headroom("hook", "claude-post-tool-use", input=b"torn", code=1))


def test_a_server_that_could_not_run_is_not_registered(headroom, home):
    """As where the extra is not installed: the import system is told that there is no such module."""
    without = ["-c", "import sys; sys.modules['mcp'] = None; from headroom.cli import main; main()"]
    for command in (["mcp", "install", "--agent", "claude"], ["init", "claude"], ["mcp", "serve"]):
        assert "pip install 'headroom-ai[mcp]'" in refusal(headroom(*command, code=2, start=without))
    assert snapshot(home) == {}
    headroom("mcp", "install", "--agent", "claude")
    assert "cannot run: no extra mcp" in headroom("doctor", code=1, start=without).text


def test_every_help_fits_one_screen(headroom):
    for command in ("mcp", "mcp serve", "mcp install", "init", "unwrap", "doctor", "hook", "wrap"):
        assert len(headroom(*command.split(), "--help").text.splitlines()) <= 24
