"""JSON with comments, edited by its spans: text goes in, the same text with one value changed comes out.

Comments, trailing commas, JSON5's unquoted keys and single-quoted strings are read. What is put in looks like what is
around it: its indentation, its line ends, one line where its container is on one line. Nothing is ever re-serialized.
All functions raise ValueError for a text that cannot be read, or in which a path leads through something else.
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
_MISSING: Any = object()
_DECODER = json.JSONDecoder()


@dataclass(slots=True)
class _Node:
    """A value: its span, and what it is; a container also has the spans of what it holds."""

    start: int
    end: int
    value: Any = None
    items: list[_Item] = field(default_factory=list)


@dataclass(slots=True)
class _Item:
    """A member or an element: where it begins (its key), its value, and where its comma ends, if it has one."""

    start: int
    key: str | None
    node: _Node
    comma: int | None = None

    @property
    def end(self) -> int:
        return self.node.end


def read(text: str) -> Any:
    """The value that a text says; an empty text, or one of comments alone, says an empty object."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _read(text, None).value


def put(text: str, path: Path, value: Any) -> str:
    """The text with `value` at `path`; objects on the way that are missing are made."""
    root = _read(text, path)
    if root.start == root.end:
        return (
            text
            + _line_end(text) * bool(text) * (not text.endswith(("\n", "\r")))
            + _dumped(_nested(path, value), "  ", _line_end(text))
            + _line_end(text)
        )
    node, depth = root, 0
    for depth, key in enumerate(path):
        item = _member(node, key, path[:depth])
        if item is None:
            return _with_member(text, root, node, key, _nested(path[depth + 1 :], value))
        node = item.node
    rendered = _rendered(text, root, node, value, _is_spread(text, node))
    return text[: node.start] + rendered + text[node.end :]


def append(text: str, path: Path, value: Any) -> str:
    """The text with `value` as the last element of the list at `path`, which is made if it is missing."""
    root = _read(text, path)
    node = _find(root, path)
    if node is None:
        return put(text, path, [value])
    if not isinstance(node.value, list):
        raise ValueError(f"{'.'.join(path)} is no list")
    return _with_item(text, root, node, "", value)


def remove(text: str, path: Path, element: Any = _MISSING) -> str:
    """The text without the member at `path`, or without the last element of the list there that equals `element`."""
    root = _read(text, path)
    if element is _MISSING:
        container = _find(root, path[:-1])
        found = None if container is None else _member(container, path[-1], path[:-1])
    else:
        container = _find(root, path)
        elements = [] if container is None else container.items
        found = next((item for item in reversed(elements) if item.node.value == element), None)
    if container is None or found is None:
        raise ValueError(f"{'.'.join(path)} is not there")
    return _without(text, container, container.items.index(found))


def _find(root: _Node, path: Path) -> _Node | None:
    node = root
    for depth, key in enumerate(path):
        item = _member(node, key, path[:depth])
        if item is None:
            return None
        node = item.node
    return node


def _member(node: _Node, key: str, path: Path) -> _Item | None:
    if not isinstance(node.value, dict):
        raise ValueError(f"{'.'.join(path) or 'the file'} is no object")
    # Of two members of one name, readers take the last.
    return next((item for item in reversed(node.items) if item.key == key), None)


