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
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    call = f"{segment.call.name} {segment.call.arguments}" if segment.call else ""
    large = len(segment.text) >= budget.options.min_lossy_tokens * _CHARACTERS_PER_TOKEN
    crushed = _core.crush_json(
        segment.text,
        segment.query,
        call,
        key=budget.key if budget.lossy and large else None,
        deep=budget.deep,
        target_ratio=budget.target_ratio,
        # Reading a lossless form back to prove it takes its time, and beside so short a lossy one it could not win.
        clear_share=_CLEAR_SHARE,
    )
    return [Draft(each.text, each.lossless, None if each.lossless else each.account) for each in crushed]
