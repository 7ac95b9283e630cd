"""JSON as no serializer of ours would write it, and what stands in a place of it: told without our own parser."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import strategies as st

SPACES = st.sampled_from(["", "", "", " ", "\n  ", "\t", " \r\n"])
_NUMBERS = st.sampled_from(["1.0", "-0.0", "1E5", "12345678901234567890123", "0.1234567890123456789", "1e-7", "7"])
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class Raw(str):
    """JSON text to be written as it stands."""


UNKNOWN = st.one_of(
    _NUMBERS.map(Raw),
    st.just(Raw('"half a pair \\ud83d"')),
    st.just(Raw('{"twice":1,"twice":{"deep":[null ,true]}}')),
    st.just([Raw("1.10"), {"naïve": "ü\u2028"}]),
)
"""Fields that no format has."""


def written(draw: st.DrawFn, value: Any) -> str:
    """A value as JSON with white space and escapes where they may be."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        members = [
            f"{draw(SPACES)}{written(draw, key)}{draw(SPACES)}:{draw(SPACES)}{written(draw, each)}{draw(SPACES)}"
            for key, each in value.items()
        ]
        return "{" + ",".join(members) + "}" if members else "{" + draw(SPACES) + "}"
    if isinstance(value, list):
        return "[" + ",".join(f"{draw(SPACES)}{written(draw, each)}{draw(SPACES)}" for each in value) + "]"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=draw(st.booleans()))
        return text.replace("/", "\\/").replace("o", "\\u006f", 1) if draw(st.booleans()) else text
    return json.dumps(value)


def differing_places(before: Any, after: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where two values differ, as deep as they can be told apart."""
    if type(before) is type(after) and isinstance(before, dict) and before.keys() == after.keys():
        return [found for key in before for found in differing_places(before[key], after[key], (*place, key))]
    if type(before) is type(after) and isinstance(before, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [found for index, pair in pairs for found in differing_places(*pair, (*place, index))]
    return [] if repr(before) == repr(after) else [place]


def cut_out(text: str, places: list[tuple[Any, ...]]) -> str:
    """The text without the values in some places."""
    for start, end in sorted((span(text, place) for place in places), reverse=True):
        text = text[:start] + text[end:]
    return text


def span(text: str, place: tuple[Any, ...]) -> tuple[int, int]:
    start = _skip(text, 0)
    for step in place:
        start = _members(text, start)[step]
    return start, _DECODER.raw_decode(text, start)[1]


def _members(text: str, start: int) -> dict[Any, int]:
    """Where each member of the container that begins at `start` begins."""
    members: dict[Any, int] = {}
    is_object, at = text[start] == "{", _skip(text, start + 1)
    while text[at] not in "}]":
        key: Any = len(members)
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        members[key] = at
        at = _skip(text, _DECODER.raw_decode(text, at)[1])
        at = _skip(text, at + 1) if text[at] == "," else at
    return members


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
