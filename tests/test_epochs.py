from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom import compress, retrieve
from headroom.eviction import Candidate, Text, dependents, free
from headroom.exchanges import Exchange, exchanges_of
from headroom.marker import parse_marker
from headroom.registry import provider_named
from headroom.segment import Segment
from headroom.store.memory import MemoryStore
from payloads import FORMATS
from stand_ins import FullStore

SECRET = b"a secret of thirty-two bytes....."[:32]
WRITERS = pytest.mark.parametrize(("name", "write"), FORMATS.items(), ids=FORMATS)
PLAIN = {"min_tokens": 10_000}
"""Settings under which nothing is compressed, so that tokens depend on what is left out alone."""


def store():
    return MemoryStore(secret=SECRET)


def result(number, words=120):
    return " ".join(f"w{number}x{word * 7919 % 1000}" for word in range(words))


def turns(count):
    """One question, then many calls: an agent's run."""
    made = [("find the fault in alpha_module", "first", result(0))]
    return made + [("", f"part {number}", result(number)) for number in range(1, count)]


def agent(write, count):
    """The turns as one run of an agent: the user speaks first and never again."""
    messages = write(turns(count))
    spoken = [at for at, message in enumerate(messages) if is_users(message)]
    return [message for at, message in enumerate(messages) if at not in spoken[1:]]


def is_users(message):
    if message.get("role") != "user":
        return False
    parts = message.get("content", message.get("parts"))
    return isinstance(parts, str) or not any("functionResponse" in part or "tool_use_id" in part for part in parts)


def said(messages):
    return json.dumps(messages, ensure_ascii=False)


def request_ends(name, messages):
    kinds = [provider_named(name).part_of(message) for message in messages]
    ends = [at for at in range(1, len(kinds)) if kinds[at].is_models and not kinds[at - 1].is_models]
    return [*ends, len(messages)]


def is_paired(name, messages):
    """Whether every result stands behind its call and every call has one."""
    parts = [provider_named(name).part_of(message) for message in messages]
    covered = {at for each in exchanges_of(parts) for at in range(each.start, each.stop)}
    return all(at in covered for at, part in enumerate(parts) if part.kind in ("call", "result"))


def summaries(messages):
    text = said(messages)
    return [part for part in text.split("[headroom ") if part.startswith("evicted 0/") and " results key=" in part]


