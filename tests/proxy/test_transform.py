"""What the proxy makes of a request's body, without a network."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headroom
from headroom.in_force import resolve_settings
from headroom.library import default_store
from headroom.proxy.transform import Transformer
from headroom.registry import compressors, provider_named
from payloads import CONVERSATIONS, FORMATS, big_table
from proxy.odd_json import UNKNOWN, Raw, cut_out, differing_places, written

BODIES = int(os.environ.get("PROXY_BODIES", "60"))
"""How many bodies the property is tried on; more with this in the environment."""

RETRIEVE = {name: headroom.retrieve_tool(name) for name in FORMATS}


def transformer(**flags):
    chosen = resolve_settings(flags).settings
    return Transformer(chosen, compressors(), lambda: default_store(chosen))


@pytest.fixture(scope="module")
def transform():
    return transformer()


def forwarded(transform, raw, name):
    job = transform.read(raw, provider_named(name))
    account = None if job is None else transform.run(job)
    return raw if account is None or account.body is None else account.body


def request(name, turns, **more):
    return {"model": "gpt-4o", provider_named(name).messages_field: FORMATS[name](turns), **more}


@st.composite
def bodies(draw):
    """A request in one of the formats, with fields that no format has, and written oddly."""
    name = draw(st.sampled_from(sorted(FORMATS)))
    turns = draw(CONVERSATIONS)
    if draw(st.booleans()):
        turns = [*turns, ("which failed?", "orders", big_table(draw(st.integers(20, 300)), 7))]
    body = request(name, turns, x_future=draw(UNKNOWN), temperature=Raw("1.0"))
    if draw(st.booleans()):
        body["tools"] = [RETRIEVE[name]]
    messages = body[provider_named(name).messages_field]
    for message in messages:
        if draw(st.booleans()):
            message["x_unknown"] = draw(UNKNOWN)
    return name, draw(SPACES_AROUND) + written(draw, body) + draw(SPACES_AROUND)


SPACES_AROUND = st.sampled_from(["", " ", "\r\n"])


@given(bodies())
@settings(max_examples=BODIES)
def test_every_byte_outside_of_the_compressed_values_is_as_it_was_sent(transform, case):
    name, text = case
    raw = text.encode()
    out = forwarded(transform, raw, name).decode()
    assert len(out.encode()) <= len(raw)
    before, after = json.loads(text), json.loads(out)
    changed = differing_places(before, after)
    assert cut_out(text, changed) == cut_out(out, changed)
    field = provider_named(name).messages_field
    tools = {(field, *each.place) for each in provider_named(name).read(before[field]) if each.origin == "tool"}
    assert set(changed) <= tools


@pytest.mark.parametrize("name", FORMATS)
def test_what_goes_out_is_what_the_library_makes_of_the_same_messages(transform, name):
    turns = [("which failed?", "orders", big_table()), ("and now?", "orders", big_table(300, 7))]
    body = request(name, turns, tools=[RETRIEVE[name]])
    out = json.loads(forwarded(transform, json.dumps(body).encode(), name))
    field = provider_named(name).messages_field
    assert out[field] != body[field]
    assert out[field] == headroom.compress(body[field], provider=name, model="gpt-4o").messages


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_left_out_for_a_client_that_cannot_ask_for_it(transform, name):
    turns = [("which of these failed?", "orders", big_table())]
    others = [("which of those failed?", "orders", big_table())]
    with_tool = forwarded(transform, json.dumps(request(name, turns, tools=[RETRIEVE[name]])).encode(), name)
    without = forwarded(transform, json.dumps(request(name, others)).encode(), name)
    assert b"[headroom " in with_tool
    assert b"[headroom " not in without
    assert len(with_tool) < len(without) < len(json.dumps(request(name, turns)))


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("openai", {"tool_choice": "none"}),
        ("openai", {"tool_choice": {"type": "function", "function": {"name": "headroom_retrieve"}}}),
        ("responses", {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}}),
        ("anthropic", {"tool_choice": {"type": "none"}}),
        ("gemini", {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}),
        ("gemini", {"tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["x"]}}}),
    ],
)
def test_nothing_is_left_out_where_the_tool_choice_forbids_to_ask_for_it(transform, name, choice):
    turns = [(f"which failed? {choice}", "orders", big_table())]
    body = request(name, turns, tools=[RETRIEVE[name]], **choice)
    assert b"[headroom " not in forwarded(transform, json.dumps(body).encode(), name)


def test_a_retrieve_tool_that_an_mcp_server_offers_will_do(transform):
    tool = {"name": "mcp__headroom__headroom_retrieve", "description": "", "input_schema": {"type": "object"}}
    body = request("anthropic", [("which failed?", "orders", big_table())], tools=[tool])
    assert b"[headroom " in forwarded(transform, json.dumps(body).encode(), "anthropic")


BROKEN = {
    "cut off": b'{"model":"m","messages":[{"role":"user","content":"x',
    "no JSON": b"hello",
    "empty": b"",
    "a list": b"[1,2]",
    "null": b"null",
    "bad UTF-8": b'{"messages":[{"role":"tool","content":"\xff\xfe"}]}',
    "messages as a text": b'{"messages":"hi"}',
    "messages null": b'{"messages":null}',
    "NaN": b'{"temperature":NaN,"messages":[{"role":"user","content":"x"}]}',
    "too deep": b'{"messages":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "a byte order mark": b'\xef\xbb\xbf{"messages":[{"role":"user","content":"x"}]}',
    "a huge number": b'{"messages":[{"role":"user","content":"x"}],"seed":' + b"1" * 5_000 + b"}",
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_what_is_no_conversation_is_left_to_the_provider_to_refuse(transform, raw):
    for name in FORMATS:
        assert transform.read(raw, provider_named(name)) is None


def test_the_conversations_of_a_batch_get_smaller_without_loss(transform):
    tables = [big_table(100, 7), big_table(200, 7)]
    items = [
        {"custom_id": f"c{n}", "params": request("anthropic", [("q", "a", table)], tools=[RETRIEVE["anthropic"]])}
        for n, table in enumerate(tables)
    ]
    raw = json.dumps({"requests": [*items, {"custom_id": "odd"}, 7]}).encode()
    account = transform.run(transform.read_batch(raw, provider_named("anthropic")))
    sent = json.loads(account.body)["requests"]
    assert account.compressed == 2
    for item, table in zip(sent, tables, strict=False):
        [block] = item["params"]["messages"][-1]["content"]
        assert "[headroom " not in str(block)
        assert json.loads(headroom.expand(block["content"][0]["text"])) == json.loads(table)
    assert sent[2:] == [{"custom_id": "odd"}, 7]
    for nothing in (b"no json", b"{}", b'{"requests": 5}', b'{"requests": []}'):
        assert transform.read_batch(nothing, provider_named("anthropic")) is None


def test_texts_with_half_a_character_go_on_as_they_are_and_the_others_get_smaller(transform):
    body = request("openai", [("a", "b", big_table()), ("c", "d", big_table(300, 9))])
    raw = json.dumps(body).encode().replace(b"upstream timed out", b"upstream \\ud83d out", 1)
    out = forwarded(transform, raw, "openai")
    assert b"upstream \\ud83d out" in out
    assert len(out) < len(raw)
    before, after = json.loads(raw)["messages"], json.loads(out)["messages"]
    assert after[3] == before[3]
    assert after[6] != before[6]


def test_the_figures_are_those_of_what_was_written(transform):
    body = request("openai", [("which failed?", "orders", big_table())])
    job = transform.read(json.dumps(body).encode(), provider_named("openai"))
    account = transform.run(job)
    result = headroom.compress(body["messages"], provider="openai", model="gpt-4o", retrieval="none")
    assert (account.tokens_before, account.tokens_after) == (result.tokens_before, result.tokens_after)
    assert account.compressed == 1


def test_a_value_written_twice_is_left_alone_and_counted_as_such(transform):
    result = json.dumps(big_table())
    raw = f'{{"messages":[{{"role":"tool","content":{result},"content":{result}}}]}}'.encode()
    account = transform.run(transform.read(raw, provider_named("openai")))
    assert account.body is None
    assert account.tokens_after == account.tokens_before


def test_warming_up_leaves_nothing_in_the_store(tmp_path):
    chosen = resolve_settings({"store_path": str(tmp_path / "store.db")}).settings
    Transformer(chosen, compressors(), lambda: default_store(chosen)).warm_up()
    assert default_store(chosen).stats().entries == 0


def test_the_share_of_conversations_that_are_held_out_is_the_one_asked_for():
    chosen = transformer(holdout_ratio=0.25)
    openai = provider_named("openai")
    held = [
        chosen.read(json.dumps(request("openai", [(f"question {number}", "a", "b")])).encode(), openai).is_held_out
        for number in range(400)
    ]
    assert 60 <= sum(held) <= 140
    later = [
        chosen.read(
            json.dumps(request("openai", [(f"question {number}", "a", "b"), ("more", "c", "d")])).encode(), openai
        ).is_held_out
        for number in range(400)
    ]
    assert later == held


@pytest.mark.parametrize("wrapper", ["generateContentRequest", "generate_content_request"])
def test_a_request_to_count_that_is_wrapped_is_compressed_like_the_one_to_be_answered(transform, wrapper):
    turns = [("which of the counted failed?", "orders", big_table())]
    sent = request("gemini", turns, tools=[RETRIEVE["gemini"]])
    counted = {wrapper: {**sent, "model": "models/gemini-2.5-pro"}}
    answered = json.loads(forwarded(transform, json.dumps(sent).encode(), "gemini"))
    wrapped = json.loads(forwarded(transform, json.dumps(counted).encode(), "gemini"))
    assert wrapped[wrapper]["contents"] == answered["contents"] != sent["contents"]
    assert wrapped[wrapper]["tools"] == sent["tools"]


@pytest.mark.parametrize("field", ["inputConfig", "input_config"])
def test_the_requests_of_a_batch_of_geminis_get_smaller_without_loss(transform, field):
    table = big_table(150, 9)
    item = {"request": request("gemini", [("q", "1", table)], tools=[RETRIEVE["gemini"]]), "metadata": {"key": "r1"}}
    body = {"batch": {"displayName": "b", field: {"requests": {"requests": [item, {}, 7]}}}}
    account = transform.run(transform.read_batch(json.dumps(body).encode(), provider_named("gemini")))
    sent = json.loads(account.body)["batch"][field]["requests"]["requests"]
    assert sent[0]["metadata"] == {"key": "r1"}
    assert sent[1:] == [{}, 7]
    written = sent[0]["request"]["contents"][-1]["parts"][0]["functionResponse"]["response"]["result"]
    assert "[headroom " not in str(written)
    assert len(account.body) < len(json.dumps(body))
