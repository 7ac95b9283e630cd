"""A readable report of a result: for each text what was tried, what was kept and why, what was left out.

Derived from steps alone. `paint` marks the parts of a line by role, so that a terminal can show them in colour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Literal

from headroom.result import CompressResult
from headroom.segment import Segment, Step

Role = Literal["head", "saved", "kept", "dropped", "failed", "quiet"]
Paint = Callable[[str, Role], str]

_MOST_ENTRIES = 20
_MOST_WIDTH = 60


def explain(result: CompressResult, paint: Paint = lambda text, role: text) -> str:
    """The report, one line a fact. Texts that were left alone are summed up in one line for each reason."""
    return "\n".join(_lines(result, paint))


def _lines(result: CompressResult, paint: Paint) -> Iterator[str]:
    about = " (estimated)" if result.tokens_are_estimated else ""
    yield paint(
        f"{result.tokens_before:,} -> {result.tokens_after:,} tokens{about}, {result.compression_ratio:.1%} saved",
        "head",
    )
    quiet: dict[tuple[str, str], list[int]] = {}
    for segment in result.segments:
        if len(segment.steps) == 1:
            quiet.setdefault((segment.origin, segment.steps[0].reason), []).append(segment.steps[0].tokens_before)
        else:
            yield from _segment(segment, paint)
    for (origin, reason), tokens in quiet.items():
        noun = "text" if len(tokens) == 1 else "texts"
        yield paint(f"{len(tokens)} {origin} {noun}, {sum(tokens):,} tokens: {reason}", "quiet")
    for notice in result.notices:
        yield paint(f"{notice.name}: {notice.reason}", "failed" if notice.failed else "quiet")


def _segment(segment: Segment, paint: Paint) -> Iterator[str]:
    yield paint(_title(segment), "head")
    for step in segment.steps[1:]:
        yield f"  {_step(step, paint)}"
        if step.account is not None:
            kept, dropped = step.account(segment.text)
            yield from _side_by_side(
                [f"{what}: {why}" for what, why in kept], [f"{count:,} of {place}" for place, count in dropped], paint
            )


def _title(segment: Segment) -> str:
    place = ".".join(str(part) for part in segment.place) or "text"
    call = f" of {segment.call.name}" if segment.call else ""
    return f"{place}: {segment.origin}{call}, {segment.steps[0].tokens_before:,} tokens"


def _step(step: Step, paint: Paint) -> str:
    if step.failed:
        return paint(f"{step.name}: {step.reason}", "failed")
    if step.name == "write":
        return paint(f"{step.name}: {step.reason}: {step.tokens_before:,} -> {step.tokens_after:,} tokens", "saved")
    if step.name == "compress" and step.tokens_after:
        return f"{step.name}: {step.reason}: {step.tokens_after:,} tokens"
    return f"{step.name}: {step.reason}{f', key {step.key}' if step.key else ''}"


def _side_by_side(kept: Sequence[str], dropped: Sequence[str], paint: Paint) -> Iterator[str]:
    """Two columns, what was kept and what was left out, the first entries of each."""
    left, right = (["kept", *_shortened(kept)], ["left out", *_shortened(dropped)])
    width = min(_MOST_WIDTH, max(map(len, left)))
    for number, (own, other) in enumerate(zip_longest(left, right, fillvalue="")):
        own = own if len(own) <= width else own[: width - 1] + "…"
        roles: tuple[Role, Role] = ("head", "head") if number == 0 else ("kept", "dropped")
        yield f"    {paint(own, roles[0])}{' ' * (width - len(own))} | {paint(other, roles[1])}".rstrip()


def _shortened(entries: Sequence[str]) -> list[str]:
    more = len(entries) - _MOST_ENTRIES
    return [*entries[:_MOST_ENTRIES], *([f"and {more:,} more"] if more > 0 else [])]
