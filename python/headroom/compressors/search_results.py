"""Search results and lists of files: grouped by file, every file and its number of matches kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, matching
from headroom.segment import Segment
from headroom.settings import setting

name = "search_results"
content_types = ("search",)
lossless = True
hides_nothing = True  # no view of another kind may stand for a search: it could hide that a file has matches


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the search compressor."""

    min_lossy_tokens: int = setting(
        800, "texts estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )


match = matching("search")


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    return drafts("search", segment, budget, budget.options.min_lossy_tokens)
