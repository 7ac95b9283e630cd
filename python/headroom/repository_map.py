"""Files and folders in, a map of their source code out: what is defined where, the most referenced first.

Which files are looked at is decided here; what is in them, how it is ranked and what fits is the core's affair.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from headroom import _core
from headroom.arguments import check_count, check_text, shown
from headroom.errors import InputError

_MOST_BYTES = 1_000_000
"""A longer file is data, or was made by a program."""
_MOST_FILES = 50_000
_MOST_BYTES_IN_ALL = 500_000_000
"""Together these bound the memory that a map takes."""
_MOST_THREADS = 4

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@dataclass(frozen=True, slots=True)
class OutlinedFile:
    """A file in a map: its path, its share of all references (0 to 1), and of each definition shown the name, the
    number of its line from 1, and the line.
    """

    path: str
    rank: float
    definitions: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A map of source files. `text` is what a model reads and `tokens` its size by o200k_base.

    `files` are those shown, the most referenced first, of `total_files`; `definitions` of `total_definitions` are
    shown, those local to a function not counted. `passed_over` counts files that were not looked at, by the reason:
    "no source code", "binary", "over 1 MB", "generated", "beyond the limit". `failures` tell what could not be read,
    each in a line.
    """

    text: str
    tokens: int
    files: tuple[OutlinedFile, ...]
    total_files: int
    definitions: int
    total_definitions: int
    passed_over: dict[str, int]
    failures: tuple[str, ...]

    def __str__(self) -> str:
        return self.text


def outline(
    paths: Paths = ".", *, budget: int = 2000, query: str = "", root: str | os.PathLike[str] | None = None
) -> Outline:
    r"""The map of source files: definitions as lines of their files at their numbers, the most referenced first.

    `paths` are files and folders; of a folder, what `.gitignore` or `.headroomignore` names is passed over, and so are
    hidden files and links. `budget` is the most tokens (o200k_base) that the text has. What `query` names ranks higher:
    words, names, paths. Paths are shown as seen from `root`; by default the working directory, or where it does not
    hold all of `paths`, the nearest folder that does.

    The same files give the same map. Takes about as long as parsing them. Raises InputError where a path does not
    exist, nothing is source code, or the budget is too small for a single definition.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "shop.py").write_text("class Shop:\n    def sell(self):\n        return 1\n")
    ...     _ = pathlib.Path(folder, "main.py").write_text("from shop import Shop\nShop().sell()\n")
    ...     print(outline(folder), end="")
    2 of 2 files, 2 of 2 definitions
    shop.py
    1:class Shop:
    2:    def sell(self):
    main.py
    """
    check_text("query", query)
    check_count("budget", budget)
    given = _given(paths)
    above = _root(given, root)
    passed_over: dict[str, int] = {}
    failures: list[str] = []
    texts: list[tuple[str, str]] = []
    left = _MOST_BYTES_IN_ALL
    for path in _files(given, passed_over, failures):
        reason = "beyond the limit"
        if len(texts) < _MOST_FILES and left > 0:
            try:
                raw, reason = _read(path)
            except OSError as error:
                failures.append(f"{_printable(path)} cannot be read: {error.strerror or error}")
                continue
        if reason:
            passed_over[reason] = passed_over.get(reason, 0) + 1
            continue
        left -= len(raw)
        texts.append((_printable(_below(path, above)), raw.decode(errors="replace")))
    return _made(texts, query or "", budget, passed_over, failures)


def _made(
    texts: list[tuple[str, str]], query: str, budget: int, passed_over: dict[str, int], failures: list[str]
) -> Outline:
    query = query.encode(errors="replace").decode()
    threads = min(os.cpu_count() or 1, _MOST_THREADS)
    try:
        made = _core.outline_files(texts, query, budget, threads)
    except _core.BudgetError as error:
        raise InputError(
            f"budget={budget} is too small to show anything; the smallest map takes {error.args[0]} tokens"
        ) from None
    if made is None:
        if texts:
            passed_over["no source code"] = passed_over.get("no source code", 0) + len(texts)
        what = ", ".join(f"{count:,} {reason}" for reason, count in passed_over.items()) or "nothing else either"
        raise InputError(f"there are no source files in it ({what}); name a folder or file with source code")
    for reason, count in (("generated", made.generated), ("no source code", made.others)):
        if count:
            passed_over[reason] = passed_over.get(reason, 0) + count
    return Outline(
        made.text,
        made.tokens,
        tuple(OutlinedFile(path, rank, tuple(definitions)) for path, rank, definitions in made.files),
        made.total_files,
        made.definitions,
        made.total_definitions,
        passed_over,
        tuple(failures),
    )


def _given(paths: Paths) -> list[str]:
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    try:
        given = [os.path.abspath(os.fsdecode(path)) for path in paths]
    except (TypeError, ValueError):
        raise InputError(f"paths={shown(paths)} must be a path, or a list of paths") from None
    if not given:
        raise InputError("paths is empty; name a file or a folder")
    for path in given:
        if "\0" in path or not os.path.exists(path):
            raise InputError(f"{shown(path)} does not exist; name a file or a folder")
    return given


def _root(given: list[str], root: str | os.PathLike[str] | None) -> str:
    if root is not None:
        return os.path.abspath(os.fsdecode(root))
    here = os.getcwd()
    try:
        if os.path.commonpath([here, *given]) == here:
            return here
        shared = os.path.commonpath(given)
    except ValueError:  # on different drives
        return here
    return shared if os.path.isdir(shared) else os.path.dirname(shared)


def _below(path: str, root: str) -> str:
    """A path as seen from a folder that holds it, else whole; with slashes."""
    inside = path[len(root) :].lstrip(os.sep) if path.startswith(os.path.join(root, "")) else path
    return inside.replace(os.sep, "/")


def _files(given: list[str], passed_over: dict[str, int], failures: list[str]) -> Iterator[str]:
    """Each file once, those of a folder in the order of their names."""
    seen: set[str] = set()
    for path in given:
        found = [path]
        if os.path.isdir(path):
            found, others, failed = _core.source_files(path)
            failures.extend(_printable(each) for each in failed)
            if others:
                passed_over["no source code"] = passed_over.get("no source code", 0) + others
        for each in found:
            if each not in seen:
                seen.add(each)
                yield each


def _read(path: str) -> tuple[bytes, str]:
    """The content of a file, and why it is passed over, if it is."""
    if not os.path.isfile(path):
        return b"", "no source code"  # a pipe or a device would be waited for
    with open(path, "rb") as stream:
        raw = stream.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        return b"", "over 1 MB"
    return raw, "binary" if b"\0" in raw else ""


def _printable(text: str) -> str:
    """A path or message in one line, whatever bytes it is made of."""
    return text if text.isprintable() else repr(text)[1:-1]
