"""`headroom wrap`: real processes, a stand-in for the agent, the real proxy, and a provider on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from random import Random

import pytest

from cli.wrapping import PATIENCE_S, code_of, is_open
from configurations import snapshot
from payloads import big_table
from proxy.conftest import wait_until

ENDS = int(os.environ.get("WRAP_ENDS", "1"))


def sent(provider):
    return provider.last().json()["messages"][-1]["content"][0]["content"]


def test_a_run_is_compressed_and_leaves_no_trace(wrapping, home, provider):
    (home / ".claude.json").write_text('{"mcpServers": {"other": {"command": "true"}}}\n')
    before = snapshot(home)
    out, err = wrapping.run("claude", "ask")
    seen = json.loads(out)
    assert (seen["status"], seen["base_url"]) == (200, f"http://127.0.0.1:{wrapping.port}")
    assert seen["registered"]
    assert "key=" in sent(provider)
    assert len(sent(provider)) < len(big_table()) / 2
    assert {name.lower(): value for name, value in provider.last().headers.items()}["x-api-key"] == "none"
    assert "started for this run" in err
    assert not is_open(wrapping.port), "it was stopped before the command ended"
    assert snapshot(home) == before


def test_an_agent_without_the_retrieve_tool_is_offered_it_on_the_way(wrapping, home, provider):
    before = snapshot(home)
    _, err = wrapping.run("aider", "ask")
    assert "key=" in sent(provider)
    assert [tool["name"] for tool in provider.last().json()["tools"]] == ["Bash", "headroom_retrieve"]
    assert "Aider has no retrieve tool of its own" in err
    without = ["-c", "import sys; sys.modules['mcp'] = None; from headroom.cli import main; main()"]
    _, err = wrapping.run("claude", "ask", python=without)
    assert [tool["name"] for tool in provider.last().json()["tools"]] == ["Bash", "headroom_retrieve"]
    assert "pip install 'headroom-ai[mcp]'" in err
    assert snapshot(home) == before


def test_exit_codes_and_arguments_are_the_agents_own(wrapping):
    wrapping.run("claude", "exit", "3", code=3)
    out, _ = wrapping.run("codex", "--port", "--", "-x")
    address = f'openai_base_url="http://127.0.0.1:{wrapping.port}/v1"'
    assert json.loads(out)["arguments"] == ["-c", address, "--port", "--", "-x"]


def test_runs_share_a_proxy_and_a_registration_until_the_last_one_ends(wrapping, home):
    before = snapshot(home)
    first, _ = wrapping.wait()
    second, _ = wrapping.wait()
    first.send_signal(signal.SIGTERM)
    assert code_of(first) == 7
    out, err = wrapping.run("claude", "ask")
    assert json.loads(out)["registered"]
    assert "which was running" in err
    refused = subprocess.run(
        [sys.executable, "-m", "headroom", "init", "claude"], env=wrapping.environment, capture_output=True, check=False
    )
    assert b"goes with it; end it first" in refused.stderr
    second.send_signal(signal.SIGTERM)
    assert code_of(second) == 7
    assert snapshot(home) == before
    wait_until(lambda: not is_open(wrapping.port))


def test_runs_may_begin_and_end_at_the_same_time(wrapping, home):
    before = snapshot(home)
    runs = [wrapping.start("claude", "ask") for _ in range(3)]
    said = [process.communicate(timeout=PATIENCE_S) for process in runs]
    assert [process.returncode for process in runs] == [0] * 3, said
    assert all(json.loads(out)["registered"] for out, _ in said)
    assert sum("started for this run" in err for _, err in said) >= 1
    assert not any("the proxy ended" in err for _, err in said)
    wait_until(lambda: not is_open(wrapping.port))
    assert snapshot(home) == before


def test_a_proxy_of_the_users_own_is_used_and_left_running(wrapping, provider):
    log = wrapping.directory / "log"
    with open(log, "wb") as stream:
        proxy = subprocess.Popen(
            [sys.executable, "-m", "headroom", "proxy", "--port", str(wrapping.port)],
            env=wrapping.environment,
            stderr=stream,
        )
    wait_until(lambda: b"listening" in log.read_bytes())
    try:
        _, err = wrapping.run("claude", "ask")
        assert "which was running" in err
        assert "key=" in sent(provider)
        elsewhere = wrapping.refusal("claude", "ask", ANTHROPIC_TARGET_API_URL="https://elsewhere.example")
        assert "sends requests or keeps originals elsewhere than your settings say" in elsewhere
        assert proxy.poll() is None
    finally:
        proxy.terminate()
        proxy.wait(PATIENCE_S)


def test_signals_reach_the_agent_and_everything_is_restored(wrapping, home):
    before = snapshot(home)
    process, _ = wrapping.wait()
    assert snapshot(home) != before
    # As a terminal does: to the whole group, of which the proxy is not.
    os.killpg(process.pid, signal.SIGINT)
    assert code_of(process) == 8
    assert snapshot(home) == before
    process, agent = wrapping.wait()
    os.kill(agent, signal.SIGKILL)
    assert code_of(process) == 128 + signal.SIGKILL
    assert snapshot(home) == before


def test_after_a_kill_the_proxy_goes_and_the_next_start_restores(wrapping, home):
    before = snapshot(home)
    process, agent = wrapping.wait()
    process.kill()
    process.wait(PATIENCE_S)
    wait_until(lambda: not is_open(wrapping.port))
    os.kill(agent, signal.SIGKILL)
    assert code_of(process) == -signal.SIGKILL
    assert snapshot(home) != before
    out, err = wrapping.run("claude", "ask")
    assert "claude-mcp was left by a process that was killed, and was taken back" in err
    assert json.loads(out)["registered"], "anew, for the new run"
    assert snapshot(home) == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_whenever_it_is_ended_nothing_stays_changed(wrapping, home, number):
    before = snapshot(home)
    random = Random(number)
    for _ in range(ENDS):
        process = wrapping.start("claude", "exit", "0")
        time.sleep(random.uniform(0.05, 0.9))
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_S)
        if number == signal.SIGKILL:
            wrapping.run("claude", "exit", "0")
        assert snapshot(home) == before


def test_what_the_agent_writes_itself_stays(wrapping, home):
    wrapping.run("claude", "write")
    assert json.loads((home / ".claude.json").read_text()) == {"numStartups": 4}


def test_an_address_in_the_agents_settings_is_replaced_for_the_run_or_refused(wrapping, home, provider):
    (home / ".claude").mkdir()
    own = home / ".claude" / "settings.json"
    own.write_text(f'{{"env": {{"ANTHROPIC_BASE_URL": "{provider.url}/"}}}}\n')
    before = snapshot(home)
    out, _ = wrapping.run("claude", "ask")
    assert json.loads(out)["settings"]["env"]["ANTHROPIC_BASE_URL"] == f"http://127.0.0.1:{wrapping.port}"
    assert snapshot(home) == before
    own.write_text('{"env": {"ANTHROPIC_BASE_URL": "https://gateway"}}\n')
    refused = wrapping.refusal("claude", "ask")
    assert f"env.ANTHROPIC_BASE_URL in {own} is https://gateway, and the proxy would send" in refused
    assert "set ANTHROPIC_TARGET_API_URL=https://gateway, or unset" in refused
    own.unlink()
    refused = wrapping.refusal("claude", "ask", ANTHROPIC_BASE_URL="https://gateway")
    assert "ANTHROPIC_BASE_URL is https://gateway" in refused


def test_an_agent_that_keeps_an_address_for_each_provider_has_them_replaced_for_the_run(wrapping, home, provider):
    own = home / ".cline" / "data" / "settings" / "providers.json"
    own.parent.mkdir(parents=True)
    settings = {"provider": "anthropic", "apiKey": "sk-none", "model": "claude-sonnet-4-5"}
    own.write_text(json.dumps({"version": 1, "providers": {"anthropic": {"settings": settings}}}, indent=2))
    before = snapshot(home)
    out, _ = wrapping.run("cline", "ask")
    assert json.loads(out)["base_url"] == f"http://127.0.0.1:{wrapping.port}/v1"
    assert json.loads(out)["status"] == 200
    assert len(sent(provider)) < len(big_table())
    assert snapshot(home) == before


CONTINUE = """# mine
name: mine
models:
  - {name: a, provider: anthropic, model: claude-sonnet-4-5, apiKey: sk-none}
  - name: b # another one's
    provider: openai
    apiBase: https://gateway.example/v1
