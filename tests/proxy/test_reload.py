"""SIGHUP: settings are read again while requests go on."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios

import pytest

from payloads import big_table
from proxy.agent_sessions import request
from proxy.conftest import SECONDS_TO_STOP, wait_until
from proxy.fake_provider import stream_of


@pytest.fixture
def configured(charged, tmp_path):
    """A proxy with a settings file, and what writes that and has it read again."""
    file = tmp_path / "headroom.toml"
    file.write_text("")
    proxy = charged(HEADROOM_CONFIG=str(file))

    def write(text):
        file.write_text(text)
        proxy.process.send_signal(signal.SIGHUP)

    return proxy, write


def one_turn(streams=False):
    return request("openai", "You help.", [("which failed?", "orders", big_table())], streams=streams)


def test_what_is_safe_takes_effect_and_the_rest_is_named(configured, billing):
    proxy, write = configured
    path, body = one_turn()
    proxy.post(path, body)
    assert billing.last().body != json.dumps(body).encode()
    write('mode = "off"\nrecord_requests = 3\nstore_ttl_s = 60\n')
    wait_until(lambda: "settings read again" in proxy.said())
    assert "mode, record_requests changed; store_ttl_s cannot change while the proxy runs" in proxy.said()
    proxy.post(path, body)
    assert billing.last().body == json.dumps(body).encode()
    assert proxy.dashboard()["recording"] == {"enabled": True, "keeps": 3, "setting": "record_requests"}
    assert proxy.dashboard()["mode"] == proxy.stats()["mode"] == "off"
    assert proxy.booked(2)["total"]["metered"] == 2


@pytest.mark.parametrize("text", ["mode = ", 'mode = "fast"', "nonsense = 1", "min_tokens = -1"])
def test_settings_that_are_wrong_change_nothing(configured, text):
    proxy, write = configured
    write(text)
    wait_until(lambda: "all stay as they were" in proxy.said())
    assert proxy.post(*one_turn()).status == 200
    assert proxy.booked(1)["mode"] == "token"


def test_requests_under_way_end_as_they_began(configured, billing):
    proxy, write = configured
    billing.gap_s = 0.1
    path, body = one_turn(streams=True)
    connection = proxy.connect()
    connection.request("POST", path, json.dumps(body))
    response = connection.getresponse()
    write('mode = "observe"')
    wait_until(lambda: "mode changed" in proxy.said())
    assert response.read().endswith(stream_of(path, body)[-1])
    connection.close()
    assert proxy.booked(1)["total"]["tokens"]["saved"] > 1_000


def test_a_closed_terminal_ends_the_proxy(tmp_path, billing):
    ours, theirs = os.openpty()
    main = "from headroom.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", main, "proxy", "--port", "0"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OPENAI_TARGET_API_URL": billing.url},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    said = b""
    while b"listening on" not in said:
        said += os.read(ours, 4_096)
    process.send_signal(signal.SIGHUP)
    while b"settings read again" not in said:
        said += os.read(ours, 4_096)
    os.close(ours)
    assert process.wait(SECONDS_TO_STOP) == 0
