"""The agents' values: complete, consistent, and put where each agent looks."""

from __future__ import annotations

import os
import re

import pytest

from headroom.agent_setup import PURPOSES, Surroundings, agent_named, locate, wished_edits
from headroom.errors import InputError
from headroom.registry import agents, providers

NAMES = (
    *("aider", "claude", "cline", "codex", "continue", "copilot", "cursor", "gemini", "goose", "openclaw"),
    *("opencode", "openhands", "qwen", "vibe", "vscode", "windsurf"),
)
WITH_MCP = set(NAMES) - {"aider"}


def machine(environment=None, platform="linux", launcher=("/opt/headroom",)):
    return Surroundings("/home/ann", environment or {}, platform, launcher)


def test_the_agents_are_these():
    assert tuple(agent.name for agent in agents()) == NAMES
    assert {agent.name for agent in agents() if "mcp" in agent.setups} == WITH_MCP


@pytest.mark.parametrize("agent", agents(), ids=lambda agent: agent.name)
def test_what_an_agent_says_of_itself_can_be_used(agent):
    known = {provider.name for provider in providers()}
    assert agent.title
    assert set(agent.wire_formats) <= known
    assert set(agent.setups) <= set(PURPOSES)
    assert agent.setups or agent.environment
    assert agent.note or agent.wire_formats
    for value in (*agent.environment.values(), *agent.arguments):
        assert set(re.findall(r"{\w+}", value)) <= {"{base_url}"}
    for purpose in agent.setups:
        edit = wished_edits(agent, purpose, machine(), "http://127.0.0.1:8787/")
        assert os.path.isabs(edit.path)
        assert "{" not in str([each.path for each in edit.edits])
        for each in edit.edits:
            assert not re.search(r"{\w+}", str(each.value)), "every placeholder is filled"
            if purpose == "route":
                assert "http://127.0.0.1:8787" in each.value
                assert "8787//" not in each.value


def test_an_agents_own_variables_move_its_files():
    for name, variable, value, path in (
        ("claude", "CLAUDE_CONFIG_DIR", "/c", "/c/.claude.json"),
        ("codex", "CODEX_HOME", "/c", "/c/config.toml"),
        ("opencode", "XDG_CONFIG_HOME", "/c", "/c/opencode/opencode.json"),
        ("qwen", "QWEN_HOME", "/c", "/c/settings.json"),
        ("gemini", "GEMINI_CLI_HOME", "/c", "/c/.gemini/settings.json"),
        ("copilot", "COPILOT_HOME", "/c", "/c/mcp-config.json"),
        ("claude", "CLAUDE_CONFIG_DIR", "", "/home/ann/.claude.json"),
    ):
        assert locate(agent_named(name).setups["mcp"].file, machine({variable: value})) == path
    hooks = agent_named("claude").setups["hooks"].file
    assert locate(hooks, machine({"CLAUDE_CONFIG_DIR": "/c"})) == "/c/settings.json"


def test_a_file_that_has_two_names_is_found_under_the_one_it_has(tmp_path):
    file = agent_named("opencode").setups["mcp"].file
    surroundings = machine({"XDG_CONFIG_HOME": str(tmp_path)})
    path, otherwise = (tmp_path / "opencode" / f"opencode.{ending}" for ending in ("json", "jsonc"))
    assert locate(file, surroundings) == str(path)
    path.parent.mkdir()
    otherwise.touch()
    assert locate(file, surroundings) == str(otherwise)
    path.touch()
    assert locate(file, surroundings) == str(path)


def test_other_systems_have_other_places():
    file = agent_named("vscode").setups["mcp"].file
    assert locate(file, machine(platform="darwin")).endswith("/Library/Application Support/Code/User/mcp.json")
    assert locate(file, machine({"XDG_CONFIG_HOME": "/x"})) == "/x/Code/User/mcp.json"


def test_a_program_with_spaces_in_its_path_and_arguments_is_registered_whole():
    launcher = ("/opt/my tools/python", "-m", "headroom")
    [server] = wished_edits(agent_named("claude"), "mcp", machine(launcher=launcher)).edits
    assert server.value == {
        "type": "stdio",
        "command": "/opt/my tools/python",
        "args": ["-m", "headroom", "mcp", "serve"],
    }
    [server] = wished_edits(agent_named("opencode"), "mcp", machine(launcher=launcher)).edits
    assert server.value["command"] == ["/opt/my tools/python", "-m", "headroom", "mcp", "serve"]
    [hook] = wished_edits(agent_named("claude"), "hooks", machine(launcher=launcher)).edits
    [entry] = hook.value["hooks"]
    assert entry["command"] == "'/opt/my tools/python' -m headroom hook claude-post-tool-use"


def test_an_unknown_agent_is_told_which_there_are_and_how_to_add_one():
    with pytest.raises(InputError, match=r"did you mean 'gemini'.*aider, claude.*headroom/agents/gemni\.py"):
        agent_named("gemni")
