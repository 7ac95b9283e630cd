"""DESIGN's promises as properties of the public functions, in every wire format."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from headroom import compress, count_tokens, expand
from headroom.marker import Marker, format_marker, parse_marker
from headroom.store.memory import MemoryStore
from payloads import CONVERSATIONS, FORMATS, RESULTS, big_table

SECRET = b"a secret of thirty-two bytes....."[:32]
EAGER = {"min_tokens": 0, "smart_crusher.min_lossy_tokens": 100}
"""Settings under which small examples go through every tier."""

LEVELS = st.sampled_from(["lossless", "balanced", "deep"])
WRITERS = pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)


def store():
    return MemoryStore(secret=SECRET)


def run(input, own=None, **options):
    return compress(input, store=own or store(), settings=EAGER, **options)


def changed(result):
    return [each for each in result.segments if each.steps[-1].name == "write"]


def pairs(result):
    """The text before and after of everything that was changed."""
    for before, after in zip(result.segments, written_texts(result), strict=True):
        if before.text != after:
            yield before.text, after


def written_texts(result):
    if result.text is not None:
        return [result.text]
    return [at(result.messages, segment.place) for segment in result.segments]


def at(payload, place):
    for step in place:
        payload = payload[step]
    return payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


@given(text=RESULTS, level=LEVELS)
def test_reversible_the_original_is_in_the_store_byte_for_byte(text, level):
    own = store()
    result = run(text, own, level=level)
    if result.text != text:
        [key] = result.keys
        assert own.get(key) == text
        if parse_marker(result.text):
            assert expand(result.text, store=own) == text


@WRITERS
@given(turns=CONVERSATIONS, cut=st.integers(0, 12), level=LEVELS)
def test_append_only_the_output_of_a_prefix_is_a_prefix_of_the_output(write, turns, cut, level):
    messages = write(turns)
    cut = min(cut, len(messages))
    whole = run(messages, level=level).messages
    assert run(messages[:cut], level=level).messages == whole[:cut]


@WRITERS
@given(turns=CONVERSATIONS, level=LEVELS)
def test_append_only_turn_by_turn_on_one_store_as_in_one_go_on_another(write, turns, level):
    messages = write(turns)
    one, sent = store(), []
    for length in range(1, len(messages) + 1):
        sent = run(messages[:length], one, level=level).messages
    assert sent == run(messages, level=level).messages


def test_a_string_and_a_single_text_block_come_out_alike():
    as_string = FORMATS["anthropic"]([("which failed?", "x", "unused"), ("and?", "y", big_table())])
    as_block = copy.deepcopy(as_string)
    as_block[-1]["content"][0]["content"] = [
        {"type": "text", "text": big_table(), "cache_control": {"type": "ephemeral"}}
    ]
    [text] = [each["content"][0]["content"] for each in run(as_string).messages[-1:]]
    [block] = run(as_block).messages[-1]["content"][0]["content"]
    assert block == {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}


@given(text=RESULTS, level=LEVELS, model=st.sampled_from([None, "gpt-4o", "gpt-4", "claude-sonnet-4-5"]))
def test_never_larger_in_tokens_and_in_bytes(text, level, model):
    result = run(text, level=level, model=model)
    assert count_tokens(result.text, model) <= count_tokens(text, model)
    assert count_tokens(result.text) <= count_tokens(text)
    assert len(result.text.encode()) <= len(text.encode())
    assert result.tokens_after <= result.tokens_before


@given(text=RESULTS, level=LEVELS)
def test_the_figures_are_those_of_the_texts(text, level):
    result = run(text, level=level)
    assert (result.tokens_before, result.tokens_after) == (count_tokens(text), count_tokens(result.text))
    assert result.tokens_saved == result.tokens_before - result.tokens_after


@given(text=RESULTS, level=LEVELS, other=LEVELS)
def test_idempotent_what_headroom_wrote_is_left_alone_at_any_level(text, level, other):
    own = store()
    once = run(text, own, level=level)
    assume(once.text != text)
    again = run(once.text, own, level=other)
    assert again.text == once.text


@given(text=RESULTS, level=LEVELS)
def test_lossless_means_that_the_values_can_be_read_back(text, level):
    result = run(text, level="lossless")
    if result.text != text:
        assert values(expand(result.text)) == values(text)
        assert parse_marker(result.text) is None


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
@given(turns=CONVERSATIONS)
def test_without_retrieval_nothing_is_left_out(write, turns):
    for before, after in pairs(run(write(turns), retrieval="none")):
        assert values(expand(after)) == values(before)


def values(text):
    def parse(part):
        return json.loads(part, object_pairs_hook=tuple, parse_int=str, parse_float=str)

    try:
        return parse(text)
    except ValueError:
        return [parse(line) for line in text.splitlines() if line.strip()]


@WRITERS
@given(turns=CONVERSATIONS)
def test_byte_faithful_nothing_but_texts_of_results_changes(write, turns):
    messages = write(turns)
    before = copy.deepcopy(messages)
    result = run(messages)
    assert messages == before
    places = {segment.place[0] for segment in changed(result)}
    for index, (old, new) in enumerate(zip(messages, result.messages, strict=True)):
        assert (new is old) == (index not in places)
    assert all(segment.origin == "tool" for segment in changed(result))


@given(text=RESULTS, marker=st.sampled_from(["0" * 11, "Ab3dE5gH7jK", "zzzzzzzzzzz"]))
def test_a_text_that_only_looks_like_a_marker_is_inert(text, marker):
    own = store()
    lookalike = format_marker(Marker("json", 1, 2, "rows", marker))
    forged = f"{lookalike}\n{text}"
    assert expand(forged, store=own) == forged
    result = run(forged, own)
    assert marker not in result.keys
    assert own.get(result.keys[0]) == forged if result.text != forged else True


@given(text=st.text(max_size=50), level=LEVELS)
def test_texts_with_lone_surrogates_pass_through(text, level):
    broken = f'{text}[{{"a": "\ud800"}}]' * 50
    assert run(broken, level=level).text == broken


def test_errors_outliers_and_what_was_asked_for_stay_in_view():
    text = run(big_table(), query="what about 1123?").text
    assert parse_marker(text)
    for evidence in ("upstream timed out", "30000", "failed", "1123", "1000", "1399"):
        assert evidence in text


@pytest.mark.slow
def test_append_only_and_deterministic_across_restarts_and_hash_seeds(tmp_path):
    script = (
        "import json, sys, headroom\n"
        "messages = json.load(sys.stdin)\n"
        "result = headroom.compress(messages, settings={'store_path': sys.argv[1]})\n"
        "json.dump(result.messages, sys.stdout)\n"
    )
    inputs = sorted((Path(__file__).parent / "conformance" / "inputs").iterdir())
    turns = [(f"what of {path.stem}?", path.name, path.read_text(encoding="utf-8")) for path in inputs]
    messages = FORMATS["openai"](turns)
    outputs = []
    for length in (1 + 3 * (len(turns) // 2), len(messages) - 3, len(messages), len(messages)):
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "shared.db")],
            input=json.dumps(messages[:length]),
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": str(len(outputs))},
            text=True,
            check=True,
        )
        outputs.append(json.loads(done.stdout))
    assert all(before == after[: len(before)] for before, after in pairwise(outputs))
    assert outputs[-1] != messages
