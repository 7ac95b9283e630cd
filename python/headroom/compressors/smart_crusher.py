"""JSON of any shape: its lossless form, and for large texts the rows that carry evidence.

The lossless form is a table or compact JSON with the same values, read back and compared before it is offered. The
lossy form keeps what an agent would look for (first and last, errors, what was asked for, rare values, outliers,
changes) and says what it left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom import _core
from headroom.compressors import Budget, Draft
from headroom.segment import Segment
from headroom.settings import setting

name = "smart_crusher"
content_types = ("json", "ndjson", "application/json", "application/x-ndjson")
lossless = True

_CHARACTERS_PER_TOKEN = 3.5
_CLEAR_SHARE = 0.3
_TIGHTENINGS = 3


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the JSON compressor."""

    min_lossy_tokens: int = setting(
        1_500, "texts estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )


def match(segment: Segment) -> float:
    """How surely the text is JSON, NDJSON or JSON that was cut off."""
    return _core.json_score(segment.text)


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one.

    A lossy draft that evidence makes longer than `target_ratio` allows is made anew with less room, a few times. What
    names the columns of a small text may still be more.
    """
    large = len(segment.text) >= budget.options.min_lossy_tokens * _CHARACTERS_PER_TOKEN
    key = budget.key if budget.lossy and large else None
    drafts = _drafts(segment, key, budget.deep, budget.target_ratio)
    if budget.target_ratio is None or not drafts or drafts[0].lossless:
        return drafts
    allowed = budget.target_ratio * _core.count_tokens(segment.text)
    ratio = budget.target_ratio
    for _ in range(_TIGHTENINGS):
        excess = _core.count_tokens(drafts[0].text) / allowed
        if excess <= 1:
            break
        ratio /= 1.5 * excess
        tighter = _drafts(segment, key, True, ratio)
        if tighter and not tighter[0].lossless and len(tighter[0].text) < len(drafts[0].text):
            drafts = tighter
    return drafts


def _drafts(segment: Segment, key: str | None, deep: bool, target_ratio: float | None) -> list[Draft]:
    call = f"{segment.call.name} {segment.call.arguments}" if segment.call else ""
    crushed = _core.crush_json(
        segment.text,
        segment.query,
        call,
        key=key,
        deep=deep,
        target_ratio=target_ratio,
        # Reading a lossless form back to prove it takes its time, and beside so short a lossy one it could not win.
        clear_share=_CLEAR_SHARE,
    )
    return [Draft(each.text, each.lossless, None if each.lossless else each.account) for each in crushed]
