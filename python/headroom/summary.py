"""What stands for exchanges that were left out: one marker with a table of contents, and the text behind its key.

    [headroom evicted 0/2 results key=Ab3dE5gH7jK]
    left out to fit; query for one: lines 1-40
    1-40 bash {"command":"pytest -q"}
    41-77 read_file {"path":"src/app.py"}

The text behind the key holds the exchanges' texts in order, byte for byte, each exchange under a line `== n: tool`.
Thinking that a model had signed is not in it: of finished turns providers pass over it themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from headroom.marker import Marker, format_marker
from headroom.places import readable
from headroom.segment import Segment

_ARGUMENT_CHARACTERS = 80
_MOST_LINES = 60
_KIND = "evicted"


class Bundle(NamedTuple):
    """The text of exchanges that were left out, the lines of the table of contents, and how many results there are."""

    text: str
    contents: tuple[str, ...]
    results: int


def bundle(exchanges: Sequence[Sequence[Segment]]) -> Bundle:
    """The texts of exchanges, each given by its segments in order. Linear."""
    pieces: list[str] = []
    entries: list[tuple[int, int, str, str]] = []
    line = 1
    results = 0
    for number, segments in enumerate(exchanges, 1):
        called = [each.call for each in segments if each.origin == "tool" and each.call is not None]
        results += sum(each.origin == "tool" for each in segments)
        name = called[0].name if called else "result"
        body = [f"== {number}: {name}", *(each.text for each in segments)]
        length = sum(text.count("\n") + 1 for text in body)
        entries.append((line, line + length - 1, name, _short(called[0].arguments) if called else ""))
        pieces += body
        line += length
    return Bundle("\n".join(pieces), tuple(_contents(entries)), results)


def _contents(entries: Sequence[tuple[int, int, str, str]]) -> list[str]:
    older, newer = entries[:-_MOST_LINES], entries[-_MOST_LINES:]
    lines = [f"{first}-{last} {name} {arguments}".rstrip() for first, last, name, arguments in newer]
    if not older:
        return lines
    names = ", ".join(f"{name} {count}" for name, count in Counter(entry[2] for entry in older).most_common())
    return [f"{older[0][0]}-{older[-1][1]} {len(older)} older: {names}", *lines]


def _short(arguments: str) -> str:
    return " ".join(readable(arguments[:_ARGUMENT_CHARACTERS]).split())


def summary(made: Bundle, key: str) -> str:
    """The text that stands for the exchanges; `key` names the bundle's text."""
    marker = format_marker(Marker(_KIND, 0, made.results, "results", key))
    example = made.contents[-1].split(" ", 1)[0]
    return "\n".join((marker, f"left out to fit; query for one: lines {example}", *made.contents))


def stand_in(text: str, key: str) -> str:
    """What stands for one result whose message must stay; `key` names its text."""
    return format_marker(Marker(_KIND, 0, text.count("\n") + 1, "lines", key))
