from __future__ import annotations

from headroom.router import content_types, route
from headroom.segment import Segment
from stand_ins import Halving

TEXT = Segment("some text", (), "tool")


def names(found):
    return [compressor.name for _, compressor in found]


def test_the_best_match_comes_first_and_ties_go_by_name():
    family = [Halving("b", ("b",)), Halving("a", ("a",)), Halving("sure", ("s",), score=1.0)]
    assert names(route(TEXT, family, lossy=True)) == ["sure", "a", "b"]


def test_what_does_not_match_at_all_is_not_named():
    assert route(TEXT, [Halving(score=0.0)], lossy=True) == []


def test_a_named_content_type_decides_whatever_the_scores():
    family = [Halving("low", ("low", "x/low"), score=0.0), Halving("high", ("high",), score=1.0)]
    assert names(route(Segment("t", (), "tool", content_type="x/low"), family, lossy=True)) == ["low"]


def test_a_compressor_without_a_lossless_form_stays_out_where_nothing_may_be_left_out():
    family = [Halving("only_lossy", ("l",), lossless=False)]
    assert names(route(TEXT, family, lossy=True)) == ["only_lossy"]
    assert route(TEXT, family, lossy=False) == []


def test_text_is_always_a_content_type():
    assert content_types([Halving()]) == ["text", "lines"]
