"""Rounds of a provider's answers as one: what a client reads of them, as JSON and as events, and what is sent back."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.proxy.answers import format_of, summed
from headroom.proxy.sse import Frames
from proxy.dialects import DIALECTS, Call, Say, Think
from proxy.fake_provider import stream_of

MOST_ROUNDS = 3

every_format = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


def ours(identifier, key="Ab3dE5gH7jK"):
    return Call(identifier, "headroom_retrieve", {"key": key, "query": 'grep "é" | count'})


def theirs(identifier):
    return Call(identifier, "weather", {"city": "Köln", "n": 1})


def streamed(dialect, rounds, cut=lambda raw: [raw]):
    """What a client gets of the streams, as the proxy passes them on."""
    splice = format_of(dialect.name).Splice()
    out = []
    for number, blocks in enumerate(rounds, 1):
        splice.begin(may_go_on=number <= MOST_ROUNDS)
        frames = Frames()
        raw = b"".join(dialect.reply(blocks, number, stream=True).frames)
        out += [splice.feed(frame) for chunk in cut(raw) for frame in frames.feed(chunk)]
        assert frames.rest() == b""
    return b"".join(out), splice


def whole(dialect, rounds):
    wire = format_of(dialect.name)
    answers = [
        json.loads(b"".join(dialect.reply(blocks, number, stream=False).frames))
        for number, blocks in enumerate(rounds, 1)
    ]
    return json.dumps(wire.joined(answers)).encode(), answers


ROUNDS = {
    "called at once": [[ours("h1")], [Say("There are three.")]],
    "said, then called": [[Say("Let me look. "), ours("h1")], [Say("There are three.")]],
    "thought, called, thought": [[Think("hm"), ours("h1")], [Think("aha"), Say("Three.")]],
    "two at once": [[ours("h1"), ours("h2")], [Say("Both are there.")]],
    "three rounds": [[ours("h1")], [Say("One. "), ours("h2")], [ours("h3")], [Say("Done.")]],
    "one too many": [[ours("h1")], [ours("h2")], [ours("h3")], [Say("No end. "), ours("h4")]],
    "mixed": [[Say("Both. "), ours("h1"), theirs("t1")]],
    "mixed, ours in between": [[theirs("t1"), ours("h1"), theirs("t2")]],
    "mixed in the second round": [[Think("hm"), Say("First. "), ours("h1")], [theirs("t1"), ours("h2")]],
    "then theirs": [[ours("h1")], [Think("aha"), Say("Now the weather. "), theirs("t1")]],
}


@every_format
@pytest.mark.parametrize("rounds", ROUNDS.values(), ids=ROUNDS)
def test_a_client_reads_one_answer_without_hidden_calls(dialect, rounds):
    raw, _ = streamed(dialect, rounds)
    heard = dialect.hear(raw, stream=True)
    assert heard.text == "".join(block.text for blocks in rounds for block in blocks if isinstance(block, Say))
    assert heard.calls == [block for blocks in rounds for block in blocks if block == theirs(getattr(block, "id", ""))]
    assert heard.used == sum(110 + number for number in range(1, len(rounds) + 1))
    assert b"headroom_retrieve" not in raw
    assert heard == dialect.hear(whole(dialect, rounds)[0], stream=False)._replace(messages=heard.messages)


@every_format
@pytest.mark.parametrize("rounds", ROUNDS.values(), ids=ROUNDS)
def test_streams_say_what_answers_as_a_whole_say(dialect, rounds):
    wire = format_of(dialect.name)
    _, splice = streamed(dialect, rounds)
    _, answers = whole(dialect, rounds)
    for one, other in zip(splice.answers, answers, strict=True):
        assert wire.round_of(one) == wire.round_of(other)
    assert wire.turns(wire.shown(wire.joined(splice.answers))) == wire.turns(wire.shown(wire.joined(answers)))


@every_format
def test_what_ends_an_answer_suits_a_client_that_saw_no_hidden_call(dialect):
    said = dialect.hear(b"".join(dialect.reply([Say("x")], 1, stream=False).frames), stream=False).reason
    called = dialect.hear(b"".join(dialect.reply([theirs("t")], 1, stream=False).frames), stream=False).reason
    for name, reason in (("called at once", said), ("one too many", said), ("mixed", called), ("then theirs", called)):
        assert dialect.hear(streamed(dialect, ROUNDS[name])[0], stream=True).reason == reason


@every_format
@given(data=st.data())
@settings(max_examples=40)
def test_it_makes_no_difference_where_the_bytes_are_cut(dialect, data):
    rounds = data.draw(st.sampled_from(sorted(ROUNDS)))

    def cut(raw):
        places = sorted({0, len(raw), *data.draw(st.lists(st.integers(0, len(raw)), max_size=6))})
        return [raw[start:end] for start, end in pairwise(places)]

    assert streamed(dialect, ROUNDS[rounds], cut)[0] == streamed(dialect, ROUNDS[rounds])[0]


@every_format
@pytest.mark.parametrize(
    "blocks",
    [[Say("There — 東京.")], [Think("hm"), Say("x"), theirs("t1")], [Say("the tool headroom_retrieve is there")]],
    ids=["text", "a call", "our tool's name"],
)
def test_a_stream_without_hidden_calls_stays_byte_for_byte(dialect, blocks):
    raw, _ = streamed(dialect, [blocks])
    assert raw == b"".join(dialect.reply(blocks, 1, stream=True).frames)


@pytest.mark.parametrize("path", [dialect.path for dialect in DIALECTS.values()])
def test_odd_streams_stay_byte_for_byte(path):
    [dialect] = [each for each in DIALECTS.values() if each.path == path]
    splice = format_of(dialect.name).Splice()
    splice.begin(may_go_on=True)
    odd = [b"data: no JSON headroom_retrieve\n\n", b'data: ["headroom_retrieve"]\n\n', b'data: {"type":7}\n\n', b"\n\n"]
    for frame in [*odd, *stream_of(path, {}), *odd, b'event: error\ndata: {"type":"error","error":{}}\n\n']:
        assert splice.feed(frame) == frame


@every_format
def test_a_later_round_that_fails_is_told_of_in_the_stream(dialect):
    raw, splice = streamed(dialect, [[Say("Let me look. "), ours("h1")]])
    told = splice.fail(529, {"type": "error", "error": {"message": "overloaded", "code": 529}})
    with pytest.raises(RuntimeError, match="overloaded"):
        dialect.hear(raw + told, stream=True)


@every_format
def test_a_hidden_call_that_was_cut_off_is_left_out_and_asks_for_nothing(dialect):
    cut = {"anthropic_messages": "max_tokens", "openai_chat": "length", "openai_responses": "incomplete"}
    reason = cut.get(dialect.name, "MAX_TOKENS")
    wire = format_of(dialect.name)
    splice = wire.Splice()
    splice.begin(may_go_on=True)
    reply = dialect.reply([Say("Let me look. "), ours("h1")], 1, stream=True, reason=reason)
    raw = b"".join(splice.feed(frame) for frame in reply.frames)
    heard = dialect.hear(raw, stream=True)
    assert (heard.text, heard.calls, heard.reason) == ("Let me look. ", [], reason)
    assert not wire.round_of(splice.answers[0]).goes_on


def test_reasoning_that_the_provider_keeps_nothing_of_is_not_sent_back():
    items = [{"type": "reasoning", "id": "rs_1", "summary": []}, {"type": "function_call", "name": "x", "call_id": "1"}]
    wire = format_of("openai_responses")
    assert wire.round_of({"status": "completed", "store": False, "output": items}).messages == items[1:]
    assert wire.round_of({"status": "completed", "store": True, "output": items}).messages == items


def test_a_provider_without_a_module_has_no_format():
    assert format_of("nobody_knows_it") is None


def test_usage_is_added_up_in_all_its_parts():
    one = {"input": 1, "details": {"cached": 2, "kind": "a"}, "modes": [{"modality": "TEXT", "n": 1}], "tier": None}
    other = {"input": 10, "details": {"cached": 20, "kind": "b"}, "modes": [{"modality": "TEXT", "n": 5}], "new": 3}
    assert summed([one, None, other]) == {
        "input": 11,
        "details": {"cached": 22, "kind": "b"},
        "modes": [{"modality": "TEXT", "n": 6}],
        "tier": None,
        "new": 3,
    }
