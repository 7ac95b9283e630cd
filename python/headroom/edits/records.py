"""The journal: one file per transaction, in which every byte stands that undoing it could need.

Files are 0600 in a directory of 0700, since configurations hold keys. They are written whole, and before anything else
is.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from headroom.edits import Edit, Format
from headroom.edits.documents import MISSING, Before
from headroom.edits.files import TEMPORARY_SUFFIX, read_bytes, unlink, write_atomically
from headroom.errors import ConfigError
from headroom.lease import is_same_file, remove_unheld

_VERSION = 1
_SUFFIX = ".json"

Phase = Literal["applying", "applied", "undoing"]
"""How far a transaction has come. The first and the last are only found after a crash."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What was done to one file: `path` as it was named, `target` with links followed, its bytes before and after."""

    path: str
    target: str
    format: Format
    edits: tuple[Edit, ...]
    before: tuple[Before, ...]
    raw_before: bytes | None
    raw_after: bytes
    made_directories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One transaction: its name, its place in the order of all, how far it has come, and its files.

    `owner` is 0 for one that stays until it is taken back, else the process whose run began it, for messages; it is in
    force as long as a run holds a lease on it.
    """

    name: str
    number: int
    phase: Phase
    files: tuple[FileRecord, ...]
    owner: int = 0

    def at(self, phase: Phase) -> Record:
        """The same transaction, further on."""
        return replace(self, phase=phase)


class Journal:
    """The records in a directory, which is made when the first one is written."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def records(self) -> list[Record]:
        """Every record, oldest first. Raises ConfigError for one that cannot be read."""
        try:
            names = os.listdir(self.directory)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise self._unusable(error) from None
        paths = [os.path.join(self.directory, name) for name in names if name.endswith(_SUFFIX)]
        found = [(path, read_bytes(path)) for path in paths]
        return sorted((_read(raw, path) for path, raw in found if raw is not None), key=lambda record: record.number)

    def write(self, record: Record) -> None:
        """Writes a record, in place of an earlier one of its name, while the journal is locked."""
        try:
            raw = json.dumps(_encoded(record)).encode()
        except TypeError as error:
            raise ConfigError(
                f"{record.name}: a value that it replaces cannot be kept ({error}); set it by hand"
            ) from None
        write_atomically(self._path(record.name), raw, 0o600)

    def delete(self, record: Record) -> None:
        """Forgets a record."""
        unlink(self._path(record.name))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from working on the same journal; waits for one that does."""
        path = os.path.join(self.directory, "lock")
        while True:
            try:
                os.makedirs(self.directory, mode=0o700, exist_ok=True)
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise self._unusable(error) from None
            _lock(descriptor)
            if is_same_file(descriptor, path):
                break
            # Whoever held it before removed it: it keeps nobody out any more.
            os.close(descriptor)
        try:
            yield
        finally:
            os.close(descriptor)

    def vacate(self) -> None:
        """Removes what keeps processes apart, and the directory, if there are no records; to be called when locked."""
        if self.records():
            return
        for name in sorted(os.listdir(self.directory)):
            if name.endswith(".lease"):
                remove_unheld(os.path.join(self.directory, name))
        with suppress(OSError):
            if os.listdir(self.directory) == ["lock"]:
                os.unlink(os.path.join(self.directory, "lock"))
                os.rmdir(self.directory)

    def _unusable(self, error: OSError) -> ConfigError:
        return ConfigError(f"the journal in {self.directory} cannot be used: {error.strerror}; make it writable")

    def _path(self, name: str) -> str:
        return os.path.join(self.directory, name + _SUFFIX)


def _lock(descriptor: int) -> None:
    # Both kinds of lock go when the process does, however it ends.
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _encoded(record: Record) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "name": record.name,
        "number": record.number,
        "phase": record.phase,
        "owner": record.owner,
        "files": [_encoded_file(file) for file in record.files],
    }


def _encoded_file(file: FileRecord) -> dict[str, Any]:
    return {
        "path": file.path,
        "target": file.target,
        "format": file.format,
        "edits": [{"path": edit.path, "value": edit.value, "in_list": edit.in_list} for edit in file.edits],
        "before": [
            {"depth": was.depth} if was.value is MISSING else {"depth": was.depth, "value": was.value}
            for was in file.before
        ],
        "raw_before": None if file.raw_before is None else base64.b64encode(file.raw_before).decode(),
        "raw_after": base64.b64encode(file.raw_after).decode(),
        "made_directories": file.made_directories,
    }


def _read(raw: bytes, path: str) -> Record:
    try:
        fields = json.loads(raw)
        if fields["version"] != _VERSION:
            raise ConfigError(f"{path} was written by another version of Headroom; undo it with that one")
        files = tuple(map(_read_file, fields["files"]))
        return Record(fields["name"], fields["number"], fields["phase"], files, int(fields.get("owner", 0)))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no record of edits ({error!r}); move it away and try again") from None


def _read_file(fields: dict[str, Any]) -> FileRecord:
    return FileRecord(
        fields["path"],
        fields["target"],
        fields["format"],
        tuple(Edit(tuple(each["path"]), each["value"], each["in_list"]) for each in fields["edits"]),
        tuple(Before(each.get("value", MISSING), each["depth"]) for each in fields["before"]),
        None if fields["raw_before"] is None else base64.b64decode(fields["raw_before"]),
        base64.b64decode(fields["raw_after"]),
        tuple(fields["made_directories"]),
    )


def temporaries(directory: str) -> list[str]:
    """Half-written records that a crash has left."""
    try:
        names = os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [os.path.join(directory, name) for name in names if name.endswith(TEMPORARY_SUFFIX)]
