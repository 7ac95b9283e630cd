"""Edits of other programs' configuration files that leave no trace when they are taken back.

An edit says which value shall stand where; the file's format (`jsonc`, `toml`, `yaml`) finds the bytes. Comments,
order, white space, line ends, a byte order mark and everything else that is not the value stay as they are.
`documents` applies edits to a file's bytes and checks the outcome against the parsed file; `ledger` writes them in
transactions, and undoes them: byte for byte while nobody else has changed the file, and only our values where somebody
has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Format = Literal["json", "toml", "yaml"]
"""The formats of configuration files. `json` takes comments, trailing commas and JSON5's keys and strings as well."""

Path = tuple[str, ...]
"""Where a value stands: keys from the outside in."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A value that shall stand at `path`, or, with `in_list`, be an element of the list there.

    `value` is what JSON can say. Tables and lists on the way that are missing are made.
    """

    path: Path
    value: Any
    in_list: bool = False

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class FileEdit:
    """The edits of one file; `path` is absolute, and a link is followed."""

    path: str
    format: Format
    edits: tuple[Edit, ...]
