"""What every provider must do, on every payload in its format. New members and new payloads join by themselves."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest

import headroom
from headroom import count_tokens, retrieve_tool
from headroom.exchanges import exchanges_of
from headroom.registry import providers

PAYLOADS = sorted((Path(__file__).parent / "payloads").iterdir())
CASES = [
    pytest.param(provider, path, id=path.stem)
    for provider in providers()
    for path in PAYLOADS
    if path.stem.rsplit("-", 1)[0] == provider.name
]
every_payload = pytest.mark.parametrize(("provider", "path"), CASES)
every_provider = pytest.mark.parametrize("provider", providers(), ids=lambda provider: provider.name)


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def at(payload, place):
    for step in place:
        payload = payload[step]
    return payload


def said(value):
    """What stands at a place: a text, or in formats whose results are objects, one of them."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@every_provider
def test_it_declares_itself_and_has_a_payload(provider):
    assert provider.__name__.rsplit(".")[-1] == provider.name
    assert provider.name in [case.values[0].name for case in CASES]


@every_payload
def test_it_knows_its_own_payloads_best(provider, path):
    messages = load(path)["messages"]
    scores = {other.name: other.detect(messages) for other in providers()}
    assert max(scores, key=scores.__getitem__) == provider.name, scores
    assert all(0 <= score <= 1 for score in scores.values())


@every_payload
def test_every_place_that_may_change_holds_the_text_that_was_read_there(provider, path):
    messages = load(path)["messages"]
    segments = provider.read(messages)
    assert len({segment.place for segment in segments}) == len(segments)
    assert any(segment.origin == "tool" for segment in segments)
    for segment in segments:
        if not segment.frozen:
            assert said(at(messages, segment.place)) == segment.text


@every_payload
def test_a_message_is_what_its_texts_say_and_whole_exchanges_are_paired(provider, path):
    messages = load(path)["messages"]
    parts = [provider.part_of(message) for message in messages]
    for segment in provider.read(messages):
        part = parts[segment.place[0]]
        assert part.is_models == (segment.origin == "assistant")
        assert segment.origin == "tool" or part.kind != "result"
    assert any(part.kind == "call" for part in parts)
    for exchange in exchanges_of(parts):
        inside = parts[exchange.start : exchange.stop]
        called = sorted(each for part in inside if part.kind == "call" for each in part.ids)
        assert called
        assert called == sorted(each for part in inside if part.kind == "result" for each in part.ids)


@every_payload
def test_every_tool_result_knows_its_call_and_question(provider, path):
    for segment in provider.read(load(path)["messages"]):
        if segment.origin == "tool":
            assert segment.call is not None
            assert segment.query


@every_payload
def test_reading_a_prefix_gives_a_prefix(provider, path):
    messages = load(path)["messages"]
    whole = provider.read(messages)
    for length in range(len(messages)):
        part = provider.read(messages[:length])
        assert whole[: len(part)] == part


@every_payload
def test_writing_changes_the_named_places_and_nothing_else(provider, path):
    messages = load(path)["messages"]
    before = copy.deepcopy(messages)
    places = [segment.place for segment in provider.read(messages) if segment.origin == "tool"]
    written = provider.write(messages, dict.fromkeys(places, "smaller"))
    assert messages == before
    for index, message in enumerate(messages):
        if index not in {place[0] for place in places}:
            assert written[index] is message
    assert all("smaller" in said(at(written, place)) for place in places)
    texts = [place for place in places if isinstance(at(messages, place), str)]
    part = provider.write(messages, dict.fromkeys(texts, "smaller"))
    restored = provider.write(part, {place: at(messages, place) for place in texts})
    assert json.dumps(restored) == json.dumps(messages)


@every_payload
def test_what_was_written_is_read_again(provider, path):
    messages = load(path)["messages"]
    before = provider.read(messages)
    places = [segment.place for segment in before if segment.origin == "tool"]
    after = provider.read(provider.write(messages, dict.fromkeys(places, "smaller")))
    assert [(each.origin, each.call) for each in after] == [(each.origin, each.call) for each in before]
    assert {each.text for each in after if each.origin == "tool"} == {"smaller"}


@every_payload
def test_writing_nothing_gives_a_new_list_of_the_same_messages(provider, path):
    messages = load(path)["messages"]
    written = provider.write(messages, {})
    assert written is not messages
    assert all(after is before for after, before in zip(written, messages, strict=True))


@every_payload
def test_the_answer_to_a_retrieval_is_read_as_such(provider, path):
    payload = load(path)
    request = provider.read_tool_call(payload["retrieve_call"])
    assert request.arguments == {"key": "KEY", "query": "rows 1-2"}
    answered = provider.answer_tool_call(request, "the original", False)
    assert "the original" in json.dumps(answered)
    assert request.id in json.dumps(answered)


@every_payload
def test_no_other_provider_takes_its_tool_calls(provider, path):
    call = load(path)["retrieve_call"]
    assert [other.name for other in providers() if other.read_tool_call(call) is not None] == [provider.name]


@every_provider
def test_the_definition_of_the_retrieve_tool_is_small_rent(provider):
    for name in (provider.name, *provider.aliases):
        definition = json.dumps(retrieve_tool(name), ensure_ascii=False, separators=(",", ":"))
        assert count_tokens(definition) <= 60


@every_provider
def test_it_says_which_requests_are_in_its_format(provider):
    endpoint = provider.endpoint
    assert hasattr(headroom.Settings(), f"{endpoint.upstream}_target_api_url")
    assert endpoint.routes
    for route in (*endpoint.routes, *endpoint.count_routes, *endpoint.batch_routes):
        assert route.startswith("/")
        re.compile(route)


@every_provider
def test_a_tool_that_it_offers_is_one_that_the_model_may_call(provider):
    tools = [provider.offer_tool("other", "", {}), provider.offer_tool("asked_for", "", {})]
    assert provider.callable_tools({"tools": tools}) == {"other", "asked_for"}
    for nothing in ({}, {"tools": None}, {"tools": []}, {"tools": "x"}, {"tools": [5, None]}):
        assert "asked_for" not in provider.callable_tools(nothing)


@every_provider
def test_its_errors_say_what_went_wrong(provider):
    for status in (400, 502):
        assert provider.error_body(status, "the reason")["error"]["message"] == "the reason"
