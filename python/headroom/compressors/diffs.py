"""Diffs: every changed line kept or exactly folded; what was generated, summarised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, matching
from headroom.segment import Segment
from headroom.settings import setting

name = "diffs"
content_types = ("diff", "patch", "text/x-diff")
lossless = True


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the diff compressor."""

    min_lossy_tokens: int = setting(
        800, "texts estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )


match = matching("diff")


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    return drafts("diff", segment, budget, budget.options.min_lossy_tokens)
