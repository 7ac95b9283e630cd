from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest

from headroom.compressors import Draft
from headroom.decide import Policy
from headroom.epochs import Limit
from headroom.errors import StoreError
from headroom.marker import parse_marker
from headroom.pipeline import Pipeline
from headroom.segment import Segment, ToolCall
from headroom.store.memory import MemoryStore
from stand_ins import CharacterCounter, FullStore, Halving, HalvingOptions

LINES = "\n".join(f"line {number} of a long text   with blanks" for number in range(60))


@pytest.fixture
def store():
    return MemoryStore()


def pipeline(store, *compressors, policy=None):
    return Pipeline(policy or Policy(), CharacterCounter(), compressors or (Halving(),), lambda: store)


def tool(text, place=(0, "content"), **fields):
    return Segment(text, place, "tool", **fields)


def run_one(store, text=LINES, *compressors, policy=None, **fields):
    outcome = pipeline(store, *compressors, policy=policy).run([tool(text, **fields)])
    return outcome.replacements.get((0, "content")), outcome


def steps(outcome, name):
    return [step for segment in outcome.segments for step in segment.steps if step.name == name]


def test_a_lossy_form_goes_out_with_its_original_in_the_store(store):
    written, outcome = run_one(store)
    key = parse_marker(written).key
    assert outcome.keys == (key,)
    assert store.get(key) == LINES


def test_the_steps_tell_what_was_done_in_order(store):
    _, outcome = run_one(store)
    assert [step.name for step in outcome.segments[0].steps] == [
        *("read", "choose"),
        *("compress", "gate", "compress", "gate"),
        *("store", "write"),
    ]
    written = steps(outcome, "write")[0]
    assert (written.tokens_before, written.tokens_after) == (len(LINES), len(outcome.replacements[0, "content"]))
    kept, _ = steps(outcome, "compress")[0].account(LINES)
    assert kept[0] == ("line 1", "first")


@pytest.mark.parametrize("policy", [Policy(level="lossless"), Policy(retrieval="none")])
def test_where_nothing_may_be_left_out_only_the_lossless_form_goes_out(store, policy):
    written, outcome = run_one(store, policy=policy)
    assert written == LINES.replace("  ", "")
    assert store.get(outcome.keys[0]) == LINES


@pytest.mark.parametrize(
    ("segment", "why"),
    [
        (Segment(LINES, (0,), "user"), "compress_user"),
        (Segment(LINES, (0,), "system"), "compress_system"),
        (Segment(LINES, (0,), "assistant"), "as it is"),
        (Segment(LINES, (0,), "tool", frozen=True), "as it is"),
        (Segment(LINES, (0,), "tool", ToolCall("headroom_retrieve", "{}")), "retrieval"),
        (Segment(LINES, (0,), "tool", ToolCall("mcp__any_server__headroom_retrieve", "{}")), "retrieval"),
        (Segment(LINES, (0,), "tool", ToolCall("headroom-headroom_retrieve", "{}")), "retrieval"),
        (Segment(LINES, (0,), "tool", ToolCall("headroom_headroom_retrieve", "{}")), "retrieval"),
        (Segment(LINES, (0,), "tool", ToolCall("MCP:headroom:headroom_retrieve", "{}")), "retrieval"),
        (Segment(LINES, (0,), "tool", content_type="text"), "plain text"),
        (Segment("a\nb\nc", (0,), "tool"), "min_tokens"),
        (Segment(LINES + "\ud800", (0,), "tool"), "lone surrogates"),
    ],
)
def test_some_texts_are_left_alone_and_the_step_says_why(store, segment, why):
    outcome = pipeline(store).run([segment])
    assert outcome.replacements == {}
    assert outcome.keys == ()
    assert why in outcome.segments[0].steps[0].reason
    assert store.stats().entries == 0


def test_user_and_system_texts_are_compressed_where_the_policy_says_so(store):
    policy = Policy(compress_user=True, compress_system=True)
    outcome = pipeline(store, policy=policy).run([Segment(LINES, (0,), "user"), Segment(LINES + "!", (1,), "system")])
    assert set(outcome.replacements) == {(0,), (1,)}


def test_a_tool_whose_name_only_resembles_the_retrieve_tools_is_compressed(store):
    written, _ = run_one(store, call=ToolCall("my_headroom_retrieve", "{}"))
    assert written is not None


def test_what_headroom_wrote_is_left_alone_and_its_key_is_still_named(store):
    written, first = run_one(store)
    again, second = run_one(store, written)
    assert again is None
    assert second.keys == first.keys


def test_what_another_store_wrote_is_ordinary_text(store):
    written, _ = run_one(store)
    _, outcome = run_one(MemoryStore(), written, policy=Policy(min_tokens=1))
    assert parse_marker(written).key not in outcome.keys


