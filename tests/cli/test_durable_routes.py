"""A durable route never leaves an agent without its provider: real processes, and a proxy that is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from cli.wrapping import PATIENCE_S, is_open
from configurations import snapshot
from payloads import big_table
from proxy.conftest import wait_until


@pytest.fixture
def launched(wrapping, home):
    """A machine on which `headroom init claude --route` was run, and PATH is as it asks for."""
    said = wrapping.headroom("init", "claude", "--route")
    directory = wrapping.directory / "data" / "headroom" / "launchers"
    assert f'put it first in PATH, in your shell\'s profile: export PATH="{directory}:$PATH"' in said
    wrapping.environment["PATH"] = f"{directory}:{wrapping.environment['PATH']}"
    wrapping.environment["HEADROOM_PORT"] = str(wrapping.port)
    return wrapping


def launch(launched, *arguments):
    done = subprocess.run(
        ["claude", *arguments],
        env=launched.environment,
        cwd=launched.directory,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done
    return json.loads(done.stdout), done.stderr


def is_compressed(provider):
    text = provider.last().json()["messages"][-1]["content"][0]["content"]
    return len(text) < len(big_table()) / 2


def test_no_file_of_the_agent_names_a_proxy_and_the_launcher_starts_one(launched, home, provider):
    assert "127.0.0.1" not in (home / ".claude.json").read_text()
    assert not (home / ".claude").exists()
    seen, said = launch(launched, "ask")
    assert (seen["status"], seen["arguments"]) == (200, ["ask"])
    assert is_compressed(provider)
    assert "started for this run" in said
    assert not is_open(launched.port)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_proxy_that_is_killed_during_a_run_is_there_again_at_once(launched, provider, number):
    ready, go = launched.directory / "ready", launched.directory / "go"
    agent = subprocess.Popen(
        ["claude", "ask-later", str(ready), str(go)],
        env=launched.environment,
        cwd=launched.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: ready.exists() and ready.read_text())
    [proxy] = launched.proxies()
    os.kill(proxy, number)
    wait_until(lambda: launched.proxies() not in ([], [proxy]))
    go.touch()
    out, err = agent.communicate(timeout=PATIENCE_S)
    assert json.loads(out)["status"] == 200, err
    assert is_compressed(provider)
    assert "the proxy ended 1 times and was started again" in err
    wait_until(lambda: not is_open(launched.port))


def test_where_no_proxy_can_be_had_the_agent_asks_its_provider_itself(launched, home, provider):
    before = snapshot(home)
    launched.environment["ANTHROPIC_BASE_URL"] = provider.url
    with socket.create_server(("127.0.0.1", launched.port)) as other:
        other.listen()
        other.settimeout(PATIENCE_S)
        # Somebody else, who says nothing and hangs up.
        process = subprocess.Popen(
            ["claude", "ask"],
            env=launched.environment,
            cwd=launched.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        other.accept()[0].close()
        out, err = process.communicate(timeout=PATIENCE_S)
    assert json.loads(out)["status"] == 200, err
    assert json.loads(out)["base_url"] == provider.url
    assert "Claude Code runs without Headroom: port" in err
    assert not is_compressed(provider)
    launched.environment["HEADROOM_MODE"] = "wrong"
    assert "runs without Headroom: mode='wrong'" in launch(launched, "ask")[1]
    assert snapshot(home) == before


def test_when_headroom_has_gone_the_launcher_runs_the_agent_by_itself(launched, provider):
    launcher = launched.directory / "data" / "headroom" / "launchers" / "claude"
    launcher.write_text(launcher.read_text().replace(sys.executable, "/gone/python"))
    launched.environment["ANTHROPIC_BASE_URL"] = provider.url
    seen, said = launch(launched, "ask")
    assert (seen["status"], said) == (200, "")
    assert not is_compressed(provider)
    (launched.directory / "bin" / "claude").unlink()
    done = subprocess.run(["claude"], env=launched.environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (127, "claude is not in PATH\n")


def test_taking_it_back_leaves_no_trace(launched, home):
    assert "launchers/claude: removed" in launched.headroom("unwrap", "claude")
    assert (home / ".claude.json").read_text() == '{"numStartups": 3}\n'
    assert not (launched.directory / "data" / "headroom" / "launchers").exists()
    launched.headroom("init", "claude", "--route")
    assert "launchers/claude: removed" in launched.headroom("unwrap", "--all")
    assert shutil.which("claude", path=launched.environment["PATH"]) == str(launched.directory / "bin" / "claude")


def test_an_address_of_this_machine_is_not_written_into_settings_unawares(wrapping, home):
    before = snapshot(home)
    said = wrapping.headroom("init", "claude", "--base-url", "http://localhost:8787", code=2)
    assert "with its proxy down Claude Code would have no provider; use headroom init claude --route" in said
    assert "is not in PATH" in wrapping.headroom("init", "qwen", "--route", code=2)
    assert "cannot be routed by a launcher" in wrapping.headroom("init", "cursor", "--route", code=2)
    assert "exec " in wrapping.headroom("init", "claude", "--route", "--dry-run")
    assert snapshot(home) == before
