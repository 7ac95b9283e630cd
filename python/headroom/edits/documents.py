"""A configuration file's bytes and edits go in, the new bytes come out, checked.

Whatever a format's editor does, its outcome is parsed again, and must say what the file said before with the one value
changed, and nothing else. A file that cannot be read, or an outcome that differs, is refused: nothing is guessed.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Literal, NamedTuple

from headroom.edits import Edit, Format, Path
from headroom.errors import ConfigError

_EDITORS = {"json": "jsonc", "toml": "toml", "yaml": "yaml"}
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "nothing"})()
"""What stands at a path where nothing stands."""

State = Literal["present", "absent", "different"]


class Before(NamedTuple):
    """What stood where an edit was made: its value, or nothing, and how many keys of the path were there."""

    value: Any
    depth: int


def applied(raw: bytes, format: Format, edits: Sequence[Edit], path: str) -> tuple[bytes, list[Before]]:
    """The bytes with the edits made, and what was there before each. `path` is for messages. Raises ConfigError."""
    mark, text = _decoded(raw, path)
    before = []
    for edit in edits:
        value = _parsed(text, format, path)
        before.append(_before(value, edit))
        if _state(value, edit) == "present":
            continue
        operation = "append" if edit.in_list else "put"
        text = _changed(text, format, path, operation, (edit.path, edit.value), _with(value, edit, path))
    return mark + text.encode(), before


def reverted(
    raw: bytes, format: Format, edits: Sequence[Edit], before: Sequence[Before], path: str
) -> tuple[bytes, list[str]]:
    """The bytes without our values, last first, and the paths that stay since somebody has changed what we put there.

    What stood there before is put back, and what was made on the way goes if it is empty. Raises ConfigError.
    """
    mark, text = _decoded(raw, path)
    kept = []
    for edit, was in reversed(list(zip(edits, before, strict=True))):
        value = _parsed(text, format, path)
        state = _state(value, edit)
        if state == "absent" or (not edit.in_list and was.value is not MISSING and _at(value, edit.path) == was.value):
            continue
        if state == "different":
            kept.append(str(edit))
        elif was.value is MISSING:
            text = _taken_out(text, format, edit, was, path)
        elif not edit.in_list:
            text = _changed(
                text, format, path, "put", (edit.path, was.value), _with(value, Edit(edit.path, was.value), path)
            )
    return mark + text.encode(), kept


def state(raw: bytes, format: Format, edit: Edit, path: str) -> State:
    """Whether an edit's value is in a file: present, absent, or another one in its place. Raises ConfigError."""
    return _state(_parsed(_decoded(raw, path)[1], format, path), edit)


def value_at(raw: bytes, format: Format, where: Path, path: str) -> Any:
    """What stands at a path of a file's bytes, or MISSING. Raises ConfigError."""
    return _at(_parsed(_decoded(raw, path)[1], format, path), where)


def is_empty(raw: bytes, format: Format, path: str) -> bool:
    """Whether a file says nothing: no values, no comments."""
    text = _decoded(raw, path)[1]
    return text.strip() in ("", "{}")


def _decoded(raw: bytes, path: str) -> tuple[bytes, str]:
    mark = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    try:
        return mark, raw[len(mark) :].decode()
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text (byte {error.start:,}); convert it, or make the change by hand"
        ) from None


def _parsed(text: str, format: Format, path: str) -> Any:
    try:
        value = _editor(format).read(text)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path} cannot be read as {format.upper()}: {reason}; mend it and try again") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{path} holds a {type(value).__name__} where settings are expected; mend it and try again")
    return value


def _editor(format: Format) -> Any:
    return import_module(f"headroom.edits.{_EDITORS[format]}")


def _changed(text: str, format: Format, path: str, operation: str, arguments: tuple[Any, ...], expected: Any) -> str:
    try:
        changed: str = getattr(_editor(format), operation)(text, *arguments)
        outcome = _editor(format).read(changed)
    except (ValueError, TypeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"{path} cannot be changed at {'.'.join(arguments[0])}: {reason}; change it by hand"
        ) from None
    if outcome != expected:
        raise ConfigError(
            f"{path} cannot be changed at {'.'.join(arguments[0])} without changing more than that; change it by hand"
        )
    return changed


def _taken_out(text: str, format: Format, edit: Edit, was: Before, path: str) -> str:
    value = _parsed(text, format, path)
    expected = _copied(value, edit.path)
    where = edit.path
    if edit.in_list:
        elements = _at(expected, where)
        if elements != [edit.value] or was.depth == len(where):
            # Others' elements, or an empty list that was there before, stay.
            del elements[len(elements) - 1 - elements[::-1].index(edit.value)]
            return _changed(text, format, path, "remove", (where, edit.value), expected)
    # Upwards from our value: whatever we made on the way and is empty without it goes with it.
    while len(where) - 1 > was.depth and len(_at(expected, where[:-1])) == 1:
        where = where[:-1]
    del _at(expected, where[:-1])[where[-1]]
    return _changed(text, format, path, "remove", (where,), expected)


def _state(value: Any, edit: Edit) -> State:
    found = _at(value, edit.path)
    if edit.in_list:
        return "present" if isinstance(found, list) and edit.value in found else "absent"
    if found is MISSING:
        return "absent"
    return "present" if found == edit.value else "different"


def _before(value: Any, edit: Edit) -> Before:
    depth = 0
    for key in edit.path:
        if not isinstance(value, dict) or key not in value:
            return Before(MISSING, depth)
        value = value[key]
        depth += 1
    if edit.in_list:
        return Before(edit.value if isinstance(value, list) and edit.value in value else MISSING, depth)
    return Before(value, depth)


def _at(value: Any, path: Path) -> Any:
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return MISSING
        value = value[key]
    return value


def _copied(value: Any, path: Path) -> Any:
    """A value of which the containers on the path are copies."""
    if isinstance(value, list):
        return list(value)
    if not path or not isinstance(value, dict) or path[0] not in value:
        return dict(value) if isinstance(value, dict) else value
    return {**value, path[0]: _copied(value[path[0]], path[1:])}


def _with(value: Any, edit: Edit, path: str) -> Any:
    changed = inner = dict(value)
    for depth, key in enumerate(edit.path[:-1]):
        found = inner.get(key)
        if found is not None and not isinstance(found, dict):
            where = ".".join(edit.path[: depth + 1])
            raise ConfigError(f"{path} holds a {type(found).__name__} at {where}, where a table is expected; mend it")
        # None is YAML's `key:` without a value.
        inner[key] = inner = dict(found or {})
    last = edit.path[-1]
    if not edit.in_list:
        inner[last] = edit.value
        return changed
    if inner.get(last) is None:
        inner[last] = []
    if not isinstance(inner[last], list):
        raise ConfigError(f"{path} holds a {type(inner[last]).__name__} at {edit}, where a list is expected; mend it")
    inner[last] = [*inner[last], edit.value]
    return changed
