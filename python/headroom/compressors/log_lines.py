"""Logs of any format and language: templates with counts, and the lines that carry evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, score
from headroom.segment import Segment
from headroom.settings import setting

name = "log_lines"
content_types = ("log", "text/x-log")
lossless = True


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the log compressor."""

    min_lossy_tokens: int = setting(
        800, "texts estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )


_GENERAL = 0.999
"""Lines of any kind look like a log somehow: where another kind fits as well, that one says what may be left out."""


def match(segment: Segment) -> float:
    """How surely the text is a log."""
    return _GENERAL * score("log", segment.text)


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    return drafts("log", segment, budget, budget.options.min_lossy_tokens)
