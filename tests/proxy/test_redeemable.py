"""A marker is written only for a model that can redeem it, whatever a client asks for, in every format."""

from __future__ import annotations

import json

import pytest

import headroom
from payloads import big_table
from proxy.dialects import DIALECTS, EVENTS, Say
from proxy.scripted_model import DONE, Client, Model, keys_in, ours, theirs

TABLE = big_table(300, 7)
ROW = json.dumps(json.loads(TABLE)[2])

NONE = {
    "anthropic_messages": {"tool_choice": {"type": "none"}},
    "openai_chat": {"tool_choice": "none"},
    "openai_responses": {"tool_choice": "none"},
    "gemini": {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}},
}
ONE = {
    "anthropic_messages": {"tool_choice": {"type": "tool", "name": "weather"}},
    "openai_chat": {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
    "openai_responses": {"tool_choice": {"type": "function", "name": "weather"}},
    "gemini": {"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}}},
}
SOME = {
    "openai_chat": {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}},
    "openai_responses": {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}},
}
ANY = {
    "anthropic_messages": {"tool_choice": {"type": "any"}},
    "openai_chat": {"tool_choice": "required"},
    "openai_responses": {"tool_choice": "required"},
    "gemini": {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
}
MANY = {"openai_chat": {"n": 2}, "gemini": {"generationConfig": {"candidateCount": 2}}}
ELSEWHERE = {
    "openai_responses": {"background": True},
    "openai_chat": {"modalities": ["text", "audio"]},
    "gemini": {"cachedContent": "cachedContents/1"},
}
KEPT = {"openai_responses": {"conversation": "conv_1"}, "openai_chat": {"functions": [{"name": "old"}]}}

ABILITIES = {
    "tools": ({name: {} for name in DIALECTS}, True),
    "any tool must be called": (ANY, True),
    "no tool may be called": (NONE, False),
    "one tool must be called": (ONE, False),
    "some tools may be called": (SOME, False),
    "several answers": (MANY, False),
    "the answer is no text of one request": (ELSEWHERE, False),
    "a state of the provider's, functions of old": (KEPT, False),
}
CASES = [
    pytest.param(name, more, can, id=f"{ability}-{name}")
    for ability, (by_format, can) in ABILITIES.items()
    for name, more in by_format.items()
]


def forwarded(proxy, provider, name, stream=False, names=("weather",), question="", **more):
    """What reaches the provider of a client's request with a large result, and the client."""
    client = Client(proxy, DIALECTS[name], stream, names)
    model = Model(provider, DIALECTS[name], lambda body: DONE)
    client.messages = client.begun(question or f"redeemable? {name} {stream} {sorted(more.items())}", TABLE)
    client.post(**more)
    [body] = model.bodies
    return body, client


def is_offered(body):
    return '"headroom_retrieve"' in json.dumps(body.get("tools", []))


def redeems(proxy, provider, client, key, **more):
    """Whether a model that asks for a row of the original gets it, and the client none of that."""
    dialect = client.dialect
    results = []

    def answer(body):
        if dialect.field in body and "r1" in json.dumps(body[dialect.field]):
            results.append(json.dumps(body[dialect.field]))
            return [Say("Now I see.")]
        return [ours("r1", key)]

    Model(provider, dialect, answer)
    reply = client.post(**more)
    return ROW in results[0].replace("\\", "") and "headroom_retrieve" not in reply.body.decode()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("name", "more", "can"), CASES)
def test_there_is_a_marker_exactly_where_the_model_may_ask(proxy, provider, name, more, can, stream):
    body, client = forwarded(proxy, provider, name, stream, **more)
    assert is_offered(body) == can
    assert bool(keys_in(body)) == can
    if can:
        assert redeems(proxy, provider, client, keys_in(body)[0], **more)


@pytest.mark.parametrize("name", DIALECTS)
def test_without_tools_there_is_no_marker(proxy, provider, name):
    body, _ = forwarded(proxy, provider, name, names=())
    assert keys_in(body) == []
    assert not is_offered(body)


@pytest.mark.parametrize("name", ["openai_chat", "openai_responses"])
def test_no_tool_is_offered_beyond_those_that_the_api_takes(proxy, provider, name):
    for count, can in ((127, True), (128, False)):
        tools = tuple(f"tool_{number}" for number in range(count))
        body, _ = forwarded(proxy, provider, name, names=tools, question=f"how many tools? {name} {count}")
        assert is_offered(body) == can
        assert bool(keys_in(body)) == can


def test_where_the_provider_runs_all_tools_no_function_is_added(proxy, provider):
    body, _ = forwarded(proxy, provider, "openai_responses", tools=[{"type": "web_search"}])
    assert not is_offered(body)
    assert keys_in(body) == []


def test_a_stream_of_gemini_that_is_no_stream_of_events_has_no_marker(proxy, provider):
    dialect = DIALECTS["gemini"]
    client = Client(proxy, dialect, stream=False)
    model = Model(provider, dialect, lambda body: DONE)
    client.messages = client.begun("an array of chunks?", TABLE)
    proxy.post(dialect.stream_path.partition("?")[0], client.body())
    assert keys_in(model.bodies[0]) == []
    assert not is_offered(model.bodies[0])


def test_batches_have_no_markers(proxy, provider):
    dialect = DIALECTS["anthropic_messages"]
    client = Client(proxy, dialect, stream=False)
    client.messages = client.begun("in a batch?", TABLE)
    proxy.post("/v1/messages/batches", {"requests": [{"custom_id": "1", "params": client.body()}]})
    [item] = provider.last().json()["requests"]
    assert keys_in(item) == []
    assert len(json.dumps(item["params"])) < len(json.dumps(client.body()))
    assert not is_offered(item["params"])