"""


def test_an_agent_that_keeps_an_address_for_each_model_gets_a_copy_for_the_run(wrapping, home, provider):
    own = home / ".continue" / "config.yaml"
    own.parent.mkdir()
    own.write_text(CONTINUE)
    before = snapshot(home)
    out, _ = wrapping.run("continue", "ask")
    assert json.loads(out)["base_url"] == f"http://127.0.0.1:{wrapping.port}/v1"
    assert len(sent(provider)) < len(big_table())
    assert snapshot(home) == before
    copies = wrapping.directory / "data" / "headroom" / "runs"
    assert list(copies.glob("*.yaml")) == []
    process, agent = wrapping.wait("continue")
    [copy] = copies.glob("*.yaml")
    config = json.loads(copy.read_text())
    assert copy.stat().st_mode & 0o077 == 0
    assert config["models"][1]["apiBase"] == "https://gateway.example/v1", "the proxy would send it elsewhere"
    assert config["mcpServers"][0]["name"] == "headroom"
    process.kill()
    os.kill(agent, signal.SIGKILL)
    code_of(process)
    wrapping.run("continue", "exit", "0")
    assert list(copies.glob("*.yaml")) == [], "also that of a run which was killed"
    assert snapshot(home) == before


def test_what_is_known_from_documentation_alone_is_said_so(wrapping, home):
    before = snapshot(home)
    _, err = wrapping.run("goose", "look")
    assert "Goose through the proxy" in err
    assert "as its documentation says, not tried" in err
    assert "not tried" not in wrapping.run("claude", "look")[1]
    assert snapshot(home) == before


def test_a_subscription_that_cannot_be_routed_gets_the_server_and_hooks_alone(wrapping, home):
    before = snapshot(home)
    out, err = wrapping.run("copilot", "look", options=["--subscription"])
    assert json.loads(out)["base_url"] is None
    assert "asks GitHub's own servers, which no documented setting changes" in err
    assert snapshot(home) == before


def test_without_the_proxy_the_server_and_hooks_are_there_for_the_run(wrapping, home):
    before = snapshot(home)
    out, _ = wrapping.run("claude", "look", options=["--no-proxy"])
    seen = json.loads(out)
    assert (seen["registered"], seen["base_url"]) == (True, None)
    assert "headroom" in seen["settings"]["hooks"]["PostToolUse"][0]["hooks"][0]["command"]
    assert snapshot(home) == before


def test_a_dry_run_shows_what_would_be_changed_and_starts_nothing(wrapping, home):
    before = snapshot(home)
    out, err = wrapping.run("claude", "ask", options=["--dry-run"])
    assert f"--- {home}/.claude.json\n+++ {home}/.claude.json\n" in out
    assert f"ANTHROPIC_BASE_URL=http://127.0.0.1:{wrapping.port} " in out
    assert f"would listen on http://127.0.0.1:{wrapping.port}" in err
    assert snapshot(home) == before
    assert not (wrapping.directory / "data").exists()


def test_what_cannot_be_done_is_said_in_one_line_and_changes_nothing(wrapping, home):
    before = snapshot(home)
    assert "no agent 'cluade'; did you mean 'claude'?" in wrapping.refusal("cluade")
    assert "'qwen', the program of Qwen Code, is not in PATH" in wrapping.refusal("qwen")
    assert "cannot be routed" in wrapping.refusal("cursor")
    assert "stand behind --: headroom wrap claude -- -p" in wrapping.refusal("claude", options=["-p"])
    assert "could be set for route. Routing needs a key of your own: cline auth" in wrapping.refusal("cline")
    assert "no model of openai or anthropic that could be routed stands in" in wrapping.refusal("continue")
    assert "is routed whatever pays for it" in wrapping.refusal("claude", options=["--subscription"])
    by_hand = wrapping.refusal("vibe")
    assert f'api_base = "http://127.0.0.1:{wrapping.port}/v1" in [[providers]] of ~/.vibe/config.toml' in by_hand
    assert "leaves nothing to do" in wrapping.refusal("aider", options=["--no-proxy"])
    half_shared = wrapping.refusal("claude", "ask", HEADROOM_ACCESS_TOKENS_FILE="tokens")
    assert "the proxy did not start: access_tokens_file is for a shared proxy" in half_shared
    assert "multi_tenant is for a proxy that several people share" in wrapping.refusal(
        "claude", "ask", HEADROOM_MULTI_TENANT="yes"
    )
    without = ["-c", "import sys; sys.modules['aiohttp'] = None; from headroom.cli import main; main()"]
    assert "pip install 'headroom-ai[proxy]'" in wrapping.refusal("claude", python=without)
    with socket.create_server(("127.0.0.1", wrapping.port)) as other:
        process = wrapping.start("claude", "ask")
        connection, _ = other.accept()
        with connection:
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")
        assert "is taken by a program that is no Headroom proxy" in process.communicate(timeout=PATIENCE_S)[1]
        assert process.returncode == 2
    assert snapshot(home) == before
