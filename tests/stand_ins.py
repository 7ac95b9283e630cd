"""Small honest collaborators for tests of the parts between them: a compressor, a counter, a store that fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from headroom.compressors import Budget, Draft
from headroom.errors import StoreError
from headroom.marker import Marker, format_marker
from headroom.segment import Segment
from headroom.settings import setting


@dataclass(frozen=True)
class HalvingOptions:
    keep: int = setting(2, "lines kept", low=1)


@dataclass
class Halving:
    """Keeps the first lines of a text, lossily, and can write it without its blanks, losslessly."""

    name: str = "halving"
    content_types: tuple[str, ...] = ("lines",)
    lossless: bool = True
    score: float = 0.9
    error: Exception | None = None
    Options: type[Any] = HalvingOptions
    asked: int = 0
    options_keep: int | None = None

    def match(self, segment: Segment) -> float:
        return self.score

    def compress(self, segment: Segment, budget: Budget[Any]) -> Sequence[Draft]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        drafts = []
        lines = segment.text.split("\n")
        keep = 1 if budget.deep else self.options_keep or budget.options.keep
        if budget.lossy and len(lines) > keep:
            head = format_marker(Marker("lines", keep, len(lines), "lines", budget.key))
            kept = tuple((f"line {number + 1}", "first") for number in range(keep))
            body = "\n".join([head, *lines[:keep]])
            dropped = (("the end", len(lines) - keep),)
            drafts.append(Draft(body, False, lambda original: (kept, dropped)))
        if "  " in segment.text:
            drafts.append(Draft(segment.text.replace("  ", ""), True))
        return drafts


class CharacterCounter:
    """A token is a character."""

    name = "characters"
    encoding = "o200k_base"
    is_estimate = False

    def count(self, text: str) -> int:
        return len(text)

    def begin(self, text: str) -> None:
        return None


class FullStore:
    """A store of which every write fails."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.tenant = inner.tenant

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def put_many(self, entries: Iterable[Any], records: Iterable[Any] = ()) -> dict[str, bytes]:
        raise StoreError("the disk is full")
