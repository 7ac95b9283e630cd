"""What the rounds of a request make of failing stores and of limits. No network."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from headroom.library import resolve_settings
from headroom.proxy.answers import format_of
from headroom.proxy.boarding import Offer
from headroom.proxy.rounds import Rounds
from headroom.proxy.stats import Tally
from headroom.registry import provider_named
from headroom.store import memory
from proxy.dialects import DIALECTS, Say
from proxy.scripted_model import ours

SENT = b'{"messages": [ {"role":"user","content":"q"} ]}'
CHAT = DIALECTS["openai_chat"]


class Failing:
    """A store that fails as no store should."""

    def get(self, key):
        raise RuntimeError(key)


@pytest.fixture
def tally():
    return Tally()


def rounds_of(store, tally, **flags):
    wire = format_of(CHAT.name)
    offer = Offer(provider_named(CHAT.name), wire, store, "c", Counter(), None, is_kept=False, is_stream=False)
    return Rounds(offer, resolve_settings(flags).settings, tally, lambda made, failed: None)


def heard(rounds, blocks):
    answer = json.loads(CHAT.reply(blocks, 1, stream=False).frames[0])
    return answer, rounds.hear(answer)


def told(body):
    return [message["content"] for message in json.loads(body)["messages"] if message["role"] == "tool"]


def test_a_retrieval_that_fails_in_an_unforeseen_way_is_told_to_the_model(tally, caplog):
    rounds = rounds_of(Failing(), tally)
    _, said = heard(rounds, [ours("h1", "AAAAAAAAAAA")])
    [words] = told(rounds.answer(SENT, said))
    assert "RuntimeError" in words
    assert "AAAAAAAAAAA" not in words
    assert tally.failures == 1
    assert "a retrieval failed" in caplog.text


def test_the_answers_of_one_request_have_a_limit_together(tally):
    store = memory.open()
    text = "\n".join(f"line {number} of a long text" for number in range(200))
    store.put(key := store.key_of(text), text, kind="text")
    rounds = rounds_of(store, tally, retrieve_request_max_tokens=100)
    _, said = heard(rounds, [ours(f"h{number}", key, "lines 1-200") for number in range(3)])
    first, second, third = told(rounds.answer(SENT, said))
    assert "for more, query: " in first
    assert len(second) < 400
    assert third == "Nothing was retrieved: the limit of one answer is reached. Ask again in your next one."
    assert tally.retrievals == 3


def test_an_exchange_that_cannot_be_recorded_is_counted_and_raises_nothing(tally, caplog):
    rounds = rounds_of(memory.open(max_bytes=10), tally)
    answer, said = heard(rounds, [Say("Look."), ours("h1", "AAAAAAAAAAA")])
    rounds.answer(SENT, said)
    last, _ = heard(rounds, [Say("Three.")])
    rounds.record([answer, last])
    assert tally.store_failures == 1
    assert "could not be recorded" in caplog.text


def test_a_body_keeps_its_bytes_when_messages_are_put_behind_its_own(tally):
    rounds = rounds_of(memory.open(), tally)
    _, said = heard(rounds, [ours("h1", "AAAAAAAAAAA")])
    body = rounds.answer(SENT, said)
    assert body.startswith(SENT[:-3])
    assert body.endswith(SENT[-2:])
