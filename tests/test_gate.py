from __future__ import annotations

from headroom.compressors import Draft
from headroom.gate import choose, compare, judge
from headroom.marker import Marker, format_marker

KEY = "Ab3dE5gH7jK"
ORIGINAL = "x" * 100
MARKER = format_marker(Marker("lines", 1, 9, "lines", KEY))


def lossy(length: int, head: str = MARKER) -> Draft:
    return Draft(head + "\n" + "y" * (length - len(head) - 1), lossless=False)


def lossless(length: int) -> Draft:
    return Draft("y" * length, lossless=True)


def verdicts(*drafts: Draft, count=len, original: str = ORIGINAL, others=()):
    return compare(judge(drafts, original, count(original), KEY, [count, *others]))


def chosen(*drafts: Draft, count=len, original: str = ORIGINAL):
    verdict = choose(verdicts(*drafts, count=count, original=original))
    return verdict and verdict.draft


def test_a_smaller_lossless_draft_passes():
    assert chosen(lossless(99)) == lossless(99)


def test_a_draft_of_as_many_tokens_does_not_pass():
    assert chosen(lossless(100)) is None
    assert chosen(Draft("y" * 50, lossless=True), count=lambda text: 10) is None


def test_a_draft_of_fewer_tokens_and_more_bytes_does_not_pass():
    assert chosen(Draft("é" * 60, lossless=True)) is None


def test_a_draft_must_be_smaller_by_every_counter():
    [verdict] = verdicts(lossless(80), others=[lambda text: 7])
    assert "o200k_base" in verdict.refusal


def test_an_empty_draft_does_not_pass():
    assert chosen(Draft("", lossless=True)) is None


def test_a_lossy_draft_without_the_originals_key_on_its_first_line_does_not_pass():
    assert chosen(lossy(60)) == lossy(60)
    assert chosen(lossy(60, MARKER.replace(KEY, "00000000000"))) is None
    assert chosen(lossy(60, "no marker")) is None


def test_a_lossy_draft_must_be_clearly_smaller_than_the_lossless_one():
    assert chosen(lossy(60), lossless(80)) == lossy(60)
    assert chosen(lossy(61), lossless(80)) == lossless(80)


def test_a_lossless_draft_that_cannot_pass_sets_no_limit_for_the_lossy_one():
    assert chosen(lossy(60), lossless(100)) == lossy(60)


def test_every_refusal_says_why():
    refusals = [verdict.refusal for verdict in verdicts(lossy(70), lossless(80), lossless(100), Draft("", True))]
    assert all(refusals[index] for index in (0, 2, 3))
    assert refusals[1] == ""
