"""The ledger: what was used, spent and saved, in rows of sums by day; durable, shared by processes, without content.

A SQLite database beside the store. Rows are added to, never replaced, so any number of processes may write at once.
What `add` was given survives kill -9 of the process when it returns. Days are local dates, money is in picodollars.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal, NamedTuple

from headroom.errors import StoreError
from headroom.proxy.calibration import Sums
from headroom.report import report
from headroom.store import StoreSettings, path_of
from headroom.store._files import identity, make_private, make_private_directories, put_aside

Kind = Literal["live", "observed", "held_out"]
"""What requests were: compressed or passed on, only measured, or left alone to compare with."""

TRAFFIC = (
    *("requests", "metered", "unmetered", "failed", "unpriced", "texts", "compressed_texts"),
    *("tokens_after", "tokens_saved", "unmetered_saved"),
    *("rent_tool", "rent_retrieved", "rent_hidden", "rent_volatile", "rent_rounds"),
    *("fresh", "cache_write_5m", "cache_write_1h", "cache_read", "output"),
    *("without_fresh", "without_cache_write_5m", "without_cache_write_1h", "without_cache_read", "without_output"),
    *("spent", "saved", "rent", "retrievals_hidden", "retrievals_visible", "retrievals_failed"),
)
"""The sums of a row of traffic."""

TOOLS = ("texts", "compressed_texts", "tokens_before", "tokens_saved", "saved", "priced_texts")
"""The sums of a tool's row."""

Duration = Literal["added", "first_byte"]
DURATIONS: tuple[Duration, ...] = ("added", "first_byte")

_APPLICATION_ID = 0x48524C47  # "HRLG"
_VERSION = 1
_BUSY_TIMEOUT_S = 5.0
_MOST = 2**62
"""SQLite's integers end soon after."""

_KEYS = ("day", "provider", "model", "agent", "project", "kind")


class Key(NamedTuple):
    """What a row of traffic is about; with a tool, what a tool's row is about."""

    day: str
    provider: str
    model: str
    agent: str
    project: str
    kind: Kind

    @property
    def month(self) -> str:
        """The day's month."""
        return self.day[:7]


@dataclass(slots=True)
class Batch:
    """Sums to be added to the ledger: lists in the order of `TRAFFIC` and `TOOLS`, counts of durations by bucket."""

    traffic: dict[Key, list[int]] = field(default_factory=dict)
    tools: dict[tuple[Key, str], list[int]] = field(default_factory=dict)
    durations: dict[tuple[str, Duration, int], int] = field(default_factory=dict)
    calibrations: dict[tuple[str, str], Sums] = field(default_factory=dict)

    def add_traffic(self, key: Key, sums: Mapping[str, int]) -> None:
        """Adds to a row of traffic."""
        _add(self.traffic.setdefault(key, [0] * len(TRAFFIC)), TRAFFIC, sums)

    def add_tool(self, key: Key, tool: str, sums: Mapping[str, int]) -> None:
        """Adds to a tool's row."""
        _add(self.tools.setdefault((key, tool), [0] * len(TOOLS)), TOOLS, sums)

    def add_duration(self, day: str, what: Duration, bucket: int) -> None:
        """Counts a duration."""
        self.durations[day, what, bucket] = self.durations.get((day, what, bucket), 0) + 1

    def add_calibration(self, day: str, model: str, sums: Sums) -> None:
        """Adds what was learnt of a model."""
        self.calibrations[day, model] = self.calibrations.get((day, model), Sums()).plus(sums)


class Row(NamedTuple):
    """A row of traffic, or of a tool (then with its name), with its sums by name."""

    key: Key
    tool: str
    sums: Mapping[str, int]


def ledger_path(settings: StoreSettings) -> str:
    """The file of the ledger: beside the store."""
    return os.path.splitext(path_of(settings))[0] + "-ledger.sqlite3"


