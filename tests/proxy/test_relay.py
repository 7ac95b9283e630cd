"""The proxy from outside: bytes there and back, streams, failures."""

from __future__ import annotations

import gzip
import json
import threading
import time
import zlib
from itertools import pairwise

import brotli
import pytest
import zstandard

import headroom
from payloads import FORMATS, big_table
from proxy.conftest import wait_until
from proxy.fake_provider import ERROR, stream_of
from proxy.odd_json import cut_out, differing_places

PATHS = {
    "openai": "/v1/chat/completions",
    "responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/gemini-2.5-pro:generateContent",
}
FIELDS = {"openai": "messages", "responses": "input", "anthropic": "messages", "gemini": "contents"}
every_format = pytest.mark.parametrize("name", PATHS)


def conversation(name, turns=1, tool=False, **more):
    # A conversation is known by how it begins, and those with the tool are others than those without.
    what = "which of yours" if tool else "which"
    asked = [(f"{what} failed in {number}?", "orders", big_table(200 + number, 117)) for number in range(turns)]
    tools = {"tools": [headroom.retrieve_tool(name)]} if tool else {}
    return {"model": "gpt-4o", FIELDS[name]: FORMATS[name](asked), **tools, **more}


def streamed(name, path):
    return path.replace(":generateContent", ":streamGenerateContent?alt=sse"), {} if name == "gemini" else {
        "stream": True
    }


PASSED_ON = [
    ("GET", "/v1/models?a=1&b=%20x&c=%2F", b""),
    ("POST", "/v1/unknown", b'{"x": 1.0,   "y":[1,2]}'),
    ("PUT", "/v1/unknown/1", b"\x00\x01\xff raw"),
    ("PATCH", "/v1/unknown/1", b"patch"),
    ("DELETE", "/v1/files/file-1", b""),
    ("OPTIONS", "/v1/chat/completions", b""),
    ("POST", "/v1/embeddings", b'{"input":["a" ,"b"]}'),
    ("POST", "/v1/files", bytes(range(256)) * 100),
    ("POST", "/v1/responses/resp_1/cancel", b""),
    ("POST", "/v1beta/models/m:embedContent", b"{}"),
]


@pytest.mark.parametrize(("method", "path", "body"), PASSED_ON, ids=lambda value: str(value)[:30])
def test_what_is_no_conversation_is_passed_on_as_it_is(proxy, provider, method, path, body):
    answer = proxy.send(method, path, body or None)
    seen = provider.last()
    assert (seen.method, seen.target, seen.body) == (method, path, body)
    assert answer.status == 200
    assert answer.body


def test_fields_of_headers_go_on_except_those_of_the_connection_and_our_own(proxy, provider):
    sent = {
        "Authorization": "Bearer sk-1",
        "User-Agent": "agent/1.0",
        "anthropic-beta": "a,b",
        "X-Custom": "kept",
        "Cookie": "a=b",
        "Te": "trailers",
        "Connection": "keep-alive, x-hop",
        "X-Hop": "dropped",
        "x-headroom-mode": "token",
    }
    answer = proxy.post("/v1/chat/completions?x=%2F", conversation("openai"), sent)
    seen = provider.last()
    kept = {
        name: seen.headers.get(name) for name in ("Authorization", "User-Agent", "anthropic-beta", "X-Custom", "Cookie")
    }
    assert kept == {name: sent[name] for name in kept}
    assert seen.headers["Host"] == provider.url.removeprefix("http://")
    lowered = {name.lower() for name in seen.headers}
    assert not lowered & {"te", "x-hop", "x-headroom-mode"}
    assert seen.target == "/v1/chat/completions?x=%2F"
    assert answer.headers["x-provider"] == "kept"


@every_format
def test_tool_results_get_smaller_and_all_other_bytes_stay(proxy, provider, name):
    raw = json.dumps({**conversation(name, 2), "temperature": 1.0, "x_future": [1, None]}, indent=1)
    answer = proxy.post(PATHS[name], raw.encode())
    out = provider.last().body.decode()
    changed = differing_places(json.loads(raw), json.loads(out))
    assert len(changed) == 2
    assert cut_out(raw, changed) == cut_out(out, changed)
    before, after = (int(answer.headers[f"x-headroom-tokens-{when}"]) for when in ("before", "after"))
    assert after < before
    assert provider.last().headers["Content-Length"] == str(len(provider.last().body))