def _nested(path: Path, value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _with_member(text: str, root: _Node, node: _Node, key: str, value: Any) -> str:
    colon = ":" if _is_tight(text, root) else ": "
    return _with_item(text, root, node, json.dumps(key, ensure_ascii=False) + colon, value)


def _with_item(text: str, root: _Node, node: _Node, label: str, value: Any) -> str:
    spread = _is_spread(text, node) if node.items else _has_lines(text, root)
    item = label + _rendered(text, root, node, value, spread, deeper=1)
    line = _line_end(text) + _indent_at(text, node.start) + _unit(text, root)
    if not node.items:
        at = _end_of_comments(text, node.start + 1, node.end - 1)
        if not spread:
            return text[:at] + item + text[at:]
        if "\n" in text[node.start : at]:
            line = _line_end(text) + _indent_at(text, at)
        rest = text[at : node.end - 1]
        close = "" if "\n" in rest else _line_end(text) + _indent_at(text, node.start)
        return text[:at] + line + item + close + text[at:]
    last = node.items[-1]
    if spread:
        line = _line_end(text) + _indent_at(text, last.start)
    elif _is_tight(text, root):
        line = ""
    else:
        line = " "
    if last.comma is not None:
        at = _end_of_line_comment(text, last.comma)
        return text[:at] + line + item + "," + text[at:]
    at = _end_of_line_comment(text, last.end)
    return text[: last.end] + "," + text[last.end : at] + line + item + text[at:]


def _without(text: str, container: _Node, index: int) -> str:
    item = container.items[index]
    before = container.items[index - 1] if index else None
    is_last = index == len(container.items) - 1
    begin = container.start + 1 if before is None else before.comma
    assert begin is not None
    start = _end_of_comments(text, begin, item.start)
    if before is None and is_last:
        inner = text[container.start + 1 : item.start] + text[item.comma or item.end : container.end - 1]
        if not inner.strip():
            return text[: container.start + 1] + text[container.end - 1 :]
    end = item.comma or item.end
    if before is not None and is_last and item.comma is None:
        # The comma that led to it goes as well.
        return text[: begin - 1] + text[begin:start] + text[end:]
    return text[:start] + text[end:]


def _rendered(text: str, root: _Node, near: _Node, value: Any, spread: bool, deeper: int = 0) -> str:
    if not spread or not isinstance(value, dict | list) or not value:
        separators = (",", ":") if _is_tight(text, root) else (", ", ": ")
        return json.dumps(value, ensure_ascii=False, separators=separators)
    unit = _unit(text, root)
    margin = _indent_at(text, near.start) + unit * deeper
    if deeper and near.items:
        margin = _indent_at(text, near.items[-1].start)
    return _dumped(value, unit, _line_end(text) + margin)


def _dumped(value: Any, unit: str, line_end: str) -> str:
    return json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", line_end)


def _line_end(text: str) -> str:
    at = text.find("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"


def _indent_at(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    found = re.compile(r"[ \t]*").match(text, start)
    return found.group() if found else ""


def _unit(text: str, root: _Node) -> str:
    if root.items and _is_spread(text, root):
        unit = _indent_at(text, root.items[0].start).removeprefix(_indent_at(text, root.start))
        return unit or "  "
    return "  "


def _has_lines(text: str, root: _Node) -> bool:
    """Whether the text is laid out in lines; an empty object will be."""
    return not root.items or "\n" in text[root.start : root.end]


def _is_spread(text: str, node: _Node) -> bool:
    """Whether what a container holds stands on lines of its own; for a value that is none, that it may."""
    if not node.items:
        return True
    return "\n" in text[node.start : node.items[-1].start]


def _is_tight(text: str, root: _Node) -> bool:
    """Whether the text is written without any spaces, as machines write it."""
    return bool(root.items) and not _has_lines(text, root) and '": ' not in text and '", ' not in text


def _end_of_line_comment(text: str, at: int) -> int:
    """The end of the last comment that stands behind `at` on the same line, or `at`."""
    end = at
    for kind, _, stop in _tokens(text, at):
        if kind == "comment":
            end = stop
        if kind not in ("comment", "space") or "\n" in text[at:stop]:
            break
    return end


def _end_of_comments(text: str, at: int, limit: int) -> int:
    """The end of the last comment between `at` and `limit`, or `at`."""
    end = at
    for kind, start, stop in _tokens(text, at):
        if start >= limit or kind not in ("comment", "space"):
            break
        end = stop if kind == "comment" else end
    return end


def _tokens(text: str, at: int = 0) -> Iterator[tuple[str, int, int]]:
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            line = text.count("\n", 0, at) + 1
            raise ValueError(f"line {line} cannot be read: {text[at : at + 20]!r}")
        yield str(found.lastgroup), at, found.end()
        at = found.end()


def _read(text: str, path: Path | None) -> _Node:
    """The text's value, with the spans of what the containers on the path hold."""
    reader = _Reader(text)
    if reader.kind == "end":
        return _Node(0, 0, {})
    try:
        node = reader.value(path)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if reader.kind != "end":
        raise ValueError(f"something follows the value: {text[reader.start : reader.start + 20]!r}")
    return node


class _Reader:
    """A text and the token at hand: its kind and span, spaces and comments passed over; "end" behind the last."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind, self.start, self.end = "end", 0, 0
        self._go(0)

    def value(self, path: Path | None) -> _Node:
        """The value that begins at hand; then what is behind it is. Without a path its insides do not matter."""
        start = self.start
        if self.kind == "end":
            raise ValueError("it ends too early")
        if self.kind == "mark" and self.text[start] in _CLOSERS:
            return (self._known() if path is None else None) or self._container(path)
        if self.kind == "mark":
            raise self._unexpected()
        node = _Node(start, self.end, _scalar(self.text[start : self.end], self.kind))
        self._go(self.end)
        return node

    def _known(self) -> _Node | None:
        """A container whose insides do not matter, at the speed of the standard library, if it is plain JSON."""
        start = self.start
        try:
            value, end = _DECODER.raw_decode(self.text, start)
        except (ValueError, RecursionError):
            return None
        self._go(end)
        return _Node(start, end, value)

    def _container(self, path: Path | None) -> _Node:
        opener = self.text[self.start]
        node = _Node(self.start, self.start, {} if opener == "{" else [])
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
                node.items.append(_Item(self.start, None, self.value(None)))
                node.value.append(node.items[-1].node.value)

    def _member(self, node: _Node, path: Path | None) -> None:
        start, source = self.start, self.text[self.start : self.end]
        if self.kind in ("mark", "end"):
            raise self._unexpected()
        key = str(_scalar(source, self.kind)) if self.kind == "string" else source
        self._go(self.end)
        if not self._is_at(":"):
            raise self._unexpected()
        self._go(self.end)
        inner = path[1:] if path and path[0] == key else None
        node.items.append(_Item(start, key, self.value(inner)))
        node.value[key] = node.items[-1].node.value

    def _is_at(self, mark: str) -> bool:
        return self.kind == "mark" and self.text[self.start] == mark

    def _go(self, at: int) -> None:
        self.kind, self.start, self.end = next(
            (token for token in _tokens(self.text, at) if token[0] not in ("space", "comment")),
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
