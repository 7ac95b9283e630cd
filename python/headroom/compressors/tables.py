"""Tables as tools print them: rows that matter under their heading with a line on each column, or every cell in fewer
tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, matching
from headroom.segment import Segment
from headroom.settings import setting

name = "tables"
content_types = ("table", "csv", "tsv", "text/csv", "text/tab-separated-values")
lossless = True


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the compressor of tables."""

    min_lossy_tokens: int = setting(
        800, "texts estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )


match = matching("table")


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    return drafts("table", segment, budget, budget.options.min_lossy_tokens)
