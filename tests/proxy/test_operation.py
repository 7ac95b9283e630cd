"""Starting, stopping, sharing, dying: the proxy as a process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time

import aiohttp
import pytest

import headroom
from payloads import FORMATS, big_table
from proxy.conftest import wait_until
from proxy.fake_provider import stream_of


def request(number):
    messages = FORMATS["openai"]([(f"which failed? {number}", "orders", big_table(150 + number % 50, number % 140))])
    return {"model": "gpt-4o", "messages": messages, "tools": [headroom.retrieve_tool("openai")]}


def test_a_port_in_use_is_one_clear_line_and_exit_code_1(proxy):
    main = "from headroom.cli import main; main()"
    command = [sys.executable, "-c", main, "proxy", "--port", str(proxy.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{proxy.port}: address already in use" in done.stderr
    assert proxy.send("GET", "/health").status == 200


def test_without_its_extra_it_says_what_to_install():
    main = "import sys; sys.modules['aiohttp'] = None; from headroom.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", main, "proxy"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "pip install 'headroom-ai[proxy]'" in done.stderr


def test_it_lets_streams_end_before_it_goes(started, provider):
    proxy = started()
    provider.gap_s = 0.15
    connection = proxy.connect()
    connection.request("POST", "/v1/chat/completions", json.dumps({**request(1), "stream": True}))
    response = connection.getresponse()
    first = response.read1(65_536)
    stopped = threading.Thread(target=proxy.stop)
    stopped.start()
    assert first + response.read() == b"".join(stream_of("/v1/chat/completions", {}))
    stopped.join()
    connection.close()
    assert proxy.process.returncode == 0


def test_every_original_is_there_after_kill_9(started, provider):
    proxy = started()
    answered = []

    def load(start):
        for number in range(start, 10_000, 4):
            try:
                proxy.post("/v1/chat/completions", request(number))
            except OSError:
                return
            answered.append(number)

    threads = [threading.Thread(target=load, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(answered) >= 40)
    proxy.process.kill()
    proxy.process.wait()
    for thread in threads:
        thread.join()
    again = started(home=proxy.home)
    headers = {"x-headroom-token": again.token}
    # Also what was forwarded and never answered: whoever reads it must be able to ask.
    for seen in provider.seen:
        key = seen.body.decode().partition("key=")[2][:11]
        number = int(seen.json()["messages"][1]["content"].rpartition(" ")[2])
        found = again.send("GET", f"/v1/retrieve/{key}", headers=headers).json()
        assert found["original_content"] == big_table(150 + number % 50, number % 140)


def test_two_proxies_of_a_user_share_their_originals(started, provider):
    first = started()
    second = started(home=first.home)
    for one, other in ((first, second), (second, first)):
        one.post("/v1/chat/completions", request(one.port))
        key = provider.last().body.decode().partition("key=")[2][:11]
        assert other.send("GET", f"/v1/retrieve/{key}", headers={"x-headroom-token": other.token}).status == 200


def test_a_provider_that_is_down_is_told_of_and_found_again(started, provider):
    proxy = started(OPENAI_TARGET_API_URL="http://127.0.0.1:9")
    began = time.monotonic()
    answer = proxy.post("/v1/chat/completions", request(1))
    assert answer.status == 502
    assert time.monotonic() - began < 5
    assert "http://127.0.0.1:9" in answer.json()["error"]["message"]
    assert proxy.stats()["upstream_failures"] == 1


def test_no_more_requests_are_worked_on_than_allowed(started, provider):
    proxy = started(HEADROOM_MAX_REQUESTS="1")
    provider.fault = "slow"
    connection = proxy.connect()
    connection.request("POST", "/v1/chat/completions", json.dumps(request(1)))
    wait_until(lambda: provider.seen)
    answer = proxy.post("/v1/messages", request(2))
    connection.close()
    assert answer.status == 503
    assert answer.json()["type"] == "error"


def test_a_websocket_is_relayed_both_ways_and_one_for_responses_is_told_to_use_http(proxy):
    async def talk():
        async with aiohttp.ClientSession() as session:
            where = f"http://127.0.0.1:{proxy.port}"
            async with session.ws_connect(f"{where}/v1/realtime?model=m", protocols=("realtime",)) as sock:
                assert sock.protocol == "realtime"
                await sock.send_str("hello")
                assert await sock.receive_str() == "echo hello"
                await sock.send_bytes(b"abc")
                assert await sock.receive_bytes() == b"cba"
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{where}/v1/responses")
            assert refused.value.status == 426

    asyncio.run(talk())


def test_a_websocket_for_responses_is_relayed_if_the_user_says_so(started):
    proxy = started(HEADROOM_RELAY_RESPONSES_WEBSOCKET="true")

    async def talk():
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"http://127.0.0.1:{proxy.port}/v1/responses") as sock,
        ):
            await sock.send_str("hello")
            assert await sock.receive_str() == "echo hello"

    asyncio.run(talk())