def test_a_known_text_is_not_compressed_again(store):
    compressor = Halving()
    first, _ = run_one(store, LINES, compressor)
    again, outcome = run_one(store, LINES, compressor)
    assert (again, compressor.asked) == (first, 1)
    assert outcome.keys


@pytest.mark.parametrize(
    "other",
    [
        {"policy": Policy(level="deep")},
        {"policy": Policy(target_ratio=0.1)},
        {"policy": Policy(options=(("halving", HalvingOptions(keep=5)),))},
        {"query": "line 7"},
        {"call": ToolCall("read", "{}")},
        {"content_type": "lines"},
    ],
)
def test_whatever_a_decision_depends_on_makes_it_anew(store, other):
    compressor = Halving()
    run_one(store, LINES, compressor)
    run_one(store, LINES, compressor, **other)
    assert compressor.asked == 2


def test_the_options_of_the_policy_reach_the_compressor(store):
    written, _ = run_one(store, policy=Policy(options=(("halving", HalvingOptions(keep=5)),)))
    assert parse_marker(written).shown == 5


def test_a_known_text_whose_original_was_given_up_is_stored_again():
    secret = b"s" * 32
    first, _ = run_one(MemoryStore(secret=secret))
    emptied = MemoryStore(secret=secret)
    again, outcome = run_one(emptied)
    assert again == first
    assert emptied.get(outcome.keys[0]) == LINES


def test_when_the_store_takes_nothing_the_lossless_form_goes_out(store, caplog):
    written, outcome = run_one(FullStore(store))
    assert written == LINES.replace("  ", "")
    assert outcome.keys == ()
    assert [step.failed for step in steps(outcome, "store")] == [True]


def test_when_the_store_takes_nothing_and_there_is_no_lossless_form_the_original_stays(store, caplog):
    text = LINES.replace(" ", "")
    written, outcome = run_one(FullStore(store), text)
    assert written is None
    assert [step.failed for step in steps(outcome, "store")] == [True]
    assert not steps(outcome, "write")


def test_a_store_that_cannot_be_opened_is_reported_once_without_content(caplog):
    def refuse():
        raise StoreError("no such directory: /nowhere/at/all")

    for _ in range(2):
        run = Pipeline(Policy(), CharacterCounter(), (Halving(),), refuse)
        outcome = run.run([tool(LINES)])
        assert outcome.replacements == {(0, "content"): LINES.replace("  ", "")}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "/nowhere/at/all" in caplog.text
    assert "line 3" not in caplog.text


def test_a_lossless_form_made_while_the_store_was_full_stays_and_its_original_follows(store, caplog):
    written, _ = run_one(FullStore(store))
    again, outcome = run_one(store)
    assert again == written
    assert store.get(outcome.keys[0]) == LINES


def test_a_failing_compressor_costs_its_text_the_compression_and_is_counted(store, caplog):
    broken = Halving("broken", ("broken",), score=1.0, error=RuntimeError("secret content"))
    outcome = pipeline(store, broken).run([tool(LINES)])
    assert outcome.replacements == {}
    [failed] = [step for step in steps(outcome, "compress") if step.failed]
    assert failed.reason == "broken failed: RuntimeError"
    assert "secret content" not in caplog.text


def test_a_failing_compressor_does_not_touch_other_texts(store, caplog):
    broken = Halving("broken", ("broken",), score=0.0, error=RuntimeError())
    segments = [tool(LINES, (0, "content"), content_type="broken"), tool(LINES + "\nmore", (1, "content"))]
    outcome = pipeline(store, broken, Halving()).run(segments)
    assert set(outcome.replacements) == {(1, "content")}


def test_the_next_compressor_tries_when_the_best_one_gains_nothing(store):
    idle = Halving("idle", ("idle",), score=1.0)
    idle.compress = lambda segment, budget: []
    written, _ = run_one(store, LINES, idle, Halving())
    assert written is not None


def test_all_originals_of_a_run_are_stored_in_one_transaction(store):
    batches = []

    class Recording(FullStore):
        def put_many(self, entries, records=()):
            batches.append(list(entries))
            return store.put_many(batches[-1], records)

    pipeline(Recording(store)).run([tool(f"{LINES}\n{number}", (number, "content")) for number in range(3)])
    assert [len(batch) for batch in batches] == [3]


