"""TOML, edited by its own syntax tree: text goes in, the same text with one value changed comes out.

All functions raise ValueError for a text that cannot be read, or in which a path leads through something else.
"""

from __future__ import annotations

import re
import sys
from typing import Any, cast

from headroom.edits import Path

_MISSING: Any = object()


def read(text: str) -> Any:
    """The value that a text says."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def put(text: str, path: Path, value: Any) -> str:
    """The text with `value` at `path`; tables on the way that are missing are made."""
    document = _parsed(text)
    container = document
    for depth, key in enumerate(path[:-1]):
        if key not in container:
            is_way = depth < len(path) - 2 or isinstance(value, dict)
            container[key] = _item({}, inline=True) if _is_inline(container) else _table(is_way)
        container = _as_table(container[key], path[: depth + 1])
    made = _item(value, _is_inline(container))
    _keep_end(container.get(path[-1]), made)
    container[path[-1]] = made
    return _dumped(document, text)


def append(text: str, path: Path, value: Any) -> str:
    """The text with `value` as the last element of the list at `path`, which is made if it is missing."""
    document = _parsed(text)
    found = document
    for depth, key in enumerate(path):
        if key not in found:
            return _with_list(text, path, value)
        found = found[key] if depth == len(path) - 1 else _as_table(found[key], path[: depth + 1])
    if not isinstance(found, list):
        raise ValueError(f"{'.'.join(path)} is no list")
    cast(Any, found).append(_item(value, inline=_is_array(found)))
    return _dumped(document, text)


def remove(text: str, path: Path, element: Any = _MISSING) -> str:
    """The text without the value at `path`, or without the last element of the list there that equals `element`."""
    document = _parsed(text)
    container = document
    for depth, key in enumerate(path[:-1]):
        if key not in container:
            raise ValueError(f"{'.'.join(path)} is not there")
        container = _as_table(container[key], path[: depth + 1])
    if path[-1] not in container:
        raise ValueError(f"{'.'.join(path)} is not there")
    if element is _MISSING:
        without = _without_table(text, path)
        del container[path[-1]]
        return without or _dumped(document, text)
    elements = container[path[-1]]
    if not isinstance(elements, list) or element not in elements:
        raise ValueError(f"{'.'.join(path)} has no such element")
    index = len(elements) - 1 - list(reversed(elements)).index(element)
    without = _without_table(text, path, index)
    del elements[index]
    return without or _dumped(document, text)


def _without_table(text: str, path: Path, index: int | None = None) -> str | None:
    """The text without the lines of a table and those below it, or without one element of an array of tables.

    Comments in it and behind it stay: the tree would take them for the table's own. None where the table has no header
    of its own, or its lines cannot be told from what follows.
    """
    key = r"\s*\.\s*".join(rf"""(?:{re.escape(key)}|"{re.escape(key)}"|'{re.escape(key)}')""" for key in path)
    name = rf"\[\[?\s*{key}\s*(?:\.[^\]]*)?\]\]?" if index is None else rf"\[\[\s*{key}\s*\]\]"
    header = re.compile(rf"[ \t]*{name}[ \t]*(?:#.*)?\r?\n?")
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    starts = [at for at, line in enumerate(lines) if header.fullmatch(line)]
    if len(starts) <= (index or 0):
        return None
    for start in reversed(starts if index is None else [starts[index]]):
        end = next((at for at in range(start + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
        kept = [line for line in lines[start + 1 : end] if not line.strip() or line.lstrip().startswith("#")]
        gap = 1 if start and not lines[start - 1].strip() else 0
        lines[start - gap : end] = kept
    without = "".join(lines)
    try:
        return without if _at(read(without), path, index) != _at(read(text), path, index) else None
    except ValueError:
        return None


def _at(value: Any, path: Path, index: int | None) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if index is None or not isinstance(value, list) else value[index : index + 1]


def _with_list(text: str, path: Path, value: Any) -> str:
    if not isinstance(value, dict):
        return put(text, path, [value])
    from tomlkit import aot

    document = _parsed(text)
    container = document
    for depth, key in enumerate(path[:-1]):
        if key not in container:
            container[key] = _item({}, inline=True) if _is_inline(container) else _table(is_way=True)
        container = _as_table(container[key], path[: depth + 1])
    tables = aot()
    tables.append(_item(value))
    container[path[-1]] = tables
    return _dumped(document, text)


def _parsed(text: str) -> Any:
    from tomlkit import parse
    from tomlkit.exceptions import TOMLKitError

    try:
        return parse(text)
    except TOMLKitError as error:
        raise ValueError(str(error)) from None


def _as_table(value: Any, path: Path) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{'.'.join(path)} is no table")
    return value


def _table(is_way: bool) -> Any:
    from tomlkit import table

    return table(is_super_table=is_way)


def _keep_end(old: Any, new: Any) -> None:
    """Gives a table the comments and blank lines behind the last key of the one that it replaces."""
    from tomlkit.items import Table

    if not isinstance(old, Table) or not isinstance(new, Table):
        return
    body = old.value.body
    last = max((at for at, (key, _) in enumerate(body) if key is not None), default=-1)
    for _, gap in body[last + 1 :]:
        new.append(None, gap)


def _is_array(value: Any) -> bool:
    from tomlkit.items import Array

    return isinstance(value, Array)


def _is_inline(container: Any) -> bool:
    from tomlkit.items import InlineTable

    return isinstance(container, InlineTable)


def _item(value: Any, inline: bool = False) -> Any:
    from tomlkit import array, inline_table, item, table

    if isinstance(value, dict):
        made: Any = inline_table() if inline else table()
        for key, inner in value.items():
            made[key] = _item(inner, inline)
        return made
    if isinstance(value, list):
        elements = array()
        elements.extend(value)
        return elements
    return item(value)


def _dumped(document: Any, text: str) -> str:
    from tomlkit import dumps

    written: str = dumps(document)
    # What is new ends its lines with \n; a file whose lines all end with \r\n shall stay one.
    if "\r\n" in text and "\n" not in text.replace("\r\n", ""):
        written = written.replace("\r\n", "\n").replace("\n", "\r\n")
    return written
