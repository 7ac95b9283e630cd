"""The exchanges of a conversation: calls with their results, which may be left out together and never apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headroom.providers import Part


class Exchange(NamedTuple):
    """Messages from `start` up to, but not including, `stop`.

    `is_whole`: calls and all their results and nothing else, so that the messages may go. Otherwise they are results
    beside something that stays: only their texts may. `is_signed`: it holds thinking that the provider checks.
    """

    start: int
    stop: int
    is_whole: bool = True
    is_signed: bool = False


def exchanges_of(parts: Sequence[Part]) -> list[Exchange]:
    """The whole exchanges among messages, in order."""
    return list(_found(parts))


def _found(parts: Sequence[Part]) -> Iterator[Exchange]:
    start, open_calls = -1, Counter[str]()
    for index, part in enumerate(parts):
        if part.kind in ("call", "thought"):
            if start < 0:
                start = index
            open_calls.update(part.ids)
        elif part.kind == "result" and start >= 0 and Counter(part.ids) <= open_calls:
            open_calls.subtract(part.ids)
            open_calls = +open_calls
            if not open_calls:
                yield Exchange(start, index + 1, True, any(each.is_signed for each in parts[start:index]))
                start = -1
        else:
            start, open_calls = -1, Counter()


def request_ends(parts: Sequence[Part]) -> list[int]:
    """Up to which message a request went: wherever the model answered, and at the end."""
    answered = [at for at in range(1, len(parts)) if parts[at].is_models and not parts[at - 1].is_models]
    return [*answered, len(parts)]