def test_one_text_under_two_questions_leaves_two_outputs_that_are_both_known_as_ours(store):
    class Asked(Halving):
        def compress(self, segment, budget):
            [lossy] = super().compress(segment, budget)[:1]
            return [Draft(f"{lossy.text}\n{segment.query}", False)]

    segments = [tool(LINES, (number, "content"), query=f"question {number}") for number in range(2)]
    outcome = pipeline(store, Asked()).run(segments)
    outputs = list(outcome.replacements.values())
    assert len(set(outputs)) == 2
    assert all(store.is_output(store.key_of(output)) for output in outputs)


def test_a_budget_makes_old_results_smaller_first(store):
    segments = [tool(f"{LINES}\n{number}", (number, "content")) for number in range(2)]
    whole = pipeline(store).run(segments)
    sizes = [len(text) for text in whole.replacements.values()]
    outcome = pipeline(store).run(segments, Limit(sum(sizes) - 1, "a test"))
    fitted = [len(text) for text in outcome.replacements.values()]
    assert fitted[0] < sizes[0]
    assert fitted[1] == sizes[1]
    assert [notice.failed for notice in outcome.notices] == [False]


def test_a_budget_that_cannot_be_met_is_told_and_nothing_is_dropped(store):
    outcome = pipeline(store).run([tool(LINES), Segment("x" * 500, (1,), "user")], Limit(10, "a test"))
    assert set(outcome.replacements) == {(0, "content")}
    [notice] = outcome.notices
    assert notice.failed
    assert f"{notice.tokens_after - 10:,} tokens over" in notice.reason


def test_a_budget_that_is_met_anyway_changes_nothing(store):
    assert pipeline(store).run([tool(LINES)], Limit(10**9, "a test")).notices == ()


def test_a_long_question_is_clipped_in_the_middle_and_lone_surrogates_in_it_do_no_harm(store):
    seen = []

    class Curious(Halving):
        def compress(self, segment, budget):
            seen.append((segment.query, segment.call))
            return super().compress(segment, budget)

    query = "first" + "é" * 20_000 + "last\ud800"
    run_one(store, LINES, Curious(), query=query, call=ToolCall("t\ud800", "{\ud800}"))
    [(clipped, call)] = seen
    assert clipped.startswith("first")
    assert clipped.endswith("last?")
    assert len(clipped) < 8_100
    assert (call.name, call.arguments) == ("t?", "{?}")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_child_compresses_while_the_parent_has_a_worker(tmp_path):
    code = """
import json, os, sys
from headroom import compress
text = json.dumps([{"id": n, "note": f"value {n * 7919 % 997}"} for n in range(2000)])
settings = {"store_path": sys.argv[1]}
before = compress(text, settings=settings).text
child = os.fork()
if child == 0:
    os._exit(0 if compress(text + " ", settings=settings).tokens_saved > 0 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "store.sqlite3")], timeout=60)
    assert done.returncode == 0


def test_a_lossy_text_over_its_ratio_is_told_by_a_step(store):
    _, met = run_one(store, policy=Policy(target_ratio=0.9))
    assert not steps(met, "budget")
    _, missed = run_one(store, policy=Policy(target_ratio=0.01))
    [told] = steps(missed, "budget")
    assert told.failed
    assert "target_ratio=0.01" in told.reason
    assert missed.segments[0].steps[-1].name == "write"


def test_the_drafts_of_compressors_that_match_about_as_well_are_compared(store):
    surest = Halving("surest", score=0.9, options_keep=30)
    rival = Halving("rival", score=0.8)
    written, outcome = run_one(store, LINES, surest, rival, policy=Policy(level="lossless"))
    assert written is not None
    assert [step.reason for step in steps(outcome, "choose")] == ["surest matches 0.90", "rival matches 0.80"]


def test_only_the_compressor_that_matches_best_says_what_may_be_left_out(store):
    surest, rival = Halving("surest", options_keep=8), Halving("rival", score=0.8, options_keep=1)
    written, _ = run_one(store, LINES, surest, rival)
    assert len(written.splitlines()) == 1 + 8


def test_a_compressor_that_matches_far_worse_is_not_asked(store):
    other = Halving("other", score=0.4)
    _, outcome = run_one(store, LINES, Halving(), other)
    assert other.asked == 0
    assert steps(outcome, "choose")[1].reason == "not tried: other 0.40"


def test_a_poor_match_does_not_try(store):
    poor = Halving(score=0.1)
    written, outcome = run_one(store, LINES, poor)
    assert (written, poor.asked) == (None, 0)
    assert steps(outcome, "choose")[0].reason == "not tried: halving 0.10"


def test_a_rival_that_fails_does_not_cost_what_the_best_one_made(store):
    written, outcome = run_one(store, LINES, Halving(), Halving("rival", score=0.8, error=ValueError("no")))
    assert written is not None
    assert [step.reason for step in steps(outcome, "compress") if step.failed] == ["rival failed: ValueError"]
