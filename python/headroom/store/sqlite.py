"""The embedded store: one SQLite file in WAL mode, shared by any number of processes.

A put is one transaction; when it returns, the content is in the write-ahead log, which the kernel holds, so that it
survives kill -9 of the process. Rows are zstd-compressed, sealed (_vault.py), and addressed by content: known content
changes nothing. Times last seen are kept roughly, so that reading mostly does not write.

Fork-safe: a fork waits for the transaction in progress, and the child opens a connection of its own.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from headroom._core import Sealer, content_key, record_name
from headroom.errors import KeyNotFoundError, StoreCorruptError, StoreError
from headroom.settings import KeyPlace
from headroom.store import (
    DEFAULT_MAX_BYTES,
    DEFAULT_TTL_S,
    LOCAL_TENANT,
    Clock,
    Entry,
    Listed,
    Record,
    Store,
    StoreStats,
    Verified,
    default_path,
)
from headroom.store import _upkeep as upkeep
from headroom.store._collect import Collector, used_bytes
from headroom.store._connection import Database
from headroom.store._domain import output_digest, refuse_bad_tenant, seen_tolerance_s
from headroom.store._master_key import KEY_BYTES, default_key_directory, open_keys
from headroom.store._records import Records, number_of
from headroom.store._vault import TenantKey

name = "sqlite"

_LEVEL = 1  # as fast as the negative levels on tool results (0.13 ms for 100 KB), and a quarter smaller
_ATTEMPTS = 8
_MAX_KNOWN_OUTPUTS = 1 << 16
_TOUCH_KNOWN_S = 30
_MAX_TOUCHED = 4_096

_FIND = "SELECT last_seen, tenant_key FROM originals WHERE key = ?"
_GET = "SELECT tenant_key, size_bytes, last_seen, wrapped, content FROM originals WHERE key = ?"
_INSERT = (
    "INSERT INTO originals (key, tenant_key, kind, size_bytes, last_seen, wrapped, content)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
)
# What was seen a while ago is written again: its row is as long as before, so SQLite changes the one page it begins on.
_SEE_AGAIN = "UPDATE originals SET last_seen = ?1 WHERE key = ?2 AND last_seen < ?1 - ?3"
_SEE = "UPDATE originals SET last_seen = max(last_seen, ?) WHERE key = ?"
_LINK_OUTPUT = (
    "INSERT INTO outputs VALUES (?, ?)"
    " ON CONFLICT (digest) DO UPDATE SET original = excluded.original WHERE original != excluded.original"
)


def open(  # noqa: A001  (each backend module opens its own kind)
    location: str | None = None,
    *,
    tenant: str = LOCAL_TENANT,
    max_bytes: int = DEFAULT_MAX_BYTES,
    ttl_s: float = DEFAULT_TTL_S,
    clock: Clock = time.time,
    key_place: KeyPlace = "file",
    key_directory: str | None = None,
) -> Store:
    """The store in the file `location` (default: in the platform's data directory), made if it is missing.

    A new master key goes to `key_place`. Keys in files are in `key_directory`: by default beside `location`, or, where
    that is the default too, in the platform's configuration directory.
    """
    return SqliteStore(
        location,
        tenant=tenant,
        max_bytes=max_bytes,
        ttl_s=ttl_s,
        clock=clock,
        key_place=key_place,
        key_directory=key_directory,
    )


class SqliteStore:
    """A `Store` in one SQLite file."""

    def __init__(
        self,
        location: str | None = None,
        *,
        tenant: str = LOCAL_TENANT,
        max_bytes: int = DEFAULT_MAX_BYTES,
        ttl_s: float = DEFAULT_TTL_S,
        clock: Clock = time.time,
        key_place: KeyPlace = "file",
        key_directory: str | None = None,
    ) -> None:
        refuse_bad_tenant(tenant)
        self.path = os.path.abspath(os.path.expanduser(location) if location else default_path())
        self.tenant = tenant
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._tolerance_s = seen_tolerance_s(ttl_s)
        self._clock = clock
        self._known_outputs: set[str] = set()
        self._touched: dict[str, int] = {}
        self._mark: int | None = None
        directory = key_directory or default_key_directory(location)
        self._database = Database(self.path, tenant, open_keys(key_place, directory), directory)
        self._records = Records(self._database, self._tolerance_s)
        self._collector = Collector(self._database, max_bytes, ttl_s)
        self._collector.collect_quietly(self._now())

    @property
    def is_closed(self) -> bool:
        """Whether it was closed, or its file was lost: then a store that is opened again is another one."""
        return self._database.is_closed

    def key_of(self, content: str) -> str:
        """The key of a text: a MAC under the store's secret over tenant and content."""
        return content_key(self._database.vault.secret, self.tenant, content)

    def name_of(self, *parts: str) -> str:
        """The name of the record about `parts`, in this tenant alone."""
        return record_name(self._database.vault.secret, self.tenant, parts)

    def put(self, key: str, content: str, *, kind: str, output: str | None = None) -> None:
        """Stores one original; see `put_many`."""
        self.put_many((Entry(key, content, kind, output),))

    def put_many(self, entries: Iterable[Entry], records: Iterable[Record] = ()) -> dict[str, bytes]:
        """Stores originals, outputs and records in one transaction. They are packed and sealed outside of any lock."""
        originals, notes = list(entries), list(records)
        if not originals and not notes:
            return {}
        digests = [self._digest(entry.output) if entry.output else "" for entry in originals]
        key = self._database.vault.newest()
        for _ in range(_ATTEMPTS):
            if key is not None:
                now = self._now()
                rows = [self._row(entry, key, now) for entry in originals]
                noted = [self._records.row(record, key, now) for record in notes]
                size_bytes = sum(map(_sealed_bytes, (*rows, *noted)))
                self._refuse_too_much(rows, noted, size_bytes)
                with self._database.writing() as connection:
                    if self._database.vault.is_newest(connection, key.number):
                        numbers = {row[0]: self._inserted(connection, row, now) for row in rows}
                        for entry, digest in zip(originals, digests, strict=True):
                            if digest:
                                connection.execute(_LINK_OUTPUT, (digest, numbers[entry.key]))
                        earlier = self._records.insert(connection, noted, numbers, now)
                        break
            with self._database.writing() as connection:
                key = self._database.vault.renewed(connection)
        else:
            raise StoreError(f"store {self.path} cannot be written: its keys are being changed; try again")
        self._remember_outputs(filter(None, digests))
        if self._collector.collect_when_due(now, len(rows) + len(noted), size_bytes):
            self._known_outputs.clear()
        return self._records.opened(earlier)

    def records(self, names: Sequence[str]) -> dict[str, bytes]:
        """The values of those of the names that are here, whose life is thereby renewed; one query for 500 names."""
        return self._records.read(names, self._now())

    def get(self, key: str) -> str:
        """The original, checked against its key."""
        content, last_seen = self._read(key)
        if self._now() - last_seen > self._tolerance_s:
            # Reading must work where writing does not.
            with suppress(StoreError), self._database.writing() as connection:
                connection.execute(_SEE, (self._now(), key))
        return content

    def _read(self, key: str) -> tuple[str, int]:
        """An original and when it was last seen, which this does not change."""
        with self._database.reading() as connection:
            row = connection.execute(_GET, (key,)).fetchone()
            sealer = None if row is None else self._database.vault.sealer(connection, row[0])
        if sealer is None:
            raise KeyNotFoundError(
                f"no original under key {key!r} in {self.path}: it was never stored there, or not seen for"
                f" {self._ttl_s / 86_400:g} days; run the tool again to get its output anew"
            )
        _, size_bytes, last_seen, wrapped, sealed = row
        if not (_are(int, size_bytes, last_seen) and _are(bytes, wrapped, sealed)):
            raise self._corrupt(key, "its row is not as it was written")
        return self._unsealed(sealer, key, wrapped, sealed, size_bytes), last_seen

    def touch(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that name something here, whose life is thereby renewed."""
        now = self._now()
        wanted = set(keys)
        mark = self._database.vault.mark()
        if mark is not None and mark == self._mark and all(self._is_fresh(key, now) for key in wanted):
            return wanted
        found: set[str] = set()
        stale: list[tuple[int, str]] = []
        with self._database.reading() as connection:
            self._forget_what_was_purged(connection)
            self._mark = mark
            for key in wanted:
                if self._is_fresh(key, now):
                    found.add(key)
                    continue
                row = connection.execute(_FIND, (key,)).fetchone()
                if row is not None and _are(int, *row) and self._database.vault.sealer(connection, row[1]):
                    found.add(key)
                    if len(self._touched) >= _MAX_TOUCHED:
                        self._touched.clear()
                    self._touched[key] = now
                    if now - row[0] > self._tolerance_s:
                        stale.append((now, key))
        if stale:
            with self._database.writing() as connection:
                connection.executemany(_SEE, stale)
        return found

    def _is_fresh(self, key: str, now: int) -> bool:
        """Whether a key was there moments ago: then it still is, since nothing seen within the lease is given up."""
        return 0 <= now - self._touched.get(key, -_TOUCH_KNOWN_S) < _TOUCH_KNOWN_S

    def is_output(self, key: str) -> bool:
        """Whether the text of this key was written as the output of an original that is still stored."""
        digest = output_digest(self._database.vault.secret, self.tenant, key)
        if digest in self._known_outputs:
            return True
        with self._database.reading() as connection:
            found = connection.execute("SELECT 1 FROM outputs WHERE digest = ?", (digest,)).fetchone() is not None
        if found:
            self._remember_outputs((digest,))
        return found

    def stats(self) -> StoreStats:
        """What is stored, by reading the whole table."""
        with self._database.reading() as connection:
            entries, original_bytes = connection.execute(
                "SELECT count(*), coalesce(sum(size_bytes), 0) FROM originals"
            ).fetchone()
            return StoreStats(entries, original_bytes, used_bytes(connection), self._max_bytes)

    def collect(self) -> int:
        """Gives up what is due, in bounded batches; says how much that was."""
        collected = self._collector.collect(self._now())
        if collected:
            self._known_outputs.clear()
        return collected

    def listing(self) -> Iterator[Listed]:
        """What is stored of this tenant, in no order."""
        return upkeep.listing(self._database)

    def verify(self) -> Verified:
        """Reads back everything of this tenant; linear in what is stored."""
        return upkeep.verify(self._database, self._read, self._records.check)

    def purge(self, keys: Iterable[str]) -> int:
        """Erases originals and their records for good; says how many were there."""
        return self._purged(upkeep.purge_keys(self._database, keys))

    def purge_unseen(self, seconds: float) -> int:
        """Erases for good what was not seen for some time; says how many originals."""
        return self._purged(upkeep.purge_unseen(self._database, self._now() - seconds))

    def purge_all(self) -> int:
        """Erases all originals and records of this tenant for good, with its key; says how many originals."""
        return self._purged(upkeep.purge_all(self._database))

    def rotate_key(self) -> None:
        """Gives the store a new master key, where the settings say; what is sealed stays as it is."""
        upkeep.rotate(self._database)

    def close(self) -> None:
        """Closes the connection; any later call raises StoreError."""
        self._database.close()

    def _now(self) -> int:
        return int(self._clock())

    def _digest(self, output: str) -> str:
        return output_digest(self._database.vault.secret, self.tenant, self.key_of(output))

    def _row(self, entry: Entry, key: TenantKey, now: int) -> tuple[str, int, str, int, int, bytes, bytes]:
        place = self._database.vault.of_original(entry.key)
        size_bytes, wrapped, sealed = key.sealer.seal_text(
            entry.content, place, os.urandom(KEY_BYTES), _LEVEL, entry.ahead
        )
        return entry.key, key.number, entry.kind, size_bytes, now, wrapped, sealed

    def _inserted(self, connection: sqlite3.Connection, row: tuple[object, ...], now: int) -> int:
        """The number of an original in the file; it is written if it is new, and else counts as seen."""
        insert = connection.execute(_INSERT, row)
        if insert.rowcount:
            return insert.lastrowid or 0
        connection.execute(_SEE_AGAIN, (now, row[0], self._tolerance_s))
        return number_of(connection, str(row[0])) or 0

    def _unsealed(self, sealer: Sealer, key: str, wrapped: bytes, sealed: bytes, size_bytes: int) -> str:
        try:
            content = sealer.open_text(wrapped, sealed, self._database.vault.of_original(key), size_bytes)
        except (ValueError, OverflowError) as error:
            raise self._corrupt(key, str(error)) from error
        if self.key_of(content) != key:
            raise self._corrupt(key, "its content is not what was put in")
        return content

    def _corrupt(self, key: str, reason: str) -> StoreCorruptError:
        return StoreCorruptError(
            f"original {key} in {self.path} is damaged: {reason}; run the tool again to get its output anew,"
            " and check the disk"
        )

    def _remember_outputs(self, digests: Iterable[str]) -> None:
        if len(self._known_outputs) >= _MAX_KNOWN_OUTPUTS:
            self._known_outputs.clear()
        self._known_outputs.update(digests)

    def _forget_what_was_purged(self, connection: sqlite3.Connection) -> None:
        """Whoever erases something changes the tenant's key: what another process knew may be gone."""
        key = self._database.vault.newest()
        if key is not None and not self._database.vault.is_newest(connection, key.number):
            self._database.vault.reload(connection)
            self._touched.clear()
            self._known_outputs.clear()

    def _purged(self, count: int) -> int:
        self._touched.clear()
        self._known_outputs.clear()
        return count

    def _refuse_too_much(
        self, rows: Sequence[tuple[object, ...]], records: Sequence[tuple[object, ...]], size_bytes: int
    ) -> None:
        if not self._collector.may_refuse(size_bytes):
            return
        with self._database.reading() as connection:
            known = {row[0] for row in rows if connection.execute(_FIND, (row[0],)).fetchone() is not None}
            known |= {each.name for each in self._records.find(connection, [str(row[0]) for row in records])}
        new_bytes = sum(_sealed_bytes(row) for row in (*rows, *records) if row[0] not in known)
        if new_bytes:
            self._collector.make_room(new_bytes, self._now())


def _are(kind: type, *values: object) -> bool:
    """Whether values are of a kind: SQLite reads what it finds in a damaged row as whatever it looks like."""
    return all(type(value) is kind for value in values)


def _sealed_bytes(row: tuple[object, ...]) -> int:
    return len(row[-1]) if isinstance(row[-1], bytes) else 0