class Ledger:
    """An open ledger, safe to use from several threads. Raises StoreError when it cannot be opened, read or written.

    A damaged file is put aside and a new one is started, which is reported.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = Lock()
        self._connection = self._opened()

    def add(self, batch: Batch) -> None:
        """Adds the sums of a batch, all or none."""
        with self._lock, self._explained("written"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._upsert("traffic", _KEYS, TRAFFIC, ((*key, *sums) for key, sums in batch.traffic.items()))
                rows = ((*key, tool, *sums) for (key, tool), sums in batch.tools.items())
                self._upsert("tools", (*_KEYS, "tool"), TOOLS, rows)
                counts = ((*key, count) for key, count in batch.durations.items())
                self._upsert("durations", ("day", "what", "bucket"), ("count",), counts)
                learnt = ((*key, *sums) for key, sums in batch.calibrations.items())
                self._upsert("calibrations", ("day", "model"), Sums._fields, learnt)
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def traffic(self, first_day: str, last_day: str) -> list[Row]:
        """The rows of traffic of some days."""
        found = self._select("traffic", (*_KEYS, *TRAFFIC), first_day, last_day)
        at = len(_KEYS)
        return [Row(Key(*row[:at]), "", dict(zip(TRAFFIC, row[at:], strict=True))) for row in found]

    def tools(self, first_day: str, last_day: str) -> list[Row]:
        """The rows of tools of some days."""
        found = self._select("tools", (*_KEYS, "tool", *TOOLS), first_day, last_day)
        at = len(_KEYS)
        return [Row(Key(*row[:at]), row[at], dict(zip(TOOLS, row[at + 1 :], strict=True))) for row in found]

    def durations(self, what: Duration, first_day: str, last_day: str) -> dict[int, int]:
        """How many durations fell into each bucket on some days."""
        counts: dict[int, int] = {}
        for kind, bucket, count in self._select("durations", ("what", "bucket", "count"), first_day, last_day):
            if kind == what:
                counts[bucket] = counts.get(bucket, 0) + count
        return counts

    def calibrations(self, first_day: str, last_day: str) -> dict[str, Sums]:
        """What was learnt of each model on some days."""
        found: dict[str, Sums] = {}
        for model, *sums in self._select("calibrations", ("model", *Sums._fields), first_day, last_day):
            found[model] = found.get(model, Sums()).plus(Sums(*sums))
        return found

    def spend(self, code: str, until_s: float, now_s: float) -> bool:
        """Whether a code, which is worth something until then, was not spent before; it is from now on."""
        with self._lock, self._explained("written"):
            self._connection.execute("DELETE FROM spent_codes WHERE until_s < ?", (now_s,))
            done = self._connection.execute("INSERT OR IGNORE INTO spent_codes VALUES (?, ?)", (code, until_s))
            return done.rowcount == 1

    def version(self) -> int:
        """A number that is another one after anybody else has written; what we wrote ourselves leaves it."""
        with self._lock, self._explained("read"):
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            self._connection.close()

    def _select(self, table: str, columns: Sequence[str], first_day: str, last_day: str) -> list[tuple[Any, ...]]:
        names = ", ".join(columns)
        with self._lock, self._explained("read"):
            return self._connection.execute(
                f"SELECT {names} FROM {table} WHERE day BETWEEN ? AND ?",  # noqa: S608  (our own names)
                (first_day, last_day),
            ).fetchall()

    def _upsert(self, table: str, keys: Sequence[str], sums: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * (len(keys) + len(sums)))
        added = ", ".join(f"{name} = {name} + excluded.{name}" for name in sums)
        self._connection.executemany(
            f"INSERT INTO {table} VALUES ({places}) "  # noqa: S608  (our own names)
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}",
            rows,
        )

    def _opened(self) -> sqlite3.Connection:
        seen = identity(self.path)
        try:
            with self._explained("opened"):
                return self._connected()
        except _Damaged as error:
            try:
                aside = put_aside(self.path, seen)
            except OSError as failure:
                raise StoreError(f"{error}; and it cannot be put aside: {failure}") from failure
            report(f"{error}; what it held is in {aside}, and a new one is started")
        with self._explained("opened"):
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        make_private_directories(os.path.dirname(self.path))
        # Only a new file: to close one that this process has open would take SQLite's locks from it.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        connection = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            [version], [owner] = (
                connection.execute(f"PRAGMA {name}").fetchone() for name in ("user_version", "application_id")
            )
            if version > _VERSION or (owner != _APPLICATION_ID and (owner or version)):
                raise StoreError(
                    f"{self.path} is of a newer Headroom, or no ledger of it; set store_path to another file"
                )
            if version < _VERSION:
                for statement in _schema():
                    connection.execute(statement)
            connection.execute("COMMIT")
            make_private(self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            damage = any(words in str(error) for words in ("not a database", "malformed"))
            kind = _Damaged if damage else StoreError
            raise kind(f"the ledger {self.path} cannot be {what}: {error}") from error
        except OSError as error:
            raise StoreError(f"the ledger {self.path} cannot be {what}: {error.strerror or error}") from error


class _Damaged(StoreError):
    """The file holds no sound database."""


def _add(row: list[int], names: Sequence[str], sums: Mapping[str, int]) -> None:
    for at, name in enumerate(names):
        row[at] = max(-_MOST, min(_MOST, row[at] + sums.get(name, 0)))


def _schema() -> Iterator[str]:
    tables = (
        ("traffic", _KEYS, TRAFFIC, "INTEGER"),
        ("tools", (*_KEYS, "tool"), TOOLS, "INTEGER"),
        ("durations", ("day", "what", "bucket"), ("count",), "INTEGER"),
        ("calibrations", ("day", "model"), Sums._fields, "REAL"),
    )
    for table, keys, sums, kind in tables:
        columns = ", ".join((*(f"{name} NOT NULL" for name in keys), *(f"{name} {kind} NOT NULL" for name in sums)))
        yield f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({', '.join(keys)})) WITHOUT ROWID"
    yield "CREATE TABLE spent_codes (code TEXT PRIMARY KEY, until_s REAL NOT NULL) WITHOUT ROWID"
    yield f"PRAGMA application_id = {_APPLICATION_ID}"
    yield f"PRAGMA user_version = {_VERSION}"
