from __future__ import annotations

import copy
import json
from itertools import pairwise

import pytest

from headroom import compress
from headroom.registry import provider_named
from headroom.store.memory import MemoryStore
from payloads import FORMATS
from stand_ins import FullStore

SECRET = b"a secret of thirty-two bytes....."[:32]
CACHE = {"mode": "cache", "min_tokens": 10_000}
WRITERS = pytest.mark.parametrize(("name", "write"), FORMATS.items(), ids=FORMATS)
TURNS = [(f"question {number}", f"part {number}", f"result {number}") for number in range(4)]


def store():
    return MemoryStore(secret=SECRET)


def prompt(minute, session="123e4567-e89b-12d3-a456-426614174000"):
    return f"You help. Today's date: 2026-11-30. It is 2026-11-30T05:4{minute}:11Z. Session {session}."


def tools(minute):
    return [
        {"name": "run", "description": f"Runs in /tmp/tmp8xk2q1z{minute}/box", "input_schema": {"type": "object"}},
    ]


def send(own, messages, minute, **options):
    return compress(messages, system=prompt(minute), tools=tools(minute), store=own, settings=CACHE, **options)


def said(value):
    return json.dumps(value)


@WRITERS
def test_the_prefix_is_the_same_whatever_the_time_and_what_was_sent_stays(name, write):
    own, sent = store(), []
    for number in range(1, 5):
        done = send(own, write(TURNS[:number]), number)
        assert "2026-11-30" not in said([done.system, done.tools])
        assert f"2026-11-30T05:4{number}:11Z" in said(done.messages[-1])
        sent.append(done)
    assert len({said([done.system, done.tools]) for done in sent}) == 1
    for earlier, later in pairwise(sent):
        assert later.messages[: len(earlier.messages)] == earlier.messages
    assert provider_named(name).detect(sent[-1].messages) > 0


def test_a_value_that_did_not_change_is_told_once():
    own = store()
    first = send(own, FORMATS["openai"](TURNS[:1]), 1)
    assert first.messages[-1] == {
        "role": "user",
        "content": "[current values]\n"
        "temp_path 1: /tmp/tmp8xk2q1z1/box\n"
        "date 1: 2026-11-30\n"
        "timestamp 1: 2026-11-30T05:41:11Z\n"
        "uuid 1: 123e4567-e89b-12d3-a456-426614174000",
    }
    same = send(own, FORMATS["openai"](TURNS[:2]), 1)
    assert said(same.messages).count("[current values]") == 1
    later = send(own, FORMATS["openai"](TURNS[:3]), 2)
    assert later.messages[-1]["content"] == (
        "[current values]\ntemp_path 1: /tmp/tmp8xk2q1z2/box\ntimestamp 1: 2026-11-30T05:42:11Z"
    )


def test_the_same_request_again_is_the_same():
    own, messages = store(), FORMATS["anthropic"](TURNS[:2])
    first, again = send(own, messages, 1), send(own, messages, 1)
    assert (first.messages, first.system, first.tools) == (again.messages, again.system, again.tools)


def test_conversations_that_begin_alike_are_each_told_their_own_time():
    own = store()
    first = [{"role": "user", "content": "hi"}]

    def more(answer):
        return [*first, {"role": "assistant", "content": answer}, {"role": "user", "content": "go on"}]

    one = send(own, first, 1)
    one_later = send(own, more("hello"), 1)
    two = send(own, first, 2)
    assert "05:42:11" in said(two.messages)
    assert "05:41:11" not in said(two.messages)
    two_later = send(own, more("good day"), 2)
    assert two_later.messages[: len(two.messages)] == two.messages
    assert one_later.messages[: len(one.messages)] == one.messages
    assert send(own, more("hello"), 1).messages == one_later.messages


def test_a_restart_between_two_turns_changes_nothing(tmp_path):
    from headroom.settings import Settings
    from headroom.store import open_store

    place = Settings(store_path=str(tmp_path / "store.db"))
    sent = []
    for number in range(1, 4):
        own = open_store(place)
        sent.append(send(own, FORMATS["gemini"](TURNS[:number]), number))
        own.close()
    assert sent[2].messages[: len(sent[1].messages)] == sent[1].messages


def test_nothing_is_reordered_and_breakpoints_and_billing_headers_stay_as_they_are():
    system = [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.0.1; id=req_011CSHoEeqs5C35K2UUqR7Fy"},
        {"type": "text", "text": f"Now: {prompt(1)}", "cache_control": {"type": "ephemeral"}},
    ]
    before = copy.deepcopy(system)
    done = compress(FORMATS["anthropic"](TURNS[:1]), system=system, store=store(), settings=CACHE)
    assert system == before
    assert done.system[0] is system[0]
    assert done.system[1]["cache_control"] == {"type": "ephemeral"}
    assert "[[timestamp 1]]" in done.system[1]["text"]
    assert said(done.messages).count("cache_control") == 0