@WRITERS
def test_over_budget_old_exchanges_go_behind_one_summary_and_the_rest_stays_as_it_was(name, write):
    own, messages = store(), agent(write, 30)
    before = compress(messages, store=own, settings=PLAIN)
    done = compress(messages, max_tokens=before.tokens_before // 2, store=own, settings=PLAIN)
    assert done.tokens_after <= before.tokens_before // 2
    assert len(done.messages) < len(messages)
    assert is_paired(name, done.messages)
    assert [each for each in messages if is_users(each)] == [each for each in done.messages if is_users(each)]
    assert done.messages[-8:] == messages[-8:]
    [told] = summaries(done.messages)
    key = told.split("key=")[1][:11]
    bundle = retrieve(key, store=own).text
    missing = [number for number in range(30) if result(number) not in said(done.messages)]
    assert len(missing) > 5
    assert all(result(number) in bundle for number in missing)
    lines = told.split("query for one: lines ")[1].split("\\n")[0]
    assert retrieve(key, f"lines {lines}", store=own).text.startswith("== ")
    assert done.tokens_before - done.tokens_saved == done.tokens_after


@WRITERS
def test_a_conversation_changes_only_where_a_new_epoch_is_told(name, write):
    own, messages = store(), agent(write, 40)
    budget = compress(messages, settings=PLAIN, store=own).tokens_before // 3
    sent, epochs = [], 0
    for end in request_ends(provider_named(name).name, messages):
        done = compress(messages[:end], max_tokens=budget, store=own, settings=PLAIN)
        assert done.tokens_after <= budget
        news = [step for step in done.notices if step.reason.startswith("a new epoch")]
        if sent and not news:
            assert done.messages[: len(sent[-1])] == sent[-1]
        epochs += len(news)
        sent.append(done.messages)
    assert 1 < epochs < 10
    assert compress(messages, max_tokens=budget, store=store(), settings=PLAIN).messages == sent[-1]


@WRITERS
def test_another_budget_changes_nothing_that_was_sent(name, write):
    own, messages = store(), agent(write, 40)
    budget = compress(messages, settings=PLAIN, store=own).tokens_before // 2
    end = request_ends(provider_named(name).name, messages)[-2]
    first = compress(messages[:end], max_tokens=budget, store=own, settings=PLAIN)
    assert len(first.messages) < end
    later = compress(messages, max_tokens=budget * 5, store=own, settings=PLAIN)
    assert later.messages[: len(first.messages)] == first.messages


@given(
    results=st.lists(
        st.text("aé\ud800 b\n", min_size=1, max_size=40).map(lambda text: text * 20), min_size=1, max_size=14
    ),
    share=st.floats(0.05, 1.2),
    format=st.sampled_from(sorted(FORMATS)),
)
def test_whatever_is_said_only_a_new_epoch_changes_what_was_sent(results, share, format):
    own = store()
    messages = FORMATS[format]([(f"ask {number}", "it", text) for number, text in enumerate(results)])
    budget = max(1, int(compress(messages, store=own, settings=PLAIN).tokens_before * share))
    sent = None
    for end in request_ends(provider_named(format).name, messages):
        done = compress(messages[:end], max_tokens=budget, store=own, settings=PLAIN)
        assert done.tokens_after <= max(budget, done.tokens_before)
        assert done.tokens_after <= budget or done.notices[-1].failed
        assert is_paired(format, done.messages)
        if sent is not None and not any(step.reason.startswith("a new epoch") for step in done.notices):
            assert done.messages[: len(sent)] == sent
        sent = done.messages
    assert compress(messages, max_tokens=budget, store=own, settings=PLAIN).messages == sent


def test_large_results_that_must_stay_are_made_smaller_and_stay_so():
    rows = json.dumps([{"id": row, "status": "ok", "zone": "eu", "ms": row * 7 % 13} for row in range(600)])
    own, messages = store(), FORMATS["openai"]([("which?", "orders", rows)])
    loose = compress(messages, store=own)
    budget = loose.tokens_after - 1
    first = compress(messages, max_tokens=budget, store=own)
    assert first.tokens_after < loose.tokens_after
    more = [*messages, {"role": "assistant", "content": "done"}, {"role": "user", "content": "thanks"}]
    later = compress(more, max_tokens=budget + 500, store=own)
    assert later.messages[: len(messages)] == first.messages


def test_the_epoch_that_another_process_recorded_first_counts():
    class Late(MemoryStore):
        """A store whose records appear only when one is written."""

        def records(self, names):
            return {}

    own, messages = Late(secret=SECRET), agent(FORMATS["openai"], 30)
    budget = compress(messages, settings=PLAIN, store=own).tokens_before // 2
    first = compress(messages, max_tokens=budget, store=own, settings=PLAIN)
    second = compress(messages, max_tokens=budget - 1_000, store=own, settings=PLAIN)
    assert first.messages == compress(messages, max_tokens=budget, store=own, settings=PLAIN).messages
    assert len(second.messages) < len(messages)


@pytest.mark.parametrize(
    ("own", "options"),
    [(FullStore(store()), {}), (store(), {"level": "lossless"}), (store(), {"retrieval": "none"})],
)
def test_nothing_is_left_out_that_could_not_be_had_back(own, options):
    messages = agent(FORMATS["anthropic"], 30)
    done = compress(messages, max_tokens=500, store=own, settings=PLAIN, **options)
    assert done.messages == messages
    assert done.notices[-1].failed or any(step.failed for step in done.notices)


def signed(count):
    messages = agent(FORMATS["anthropic"], count)
    for message in messages:
        if message["role"] == "assistant":
            message["content"].insert(0, {"type": "thinking", "thinking": "hm", "signature": "abc"})
    return messages


def test_signed_thinking_of_the_turn_that_goes_on_stays_and_its_results_are_emptied():
    own, messages = store(), signed(30)
    budget = compress(messages, settings=PLAIN, store=own).tokens_before // 2
    done = compress(messages, max_tokens=budget, store=own, settings=PLAIN)
    assert done.tokens_after <= budget
    assert len(done.messages) == len(messages)
    assert [each for each in done.messages if each["role"] == "assistant"] == [
        each for each in messages if each["role"] == "assistant"
    ]


def test_signed_thinking_of_a_turn_that_is_over_goes_with_its_exchange():
    messages = signed(30)
    budget = compress(messages, settings=PLAIN, store=store()).tokens_before + 100
    over = [*messages, {"role": "assistant", "content": "done"}, {"role": "user", "content": result(99)}]
    done = compress(over, max_tokens=budget, store=store(), settings=PLAIN)
    assert len(done.messages) < len(over)
    assert is_paired("anthropic", done.messages)


def test_results_beside_a_text_of_the_user_are_emptied_and_the_text_stays():
    own, messages = store(), agent(FORMATS["anthropic"], 30)
    for message in messages:
        if message["role"] == "user" and not is_users(message):
            message["content"].append({"type": "text", "text": "remember the house rules"})
    budget = compress(messages, settings=PLAIN, store=own).tokens_before // 2
    done = compress(messages, max_tokens=budget, store=own, settings=PLAIN)
    assert len(done.messages) == len(messages)
    assert said(done.messages).count("remember the house rules") == 30
    emptied = [
        block["content"]
        for message in done.messages
        for block in message["content"]
        if block["type"] == "tool_result" and parse_marker(str(block["content"]))
    ]
    assert sum(" lines key=" in text for text in emptied) >= 5
    originals = [retrieve(parse_marker(text).key, store=own).text for text in emptied if " lines key=" in text]
    assert all(text in said(messages) for text in originals)


def test_what_the_question_asks_for_and_what_was_used_later_stays_longest():
    made = turns(30)
    made[3] = ("", "part 3", "alpha_module is defined here: the fault of alpha_module " + result(3))
    made[5] = ("", "part 5", "see special_name_77 for more " + result(5))
    made[20] = ("", "special_name_77", result(20))
    messages = [message for message in FORMATS["openai"](made) if message.get("content") != ""]
    budget = compress(messages, settings=PLAIN, store=store()).tokens_before * 4 // 5
    kept = said(compress(messages, max_tokens=budget, store=store(), settings=PLAIN).messages)
    assert result(3) in kept
    assert result(5) in kept
    assert result(4) not in kept


def candidate(at, key, *sources):
    segment = Segment(f"text {at}", (at, "content"), "tool")
    return Candidate(Exchange(at, at + 2), (Text(segment, 100, sources, (key,)),), 100)


def test_what_refers_to_a_text_that_goes_goes_along():
    candidates = [candidate(0, "a"), candidate(2, "b", "a"), candidate(4, "c", "b"), candidate(6, "d", "e")]
    assert dependents({candidates[0].exchange}, candidates) == candidates[1:3]


def test_what_is_referred_to_by_a_text_that_stays_stays():
    candidates = [candidate(0, "a"), candidate(2, "b", "a"), candidate(4, "c"), candidate(6, "d")]
    staying = Text(Segment("text 8", (8, "content"), "tool"), 100, ("b", "d"))
    assert free(candidates, [staying]) == [candidates[2]]


def test_an_output_that_stands_again_goes_with_the_one_it_refers_to_or_both_stay():
    report = "\n".join(f"{number} {result(number, 6)}" for number in range(30))
    made = turns(30)
    made[2], made[9] = ("", "make test", report), ("", "make test", report)
    messages = [message for message in FORMATS["openai"](made) if message.get("content") != ""]
    own = store()
    whole = compress(messages, store=own)
    again = next(each for each in whole.messages if each.get("tool_call_id") == "call_9")
    assert again["content"] != report
    for share in (0.8, 0.6, 0.4):
        kept = compress(messages, max_tokens=int(whole.tokens_after * share), store=store()).messages
        calls = {each.get("tool_call_id") for each in kept}
        assert "call_2" in calls or again not in kept


def test_a_result_refers_to_nothing_that_was_left_out_before_it_came():
    report = "\n".join(f"{number} {result(number, 6)}" for number in range(30))
    made = turns(30)
    made[2], made[27] = ("", "make test", report), ("", "make test", report)
    messages = [message for message in FORMATS["openai"](made) if message.get("content") != ""]
    own = store()
    budget = compress(messages, store=store()).tokens_after // 2
    at = next(index for index, each in enumerate(messages) if each.get("tool_call_id") == "call_27")
    before = compress(messages[: at - 1], max_tokens=budget, store=own).messages
    assert "call_2" not in {each.get("tool_call_id") for each in before}
    for end in (at + 1, at + 3, len(messages)):
        kept = compress(messages[:end], max_tokens=budget, store=own).messages
        [again] = [each for each in kept if each.get("tool_call_id") == "call_27"]
        assert again["content"] == report


def test_the_window_of_a_known_model_is_a_budget(tmp_path):
    table = tmp_path / "models.json"
    table.write_text('{"small-model": {"window_tokens": 8000, "input": 1, "cache_read": 0.1, "cache_write": 1.25}}')
    messages = agent(FORMATS["openai"], 30)
    done = compress(messages, model="small-model-2", store=store(), settings={**PLAIN, "models_file": str(table)})
    assert done.tokens_after <= 6_000 < done.tokens_before
    assert "6,000 tokens that small-model-2 takes" in done.notices[-1].reason


def test_the_same_text_twice_is_told_apart():
    """Keys are by content, places are not: a result that was read twice may go once and stay once."""
    made = turns(30)
    made[29] = ("", "part 29", result(2))
    messages = [message for message in FORMATS["openai"](made) if message.get("content") != ""]
    budget = compress(messages, settings=PLAIN, store=store()).tokens_before // 3
    done = compress(messages, max_tokens=budget, store=store(), settings=PLAIN)
    assert done.messages[-1] == messages[-1]


def test_summaries_are_never_nested_in_what_is_sent():
    own, messages = store(), agent(FORMATS["openai"], 60)
    budget = compress(messages, settings=PLAIN, store=own).tokens_before // 4
    done = compress(messages, max_tokens=budget, store=own, settings=PLAIN)
    assert sum(step.reason.startswith("a new epoch") for step in done.notices) > 1
    assert len(summaries(done.messages)) == 1
    ends = [step.tokens_after for step in done.notices if step.reason.startswith("a new epoch")]
    assert all(after < budget for after in ends)
    assert all(left.tokens_before >= left.tokens_after for left, _ in pairwise(done.notices))
