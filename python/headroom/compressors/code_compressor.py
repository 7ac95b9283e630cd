"""Source code: signatures, types and constants kept, and what was asked for; bodies left out by their lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom import _core
from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, score
from headroom.segment import Segment
from headroom.settings import setting

name = "code_compressor"
content_types = ("code",)
lossless = True


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the code compressor."""

    min_lossy_tokens: int = setting(
        800, "files estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )


def match(segment: Segment) -> float:
    """How surely the text is source code: a call that shows a source file says more than the text alone."""
    by_content = score("code", segment.text)
    if segment.call is None:
        return by_content
    return max(by_content, _core.code_score(segment.text, f"{segment.call.name} {segment.call.arguments}"))


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    return drafts("code", segment, budget, budget.options.min_lossy_tokens)