def test_what_an_agent_says_of_its_surroundings_is_stable_and_what_the_user_asks_is_untouched():
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>Today's date: 2026-11-30</system-reminder>"},
                {"type": "text", "text": "what happened today, 2026-11-30, at 2026-11-30T05:42:11Z?"},
            ],
        }
    ]
    done = compress(messages, store=store(), settings=CACHE)
    assert done.messages[0]["content"][0]["text"] == "<system-reminder>Today's date: [[date 1]]</system-reminder>"
    assert done.messages[0]["content"][1] is messages[0]["content"][1]


def test_without_a_store_the_values_stay_and_a_step_says_so():
    done = send(FullStore(store()), FORMATS["openai"](TURNS[:1]), 1)
    assert done.messages == FORMATS["openai"](TURNS[:1])
    assert done.system == prompt(1)
    assert done.tools == tools(1)
    assert [step.failed for step in done.notices] == [True]


def test_mode_token_leaves_everything_and_is_the_default():
    done = compress(FORMATS["openai"](TURNS), system=prompt(1), tools=tools(1), store=store())
    assert done.system == prompt(1)
    assert "[current values]" not in said(done.messages)


def test_the_rent_is_in_the_figures():
    own = store()
    done = send(own, FORMATS["openai"](TURNS[:1]), 1)
    rent = [each for each in done.segments if each.place[0] == "values"]
    assert len(rent) == 1
    assert rent[0].steps[-1].tokens_after > 20
    assert done.tokens_after > done.tokens_before
    assert "values of the prefix have names; 4 of them told" in done.explain()


def test_no_block_stands_between_a_call_and_its_result():
    messages = [
        {"role": "user", "content": "do both"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": one, "type": "function", "function": {"name": "run", "arguments": "{}"}} for one in ("a", "b")
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "done"},
    ]
    done = send(store(), messages, 1)
    assert done.messages[2:] == messages[1:]
    assert "[current values]" in said(done.messages[1])


def test_it_goes_together_with_a_budget():
    own, turns = store(), [(f"q{n}", f"p{n}", " ".join(f"w{n}x{word}" for word in range(100))) for n in range(20)]
    whole = send(own, FORMATS["anthropic"](turns), 1)
    done = send(own, FORMATS["anthropic"](turns), 1, max_tokens=whole.tokens_after // 2)
    assert len(done.messages) < len(whole.messages)
    assert "[current values]" in said(done.messages)
    assert done.tokens_after <= whole.tokens_after // 2


def thinking(steps, turn=0):
    """A question, and so many calls with their results, all of which the model thinks about in one go."""
    messages = [{"role": "user", "content": f"question {turn}"}]
    for step in range(steps):
        thought = {"type": "thinking", "thinking": "…", "signature": f"signed {turn} {step}"}
        call = {"type": "tool_use", "id": f"toolu_{turn}_{step}", "name": "run", "input": {}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{turn}_{step}", "content": f"done {step}"}
        messages += [{"role": "assistant", "content": [thought, call]}, {"role": "user", "content": [result]}]
    return messages


def test_nothing_interrupts_a_model_that_thinks_between_calls():
    own = store()
    sent = [send(own, thinking(steps), steps, provider="anthropic") for steps in range(4)]
    for earlier, later in pairwise(sent):
        assert later.messages[: len(earlier.messages)] == earlier.messages
    assert [said(done.messages).count("[current values]") for done in sent] == [1] * 4
    answer = {"role": "assistant", "content": "All done."}
    asked = [*thinking(3), answer, *thinking(0, turn=1)]
    done = send(own, asked, 5, provider="anthropic")
    assert done.messages[: len(sent[-1].messages)] == sent[-1].messages
    assert "05:45:11" in said(done.messages[-1])
    assert said(done.messages).count("[current values]") == 2


def test_a_conversation_first_met_while_the_model_thinks_is_told_before_that():
    own = store()
    done = send(own, thinking(2), 1)
    assert "[current values]" in said(done.messages[1])
    again = send(own, thinking(3), 2)
    assert again.messages[: len(done.messages)] == done.messages


def test_a_conversation_that_goes_like_an_earlier_one_is_told_its_own_time():
    own = store()

    def run(number, minute):
        first = thinking(0)
        call = {"type": "tool_use", "id": f"toolu_01Ab{number}", "name": "run", "input": {"of": "x"}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_01Ab{number}", "content": "same"}
        second = [*first, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
        return [send(own, each, minute, provider="anthropic").messages for each in (first, second)]

    for number, minute in ((1, 1), (2, 5)):
        first, second = run(number, minute)
        assert second[: len(first)] == first
        assert f"05:4{minute}:11" in said(first)
