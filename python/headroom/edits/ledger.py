"""Transactions on configuration files: all of a set-up's edits are made, or none, and they can be taken back.

A plan changes nothing: it holds the new bytes of every file. To apply it, a record with the old bytes goes into the
journal first; then each file is written whole and read back; then the record is marked as applied. A crash at any point
leaves a record that is not, and `recover` takes its edits back. Undoing is the same: a file that nobody has changed
since gets its old bytes; from one that somebody has, only our values are taken; where those were changed too, nothing
is undone, and the error says where. Directories and files that we made go again.

A transaction for a run is in force as long as one of the processes that rely on it holds a lease on it: the last one
takes it back, and when that was killed, `recover` does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from headroom.edits import FileEdit
from headroom.edits.documents import applied, is_empty, reverted, state
from headroom.edits.files import (
    missing_directories,
    read_bytes,
    refuse_protected,
    temporary_of,
    unlink,
    write_atomically,
)
from headroom.edits.records import FileRecord, Journal, Record, temporaries
from headroom.errors import ConfigError
from headroom.lease import Lease

Checkpoint = Callable[[str], None]
"""Told before every step that changes a file, by name; a test ends the process there."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file before and after; None where there is none."""

    path: str
    before: bytes | None
    after: bytes | None

    def diff(self) -> str:
        """What changes, as a unified diff."""
        from difflib import unified_diff

        sides = [(raw or b"").decode("utf-8", "replace").splitlines(keepends=True) for raw in (self.before, self.after)]
        names = [os.devnull if raw is None else self.path for raw in (self.before, self.after)]
        lines = unified_diff(sides[0], sides[1], names[0], names[1])
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying or undoing would write. `record` is that of the transaction."""

    record: Record
    changes: tuple[Change, ...]

    @property
    def is_needed(self) -> bool:
        """Whether anything would change."""
        return any(change.before != change.after for change in self.changes)

    def diff(self) -> str:
        """Every file's change, as a unified diff."""
        return "".join(change.diff() for change in self.changes)


