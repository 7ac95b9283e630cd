"""What is put into a request before it goes out: the tool, hidden exchanges, the ids of chains. No network."""

from __future__ import annotations

import json

import pytest

import headroom
from headroom.errors import StoreError
from headroom.library import resolve_settings
from headroom.proxy.answers import format_of
from headroom.proxy.boarding import Boarding, settled
from headroom.proxy.hidden import Chained, Exchange, Result, exchange_name, found, names_of, written, written_chain
from headroom.registry import provider_named
from headroom.store import Record, memory
from headroom.tokens import CLAUDE_4_7_RATIO
from payloads import big_table
from proxy.dialects import DIALECTS
from proxy.scripted_model import Client, theirs

URL = "https://provider/v1?alt=sse"

every_format = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


@pytest.fixture
def store():
    return memory.open()


@pytest.fixture
def board(store):
    boarding = Boarding(resolve_settings({}).settings)

    def boarded(dialect, body):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        found = boarding.board(raw, provider_named(dialect.name), URL, lambda: store)
        return raw, found and settled(found, lambda: store)

    return boarded


def sent(raw, boarded):
    return boarded.body.splice([], boarded.added)[0]


@every_format
def test_the_tool_is_put_in_and_every_other_byte_stays(board, dialect):
    client = Client(None, dialect, stream=False)
    client.messages = [dialect.user("hé, 1.0?")]
    plain = json.dumps(client.body())
    tools = json.dumps(client.body()["tools"])
    odd = plain.replace(tools, f"{tools[:-1]} \n ]").replace("{", '{ "x":1.0e0, "é":"\\u00e9\\/" , ', 1)
    raw, boarded = board(dialect, odd.encode())
    tool = json.dumps(headroom.retrieve_tool(dialect.name), separators=(",", ":"))
    assert sent(raw, boarded) == odd.replace(" \n ]", f" \n ,{tool}]").encode()
    assert 0 < boarded.rent_tokens <= 60 * CLAUDE_4_7_RATIO
    assert boarded.tokens_inside == 0


@every_format
def test_nothing_is_put_in_where_a_key_stands_twice_or_there_are_no_messages(board, dialect):
    client = Client(None, dialect, stream=False)
    client.messages = [dialect.user("twice?")]
    tools = json.dumps(client.body()["tools"])
    _, boarded = board(dialect, json.dumps(client.body()).replace("{", f'{{"tools":{tools},', 1).encode())
    assert boarded.offer is None
    assert boarded.added == ()
    for odd in (b"[1]", b'{"tools":[{}]}', b'{"tools":', json.dumps({"tools": [{}], dialect.field: []}).encode()):
        assert board(dialect, odd)[1] is None


@every_format
def test_who_began_with_the_same_words_decides_nothing_for_a_conversation_that_begins(board, store, dialect):
    one, other = (Client(None, dialect, stream=False) for _ in range(2))
    one.messages = one.begun("the same words", big_table(300, 7))
    store.put_many((), [Record(store.name_of("conversation", store.key_of("the same words")), b"1")])
    assert board(dialect, one.body())[1].offer is None
    other.messages = [dialect.user("the same words")]
    assert board(dialect, other.body())[1].offer is not None
    other.messages = other.begun("the same words", big_table(300, 7))
    assert board(dialect, other.body())[1].offer is not None


def exchange(keys=("a", "b"), pending=(), is_clients=False):
    asked = [
        {"type": "tool_use", "id": f"h{at}", "name": "headroom_retrieve", "input": {"key": key}}
        for at, key in enumerate([*keys, *pending])
    ]
    answers = [
        Result({"type": "tool_result", "tool_use_id": f"h{at}", "content": f"rows of {key}"}, key)
        for at, key in enumerate([*keys, *pending])
    ]
    rounds = [([{"role": "assistant", "content": asked[: len(keys)]}], answers[: len(keys)])] if keys else []
    last = [{"role": "assistant", "content": [{"type": "text", "text": "Three."}, *asked[len(keys) :]]}]
    return Exchange(rounds, last, answers[len(keys) :], is_clients)


def recorded(store, conversation, said, held):
    name = exchange_name(store, store.key_of(conversation), said, 1)
    store.put_many((), written(store, name, held))
    return name


def test_an_exchange_is_read_as_it_was_written_until_one_of_its_originals_is_erased(store):
    keys = [store.key_of(text) for text in ("one original", "another original")]
    for key, text in zip(keys, ("one original", "another original"), strict=True):
        store.put(key, text, kind="text")
    held = exchange((*keys, "AAAAAAAAAAA", keys[0]), pending=(keys[1],))
    name = recorded(store, "q", "Three.", held)
    values = store.records([name])
    again = found(store, name, values)
    assert json.dumps(again.rounds[0][0]) == json.dumps(held.rounds[0][0])
    assert [result.answer for result in again.rounds[0][1]] == [result.answer for result in held.rounds[0][1]]
    assert [result.answer for result in again.pending] == [result.answer for result in held.pending]
    assert keys[1].encode() not in values[name].replace(b'"others":["%s"' % keys[1].encode(), b"").split(b"rounds")[0]
    store.purge([keys[1]])
    assert found(store, name, store.records([name])) is None
    store.purge([keys[0]])
    assert store.records([name]) == {}


