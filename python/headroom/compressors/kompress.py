"""Running text: documents, chunks of a search, web text. The sentences that answer the question stay.

What is asked (the query in force and the call's arguments) decides which sentences are shown, whole and in their
places; headings and sources stay, and every gap says what `retrieve` would give. With the extra `ml` a small model
reads too where much must go, and tells sentences that answer in other words; or another does, a token classifier, which
tells what is worth keeping whatever is asked. Where nothing is asked the text is left as it is, but for repeated runs,
which are said once; `unasked` allows leaving out stretches that nobody is likely to ask for all the same, which the
model tells too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom import _core
from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, score
from headroom.prose_model import SHIPPED, guess
from headroom.segment import Segment
from headroom.settings import setting

name = "kompress"
content_types = ("prose", "markdown", "text/markdown")
lossless = True


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the compressor of running text."""

    min_lossy_tokens: int = setting(
        600, "texts estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )
    unasked: bool = setting(
        False, "leave stretches out where nothing is asked, too: no number, name, quotation, code or negation"
    )
    unasked_share: float = setting(
        0.7, "share of the tokens that is kept at least where nothing is asked", low=0.7, high=1
    )
    model: str = setting(
        SHIPPED,
        "model that reads with the words (extra ml): shipped, off, a folder, or an id that headroom model pull fetched",
        variable="HEADROOM_PROSE_MODEL",
    )


_MILD_RATIO = 0.5
"""Where so much is kept at least, words alone keep what answers, in a hundredth of the time."""


def match(segment: Segment) -> float:
    """How surely the text is natural language that no other kind claims; a source file is none, however documented."""
    own = score("prose", segment.text)
    if own > 0 and segment.call is not None:
        shows_code = _core.code_score(segment.text, f"{segment.call.name} {segment.call.arguments}") > 0
        return 0.0 if shows_code else own
    return own


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    options = budget.options
    share = options.unasked_share if options.unasked else None

    def guess_of(call: str) -> _core.ProseGuess | None:
        return guess(segment.text, segment.query, call, deep=budget.deep, unasked_share=share, model=options.model)

    is_read = options.unasked or budget.deep or (budget.target_ratio or 1.0) < _MILD_RATIO
    asked = guess_of if is_read else None
    return drafts("prose", segment, budget, options.min_lossy_tokens, unasked_share=share, guess_of=asked)
