"""What every compressor must do, on every input of a kind it claims. New members and new inputs join by themselves."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

import headroom
from headroom.compressors import Budget
from headroom.marker import parse_marker
from headroom.registry import compressors
from headroom.router import route
from headroom.segment import Segment, ToolCall
from headroom.settings import check_values

INPUTS = sorted((Path(__file__).parent / "inputs").iterdir())
KEY = "Ab3dE5gH7jK"
LEAST, SMALL_TOKENS = "min_lossy_tokens", 400
HOSTILE = ["", " ", "\0", "\ufeff", "[" * 100_000, '{"a":' * 50_000, '"', "[NaN, Infinity]", "\u2028" * 999, "null"]

pytestmark = pytest.mark.parametrize("compressor", compressors(), ids=lambda compressor: compressor.name)


def inputs_of(compressor):
    return [path for path in INPUTS if path.name.split("-")[0] in compressor.content_types]


def segment(text, query=""):
    return Segment(text, (), "tool", ToolCall("fetch", '{"url": "/x"}'), query)


def budget(compressor, lossy=True, deep=False, target_ratio=None):
    # The inputs are small, and shall go through every tier.
    small = {each.name: min(each.default, SMALL_TOKENS) for each in fields(compressor.Options) if each.name == LEAST}
    return Budget(compressor.Options(**small), lossy, deep, target_ratio, KEY)


def meaning(text):
    """What a text says: of JSON the values with their order, duplicates and number spelling; of others the text."""
    try:
        return json.loads(text, object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=str)
    except ValueError:
        return "".join(text.split())


def drafts(compressor, **options):
    for path in inputs_of(compressor):
        text = path.read_text(encoding="utf-8")
        for draft in compressor.compress(segment(text), budget(compressor, **options)):
            yield text, draft


def test_it_declares_itself(compressor):
    assert compressor.__name__.rsplit(".")[-1] == compressor.name
    assert compressor.content_types
    assert isinstance(compressor.lossless, bool)
    options = compressor.Options()
    check_values(options)
    assert all(each.metadata["about"] for each in fields(options))
    assert hash(options) == hash(compressor.Options())


def test_there_are_inputs_for_it_and_the_router_chooses_it_for_them(compressor):
    assert inputs_of(compressor)
    for path in inputs_of(compressor):
        found = route(segment(path.read_text(encoding="utf-8")), compressors(), lossy=True)
        assert found[0][1] is compressor, path.name


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
def test_hostile_texts_are_scored_and_worked_on_without_failing(compressor, text):
    assert 0 <= compressor.match(segment(text)) <= 1
    compressor.compress(segment(text), budget(compressor))


def test_it_gains_something_on_most_of_its_inputs(compressor):
    gained = {text for text, draft in drafts(compressor) if len(draft.text) < len(text)}
    assert len(gained) > len(inputs_of(compressor)) / 2


def test_the_same_input_gives_the_same_drafts(compressor):
    first, second = (
        [(draft.text, draft.lossless, draft.account and draft.account(text)) for text, draft in drafts(compressor)]
        for _ in range(2)
    )
    assert first == second


def test_it_makes_at_most_one_draft_of_each_form(compressor):
    for path in inputs_of(compressor):
        forms = [
            draft.lossless
            for draft in compressor.compress(segment(path.read_text(encoding="utf-8")), budget(compressor))
        ]
        assert len(forms) == len(set(forms)), path.name


def test_without_leave_to_leave_out_it_leaves_nothing_out(compressor):
    assert all(draft.lossless for _, draft in drafts(compressor, lossy=False))


def test_a_lossless_form_expands_to_the_same_content(compressor):
    for text, draft in drafts(compressor, lossy=False):
        assert meaning(headroom.expand(draft.text)) == meaning(text)


def test_a_lossy_form_begins_with_a_marker_that_counts(compressor):
    for _, draft in drafts(compressor):
        if not draft.lossless:
            marker = parse_marker(draft.text)
            assert marker.key == KEY
            assert 0 <= marker.shown < marker.total


def test_a_lossy_form_says_what_it_kept_and_left_out(compressor):
    for text, draft in drafts(compressor):
        if not draft.lossless:
            kept, dropped = draft.account(text)
            assert kept
            assert sum(count for _, count in dropped) > 0


def test_going_deep_or_to_a_target_never_makes_it_longer(compressor):
    plain = {text: len(draft.text) for text, draft in drafts(compressor) if not draft.lossless}
    for harsher in ({"deep": True}, {"deep": True, "target_ratio": 0.1}):
        for text, draft in drafts(compressor, **harsher):
            if not draft.lossless and text in plain:
                assert len(draft.text) <= plain[text]


def test_its_own_words_are_a_small_fixed_grammar(compressor):
    """Extractive: words that are not in the source are those of headers, the same few for every input."""
    own = set()
    for text, draft in drafts(compressor):
        own |= set(re.findall(r"[^\W\d_]{4,}", draft.text)) - set(re.findall(r"[^\W\d_]{4,}", text)) - {KEY}
    assert len(own) <= 40, sorted(own)


def test_what_the_question_names_stays_in_view(compressor):
    for path in inputs_of(compressor):
        text = path.read_text(encoding="utf-8")
        words = re.findall(r"[A-Za-z0-9]{6,}", text)
        rare = next((word for word in words if text.count(word) == 1), None)
        if rare is not None:
            for draft in compressor.compress(segment(text, f"what about {rare}?"), budget(compressor)):
                assert rare in draft.text, (path.name, rare)
