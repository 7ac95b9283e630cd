"""Test reports, builds and linters: every failure and diagnostic kept, passes counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, matching
from headroom.segment import Segment
from headroom.settings import setting

name = "test_reports"
content_types = ("report", "test_report")
lossless = True


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the report compressor."""

    min_lossy_tokens: int = setting(
        200, "texts estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )


match = matching("report")


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    return drafts("report", segment, budget, budget.options.min_lossy_tokens)
