"""YAML, edited by its spans: text goes in, the same text with one value changed comes out.

A parser says where values stand; lines are put in or taken out, nothing is re-serialized. Values are written as JSON,
which YAML 1.2 includes, in block lines where their surroundings are. All functions raise ValueError for a text that
cannot be read, or for a change that cannot be made without touching what stands around it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from headroom.edits import Path
from headroom.errors import ConfigError

_MISSING: Any = object()


def read(text: str) -> Any:
    """The value that a text says; an empty one says an empty mapping."""
    yaml = _library()
    try:
        value = yaml.YAML(typ="safe", pure=True).load(text)
    except yaml.error.YAMLError as error:
        raise ValueError(str(error)) from None
    return {} if value is None else value


def put(text: str, path: Path, value: Any) -> str:
    """The text with `value` at `path`; mappings on the way that are missing are made."""
    root = _composed(text)
    if root is None:
        return _with_lines(text, len(text), _block(_nested(path, value), 0))
    node = root
    for depth, key in enumerate(path):
        found = _pair(node, key, path[:depth])
        if found is None:
            return _with_pair(text, node, {key: _nested(path[depth + 1 :], value)}, path)
        inner = _nested(path[depth + 1 :], value)
        if _is_null(found[1]) and found[1].value == "":
            return _below(text, found[0], inner, node)
        if depth == len(path) - 1 or _is_null(found[1]):
            return _replaced(text, found[1], inner, path)
        node = found[1]
    raise ValueError("the path is empty")


def append(text: str, path: Path, value: Any) -> str:
    """The text with `value` as the last element of the list at `path`, which is made if it is missing."""
    node = _find(_composed(text), path)
    if node is None or _is_null(node):
        return put(text, path, [value])
    if node.id != "sequence":
        raise ValueError(f"{'.'.join(path)} is no list")
    if node.flow_style:
        return _into_flow(text, node, json.dumps(value, ensure_ascii=False))
    column = node.value[0].start_mark.column
    dash = text.rfind("-", 0, node.value[0].start_mark.index)
    indent = dash - (text.rfind("\n", 0, dash) + 1)
    lines = _block(value, column)
    lines[0] = " " * indent + "-" + " " * max(column - indent - 1, 1) + lines[0].lstrip()
    return _with_lines(text, _last_end(node), lines)


def remove(text: str, path: Path, element: Any = _MISSING) -> str:
    """The text without the value at `path`, or without the last element of the list there that equals `element`."""
    root = _composed(text)
    if element is _MISSING:
        container = _find(root, path[:-1])
        pair = None if container is None else _pair(container, path[-1], path[:-1])
        nodes = None if pair is None else (pair[0], pair[1])
    else:
        container = _find(root, path)
        values = _valued(text, path)
        at = next((at for at in reversed(range(len(values))) if values[at] == element), None)
        nodes = None if at is None or container is None else (container.value[at], container.value[at])
    if container is None or nodes is None:
        raise ValueError(f"{'.'.join(path)} is not there")
    if container.flow_style:
        return _out_of_flow(text, container, nodes)
    start = text.rfind("\n", 0, nodes[0].start_mark.index) + 1
    before = text[start : nodes[0].start_mark.index]
    if before.strip(" -") or before.count("-") > (element is not _MISSING):
        raise ValueError(f"{'.'.join(path)} shares its line with something else")
    end = _end_of_line(text, _last_end(nodes[1]))
    where = path if element is not _MISSING else path[:-1]
    if len(container.value) > 1 or not where:
        return text[:start] + text[end:]
    # A collection that becomes empty is said in brackets, behind its key.
    key = _pair(_find(root, where[:-1]), where[-1], where[:-1])[0]
    colon = text.index(":", key.end_mark.index) + 1
    return text[:colon] + (" {}" if container.id == "mapping" else " []") + text[colon:start] + text[end:]


def _library() -> Any:
    try:
        import ruamel.yaml
    except ImportError:
        raise ConfigError(
            "editing YAML needs the package ruamel.yaml: pip install 'headroom-ai[mcp]', and try again"
        ) from None
    return ruamel.yaml


def _composed(text: str) -> Any:
    yaml = _library()
    try:
        node = yaml.YAML(typ="rt", pure=True).compose(text)
    except yaml.error.YAMLError as error:
        raise ValueError(str(error)) from None
    return None if node is None or _is_null(node) else node


def _is_null(node: Any) -> bool:
    return bool(node.id == "scalar" and node.tag.endswith(":null"))


def _find(node: Any, path: Path) -> Any:
    for depth, key in enumerate(path):
        found = None if node is None else _pair(node, key, path[:depth])
        if found is None:
            return None
        node = found[1]
    return node


def _pair(node: Any, key: str, path: Path) -> Any:
    if node.id != "mapping":
        raise ValueError(f"{'.'.join(path) or 'the file'} is no mapping")
    return next((pair for pair in node.value if pair[0].id == "scalar" and pair[0].value == key), None)


def _valued(text: str, path: Path) -> list[Any]:
    value = read(text)
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def _nested(path: Path, value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _with_pair(text: str, node: Any, pair: dict[str, Any], path: Path) -> str:
    if node.id != "mapping":
        raise ValueError(f"{'.'.join(path)} leads through something that is no mapping")
    if node.flow_style:
        return _into_flow(text, node, json.dumps(pair, ensure_ascii=False)[1:-1])
    return _with_lines(text, _last_end(node), _block(pair, node.start_mark.column))


def _below(text: str, key: Any, value: Any, node: Any) -> str:
    """The text with a value for a key that has none."""
    at = text.index(":", key.end_mark.index) + 1
    if node.flow_style or not isinstance(value, dict) or not value:
        return text[:at] + " " + json.dumps(value, ensure_ascii=False) + text[at:]
    return _with_lines(text, at, _block(value, node.start_mark.column + 2))


def _replaced(text: str, node: Any, value: Any, path: Path) -> str:
    if node.id != "scalar" and not node.flow_style:
        raise ValueError(f"{'.'.join(path)} has lines of its own, which are not replaced")
    start, end = node.start_mark.index, node.end_mark.index
    gap = "" if text[start - 1 : start].isspace() else " "
    return text[:start] + gap + json.dumps(value, ensure_ascii=False) + text[end:]


def _into_flow(text: str, node: Any, item: str) -> str:
    """The text with an item before the closing bracket of a flow collection."""
    close = node.end_mark.index - 1
    if text[close] not in "}]":
        raise ValueError("the end of a collection in brackets cannot be found")
    inner = text[node.start_mark.index + 1 : close]
    at = node.start_mark.index + 1 + len(inner.rstrip())
    if "#" in inner:
        raise ValueError("there are comments in a collection in brackets")
    comma = "" if not inner.strip() else " " if inner.rstrip().endswith(",") else ", "
    return text[:at] + comma + item + text[at:]


def _out_of_flow(text: str, container: Any, nodes: Any) -> str:
    """The text without an item of a flow collection, and without the comma before it, or else after it."""
    pairs = [pair if container.id == "mapping" else (pair, pair) for pair in container.value]
    index = next(at for at, pair in enumerate(pairs) if pair[0] is nodes[0])
    start, end = nodes[0].start_mark.index, nodes[1].end_mark.index
    if index:
        start = pairs[index - 1][1].end_mark.index
    elif len(pairs) > 1:
        end = pairs[1][0].start_mark.index
    return text[:start] + text[end:]


def _last_end(node: Any) -> int:
    """Where the last value in a node ends; a collection's own end mark is that of what follows it."""
    while node.id != "scalar" and not node.flow_style and node.value:
        node = node.value[-1][1] if node.id == "mapping" else node.value[-1]
    end: int = node.end_mark.index
    return end