def test_tokens_of_gemini_are_counted_for_the_model_in_the_path(proxy):
    body = {"contents": FORMATS["gemini"]([("which failed?", "orders", big_table())])}
    answer = proxy.post("/v1beta/models/gemini-2.5-pro:generateContent", body)
    result = headroom.compress(body["contents"], model="gemini-2.5-pro", retrieval="none")
    assert answer.headers["x-headroom-tokens-before"] == str(result.tokens_before)
    assert answer.headers["x-headroom-tokens-after"] == str(result.tokens_after)


@every_format
def test_a_client_with_the_retrieve_tool_gets_views_and_can_have_the_rest(proxy, provider, name):
    body = conversation(name, tool=True)
    proxy.post(PATHS[name], body)
    out = provider.last().body.decode()
    key = out.partition("key=")[2][:11]
    answer = proxy.send("GET", f"/v1/retrieve/{key}", headers={"x-headroom-token": proxy.token})
    assert answer.json()["original_content"] == big_table(200, 117)
    assert answer.json()["hash"] == key


@every_format
def test_a_longer_conversation_begins_with_the_bytes_of_the_shorter_one_also_after_a_restart(started, provider, name):
    bodies = []
    proxy = started()
    for turns in range(1, 5):
        if turns == 3:
            proxy.stop()
            proxy = started(home=proxy.home)
        proxy.post(PATHS[name], conversation(name, turns, tool=True))
        bodies.append(json.dumps(provider.last().json()[FIELDS[name]]))
    for shorter, longer in pairwise(bodies):
        assert longer.startswith(shorter[:-1])


CODINGS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "br": brotli.compress,
}


@pytest.mark.parametrize("coding", CODINGS)
def test_compressed_bodies_are_read_and_what_changed_goes_on_without_a_coding(proxy, provider, coding):
    raw = json.dumps(conversation("openai")).encode()
    assert proxy.post(PATHS["openai"], CODINGS[coding](raw), {"Content-Encoding": coding}).status == 200
    assert "Content-Encoding" not in provider.last().headers
    assert len(provider.last().body) < len(raw)
    assert provider.last().json()["messages"][:3] == json.loads(raw)["messages"][:3]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br", "unheard-of"])
def test_a_body_that_is_not_what_its_coding_says_goes_on_as_it_came(proxy, provider, coding):
    proxy.post(PATHS["openai"], b"\x1f\x8b not really", {"Content-Encoding": coding})
    assert provider.last().body == b"\x1f\x8b not really"
    assert provider.last().headers["Content-Encoding"] == coding


def test_a_compressed_body_in_which_nothing_changes_goes_on_as_it_came(proxy, provider):
    packed = gzip.compress(json.dumps({"messages": [{"role": "user", "content": "hi"}]}).encode())
    proxy.post(PATHS["openai"], packed, {"Content-Encoding": "gzip"})
    assert provider.last().body == packed


@every_format
def test_streams_come_byte_for_byte(proxy, provider, name):
    path, more = streamed(name, PATHS[name])
    answer = proxy.post(path, conversation(name, **more))
    assert answer.body == b"".join(stream_of(path.partition("?")[0], {}))
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"


@pytest.mark.timed
@every_format
def test_the_first_event_is_there_before_the_last_is_sent(proxy, provider, name):
    provider.gap_s = 0.1
    path, more = streamed(name, PATHS[name])
    connection = proxy.connect()
    began = time.monotonic()
    connection.request("POST", path, json.dumps(conversation(name, tool=True, **more)))
    response = connection.getresponse()
    assert response.read1(65_536)
    first = time.monotonic() - began
    response.read()
    whole = time.monotonic() - began
    connection.close()
    assert first < whole / 2


@pytest.mark.parametrize("stream", [True, False])
@every_format
def test_a_client_that_goes_takes_the_providers_work_with_it(proxy, provider, name, stream):
    path, more = streamed(name, PATHS[name]) if stream else (PATHS[name], {})
    provider.gap_s = 1.0
    provider.fault = "" if stream else "slow"
    connection = proxy.connect()
    connection.request("POST", path, json.dumps(conversation(name, **more)))
    if stream:
        connection.getresponse().read1(100)
    else:
        wait_until(lambda: provider.seen)
    connection.close()
    assert provider.gone.wait(10)


@pytest.mark.parametrize("status", ["400", "401", "404", "413", "429", "500", "503", "529"])
@every_format
def test_the_providers_errors_come_as_they_are_and_nothing_is_sent_twice(proxy, provider, name, status):
    provider.fault = status
    answer = proxy.post(PATHS[name], conversation(name))
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (int(status), ERROR, "1")
    assert len(provider.seen) == 1


