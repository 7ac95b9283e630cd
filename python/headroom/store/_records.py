"""Records in the SQLite store: names and values in, the same values out, sealed in between."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from headroom._core import Sealer
from headroom.errors import StoreCorruptError, StoreError
from headroom.memo import Memo
from headroom.store import Record
from headroom.store._connection import Database
from headroom.store._master_key import KEY_BYTES
from headroom.store._vault import TenantKey

_MAX_BYTES = 1 << 30
_NAMES_PER_QUERY = 500

_INSERT = (
    "INSERT INTO records (name, tenant_key, original, last_seen, wrapped, value)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING"
)
_NUMBER = "SELECT id FROM originals WHERE key = ?"
_FIND = "SELECT name, tenant_key, last_seen, wrapped, value FROM records WHERE name IN ({})"
# Of names in a list SQLite makes a table first, which takes longer than to look for a few one by one.
_FIND_FEW = [" UNION ALL ".join([_FIND.replace("IN ({})", "= ?")] * count) for count in range(9)]
_SEE = "UPDATE records SET last_seen = max(last_seen, ?) WHERE name = ?"
_SEE_ORIGINAL = (
    "UPDATE originals SET last_seen = max(last_seen, ?) WHERE id = (SELECT original FROM records WHERE name = ?)"
)

RecordRow = tuple[str, int, str, int, bytes, bytes]
"""Name, tenant's key, original's key, time last seen, wrapped key, sealed value."""


class Found(NamedTuple):
    """A record as it stands in the file, and the tenant's key that opens it."""

    name: str
    last_seen: int
    wrapped: bytes
    value: bytes
    sealer: Sealer


class Records:
    """The records of a tenant. Times last seen may lag behind by `tolerance_s`."""

    def __init__(self, database: Database, tolerance_s: float) -> None:
        self._database = database
        self._tolerance_s = tolerance_s
        # By wrapped key: another value, or another place, never has the same.
        self._values: Memo[bytes] = Memo(max_entries=8_192, max_weight=8_000_000)

    def row(self, record: Record, key: TenantKey, now: int) -> RecordRow:
        """A record, sealed."""
        place = self._database.vault.of_record(record.name)
        wrapped, sealed = key.sealer.seal(record.value, place, os.urandom(KEY_BYTES))
        return record.name, key.number, record.key, now, wrapped, sealed

    def insert(
        self, connection: sqlite3.Connection, rows: Iterable[RecordRow], numbers: Mapping[str, int], now: int
    ) -> list[Found]:
        """Writes those that are new, in a transaction; the result are those that were there before. `numbers` are those
        of originals, by key, as far as they are known.
        """
        known = []
        for name, tenant_key, key, last_seen, wrapped, value in rows:
            original = numbers.get(key) or (number_of(connection, key) if key else None)
            if connection.execute(_INSERT, (name, tenant_key, original, last_seen, wrapped, value)).rowcount == 0:
                known.append(name)
        if not known:
            return []
        earlier = self.find(connection, known)
        self._see(connection, self._stale(earlier, now), now)
        return earlier

    def find(self, connection: sqlite3.Connection, names: Sequence[str]) -> list[Found]:
        """Those of the names that are here. Raises StoreCorruptError for a row that nobody has written so."""
        found = []
        for start in range(0, len(names), _NAMES_PER_QUERY):
            part = names[start : start + _NAMES_PER_QUERY]
            query = _FIND_FEW[len(part)] if len(part) < len(_FIND_FEW) else _FIND.format(",".join("?" * len(part)))
            rows = connection.execute(query, part).fetchall()
            for name, tenant_key, last_seen, wrapped, value in rows:
                sealer = self._database.vault.sealer(connection, tenant_key)
                if sealer is not None:
                    if not (type(last_seen) is int and type(wrapped) is type(value) is bytes):
                        raise self._corrupt(name, "its row is not as it was written")
                    found.append(Found(name, last_seen, wrapped, value, sealer))
        return found

    def read(self, names: Sequence[str], now: int) -> dict[str, bytes]:
        """The values of those of the names that are here, which count as seen."""
        with self._database.reading() as connection:
            found = self.find(connection, names)
        if stale := self._stale(found, now):
            # Reading must work where writing does not.
            with suppress(StoreError), self._database.writing() as connection:
                self._see(connection, stale, now)
        return self.opened(found)

    def check(self, name: str) -> None:
        """Raises StoreCorruptError for a record that is damaged; it does not count as seen."""
        with self._database.reading() as connection:
            found = self.find(connection, [name])
        for record in found:
            self._open(record)

    def opened(self, records: Iterable[Found]) -> dict[str, bytes]:
        """Their values, which are remembered; needs no lock."""
        values = {}
        for record in records:
            value = self._values.get(record.wrapped)
            if value is None:
                value = self._open(record)
                self._values.put(record.wrapped, value, len(value))
            values[record.name] = value
        return values

    def _open(self, record: Found) -> bytes:
        place = self._database.vault.of_record(record.name)
        try:
            return record.sealer.open(record.wrapped, record.value, place, _MAX_BYTES)
        except ValueError as error:
            raise self._corrupt(record.name, str(error)) from error

    def _stale(self, records: Iterable[Found], now: int) -> list[str]:
        return [record.name for record in records if now - record.last_seen > self._tolerance_s]

    @staticmethod
    def _see(connection: sqlite3.Connection, names: Iterable[str], now: int) -> None:
        """Notes that records were seen, and so their originals."""
        sights = [(now, name) for name in names]
        connection.executemany(_SEE_ORIGINAL, sights)
        connection.executemany(_SEE, sights)

    def _corrupt(self, name: str, reason: str) -> StoreCorruptError:
        return StoreCorruptError(
            f"record {name} in {self._database.path} is damaged: {reason}; run `headroom store verify`, and check the"
            " disk"
        )


def number_of(connection: sqlite3.Connection, key: str) -> int | None:
    """The number of an original in the file; None where it is not there."""
    row = connection.execute(_NUMBER, (key,)).fetchone()
    return None if row is None else row[0]