def _with_lines(text: str, at: int, lines: list[str]) -> str:
    line_end = "\r\n" if "\r\n" in text else "\n"
    at = _end_of_line(text, at)
    gap = "" if at == 0 or text[at - 1] == "\n" else line_end
    return text[:at] + gap + line_end.join(lines) + line_end + text[at:]


def _end_of_line(text: str, at: int) -> int:
    """The beginning of the next line; `at` itself where a line begins."""
    if at and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _block(value: Any, indent: int) -> list[str]:
    """The lines that say a value, the first of them indented as all are."""
    margin = " " * indent
    if isinstance(value, dict) and value:
        lines = []
        for key, inner in value.items():
            if isinstance(inner, dict) and inner:
                lines += [f"{margin}{_key(key)}:", *_block(inner, indent + 2)]
            elif isinstance(inner, list) and any(isinstance(element, dict) for element in inner):
                lines.append(f"{margin}{_key(key)}:")
                for element in inner:
                    first, *others = _block(element, indent + 4)
                    lines += [f"{margin}  - {first.lstrip()}", *others]
            else:
                lines.append(f"{margin}{_key(key)}: {json.dumps(inner, ensure_ascii=False)}")
        return lines
    return [margin + json.dumps(value, ensure_ascii=False)]


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_][\w-]*", key) else json.dumps(key, ensure_ascii=False)
