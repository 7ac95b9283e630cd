"""The marker: the one line by which a text says that it was shortened and what names the original.

    [headroom json 42/1000 rows key=Ab3dE5gH7jK]

It is the first line of a lossy form. The grammar lives here alone. A marker is real only if its key names an original
in the reader's store; any other text of this shape is ordinary text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_GRAMMAR = re.compile(
    r"\[headroom (?P<kind>[a-z]+) (?P<shown>[0-9]+)/(?P<total>[0-9]+) (?P<unit>[a-z]+)"
    r" key=(?P<key>[0-9A-Za-z]{11})\](?=\n|\Z)"
)
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Marker:
    """What a marker says: `shown` of `total` units of a text of this kind are there, and the original's key."""

    kind: str
    shown: int
    total: int
    unit: str
    key: str


def format_marker(marker: Marker) -> str:
    """The line that stands for a marker.

    >>> format_marker(Marker("json", 42, 1000, "rows", "Ab3dE5gH7jK"))
    '[headroom json 42/1000 rows key=Ab3dE5gH7jK]'
    """
    return f"[headroom {marker.kind} {marker.shown}/{marker.total} {marker.unit} key={marker.key}]"


def parse_marker(text: str) -> Marker | None:
    r"""The marker on the first line of a text, or None. Constant time: looks at the first characters only.

    >>> parse_marker("[headroom json 42/1000 rows key=Ab3dE5gH7jK]\n...").key
    'Ab3dE5gH7jK'
    """
    found = _GRAMMAR.match(text[:_LONGEST])
    if found is None:
        return None
    return Marker(found["kind"], int(found["shown"]), int(found["total"]), found["unit"], found["key"])
