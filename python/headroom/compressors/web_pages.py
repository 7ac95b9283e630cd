"""Pages: of HTML what they say as Markdown, without navigation, scripts, and all else around it; of the accessibility
trees that browser tools print, what can be acted on, and the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, matching
from headroom.segment import Segment
from headroom.settings import setting

name = "web_pages"
content_types = ("html", "text/html", "application/xhtml+xml")
lossless = False


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the compressor of pages."""

    min_lossy_tokens: int = setting(
        400, "pages estimated smaller than this are left as they are: dropping would not pay", low=0
    )


match = matching("page")


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The page's main part as Markdown, or its tree in short; nothing where all has to stay."""
    return drafts("page", segment, budget, budget.options.min_lossy_tokens)
