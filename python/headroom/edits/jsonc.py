"""JSON with comments, edited by its spans: text goes in, the same text with one value changed comes out.

What is put in looks like what is around it: its indentation, its line ends, one line where its container is on one
line. Nothing is ever re-serialized. All functions raise ValueError for a text that cannot be read, or in which a path
leads through something else.
"""

from __future__ import annotations

import json
import re
from typing import Any

from headroom.edits import Path
from headroom.edits.json_spans import Item, Node, read_spans, tokens

_MISSING: Any = object()


def read(text: str) -> Any:
    """The value that a text says; an empty text, or one of comments alone, says an empty object."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return read_spans(text, None).value


def put(text: str, path: Path, value: Any) -> str:
    """The text with `value` at `path`; objects on the way that are missing are made."""
    root = read_spans(text, path)
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
    root = read_spans(text, path)
    node = _find(root, path)
    if node is None:
        return put(text, path, [value])
    if not isinstance(node.value, list):
        raise ValueError(f"{'.'.join(path)} is no list")
    return _with_item(text, root, node, "", value)


def remove(text: str, path: Path, element: Any = _MISSING) -> str:
    """The text without the member at `path`, or without the last element of the list there that equals `element`."""
    root = read_spans(text, path)
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


def _find(root: Node, path: Path) -> Node | None:
    node = root
    for depth, key in enumerate(path):
        item = _member(node, key, path[:depth])
        if item is None:
            return None
        node = item.node
    return node


def _member(node: Node, key: str, path: Path) -> Item | None:
    if not isinstance(node.value, dict):
        raise ValueError(f"{'.'.join(path) or 'the file'} is no object")
    # Of two members of one name, readers take the last.
    return next((item for item in reversed(node.items) if item.key == key), None)


def _nested(path: Path, value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _with_member(text: str, root: Node, node: Node, key: str, value: Any) -> str:
    colon = ":" if _is_tight(text, root) else ": "
    return _with_item(text, root, node, json.dumps(key, ensure_ascii=False) + colon, value)


def _with_item(text: str, root: Node, node: Node, label: str, value: Any) -> str:
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


def _without(text: str, container: Node, index: int) -> str:
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


def _rendered(text: str, root: Node, near: Node, value: Any, spread: bool, deeper: int = 0) -> str:
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


def _unit(text: str, root: Node) -> str:
    if root.items and _is_spread(text, root):
        unit = _indent_at(text, root.items[0].start).removeprefix(_indent_at(text, root.start))
        return unit or "  "
    return "  "


def _has_lines(text: str, root: Node) -> bool:
    """Whether the text is laid out in lines; an empty object will be."""
    return not root.items or "\n" in text[root.start : root.end]


def _is_spread(text: str, node: Node) -> bool:
    """Whether what a container holds stands on lines of its own; for a value that is none, that it may."""
    if not node.items:
        return True
    return "\n" in text[node.start : node.items[-1].start]


def _is_tight(text: str, root: Node) -> bool:
    """Whether the text is written without any spaces, as machines write it."""
    return bool(root.items) and not _has_lines(text, root) and '": ' not in text and '", ' not in text


def _end_of_line_comment(text: str, at: int) -> int:
    """The end of the last comment that stands behind `at` on the same line, or `at`."""
    end = at
    for kind, _, stop in tokens(text, at):
        if kind == "comment":
            end = stop
        if kind not in ("comment", "space") or "\n" in text[at:stop]:
            break
    return end


def _end_of_comments(text: str, at: int, limit: int) -> int:
    """The end of the last comment between `at` and `limit`, or `at`."""
    end = at
    for kind, start, stop in tokens(text, at):
        if start >= limit or kind not in ("comment", "space"):
            break
        end = stop if kind == "comment" else end
    return end