@pytest.mark.parametrize("tool", ["headroom_retrieve", "mcp__headroom__headroom_retrieve"])
@pytest.mark.parametrize("name", DIALECTS)
def test_a_client_with_a_retrieve_tool_of_its_own_keeps_it_and_its_calls(proxy, provider, name, tool):
    body, client = forwarded(proxy, provider, name, names=("weather", tool))
    assert keys_in(body) != []
    assert body["tools"] == client.body()["tools"]
    call = ours("o1", keys_in(body)[0])._replace(name=tool)
    Model(provider, client.dialect, lambda body: [call])
    assert client.dialect.hear(client.post().body, False).calls == [call]


@pytest.mark.parametrize("name", ["anthropic_messages", "openai_responses"])
def test_a_retrieve_tool_that_must_be_searched_for_first_is_not_enough(proxy, provider, name):
    deferred = {**headroom.retrieve_tool(name), "name": "mcp__headroom__headroom_retrieve", "defer_loading": True}
    client = Client(proxy, DIALECTS[name], stream=False)
    tools = [*client.body()["tools"], deferred]
    model = Model(provider, client.dialect, lambda body: DONE)
    client.messages = client.begun(f"deferred {name}?", TABLE)
    client.post(tools=tools)
    assert model.bodies[0]["tools"] == [*tools, headroom.retrieve_tool(name)]
    assert redeems(proxy, provider, client, keys_in(model.bodies[0])[0], tools=tools)
    # Once the model has found the client's own, its calls are the client's.
    found = ours("o1", "AAAAAAAAAAA")._replace(name="mcp__headroom__headroom_retrieve")
    Model(provider, client.dialect, lambda body: [found])
    assert client.dialect.hear(client.post(tools=tools).body, False).calls == [found]
    # Where the name is taken, ours cannot be offered.
    tools[-1] = {**deferred, "name": "headroom_retrieve"}
    client.messages = client.begun(f"deferred, of the same name {name}?", TABLE)
    client.post(tools=tools)
    assert provider.last().json()["tools"] == tools
    assert keys_in(provider.last().json()) == []


@pytest.mark.parametrize("name", DIALECTS)
def test_the_tool_neither_comes_later_nor_goes(proxy, provider, name):
    dialect = DIALECTS[name]
    model = Model(provider, dialect, lambda body: DONE)
    # It began where the model could not call.
    late = Client(proxy, dialect, stream=False)
    late.ask(dialect.user(f"begun without {name}"), **NONE[name])
    late.ask(*late.begun("and now?", TABLE))
    assert not is_offered(model.bodies[-1])
    assert keys_in(model.bodies[-1]) == []
    # It began where it could: a turn in which it may not has the tool and the markers, and no new ones.
    early = Client(proxy, dialect, stream=False)
    early.ask(*early.begun(f"begun with {name}", TABLE))
    tools, [key] = model.bodies[-1]["tools"], keys_in(model.bodies[-1])
    early.ask(dialect.user("now say"), *early.begun("again?", big_table(310, 9))[1:], **NONE[name])
    assert model.bodies[-1]["tools"] == tools
    assert keys_in(model.bodies[-1]) == [key]
    assert redeems(proxy, provider, early, key)


def test_where_several_answers_are_asked_for_later_there_is_neither_tool_nor_marker(proxy, provider):
    dialect = DIALECTS["openai_chat"]
    client = Client(proxy, dialect, stream=False)
    model = Model(provider, dialect, lambda body: DONE)
    client.ask(*client.begun("one, then two?", TABLE))
    assert keys_in(model.bodies[-1]) != []
    client.messages.append(dialect.user("two answers, please"))
    client.post(n=2)
    assert keys_in(model.bodies[-1]) == []
    assert not is_offered(model.bodies[-1])


def test_a_chain_is_redeemable_as_long_as_it_is_known(proxy, provider):
    dialect = DIALECTS["openai_responses"]
    client = Client(proxy, dialect, stream=False)
    model = Model(provider, dialect, lambda body: [theirs("c1")] if len(model.bodies) == 1 else DONE)
    client.messages = [dialect.user("a chain to redeem?")]
    first = dialect.hear(client.post(store=True).body, False)
    client.messages = dialect.results([theirs("c1")], [TABLE])
    client.post(store=True, previous_response_id=first.id)
    assert is_offered(model.bodies[-1])
    [key] = keys_in(model.bodies[-1])
    assert redeems(proxy, provider, client, key, store=True, previous_response_id=first.id)
    client.post(store=True, previous_response_id="resp_unknown")
    assert keys_in(json.loads(provider.last().body)) == []


def test_a_full_store_costs_the_markers(started, provider):
    proxy = started(HEADROOM_STORE_MAX_BYTES="1000")
    for name in DIALECTS:
        body, _ = forwarded(proxy, provider, name, stream=False)
        assert keys_in(body) == []


@pytest.mark.parametrize("name", DIALECTS)
def test_an_answer_that_is_no_answer_is_passed_on(proxy, provider, name):
    client = Client(proxy, DIALECTS[name], stream=True)
    client.messages = client.begun(f"no answer {name}?", TABLE)
    for kind, raw in ((EVENTS, b"data: odd\n\nrest"), ("application/json", b"[1"), ("text/plain", b"hello")):
        provider.answer = ({"Content-Type": kind}, raw)
        assert client.post().body == raw
