"""JSON with comments, read with its spans: where each value stands, and what follows it.

Comments, trailing commas, JSON5's unquoted keys and single-quoted strings are understood. A value that is plain JSON
and whose insides do not matter is read by the standard library, so that a large file takes little longer than that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from headroom.edits import Path

_TOKEN = re.compile(
    r"""(?P<space>[\s\ufeff]+)|(?P<comment>//[^\r\n]*|/\*.*?\*/)|(?P<mark>[{}\[\],:])"""
    r"""|(?P<string>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')|(?P<word>[^\s{}\[\],:"'/]+)""",
    re.DOTALL,
)
_CLOSERS = {"{": "}", "[": "]"}
_DECODER = json.JSONDecoder()


@dataclass(slots=True)
class Node:
    """A value: its span, and what it is; a container also has the spans of what it holds."""

    start: int
    end: int
    value: Any = None
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """A member or an element: where it begins (its key), its value, and where its comma ends, if it has one."""

    start: int
    key: str | None
    node: Node
    comma: int | None = None

    @property
    def end(self) -> int:
        """Where its value ends."""
        return self.node.end


def read_spans(text: str, path: Path | None) -> Node:
    """The text's value, with the spans of what the containers on the path hold."""
    reader = _Reader(text)
    if reader.kind == "end":
        return Node(0, 0, {})
    try:
        node = reader.value(path)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if reader.kind != "end":
        raise ValueError(f"something follows the value: {text[reader.start : reader.start + 20]!r}")
    return node


def tokens(text: str, at: int = 0) -> Iterator[tuple[str, int, int]]:
    """The tokens from `at` on: kind (space, comment, mark, string or word), start and end."""
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            line = text.count("\n", 0, at) + 1
            raise ValueError(f"line {line} cannot be read: {text[at : at + 20]!r}")
        yield str(found.lastgroup), at, found.end()
        at = found.end()


class _Reader:
    """A text and the token at hand: its kind and span, spaces and comments passed over; "end" behind the last."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind, self.start, self.end = "end", 0, 0
        self._go(0)

    def value(self, path: Path | None) -> Node:
        """The value that begins at hand; then what is behind it is. Without a path its insides do not matter."""
        start = self.start
        if self.kind == "end":
            raise ValueError("it ends too early")
        if self.kind == "mark" and self.text[start] in _CLOSERS:
            return (self._known() if path is None else None) or self._container(path)
        if self.kind == "mark":
            raise self._unexpected()
        node = Node(start, self.end, _scalar(self.text[start : self.end], self.kind))
        self._go(self.end)
        return node

    def _known(self) -> Node | None:
        """A container whose insides do not matter, at the speed of the standard library, if it is plain JSON."""
        start = self.start
        try:
            value, end = _DECODER.raw_decode(self.text, start)
        except (ValueError, RecursionError):
            return None
        self._go(end)
        return Node(start, end, value)

    def _container(self, path: Path | None) -> Node:
        opener = self.text[self.start]
        node = Node(self.start, self.start, {} if opener == "{" else [])
        self._go(self.end)
        while True:
            if self._is_at(_CLOSERS[opener]):
                node.end = self.end
                self._go(self.end)
                return node
            if node.items and node.items[-1].comma is None:
                if not self._is_at(","):
                    raise self._unexpected()
                node.items[-1].comma = self.end
                self._go(self.end)
            elif opener == "{":
                self._member(node, path)
            else:
                node.items.append(Item(self.start, None, self.value(None)))
                node.value.append(node.items[-1].node.value)

    def _member(self, node: Node, path: Path | None) -> None:
        start, source = self.start, self.text[self.start : self.end]
        if self.kind in ("mark", "end"):
            raise self._unexpected()
        key = str(_scalar(source, self.kind)) if self.kind == "string" else source
        self._go(self.end)
        if not self._is_at(":"):
            raise self._unexpected()
        self._go(self.end)
        inner = path[1:] if path and path[0] == key else None
        node.items.append(Item(start, key, self.value(inner)))
        node.value[key] = node.items[-1].node.value

    def _is_at(self, mark: str) -> bool:
        return self.kind == "mark" and self.text[self.start] == mark

    def _go(self, at: int) -> None:
        self.kind, self.start, self.end = next(
            (token for token in tokens(self.text, at) if token[0] not in ("space", "comment")),
            ("end", len(self.text), len(self.text)),
        )

    def _unexpected(self) -> ValueError:
        if self.kind == "end":
            return ValueError("it ends too early")
        line = self.text.count("\n", 0, self.start) + 1
        return ValueError(f"line {line}: {self.text[self.start]!r} is not expected here")


def _scalar(source: str, kind: str) -> Any:
    if kind == "string" and source[0] == "'":
        inner = source[1:-1].replace("\\'", "'").replace('"', '\\"')
        source = f'"{inner}"'
    try:
        return json.loads(source, strict=False)
    except ValueError:
        pass
    try:
        return int(source, 0)
    except ValueError:
        pass
    try:
        return float(source)
    except ValueError:
        raise ValueError(f"{source[:20]!r} is no value") from None
