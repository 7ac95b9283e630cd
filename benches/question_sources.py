"""Tables, JSON and logs in, their rows as plain Python values out: what answers are compared with.

Nothing of Headroom reads here: CSV is read by `csv`, JSON by `json` (numbers as they are spelled), other tables and
logs by a few lines each, which know one format and are told which.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

LEVELS = r"\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|SEVERE)\b"


class Number(str):
    """A number of JSON as it is spelled."""


@dataclass
class Rows:
    """Rows of a text: their numbers in answers, their columns, and their cells.

    A cell is a str, a `Number`, a bool, None for null, or `...` where there is nothing. `prefix` is the stage that
    leads to the rows.
    """

    text: str
    columns: list[str]
    cells: list[list[Any]]
    unit: str = "rows"
    prefix: str = ""
    numbers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbers = self.numbers or list(range(1, len(self.cells) + 1))


def _cells(rows: list[list[str]]) -> list[list[Any]]:
    return [[... if cell == "" else cell for cell in row] for row in rows]


def read_csv(text: str, delimiter: str = ",", has_heading: bool = True) -> Rows:
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    names = rows.pop(0) if has_heading else [f"column {at}" for at in range(1, len(rows[0]) + 1)]
    return Rows(text, names, _cells(rows))


def read_bars(text: str) -> Rows:
    """psql, Markdown, and boxes of SQLite and MySQL."""
    lines = [line.replace("│", "|") for line in text.splitlines()]
    rows = [line for line in lines if "|" in line and not re.fullmatch(r"[-+|: ]*", line)]
    cells = [[cell.strip() for cell in re.sub(r"^\||\|$", "", line.strip()).split("|")] for line in rows]
    return Rows(text, cells[0], _cells(cells[1:]))


def read_underlined(text: str) -> Rows:
    """Columns as wide as the strokes below their names: pip list."""
    heading, rule, *rows = text.splitlines()
    spans = [match.span() for match in re.finditer("-+", rule)]
    cut = [[line[start:end].strip() for start, end in spans] for line in (heading, *rows) if line.strip()]
    return Rows(text, cut[0], _cells(cut[1:]))


def read_apart(text: str) -> Rows:
    """Columns with two spaces or more between them: npm outdated."""
    cells = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip()]
    return Rows(text, cells[0], _cells(cells[1:]))


def read_listing(text: str) -> Rows:
    """ls -l."""
    lines = [line.split(None, 7) for line in text.splitlines() if re.match(r"[-dlcbps][-rwxsStT]{9}", line)]
    return Rows(text, ["mode", "links", "owner", "group", "size", "date", "time", "name"], _cells(lines))


def read_counts(text: str) -> Rows:
    """wc -l, du."""
    pairs = [re.fullmatch(r"\s*(\d+)\s+(.*\S)", line) for line in text.splitlines() if line.strip()]
    return Rows(text, ["column 1", "column 2"], _cells([list(pair.groups()) for pair in pairs if pair]))


def read_outline(text: str) -> Rows:
    """npm ls."""
    lines = [re.sub(r"^[ │├└─┬]*", "", line) for line in text.splitlines()]
    return Rows(text, ["text"], _cells([[line] for line in lines if line]))


def _paths(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values in a record that are in no array, by their paths."""
    for name, inside in value.items():
        yield prefix + name, inside
        if isinstance(inside, dict):
            yield from _paths(inside, f"{prefix}{name}.")


def _collections(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Lists of records, and objects, with the paths that lead there."""
    if isinstance(value, list):
        if value and all(isinstance(each, dict) for each in value):
            yield path, value
        if len(value) == 1:
            yield from _collections(value[0], f"{path}[0]")
    elif isinstance(value, dict):
        yield path, value
        for name, inside in value.items():
            yield from _collections(inside, f"{path}['{name}']")


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, bool)) or value is ...


def read_json(text: str) -> Rows:
    """The list of most records, or the object of most members, with the fields that are in no array."""
    decoder = json.JSONDecoder(parse_int=Number, parse_float=Number)
    try:
        document = decoder.decode(text)
    except ValueError:
        document = [decoder.decode(line) for line in text.splitlines() if line.strip()]
    path, found = max(_collections(document, "$"), key=lambda each: (isinstance(each[1], list), len(each[1])))
    if isinstance(found, dict):
        path, found = max(_collections(document, "$"), key=lambda each: len(each[1]))
    if isinstance(found, list):
        records = [dict(_paths(record)) for record in found]
        columns = list(dict.fromkeys(name for record in records for name in record))
    else:
        members = found.items()
        records = [
            {"key": name, **(dict(_paths(it)) if isinstance(it, dict) else {"value": it})} for name, it in members
        ]
        columns = list(dict.fromkeys(name for record in records for name in record))
    plain = [name for name in columns if all(_is_plain(record.get(name, ...)) for record in records)]
    cells = [[record.get(name, ...) for name in plain] for record in records]
    return Rows(text, plain, cells, prefix="" if path == "$" else path)


def read_log(text: str) -> Rows:
    """Lines that are not blank, with the level that all of a log have in one place."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    numbers, texts = [number for number, _ in lines], [line.removesuffix("\r") for _, line in lines]
    levels = [re.search(LEVELS, line[:110]) for line in texts]
    if all(levels):
        cells: list[list[Any]] = [[line, level.group()] for line, level in zip(texts, levels, strict=True) if level]
        return Rows(text, ["text", "level"], cells, "lines", numbers=numbers)
    return Rows(text, ["text"], [[line] for line in texts], "lines", numbers=numbers)


READERS: dict[str, Callable[[str], Rows]] = {
    "csv": read_csv,
    "tsv": lambda text: read_csv(text, "\t", has_heading=False),
    "psql": read_bars,
    "sqlite": read_bars,
    "markdown": read_bars,
    "pip-list": read_underlined,
    "npm-outdated": read_apart,
    "npm-ls": read_outline,
    "ls": read_listing,
    "wc": read_counts,
    "du": read_counts,
    "dpkg": lambda text: read_csv(text, "\t", has_heading=False),
}


def read_case(identity: str, kind: str, text: str) -> Rows:
    """The rows of a case of the corpus, by its id: `table-psql-airports`."""
    if kind == "json":
        return read_json(text)
    if kind == "log":
        return read_log(text)
    reader = max((name for name in READERS if identity.startswith(f"table-{name}")), key=len)
    return READERS[reader](text)
