"""The embedded store: one SQLite file in WAL mode, shared by any number of processes.

A put is one transaction; when it returns, the content is in the write-ahead log, which the kernel holds, so that it
survives kill -9 of the process. Rows are zstd-compressed, and addressed by content: known content changes nothing.
Collection runs in bounded batches, when a store is opened and now and then during puts. Times last seen are kept
roughly, so that reading mostly does not write.

Fork-safe: a fork waits for the transaction in progress, and the child opens a connection of its own.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Lock
from types import TracebackType
from weakref import WeakSet

from headroom._core import content_key, record_name, zstd_compress, zstd_decompress
from headroom.errors import KeyNotFoundError, StoreCorruptError, StoreError
from headroom.store import DEFAULT_MAX_BYTES, DEFAULT_TTL_S, LOCAL_TENANT, Clock, Entry, Record, Store, StoreStats
from headroom.store._database import connect, default_path, explained
from headroom.store._domain import LEASE_S, output_digest, refuse_bad_tenant, seen_tolerance_s

name = "sqlite"

_LEVEL = 1  # as fast as the negative levels on tool results (0.13 ms for 100 KB), and a quarter smaller
_PUTS_BETWEEN_COLLECTIONS = 64
_BATCH = 64
_BATCHES_PER_COLLECTION = 8
_MAX_KNOWN_OUTPUTS = 1 << 16
_TOUCH_KNOWN_S = 30
_MAX_TOUCHED = 4_096

_FIND = "SELECT last_seen FROM originals WHERE key = ? AND tenant = ?"
# What was seen a while ago is written again: its row is as long as before, so SQLite changes the one page it begins on.
_INSERT = (
    "INSERT INTO originals (key, tenant, kind, size_bytes, last_seen, content) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET last_seen = excluded.last_seen WHERE last_seen < excluded.last_seen - ?"
)
_SEE = "UPDATE originals SET last_seen = max(last_seen, ?) WHERE key = ?"
_LINK_OUTPUT = (
    "INSERT INTO outputs SELECT ?, id FROM originals WHERE key = ?"
    " ON CONFLICT (digest) DO UPDATE SET original = excluded.original WHERE original != excluded.original"
)
_OLDEST = "SELECT id FROM originals WHERE last_seen < ? ORDER BY last_seen LIMIT ?"
_OLDEST_RECORDS = "SELECT id FROM records WHERE last_seen < ? ORDER BY last_seen LIMIT ?"
_INSERT_RECORD = (
    "INSERT INTO records (name, tenant, original, last_seen, value)"
    " VALUES (?, ?, (SELECT id FROM originals WHERE key = ?), ?, ?) ON CONFLICT (name) DO NOTHING"
)
_FIND_RECORDS = "SELECT name, last_seen, value FROM records WHERE tenant = ? AND name IN ({})"
_SEE_RECORD = "UPDATE records SET last_seen = max(last_seen, ?) WHERE name = ?"
_SEE_ORIGINAL_OF_RECORD = (
    "UPDATE originals SET last_seen = max(last_seen, ?) WHERE id = (SELECT original FROM records WHERE name = ?)"
)
_NAMES_PER_QUERY = 500

_open_stores: WeakSet[SqliteStore] = WeakSet()
_held: list[SqliteStore] = []  # the stores whose locks a fork in progress holds


def open(  # noqa: A001  (each backend module opens its own kind)
    location: str | None = None,
    *,
    tenant: str = LOCAL_TENANT,
    max_bytes: int = DEFAULT_MAX_BYTES,
    ttl_s: float = DEFAULT_TTL_S,
    clock: Clock = time.time,
) -> Store:
    """The store in the file `location` (default: in the platform's data directory), made if it is missing."""
    return SqliteStore(location, tenant=tenant, max_bytes=max_bytes, ttl_s=ttl_s, clock=clock)


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
    ) -> None:
        refuse_bad_tenant(tenant)
        self.path = os.path.abspath(os.path.expanduser(location) if location else default_path())
        self.tenant = tenant
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._tolerance_s = seen_tolerance_s(ttl_s)
        self._clock = clock
        self._lock = Lock()
        self._closed = False
        self._full = False
        self._puts = 0
        self._bytes_since_collection = 0
        self._known_outputs: set[str] = set()
        self._touched: dict[str, int] = {}
        self._connection: sqlite3.Connection | None
        self._connection, self._secret = connect(self.path)
        _open_stores.add(self)
        self._collect_quietly()

    def key_of(self, content: str) -> str:
        """The key of a text: a MAC under the store's secret over tenant and content."""
        return content_key(self._secret, self.tenant, content)

    def name_of(self, *parts: str) -> str:
        """The name of the record about `parts`, in this tenant alone."""
        return record_name(self._secret, self.tenant, parts)

    def put(self, key: str, content: str, *, kind: str, output: str | None = None) -> None:
        """Stores one original; see `put_many`."""
        self.put_many((Entry(key, content, kind, output),))

    def put_many(self, entries: Iterable[Entry], records: Iterable[Record] = ()) -> dict[str, bytes]:
        """Stores originals, outputs and records in one transaction. Compression happens outside of any lock."""
        now = int(self._clock())
        rows: list[tuple[str, str, str, int, int, bytes, float]] = []
        outputs: list[tuple[str, str]] = []
        size_bytes = 0
        for entry in entries:
            size, packed = _packed(entry)
            size_bytes += len(packed)
            rows.append((entry.key, self.tenant, entry.kind, size, now, packed, self._tolerance_s))
            if entry.output:
                outputs.append((self._digest(entry.output), entry.key))
        noted = list(records)
        stale: list[str] = []
        size_bytes += sum(len(record.value) for record in noted)
        if size_bytes > self._max_bytes or self._full:
            self._make_room([(row[0], len(row[5])) for row in rows], noted)
        if not rows and not noted:
            return {}
        with self._connected("written") as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, rows)
            connection.executemany(_LINK_OUTPUT, outputs)
            earlier = [record.name for record in noted if not self._insert_record(connection, record, now)]
            values = self._find_records(connection, earlier, now, stale)
            _see_records(connection, stale, now)
            connection.execute("COMMIT")
        self._remember_outputs([digest for digest, _ in outputs])
        self._collect_when_due(len(rows) + len(noted), size_bytes)
        return values

    def records(self, names: Sequence[str]) -> dict[str, bytes]:
        """The values of those of the names that are here, whose life is thereby renewed; one query for 500 names."""
        now = int(self._clock())
        stale: list[str] = []
        with self._connected("read") as connection:
            values = self._find_records(connection, names, now, stale)
        if stale:
            with suppress(StoreError), self._connected("written") as connection:
                connection.execute("BEGIN IMMEDIATE")
                _see_records(connection, stale, now)
                connection.execute("COMMIT")
        return values

    def get(self, key: str) -> str:
        """The original, checked against its key."""
        with self._connected("read") as connection:
            row = connection.execute(
                "SELECT size_bytes, last_seen, content FROM originals WHERE key = ? AND tenant = ?", (key, self.tenant)
            ).fetchone()
        if row is None:
            raise KeyNotFoundError(
                f"no original under key {key!r} in {self.path}: it was never stored there, or not seen for"
                f" {self._ttl_s / 86_400:g} days; run the tool again to get its output anew"
            )
        size_bytes, last_seen, packed = row
        content = self._unpacked(key, packed, size_bytes)
        if self._clock() - last_seen > self._tolerance_s:
            # Reading must work where writing does not.
            with suppress(StoreError), self._connected("written") as connection:
                connection.execute(_SEE, (int(self._clock()), key))
        return content

    def touch(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that name something here, whose life is thereby renewed."""
        now = int(self._clock())
        wanted = set(keys)
        # What was there moments ago still is: nothing seen within the lease is given up.
        found = {key for key in wanted if 0 <= now - self._touched.get(key, -_TOUCH_KNOWN_S) < _TOUCH_KNOWN_S}
        stale: list[tuple[int, str]] = []
        if found == wanted:
            return found
        with self._connected("read") as connection:
            for key in wanted - found:
                row = connection.execute(_FIND, (key, self.tenant)).fetchone()
                if row is not None:
                    found.add(key)
                    if len(self._touched) >= _MAX_TOUCHED:
                        self._touched.clear()
                    self._touched[key] = now
                    if now - row[0] > self._tolerance_s:
                        stale.append((now, key))
        if stale:
            with self._connected("written") as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_SEE, stale)
                connection.execute("COMMIT")
        return found

    def is_output(self, key: str) -> bool:
        """Whether the text of this key was written as the output of an original that is still stored."""
        digest = output_digest(self._secret, self.tenant, key)
        if digest in self._known_outputs:
            return True
        with self._connected("read") as connection:
            found = connection.execute("SELECT 1 FROM outputs WHERE digest = ?", (digest,)).fetchone() is not None
        if found:
            self._remember_outputs((digest,))
        return found

    def stats(self) -> StoreStats:
        """What is stored, by reading the whole table."""
        with self._connected("read") as connection:
            entries, original_bytes = connection.execute(
                "SELECT count(*), coalesce(sum(size_bytes), 0) FROM originals"
            ).fetchone()
            return StoreStats(entries, original_bytes, _used_bytes(connection), self._max_bytes)

    def collect(self) -> int:
        """Gives up originals past their life time, and the longest unseen ones over the cap; says how many.

        Works in bounded batches, so that one call may not be enough for a store that was left alone for long.
        """
        now = int(self._clock())
        collected = self._collect_batch(now - self._ttl_s)
        for _ in range(_BATCHES_PER_COLLECTION):
            with self._connected("read") as connection:
                over = _used_bytes(connection) > self._max_bytes
            removed = self._collect_batch(now - LEASE_S) if over else 0
            self._full = over and removed == 0
            if removed == 0:
                break
            collected += removed
        return collected

    def close(self) -> None:
        """Closes the connection; any later call raises StoreError."""
        with self._lock:
            self._closed = True
            self._disconnect()

    def __del__(self) -> None:
        self._disconnect()

    def _digest(self, output: str) -> str:
        return output_digest(self._secret, self.tenant, self.key_of(output))

    def _insert_record(self, connection: sqlite3.Connection, record: Record, now: int) -> bool:
        row = (record.name, self.tenant, record.key, now, record.value)
        return connection.execute(_INSERT_RECORD, row).rowcount > 0

    def _find_records(
        self, connection: sqlite3.Connection, names: Sequence[str], now: int, stale: list[str]
    ) -> dict[str, bytes]:
        values = {}
        for start in range(0, len(names), _NAMES_PER_QUERY):
            part = names[start : start + _NAMES_PER_QUERY]
            query = _FIND_RECORDS.format(",".join("?" * len(part)))
            for name, last_seen, value in connection.execute(query, (self.tenant, *part)):
                values[name] = value
                if now - last_seen > self._tolerance_s:
                    stale.append(name)
        return values

    def _unpacked(self, key: str, packed: bytes, size_bytes: int) -> str:
        try:
            content = zstd_decompress(packed, size_bytes).decode()
        except ValueError as error:
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

    def _collect_when_due(self, puts: int, size_bytes: int) -> None:
        self._puts += puts
        self._bytes_since_collection += size_bytes
        if self._puts >= _PUTS_BETWEEN_COLLECTIONS or self._bytes_since_collection * 64 > self._max_bytes:
            self._collect_quietly()

    def _collect_quietly(self) -> None:
        # What was put is safe already; what cannot be collected now can be the next time.
        self._puts = self._bytes_since_collection = 0
        with suppress(StoreError):
            self.collect()

    def _collect_batch(self, seen_before: float) -> int:
        with self._connected("read") as connection:
            due = [connection.execute(oldest, (seen_before, 1)).fetchone() for oldest in (_OLDEST, _OLDEST_RECORDS)]
        if due == [None, None]:
            return 0
        with self._connected("written") as connection:
            connection.execute("BEGIN IMMEDIATE")
            batch = connection.execute(_OLDEST, (seen_before, _BATCH)).fetchall()
            connection.executemany("DELETE FROM outputs WHERE original = ?", batch)
            connection.executemany("DELETE FROM records WHERE original = ?", batch)
            connection.executemany("DELETE FROM originals WHERE id = ?", batch)
            records = connection.execute(_OLDEST_RECORDS, (seen_before, _BATCH)).fetchall()
            connection.executemany("DELETE FROM records WHERE id = ?", records)
            connection.execute("COMMIT")
        self._known_outputs.clear()
        return len(batch) + len(records)

    def _make_room(self, sizes: Iterable[tuple[str, int]], records: Iterable[Record]) -> None:
        """Raises StoreError if there is no room for originals, given by key and packed size, and records."""
        with self._connected("read") as connection:
            found = {key: connection.execute(_FIND, (key, self.tenant)).fetchone() for key, _ in sizes}
            known = self._find_records(connection, [record.name for record in records], 0, [])
        size_bytes = sum(size for key, size in sizes if found[key] is None)
        size_bytes += sum(len(record.value) for record in records if record.name not in known)
        if size_bytes == 0:
            return
        if size_bytes > self._max_bytes:
            raise StoreError(
                f"store {self.path} cannot take {size_bytes:,} bytes at once: store_max_bytes is {self._max_bytes:,}"
            )
        if self._full:
            self.collect()
        if self._full:
            raise StoreError(
                f"store {self.path} is full: all of its {self._max_bytes:,} bytes were seen within the last hour;"
                " raise store_max_bytes"
            )

    def _connected(self, verb: str) -> _Connected:
        return _Connected(self, verb)

    def _disconnect(self) -> None:
        connection, self._connection = getattr(self, "_connection", None), None
        if connection is not None:
            connection.close()


class _Connected:
    """The use of a store's connection by one thread; what fails is rolled back and told as a StoreError."""

    __slots__ = ("_store", "_verb")

    def __init__(self, store: SqliteStore, verb: str) -> None:
        self._store = store
        self._verb = verb

    def __enter__(self) -> sqlite3.Connection:
        store = self._store
        store._lock.acquire()
        try:
            if store._closed:
                raise StoreError(f"store {store.path} is closed; open it again")
            if store._connection is None:
                store._connection, store._secret = connect(store.path)
            return store._connection
        except BaseException:
            store._lock.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        store = self._store
        try:
            if error is not None and store._connection is not None and store._connection.in_transaction:
                with suppress(sqlite3.Error):
                    store._connection.execute("ROLLBACK")
        finally:
            store._lock.release()
        if isinstance(error, sqlite3.Error):
            raise explained(error, store.path, self._verb) from error


def _packed(entry: Entry) -> tuple[int, bytes]:
    """The bytes of an original, and its frame."""
    if entry.ahead is not None and entry.content.isascii():
        return len(entry.content), entry.ahead.frame()
    raw = entry.content.encode()
    return len(raw), zstd_compress(raw, _LEVEL) if entry.ahead is None else entry.ahead.frame()


def _see_records(connection: sqlite3.Connection, names: Iterable[str], now: int) -> None:
    sights = [(now, name) for name in names]
    connection.executemany(_SEE_ORIGINAL_OF_RECORD, sights)
    connection.executemany(_SEE_RECORD, sights)


def _used_bytes(connection: sqlite3.Connection) -> int:
    # Pages in use, rather than the sum over all rows, which would have to be read.
    pages, free, page_bytes = (
        connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * page_bytes)


def _before_fork() -> None:
    _held.extend(_open_stores)
    for store in _held:
        store._lock.acquire()


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop()._lock.release()


def _after_fork_in_child() -> None:
    # The connection's locks belong to the parent, so it must not be used; with no transaction open, closing it is safe.
    for store in _held:
        store._disconnect()
    _after_fork_in_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