class Ledger:
    """The transactions whose journal is in `directory`."""

    def __init__(self, directory: str, checkpoint: Checkpoint = lambda step: None) -> None:
        self._journal = Journal(directory)
        self._checkpoint = checkpoint

    def records(self) -> list[Record]:
        """Every transaction that was begun and not taken back, oldest first."""
        return self._journal.records()

    def record_named(self, name: str) -> Record | None:
        """The transaction of this name, if it was begun and not taken back."""
        return next((record for record in self.records() if record.name == name), None)

    def lease(self, name: str) -> Lease:
        """What a run holds while it relies on the transaction of this name."""
        return Lease(os.path.join(self._journal.directory, f"{name}.lease"))

    def plan(self, name: str, files: Sequence[FileEdit], owner: int = 0) -> Plan:
        """What the edits would change; with an owner, for its run. Raises ConfigError for a file it cannot edit."""
        records, changes = [], []
        for file in files:
            target = os.path.realpath(file.path)
            refuse_protected(target)
            raw = read_bytes(target)
            after, before = applied(raw or b"", file.format, file.edits, file.path)
            made = tuple(missing_directories(target))
            records.append(FileRecord(file.path, target, file.format, file.edits, tuple(before), raw, after, made))
            changes.append(Change(file.path, raw, after))
        number = max((record.number for record in self.records()), default=0) + 1
        return Plan(Record(name, number, "applying", tuple(records), owner), tuple(changes))

    def apply(self, plan: Plan) -> None:
        """Makes the edits of a plan, or none of them. Raises ConfigError, also when a file is no longer as planned."""
        record = plan.record
        with self._journal.locked():
            if self.record_named(record.name) is not None:
                raise ConfigError(f"{record.name} is in force already; take it back first: headroom unwrap")
            for file in record.files:
                _refuse_changed(file.path, file.target, file.raw_before)
            self._checkpoint("record")
            self._journal.write(record)
            try:
                self._write(record)
            except (ConfigError, KeyboardInterrupt):
                self._restore(record, self._undone(record))
                raise
            self._checkpoint("applied")
            self._journal.write(record.at("applied"))

    def plan_undo(self, record: Record) -> Plan:
        """What undoing would change. Raises ConfigError when somebody has changed the values that we put there."""
        return Plan(record, tuple(self._undone(record)))

    def undo(self, record: Record) -> None:
        """Takes the edits of a transaction back, all or none of them. Raises ConfigError; see `plan_undo`."""
        with self._journal.locked():
            self._checkpoint("undoing")
            changes = self._undone(record)
            self._journal.write(record.at("undoing"))
            self._restore(record, changes)

    def recover(self) -> list[str]:
        """Takes back what a crash has left half done, or in force for a run, and names it.

        Raises ConfigError when it cannot be.
        """
        left = [record for record in self.records() if record.phase != "applied" or record.owner]
        if not left and not temporaries(self._journal.directory):
            return []
        recovered = []
        with self._journal.locked():
            # Another process may have been at work on them until now.
            left = [record for record in self.records() if record.phase != "applied" or record.owner]
            for record in reversed(left):
                lease = self.lease(record.name) if record.phase == "applied" else None
                if lease is not None and not lease.try_alone():
                    continue
                self._restore(record, self._undone(record))
                if lease is not None:
                    lease.release()
                recovered.append(record.name)
            for path in temporaries(self._journal.directory):
                unlink(path)
        return recovered[::-1]

    def vacate(self) -> None:
        """Removes the journal's directory if nothing is in force any more, and no run is being prepared."""
        if os.path.isdir(self._journal.directory):
            with self._journal.locked():
                self._journal.vacate()

    def missing(self, record: Record) -> Iterator[tuple[str, str]]:
        """The file and the path of every edit of a transaction that is no longer as we made it."""
        for file in record.files:
            raw = read_bytes(file.target)
            for edit in file.edits:
                if raw is None or state(raw, file.format, edit, file.path) != "present":
                    yield file.path, str(edit)

    def _write(self, record: Record) -> None:
        for file in record.files:
            self._checkpoint(f"directories of {file.path}")
            for directory in file.made_directories:
                _make_directory(directory)
            self._checkpoint(f"write {file.path}")
            write_atomically(file.target, file.raw_after)
        self._checkpoint("verify")
        for file in record.files:
            if read_bytes(file.target) != file.raw_after:
                raise ConfigError(f"{file.path} was changed by another program meanwhile; try again")

    def _undone(self, record: Record) -> list[Change]:
        changes, kept = [], []
        for file in record.files:
            raw = read_bytes(file.target)
            if raw is None or raw == file.raw_before:
                changes.append(Change(file.path, raw, raw))
            elif raw == file.raw_after:
                changes.append(Change(file.path, raw, file.raw_before))
            else:
                after, theirs = reverted(raw, file.format, file.edits, file.before, file.path)
                kept += [f"{where} in {file.path}" for where in theirs]
                gone = file.raw_before is None and is_empty(after, file.format, file.path)
                changes.append(Change(file.path, raw, None if gone else after))
        if kept:
            raise ConfigError(
                f"{', '.join(kept)} was changed since Headroom set it, so nothing was undone; remove it by hand, "
                "then run the same command again"
            )
        return changes

    def _restore(self, record: Record, changes: Sequence[Change]) -> None:
        for file, change in reversed(list(zip(record.files, changes, strict=True))):
            self._checkpoint(f"restore {file.path}")
            unlink(temporary_of(file.target))
            if change.after == change.before:
                continue
            _refuse_changed(file.path, file.target, change.before)
            if change.after is None:
                unlink(file.target)
            else:
                write_atomically(file.target, change.after)
        for file in reversed(record.files):
            self._checkpoint(f"remove directories of {file.path}")
            for directory in reversed(file.made_directories):
                # One in which something is by now stays.
                with suppress(OSError):
                    os.rmdir(directory)
        self._checkpoint("forget")
        self._journal.delete(record)


def _refuse_changed(path: str, target: str, expected: bytes | None) -> None:
    if read_bytes(target) != expected:
        raise ConfigError(f"{path} was changed by another program meanwhile; try again")


def _make_directory(path: str) -> None:
    try:
        os.mkdir(path)
    except FileExistsError:
        return
    except OSError as error:
        raise ConfigError(f"directory {path} cannot be made: {error.strerror}; check its parent") from None
