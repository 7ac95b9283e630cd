"""Outputs of several kinds: each part as its own kind is told, in order, under one header.

JSON beside what a command said, outputs of several commands, logs inside tags or fences, and JSON whose strings hold
what a tool printed. Parts of no kind stand as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, matching
from headroom.segment import Segment
from headroom.settings import setting

name = "mixed_outputs"
content_types = ("mixed",)
lossless = True


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the compressor of mixed outputs."""

    min_lossy_tokens: int = setting(
        300, "texts estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )


match = matching("mixed")


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    return drafts("mixed", segment, budget, budget.options.min_lossy_tokens)
