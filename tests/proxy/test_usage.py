"""What answers say of their usage is read from their bytes, however they come."""

from __future__ import annotations

import gzip
import json
import zlib

import brotli
import pytest
import zstandard

from headroom.providers import Usage
from headroom.proxy.usage import Tee
from headroom.registry import provider_named
from proxy.fake_provider import reply_to, stream_of
from proxy.till import billed, usage_in

PATHS = {
    "anthropic": "/v1/messages",
    "openai": "/v1/chat/completions",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/gemini-2.5-pro:streamGenerateContent",
}
USED = {"fresh": 11, "write": 0, "hour": 0, "read": 900, "output": 77}
SAID = Usage(11, 0, 0, 900, 77)
CODINGS = {
    "": lambda raw: raw,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
every_format = pytest.mark.parametrize("name", PATHS)


def stream(name):
    frames = [billed(PATHS[name], frame, USED, "the-model") for frame in stream_of(PATHS[name], {})]
    if name == "openai":
        last = {"object": "chat.completion.chunk", "model": "the-model", "choices": [], **usage_in(PATHS[name], USED)}
        frames.insert(-1, f"data: {json.dumps(last)}\n\n".encode())
    return b"".join(frames)


def read(name, chunks, status=200, **headers):
    tee = Tee(provider_named(name), status, {"Content-Type": "text/event-stream", **headers})
    for chunk in chunks:
        tee.feed(chunk)
    return tee.read()


@every_format
def test_a_stream_may_be_divided_anywhere(name):
    raw = stream(name)
    whole = read(name, [raw])
    assert whole[0] == SAID
    assert whole[1] == {"responses": "m", "gemini": None}.get(name, "the-model")
    for at in range(1, len(raw)):
        assert read(name, [raw[:at], raw[at:]]) == whole
    assert read(name, [raw[at : at + 1] for at in range(len(raw))]) == whole
    assert read(name, [raw.replace(b"\n", b"\r\n")]) == whole


@pytest.mark.parametrize("coding", CODINGS)
@every_format
def test_an_answer_may_be_packed(name, coding):
    raw = CODINGS[coding](stream(name))
    headers = {"Content-Encoding": coding} if coding else {}
    assert read(name, [raw[:50], raw[50:]], **headers)[0] == SAID
    reply = {**reply_to(PATHS[name].replace("stream", ""), {}), **usage_in(PATHS[name], USED)}
    packed = CODINGS[coding](json.dumps(reply, indent=1).encode())
    assert read(name, [packed[:9], packed[9:]], **{**headers, "Content-Type": "application/json"})[0] == SAID


def test_a_stream_that_breaks_off_has_what_was_said_until_then():
    raw = stream("anthropic")
    half = raw[: raw.index(b"content_block_stop")]
    assert read("anthropic", [half])[0] == Usage(11, 0, 0, 900, 1)
    packed = gzip.compress(raw)
    assert read("anthropic", [packed[:-20]], **{"Content-Encoding": "gzip"})[0] is not None
    assert read("openai", [stream("openai")[:200]])[0] is None


def test_a_list_of_parts_is_read_as_well():
    parts = [{"candidates": []}, {"candidates": [], **usage_in(PATHS["gemini"], USED)}]
    raw = json.dumps(parts).encode()
    assert read("gemini", [raw], **{"Content-Type": "application/json"})[0] == SAID


def test_words_of_the_model_are_not_taken_for_usage():
    told = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": '"usage": {"input_tokens": 5}'}}
    lines = f"data: {json.dumps(told)}\n\n".encode() * 20
    raw = stream("anthropic")
    at = raw.index(b"event: message_delta")
    assert read("anthropic", [raw[:at], lines, raw[at:]])[0] == SAID


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[" * 9_000, b'{"usage": 3}', b'{"usage": {"prompt_tokens": "9"}}', b"\xff"]
)
def test_what_makes_no_sense_says_nothing(raw):
    for name in PATHS:
        assert read(name, [raw], **{"Content-Type": "application/json"})[0] is None
        assert read(name, [b"data: " + raw + b"\n\n"])[0] is None
        assert read(name, [raw], **{"Content-Encoding": "gzip"})[0] is None


def test_errors_say_nothing():
    assert read("anthropic", [stream("anthropic")], status=529) == (None, None)


@pytest.mark.parametrize(
    ("name", "event", "usage"),
    [
        # Anthropic's input is without what was cached; without a breakdown a write is the short one.
        (
            "anthropic",
            {"usage": {"input_tokens": 5, "cache_creation_input_tokens": 70, "cache_read_input_tokens": 9}},
            Usage(5, 70, None, 9, None),
        ),
        ("anthropic", {"type": "message_delta", "usage": {"output_tokens": 8}}, Usage(output=8)),
        # OpenAI's prompt includes it.
        (
            "openai",
            {
                "usage": {
                    "prompt_tokens": 100,
                    "completion_tokens": 3,
                    "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
                }
            },
            Usage(10, 30, 0, 60, 3),
        ),
        # DeepSeek tells the same elsewhere.
        (
            "openai",
            {"usage": {"prompt_tokens": 100, "completion_tokens": 3, "prompt_cache_hit_tokens": 64}},
            Usage(36, 0, 0, 64, 3),
        ),
        (
            "responses",
            {
                "response": {
                    "usage": {
                        "input_tokens": 100,
                        "output_tokens": 4,
                        "input_tokens_details": {
                            "cached_tokens": 40,
                            "cache_write_tokens": 50,
                            "cache_write_tokens_details": {"ttl_30m_tokens": 20, "ttl_12h_tokens": 30},
                        },
                    }
                }
            },
            Usage(10, 20, 30, 40, 4),
        ),
        # Gemini's thoughts are no candidates, and what its own tools read is no prompt.
        (
            "gemini",
            {
                "usageMetadata": {
                    "promptTokenCount": 100,
                    "cachedContentTokenCount": 30,
                    "toolUsePromptTokenCount": 7,
                    "candidatesTokenCount": 5,
                    "thoughtsTokenCount": 6,
                }
            },
            Usage(77, 0, 0, 30, 11),
        ),
    ],
)
def test_each_format_counts_in_its_own_way(name, event, usage):
    assert provider_named(name).usage(event) == usage


def test_absurd_counts_are_no_counts():
    assert provider_named("openai").usage({"usage": {"prompt_tokens": 10**30, "completion_tokens": 1}}) is None
    assert provider_named("anthropic").usage({"usage": {"input_tokens": 5, "output_tokens": 2**80}}) == Usage(fresh=5)
