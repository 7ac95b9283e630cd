"""`headroom doctor`: each finding as a user makes it come about, with its cure, in a home of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from threading import Thread

import pytest

from cli.wrapping import PATIENCE_S
from proxy.conftest import wait_until


@pytest.fixture
def doctor(wrapping, home):
    wrapping.environment["HEADROOM_PORT"] = str(wrapping.port)
    (home / ".claude.json").unlink()

    def findings(code=0, **more):
        done = subprocess.run(
            [sys.executable, "-m", "headroom", "doctor", "--json"],
            env={**wrapping.environment, "PATH": "/usr/bin:/bin", **more},
            cwd=wrapping.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done
        found = json.loads(done.stdout)
        assert all(each["cure"] for each in found if each["verdict"] != "good"), "each finding has its cure"
        return found

    return findings


def of(findings, subject):
    [found] = [each for each in findings if each["subject"] == subject]
    return found["verdict"], found["text"], found["cure"]


def test_a_sound_installation_is_told_so(doctor):
    found = doctor()
    subjects = {each["subject"] for each in found}
    assert {"version", "parts", "extras", "settings", "store", "proxy"} <= subjects
    assert {each["verdict"] for each in found} == {"good"}
    assert "nothing listens on port" in of(found, "proxy")[1]


def test_wrong_settings_are_told_once(doctor):
    found = doctor(1, HEADROOM_MODE="wrong")
    assert [each["subject"] for each in found if "mode='wrong'" in each["text"]] == ["settings"]
    assert "store and the proxy were not looked at" in of(found, "settings")[2]


def test_a_proxy_that_runs_is_known_by_its_settings(doctor, wrapping):
    log = wrapping.directory / "log"
    with open(log, "wb") as stream:
        proxy = subprocess.Popen([sys.executable, "-m", "headroom", "proxy"], env=wrapping.environment, stderr=stream)
    try:
        wait_until(lambda: b"listening" in log.read_bytes())
        assert "a proxy of yours listens" in of(doctor(), "proxy")[1]
        verdict, text, cure = of(doctor(1, OPENAI_TARGET_API_URL="https://elsewhere.example"), "proxy")
        assert (verdict, "whose settings are not yours now" in text) == ("problem", True)
        assert cure.startswith("stop it and start it again")
    finally:
        proxy.terminate()
        proxy.wait(PATIENCE_S)


def test_a_port_that_another_program_has_is_told_with_what_to_do(doctor, wrapping):
    with socket.create_server(("127.0.0.1", wrapping.port)) as other:

        def answer():
            connection, _ = other.accept()
            with connection:
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")

        answering = Thread(target=answer)
        answering.start()
        verdict, text, cure = of(doctor(1), "proxy")
        answering.join()
    assert (verdict, text) == ("problem", f"port {wrapping.port} of 127.0.0.1 is in use by another program")
    assert "set HEADROOM_PORT" in cure


def test_a_version_that_will_not_do_is_told(doctor, wrapping):
    old = wrapping.directory / "old" / "mcp-1.9.dist-info"
    old.mkdir(parents=True)
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: mcp\nVersion: 1.9\n")
    path = f"{old.parent}{os.pathsep}{wrapping.environment['PYTHONPATH']}"
    [found] = [each for each in doctor(1, PYTHONPATH=path) if each["verdict"] == "problem"]
    assert found["text"].startswith("mcp 1.9 is installed, and ")
    assert found["cure"] == "pip install --upgrade 'headroom-ai[mcp]'"


def test_a_damaged_store_that_was_put_aside_is_not_forgotten(doctor, wrapping):
    doctor()
    store = wrapping.directory / "data" / "headroom" / "ccr.sqlite3"
    store.with_name(store.name + ".damaged-1").write_bytes(b"")
    found = [each for each in doctor() if each["subject"] == "store"]
    assert [each["verdict"] for each in found] == ["good", "note"]
    assert "ccr.sqlite3.damaged-1" in found[1]["text"]


def test_what_leads_nowhere_in_an_agents_settings_is_found_whoever_wrote_it(doctor, home):
    (home / ".claude").mkdir()
    own, servers = home / ".claude" / "settings.json", home / ".claude.json"
    own.write_text('{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}}')
    servers.write_text('{"mcpServers": {"headroom": {"command": "/gone/headroom", "args": []}}}')
    found = [each for each in doctor(1) if each["subject"] == "claude" and each["verdict"] == "problem"]
    assert "env.ANTHROPIC_BASE_URL in" in found[0]["text"]
    assert "is http://127.0.0.1:9, where nothing answers" in found[0]["text"]
    assert "starts /gone/headroom, which is gone" in found[1]["text"]
    own.write_text("{torn")
    servers.unlink()
    assert any("its settings cannot be edited" in each["text"] for each in doctor())


def test_what_a_crash_left_is_found_and_named(doctor, home):
    (home / ".qwen").mkdir()
    draft = home / ".qwen" / ".settings.json.headroom-tmp"
    draft.write_text("{")
    assert f"rm {draft}" in [each["cure"] for each in doctor() if each["subject"] == "qwen"]


def test_a_launcher_that_path_does_not_find_is_told(doctor, wrapping):
    wrapping.headroom("init", "claude", "--route")
    directory = wrapping.directory / "data" / "headroom" / "launchers"
    verdict, text, cure = of(doctor(1), "claude-launcher")
    assert (verdict, "is not the launcher" in text, str(directory) in cure) == ("problem", True, True)
    assert of(doctor(PATH=f"{directory}:/usr/bin:/bin"), "claude-launcher")[0] == "good"
    (directory / "claude").write_text((directory / "claude").read_text() + "# older\n")
    assert "another installation" in of(doctor(PATH=f"{directory}:/usr/bin:/bin"), "claude-launcher")[1]
