"""`.headroomignore`: what nobody compresses, by path and by tool.

    # in the syntax of .gitignore: results of calls that name such a path
    *.sql
    /contracts/
    # and names of tools, with * and ?
    tool: mcp__ledger__*

The file is looked for in the working directory and above it, up to the root of the repository, unless a setting names
it. What a call reads can be told by the paths in its arguments alone: a search that happens upon an ignored file is no
call that names it.
"""

from __future__ import annotations

import os
import re
import time
from fnmatch import fnmatchcase
from functools import lru_cache

from headroom._core import IgnoreRules
from headroom.errors import SettingsError
from headroom.segment import ToolCall

NAME = ".headroomignore"

_TOOL = re.compile(r"\s*tool:\s*(\S+)\s*$")
_PATH = re.compile(r"[^\s\"'`<>|;&()=,:*?\[\]{}\\]+")
_ARGUMENTS_CHARACTERS = 4_000


class IgnoreFile:
    """The rules of one file. Raises SettingsError for a line that cannot be read."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        lines = text.splitlines()
        self._tools = [found[1] for line in lines if (found := _TOOL.match(line))]
        try:
            self._rules = IgnoreRules(os.path.dirname(path), ["" if _TOOL.match(line) else line for line in lines])
        except ValueError as error:
            raise SettingsError(f"ignore file {path!r} cannot be read: {error}") from None

    def names(self, call: ToolCall) -> str:
        """What names a call, as a reason, or nothing."""
        if any(fnmatchcase(call.name, pattern) for pattern in self._tools):
            return f"{NAME} names the tool {call.name}"
        for path in _PATH.findall(call.arguments[:_ARGUMENTS_CHARACTERS]):
            if ("/" in path or "." in path) and self._rules.names(path):
                return f"{NAME} names {path}"
        return ""


def find(named: str | None) -> IgnoreFile | None:
    """The rules in force, read again when the file changes; None where there is no file.

    Raises SettingsError when the file that a setting names does not exist, or when a file cannot be read.
    """
    path = os.path.abspath(os.path.expanduser(named)) if named else _path_above()
    if path is None:
        return None
    try:
        changed = os.stat(path).st_mtime_ns
    except OSError as error:
        raise SettingsError(f"ignore_file={named!r} cannot be read: {error.strerror}; create it or unset it") from None
    return _opened(path, changed)


def _path_above() -> str | None:
    try:
        folder = os.getcwd()
    except OSError:
        return None  # the working directory is gone, and so is what stood in it
    for path in _places(folder, int(time.monotonic())):
        if os.access(path, os.F_OK) and os.path.isfile(path):
            return path
    return None


@lru_cache(maxsize=16)
def _places(folder: str, second: int) -> tuple[str, ...]:
    """Where a file may be; where the root of the repository is, is looked for once in a second."""
    places = [os.path.join(folder, NAME)]
    while not os.path.exists(os.path.join(folder, ".git")) and (above := os.path.dirname(folder)) != folder:
        folder = above
        places.append(os.path.join(folder, NAME))
    return tuple(places)


@lru_cache(maxsize=16)
def _opened(path: str, changed: int) -> IgnoreFile:
    try:
        with open(path, encoding="utf-8") as stream:
            return IgnoreFile(path, stream.read())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"ignore file {path!r} cannot be read: {error}") from None