@every_format
def test_a_provider_that_does_not_answer_is_told_of_in_the_clients_format(proxy, provider, name):
    provider.fault = "reset"
    answer = proxy.post(PATHS[name], conversation(name))
    assert answer.status == 502
    assert "no answer from" in answer.json()["error"]["message"]
    assert len(provider.seen) == 1
    provider.fault = ""
    assert proxy.post(PATHS[name], conversation(name)).status == 200


@every_format
def test_a_stream_that_breaks_off_breaks_off_for_the_client_too(proxy, provider, name):
    provider.fault = "break"
    path, more = streamed(name, PATHS[name])
    answer = proxy.post(path, conversation(name, **more))
    assert not answer.is_whole
    assert answer.body == b"".join(stream_of(path.partition("?")[0], {})[:2])


def test_an_answer_that_is_too_short_is_not_made_to_look_whole(proxy, provider):
    provider.fault = "short"
    assert not proxy.post(PATHS["openai"], conversation("openai")).is_whole
    provider.fault = "gzip cut off"
    answer = proxy.post(PATHS["openai"], conversation("openai"))
    assert answer.headers["Content-Encoding"] == "gzip"
    with pytest.raises(EOFError):
        gzip.decompress(answer.body)


def test_answers_of_any_coding_and_size_come_as_they_are(proxy, provider):
    for coding, body in (("gzip", gzip.compress(b"x" * 10_000)), ("br", b"opaque"), ("identity", bytes(5_000_000))):
        provider.answer = ({"Content-Encoding": coding, "Content-Type": "application/json"}, body)
        answer = proxy.post(PATHS["openai"], conversation("openai"))
        assert (answer.headers["Content-Encoding"], answer.body) == (coding, body)


def test_a_request_in_chunks_and_one_that_waits_to_be_let_on_arrive(proxy, provider):
    raw = json.dumps(conversation("openai")).encode()
    connection = proxy.connect()
    chunks = (raw[at : at + 1_000] for at in range(0, len(raw), 1_000))
    connection.request("POST", PATHS["openai"], chunks, encode_chunked=True)
    assert connection.getresponse().read()
    connection.close()
    first = provider.last().body
    assert proxy.post(PATHS["openai"], raw, {"Expect": "100-continue"}).status in (100, 200)
    assert provider.last().body == first


def test_everybody_gets_the_answer_to_his_own_request(proxy, provider):
    wrong = []

    def ask(number):
        body = conversation("openai", 1 + number % 3)
        body["messages"].append({"role": "user", "content": f"question {number}"})
        proxy.post(f"/v1/echo/{number}/chat/completions", body)
        answer = proxy.send("GET", f"/v1/mine/{number}")
        if answer.json()["path"] != f"/v1/mine/{number}":
            wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    for seen in provider.seen:
        if seen.method == "POST":
            assert seen.json()["messages"][-1]["content"] == f"question {seen.target.split('/')[3]}"


def test_a_body_over_the_limit_is_passed_on_as_it_is(started, provider):
    proxy = started(HEADROOM_MAX_BODY_BYTES="10000")
    raw = json.dumps(conversation("openai", 3)).encode()
    assert len(raw) > 10_000
    proxy.post(PATHS["openai"], raw)
    assert provider.last().body == raw
    connection = proxy.connect()
    connection.request("POST", PATHS["openai"], iter([raw[:8_000], raw[8_000:]]), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    assert provider.last().body == raw


@pytest.mark.timed
def test_a_large_body_does_not_keep_others_waiting(proxy, provider):
    lines = "\n".join(
        f"2026-01-01 00:00:00 INFO worker-{n % 7} request {n * 7919 % 100_003} done" for n in range(150_000)
    )
    body = conversation("openai")
    body["messages"][-1]["content"] = lines
    raw = json.dumps(body).encode()
    large = threading.Thread(target=proxy.post, args=(PATHS["openai"], raw))
    began = time.monotonic()
    large.start()
    waits = []
    while large.is_alive():
        asked = time.monotonic()
        proxy.post(PATHS["openai"], {"messages": [{"role": "user", "content": "hi"}]})
        waits.append(time.monotonic() - asked)
    took = time.monotonic() - began
    assert max(len(seen.body) for seen in provider.seen) < len(raw)
    assert sorted(waits)[len(waits) // 2] < took / 4
