"""A conversation that is sent again as it was: the same comes out, and nothing is taken for granted."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom import compress, retrieve
from headroom.memo import forget_everything
from headroom.providers import openai_chat
from headroom.store.memory import MemoryStore
from headroom.store.sqlite import SqliteStore
from payloads import FORMATS, TEXTS, WORDS, big_table, tables


def conversation(text: str) -> list[dict[str, Any]]:
    """A question, a call, and what the tool answered."""
    call = {"id": "call_a7f3k9x2", "type": "function", "function": {"name": "list", "arguments": "{}"}}
    return [
        {"role": "user", "content": "Which of them failed?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_a7f3k9x2", "content": text},
    ]


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    """A store of either kind."""
    own = MemoryStore() if request.param == "memory" else SqliteStore(str(tmp_path / "store.sqlite3"))
    yield own
    own.close()


def readings(monkeypatch) -> list[int]:
    """One number for every conversation that is read from now on."""
    seen: list[int] = []
    read = openai_chat.read
    monkeypatch.setattr(openai_chat, "read", lambda messages: seen.append(len(messages)) or read(messages))
    return seen


def test_what_is_known_as_a_whole_is_not_read_again(store, monkeypatch):
    seen = readings(monkeypatch)
    messages = conversation(big_table(120, 1))
    results = [compress(copy.deepcopy(messages), store=store) for _ in range(4)]
    assert len(seen) == 2
    assert all(each == results[1] for each in results[2:])
    assert all(each.messages == results[0].messages and each.keys == results[0].keys for each in results)
    assert results[0].tokens_saved > 0


def test_messages_in_which_nothing_changes_stay_the_same_objects(store):
    for _ in range(3):
        messages = conversation(big_table(120, 2))
        written = compress(messages, store=store).messages
        assert [one is other for one, other in zip(written, messages, strict=True)] == [True, True, False]
        assert messages[2]["content"] == big_table(120, 2)


def test_what_was_changed_in_place_is_read(store):
    messages = conversation(big_table(120, 3))
    for _ in range(3):
        compress(messages, store=store)
    last = messages[2]["content"]
    messages[2]["content"] = last[:-4] + last[-4:].replace("]", " ") + "]"
    changed = compress(messages, store=store)
    assert retrieve(changed.keys[0], store=store).text == messages[2]["content"]


@pytest.mark.parametrize(
    "change",
    [{"level": "lossless"}, {"query": "zone"}, {"target_ratio": 0.5}, {"settings": {"tools.*": "off"}}],
    ids=lambda change: next(iter(change)),
)
def test_other_options_are_another_matter(change, monkeypatch):
    seen = readings(monkeypatch)
    messages = conversation(big_table(120, 4))
    store = MemoryStore()
    for _ in range(3):
        compress(messages, store=store)
    before = len(seen)
    compress(messages, store=store, **change)
    assert len(seen) == before + 1


def test_another_store_gets_the_originals_too(store, monkeypatch):
    seen = readings(monkeypatch)
    messages = conversation(big_table(120, 5))
    for _ in range(3):
        compress(messages, store=store)
    other, before = MemoryStore(), len(seen)
    key = compress(messages, store=other).keys[0]
    assert len(seen) == before + 1
    assert retrieve(key, store=other).text == big_table(120, 5)


def test_what_was_erased_is_stored_anew(store):
    messages = conversation(big_table(120, 6))
    for _ in range(3):
        before = compress(messages, store=store)
    store.purge_all()
    again = compress(messages, store=store)
    assert again.messages == before.messages or again.keys != before.keys
    assert retrieve(again.keys[0], store=store).text == big_table(120, 6)


def test_it_counts_as_seen():
    now = [1_000_000.0]
    store = MemoryStore(clock=lambda: now[0], ttl_s=10 * 3_600)
    messages = conversation(big_table(120, 7))
    for _ in range(12):
        key = compress(messages, store=store).keys[0]
        compress("\n".join(f"line {number} of {now[0]}" for number in range(90)), store=store)
        now[0] += 3_600
    assert retrieve(key, store=store).text == big_table(120, 7)


def test_kinds_of_values_and_their_order_count(store):
    def asked(response: dict[str, Any]) -> list[dict[str, Any]]:
        call = {"functionCall": {"name": "list", "args": {}}}
        return [
            {"role": "user", "parts": [{"text": "Which of them failed?"}]},
            {"role": "model", "parts": [call]},
            {"role": "user", "parts": [{"functionResponse": {"name": "list", "response": response}}]},
        ]

    rows = json.loads(big_table(120, 8))
    for response in ({"ok": True, "rows": rows}, {"ok": 1, "rows": rows}, {"rows": rows, "ok": 1}):
        for _ in range(3):
            result = compress(asked(response), store=store)
        forget_everything()
        assert compress(asked(response), store=store).messages == result.messages


def test_objects_of_an_sdk_are_read_every_time(store, monkeypatch):
    class Message(dict):
        """Of a class of its own."""

    seen = readings(monkeypatch)
    messages = [Message(each) for each in conversation(big_table(120, 9))]
    for _ in range(3):
        compress(messages, store=store)
    assert len(seen) == 3


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(TEXTS, WORDS, st.one_of(TEXTS, tables(60))), min_size=1, max_size=4),
    st.sampled_from(list(FORMATS)),
)
def test_it_is_as_if_it_had_been_read(turns, form):
    messages = FORMATS[form](turns)
    store = MemoryStore()
    again = [compress(messages, store=store, settings={"min_tokens": 0}) for _ in range(3)][-1]
    forget_everything()
    read = compress(messages, store=store, settings={"min_tokens": 0})
    assert (again.messages, again.keys) == (read.messages, read.keys)
    assert again.tokens_after == read.tokens_after
