"""What proxies of this kind got wrong before: many conversations, parallel calls, odd bodies, full stores."""

from __future__ import annotations

import json
import random

import pytest

import headroom
from payloads import FORMATS, big_table
from proxy.test_transform import BROKEN

PATHS = {
    "openai": "/v1/chat/completions",
    "responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/gemini-2.5-pro:generateContent",
}
FIELDS = {"openai": "messages", "responses": "input", "anthropic": "messages", "gemini": "contents"}
every_format = pytest.mark.parametrize("name", PATHS)


def request(name, question, table, **more):
    return {"model": "m", FIELDS[name]: FORMATS[name]([(question, "orders", table)]), **more}


def key_in(text):
    return text.partition("key=")[2][:11]


@every_format
def test_the_fiftieth_conversation_with_one_system_prompt_is_compressed_like_the_first(proxy, provider, name):
    for number in range(50):
        proxy.post(PATHS[name], request(name, f"question {number}", big_table(60 + number, 7), system="You are a bot."))
    for number, seen in enumerate(provider.seen):
        sent = json.dumps(request(name, f"question {number}", big_table(60 + number, 7), system="You are a bot."))
        assert len(seen.body) < 0.8 * len(sent)


def test_all_results_of_parallel_calls_are_compressed_and_keep_their_calls(proxy, provider):
    tables = [big_table(100 + number, 50) for number in range(4)]
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": "fetch", "arguments": f'{{"n": {n}}}'}}
        for n in range(4)
    ]
    results = [{"role": "tool", "tool_call_id": f"call_{n}", "content": tables[n]} for n in (2, 0, 3, 1)]
    asked = [{"role": "user", "content": "go"}, {"role": "assistant", "content": None, "tool_calls": calls}]
    proxy.post(PATHS["openai"], {"model": "m", "messages": [*asked, *results]})
    messages = provider.last().json()["messages"]
    assert messages[:2] == asked
    assert [message["tool_call_id"] for message in messages[2:]] == ["call_2", "call_0", "call_3", "call_1"]
    for message, sent in zip(messages[2:], results, strict=True):
        assert len(message["content"]) < len(sent["content"])
        assert json.loads(headroom.expand(message["content"])) == json.loads(sent["content"])


@every_format
def test_the_same_request_is_sent_on_as_often_as_it_comes(proxy, provider, name):
    body = request(name, "again", big_table(), temperature=1.0)
    answers = [proxy.post(PATHS[name], body) for _ in range(80)]
    assert [answer.status for answer in answers] == [200] * 80
    assert len(provider.seen) == 80
    assert len({seen.body for seen in provider.seen}) == 1


@every_format
@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_a_broken_body_goes_on_as_it_came_for_the_provider_to_refuse(proxy, provider, name, raw):
    provider.fault = "400"
    assert proxy.post(PATHS[name], raw).status == 400
    assert provider.last().body == raw


ODD_MESSAGES = [
    '["a",1,null]',
    '[{"role":"user","content":5}]',
    '[{"role":"user","content":["a",3]}]',
    '[{"role":"assistant","tool_calls":null},{"role":"tool","tool_call_id":null,"content":null}]',
    '[{"role":"tool","content":[{"type":"text","text":null}]}]',
    '{"role":"user"}',
    "7",
]


@every_format
@pytest.mark.parametrize("messages", ODD_MESSAGES)
def test_messages_of_no_known_shape_go_on_as_they_came(proxy, provider, name, messages):
    raw = f'{{"model":5,"tools":"x","stream":"no","{FIELDS[name]}":{messages} }}'.encode()
    assert proxy.post(PATHS[name], raw, {"x-headroom-mode": "token"}).status == 200
    assert provider.last().body == raw


def test_a_full_store_leaves_no_marker_that_nobody_can_resolve(started, provider):
    proxy = started(HEADROOM_STORE_MAX_BYTES="150000")
    chance = random.Random(5)
    for number in range(30):
        rows = [{"id": n, "value": chance.getrandbits(200), "note": "same"} for n in range(300)]
        body = request("openai", f"question {number}", json.dumps(rows), tools=[headroom.retrieve_tool("openai")])
        assert proxy.post(PATHS["openai"], body).status == 200
    keys = [key_in(seen.body.decode()) for seen in provider.seen if b"[headroom " in seen.body]
    assert 0 < len(keys) < 30
    for key in keys:
        assert proxy.send("GET", f"/v1/retrieve/{key}", headers={"x-headroom-token": proxy.token}).status == 200
    assert proxy.stats()["totals"]["store_failures"] > 0


def test_the_tool_is_not_offered_where_a_full_store_cannot_take_what_was_left_out(started, provider):
    proxy = started(HEADROOM_STORE_MAX_BYTES="150000")
    chance = random.Random(6)
    tools = [{"type": "function", "function": {"name": "query", "parameters": {"type": "object"}}}]
    for number in range(30):
        rows = [{"id": n, "value": chance.getrandbits(200), "note": "same"} for n in range(300)]
        raw = json.dumps(request("openai", f"question {number}", json.dumps(rows), tools=tools)).encode()
        assert proxy.post(PATHS["openai"], raw).status == 200
        sent = provider.last().body
        assert (b"[headroom " in sent) == (b"headroom_retrieve" in sent)
        assert len(sent) < len(raw)
    offered = [seen for seen in provider.seen if b"headroom_retrieve" in seen.body]
    assert 0 < len(offered) < 30


def test_what_a_terminal_coloured_and_what_was_compressed_before_is_no_less_faithful(proxy, provider):
    coloured = "\n".join(f"\x1b[32mok\x1b[0m test_{n % 9} took {n} ms" for n in range(200))
    body = request("openai", "which failed?", coloured)
    proxy.post(PATHS["openai"], body)
    once = provider.last().json()["messages"]
    assert headroom.expand(once[-1]["content"]) == coloured
    proxy.post(PATHS["openai"], {"model": "m", "messages": once})
    assert provider.last().json()["messages"] == once
