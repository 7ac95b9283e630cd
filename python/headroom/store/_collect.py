"""What a store gives up, and when: what is past its life time, and over the cap what was unseen the longest.

Nothing is given up that was seen within the last hour, nor on the word of a clock that has leapt: only what a look at
the clock at least an hour ago found due as well is, so that whatever is still in use can be seen in between. Works in
bounded batches.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import suppress

from headroom.errors import StoreError
from headroom.store._connection import Database
from headroom.store._domain import LEASE_S, horizon, looked

_PUTS_BETWEEN_COLLECTIONS = 64
_BATCH = 64
_BATCHES_PER_COLLECTION = 8
_OLDEST = "SELECT id FROM originals WHERE last_seen <= ? ORDER BY last_seen LIMIT ?"
_OLDEST_RECORDS = "SELECT id FROM records WHERE last_seen <= ? ORDER BY last_seen LIMIT ?"
_LOOKS = "looks"


class Collector:
    """Keeps a store within its cap and its originals' life time."""

    def __init__(self, database: Database, max_bytes: int, ttl_s: float) -> None:
        self._database = database
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._is_full = False
        self._puts = 0
        self._bytes_since = 0

    def collect(self, now: int) -> int:
        """Gives up what is due; says how many originals and records that were.

        One call may not be enough for a store that was left alone for long.
        """
        due = self._look(now)
        collected = 0 if due is None else self._give_up(min(due, now) - self._ttl_s - 1)
        for _ in range(_BATCHES_PER_COLLECTION):
            with self._database.reading() as connection:
                over = used_bytes(connection) > self._max_bytes
            removed = self._give_up(min(due, now - LEASE_S)) if over and due is not None else 0
            self._is_full = over and removed == 0
            if removed == 0:
                break
            collected += removed
        return collected

    def collect_when_due(self, now: int, puts: int, size_bytes: int) -> bool:
        """Collects now and then, by what was put; says whether it did."""
        self._puts += puts
        self._bytes_since += size_bytes
        if self._puts < _PUTS_BETWEEN_COLLECTIONS and self._bytes_since * 64 <= self._max_bytes:
            return False
        return self.collect_quietly(now)

    def collect_quietly(self, now: int) -> bool:
        """Collects if it can."""
        # What was put is safe already; what cannot be collected now can be the next time.
        self._puts = self._bytes_since = 0
        with suppress(StoreError):
            return self.collect(now) > 0
        return False

    def may_refuse(self, size_bytes: int) -> bool:
        """Whether there may be no room for something of this size, so that `make_room` must be asked."""
        return self._is_full or size_bytes > self._max_bytes

    def make_room(self, size_bytes: int, now: int) -> None:
        """Raises StoreError if there is no room for something of this size."""
        if size_bytes > self._max_bytes:
            raise StoreError(
                f"store {self._database.path} cannot take {size_bytes:,} bytes at once: store_max_bytes is"
                f" {self._max_bytes:,}"
            )
        if self._is_full:
            self.collect(now)
        if self._is_full:
            raise StoreError(
                f"store {self._database.path} is full: all of its {self._max_bytes:,} bytes were seen within the last"
                " hour; raise store_max_bytes"
            )

    def _look(self, now: int) -> int | None:
        """Notes that the clock was looked at, and tells the latest look that is an hour old."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (_LOOKS,)).fetchone()
        looks = [int(each) for each in str(row[0]).split() if each.isdecimal()] if row else []
        more = looked(looks, now)
        if more != looks:
            with self._database.writing() as connection:
                value = " ".join(map(str, more))
                connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_LOOKS, value))
        return horizon(more, now)

    def _give_up(self, last_seen: float) -> int:
        with self._database.reading() as connection:
            due = [connection.execute(oldest, (last_seen, 1)).fetchone() for oldest in (_OLDEST, _OLDEST_RECORDS)]
        if due == [None, None]:
            return 0
        with self._database.writing() as connection:
            originals = [row[0] for row in connection.execute(_OLDEST, (last_seen, _BATCH))]
            delete_originals(connection, originals)
            records = connection.execute(_OLDEST_RECORDS, (last_seen, _BATCH)).fetchall()
            connection.executemany("DELETE FROM records WHERE id = ?", records)
        return len(originals) + len(records)


def delete_originals(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Deletes originals with their records and what tells of their outputs."""
    rows = [(number,) for number in numbers]
    connection.executemany("DELETE FROM outputs WHERE original = ?", rows)
    connection.executemany("DELETE FROM records WHERE original = ?", rows)
    connection.executemany("DELETE FROM originals WHERE id = ?", rows)


def used_bytes(connection: sqlite3.Connection) -> int:
    """What counts against the cap: pages in use, rather than the sum over all rows, which would have to be read."""
    pages, free, page_bytes = (
        connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * page_bytes)