def test_turns_that_say_the_same_are_told_apart_by_how_many_there_were(store):
    dialect = DIALECTS["openai_chat"]
    said = [{"role": "assistant", "content": text} for text in ("Done.", "No.", " Do ne.\n", "")]
    turns = format_of(dialect.name).turns([part for each in said for part in (dialect.user("go on"), each)])
    names = names_of(store, "conversation", turns)
    assert names[3] == ""
    assert len(set(names)) == 4
    assert names[2] == exchange_name(store, "conversation", "Done.", 2)


def anthropic_history(content, *more):
    client = Client(None, DIALECTS["anthropic_messages"], stream=False)
    client.messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": content}, *more]
    return client.body()


def test_an_exchange_comes_back_before_the_clients_own_words(board, store):
    dialect = DIALECTS["anthropic_messages"]
    recorded(store, "q", "Three.", exchange(is_clients=True))
    store.put_many((), [Record(store.name_of("offer", dialect.name, store.key_of("q")), b"1")])
    body = anthropic_history([{"type": "text", "text": "Three.", "x": 1.0}], {"role": "user", "content": "and?"})
    raw, boarded = board(dialect, body)
    held = json.loads(boarded.raw)["messages"]
    assert boarded.raw.startswith(raw[: raw.index(b'{"role": "assistant"')])
    assert boarded.raw.endswith(raw[raw.index(b'{"role": "assistant"') :])
    assert [message["role"] for message in held] == ["user", "assistant", "user", "assistant", "user"]
    assert [block["content"] for block in held[2]["content"]] == ["rows of a", "rows of b"]
    assert boarded.rent_tokens > boarded.tokens_inside > 10


@pytest.mark.parametrize("content", ["and?", "", [{"type": "text", "text": "and?"}], []])
def test_open_calls_get_their_results_first_in_the_next_message_whatever_its_form(board, store, content):
    dialect = DIALECTS["anthropic_messages"]
    recorded(store, "q", "Three.", exchange((), pending=("a",)))
    store.put_many((), [Record(store.name_of("offer", dialect.name, store.key_of("q")), b"1")])
    marked = [{"type": "text", "text": "Three.", "cache_control": {"type": "ephemeral"}}]
    _, boarded = board(dialect, anthropic_history(marked, {"role": "user", "content": content}))
    _, said, answered = json.loads(boarded.raw)["messages"]
    assert [block["type"] for block in said["content"]] == ["text", "tool_use"]
    assert said["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert answered["content"][0]["tool_use_id"] == "h0"
    assert answered["content"][1:] == ([{"type": "text", "text": "and?"}] if content else [])


@pytest.mark.parametrize("more", [[], [{"role": "assistant", "content": "go"}], [{"role": "system", "content": "x"}]])
def test_open_calls_stay_out_where_no_message_can_answer_them(board, store, more):
    dialect = DIALECTS["anthropic_messages"]
    recorded(store, "q", "Three." + ("go" if more and more[0]["role"] == "assistant" else ""), exchange((), ("a",)))
    store.put_many((), [Record(store.name_of("offer", dialect.name, store.key_of("q")), b"1")])
    _, boarded = board(dialect, anthropic_history("Three.", *more))
    assert boarded.offer is not None
    assert boarded.raw is None


def test_a_chain_is_mapped_also_where_the_tools_are_not_sent_again(board, store):
    dialect = DIALECTS["openai_responses"]
    result = {"type": "function_call_output", "call_id": "h1", "output": "rows"}
    store.put_many((), [written_chain(store, "resp_shown", Chained("resp_9", [result]))])
    for given in ("go on", dialect.results([theirs("t1")], ["sunny"])):
        body = {"model": "m", "previous_response_id": "resp_shown", "input": given}
        _, boarded = board(dialect, body)
        forwarded = json.loads(boarded.raw)
        assert forwarded["previous_response_id"] == "resp_9"
        assert forwarded["input"][0] == result
        assert len(forwarded["input"]) == 2
        assert boarded.offer is None


def test_a_store_that_cannot_be_opened_costs_the_offer_alone():
    def closed():
        raise StoreError("no store")

    dialect = DIALECTS["openai_chat"]
    client = Client(None, dialect, stream=False)
    client.messages = [dialect.user("q")]
    boarding = Boarding(resolve_settings({}).settings)
    boarded = boarding.board(json.dumps(client.body()).encode(), provider_named(dialect.name), URL, closed)
    assert (boarded.offer, boarded.added, boarded.raw) == (None, (), None)
