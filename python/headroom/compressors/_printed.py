"""What the compressors of printed text share: how the core is asked, and who matches how well.

The core reads a sample of the lines once for all kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headroom import _core
from headroom.compressors import Budget, Draft
from headroom.segment import Segment

_CHARACTERS_PER_TOKEN = 3.5
_CLEAR_SHARE = 0.3

_last: tuple[str, dict[str, float]] = ("", {})


def score(kind: str, text: str) -> float:
    """How surely a text is of a kind, 0 to 1."""
    global _last
    known, scores = _last
    if known is not text or not scores:
        scores = dict(_core.text_scores(text))
        _last = (text, scores)  # one assignment, so that threads see a pair that belongs together
    return scores[kind]


def matching(kind: str) -> Callable[[Segment], float]:
    """A compressor's `match` that says how surely the text is of a kind."""

    def match(segment: Segment) -> float:
        known, scores = _last
        return scores[kind] if known is segment.text and scores else score(kind, segment.text)

    return match


def drafts(
    kind: str,
    segment: Segment,
    budget: Budget[Any],
    min_lossy_tokens: int,
    unasked_share: float | None = None,
    guess_of: Callable[[str], _core.ProseGuess | None] | None = None,
) -> list[Draft]:
    """The core's forms of a text; a lossy one only of a text that is large enough for it to pay.

    `guess_of` is called where there may be a lossy one, with the call that made the text, and has a model guess.
    """
    is_lossy = budget.lossy and len(segment.text) >= min_lossy_tokens * _CHARACTERS_PER_TOKEN
    call = f"{segment.call.name} {segment.call.arguments}" if segment.call else ""
    forms = _core.compress_text(
        kind,
        segment.text,
        segment.query,
        call,
        key=budget.key if is_lossy else None,
        deep=budget.deep,
        target_ratio=budget.target_ratio,
        clear_share=_CLEAR_SHARE,
        unasked_share=unasked_share,
        guess=guess_of(call) if guess_of is not None and is_lossy else None,
    )
    return [Draft(form.text, form.lossless, None if form.lossless else form.account) for form in forms]
