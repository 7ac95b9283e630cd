"""What the owner of a store asks of it: what is there, whether it is whole, erasing for good, another master key.

Erasing is more than deleting. What was deleted may be left in the log, in free pages, in blocks of the disk that no
file has any more; all of that is sealed. So after rows are deleted (and their pages overwritten), the keys of the
tenant's other rows are wrapped under a new tenant's key, the old one is deleted, the rest is wrapped under a new master
key, and the old master key is erased: nothing opens the remains. That takes time for each row (about 10 µs), none for
their bytes, and others go on reading and writing meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from headroom._core import Sealer
from headroom.errors import KeyNotFoundError, StoreCorruptError
from headroom.store import Listed, Verified
from headroom.store._collect import delete_originals
from headroom.store._connection import Database

_ROWS_AT_ONCE = 500


def listing(database: Database) -> Iterator[Listed]:
    """The tenant's originals, by their number; a transaction is open only while a batch is read."""
    for _, *row in _rows(database, "originals", "key, kind, size_bytes, last_seen"):
        yield Listed(*row)


def verify(database: Database, read: Callable[[str], object], read_record: Callable[[str], object]) -> Verified:
    """Reads every original and record back, and has SQLite look at the file."""
    checked, damaged = 0, {}
    for each in listing(database):
        checked += 1
        try:
            read(each.key)
        except StoreCorruptError as error:
            damaged[each.key] = str(error)
        except KeyNotFoundError:
            checked -= 1  # given up in the meantime
    for _, name in _rows(database, "records", "name"):
        checked += 1
        try:
            read_record(name)
        except StoreCorruptError as error:
            damaged[name] = str(error)
    with database.reading() as connection:
        for (problem,) in connection.execute("PRAGMA integrity_check(10)").fetchall():
            if problem != "ok":
                damaged[database.path] = problem
    return Verified(checked, damaged)


def purge_keys(database: Database, keys: Iterable[str]) -> int:
    """Erases originals by key."""

    def delete(connection: sqlite3.Connection) -> int:
        owned = database.vault.reload(connection)
        found = [connection.execute("SELECT id, tenant_key FROM originals WHERE key = ?", (key,)) for key in keys]
        rows = {row[0] for cursor in found for row in cursor if row[1] in owned}
        delete_originals(connection, rows)
        return len(rows)

    return _erase(database, delete)


def purge_unseen(database: Database, last_seen: float) -> int:
    """Erases originals and records that were last seen before a time."""

    def delete(connection: sqlite3.Connection) -> int:
        owned = database.vault.reload(connection)
        marks = ",".join("?" * len(owned))
        due = f"tenant_key IN ({marks}) AND last_seen < ?"
        rows = connection.execute(f"SELECT id FROM originals WHERE {due}", (*owned, last_seen)).fetchall()  # noqa: S608
        delete_originals(connection, [row[0] for row in rows])
        connection.execute(f"DELETE FROM records WHERE {due}", (*owned, last_seen))  # noqa: S608
        return len(rows)

    return _erase(database, delete)


def purge_all(database: Database) -> int:
    """Erases all of the tenant, and its key."""
    return purge_unseen(database, float("inf"))


def rotate(database: Database) -> None:
    """A new master key; the old one is erased once the new one is in force."""
    with database.writing() as connection:
        old = database.vault.rotate(connection)
    database.vault.destroy_master(old)


def _erase(database: Database, delete: Callable[[sqlite3.Connection], int]) -> int:
    with database.reading() as connection:
        connection.execute("PRAGMA secure_delete = ON")
    with database.writing() as connection:
        deleted = delete(connection)
    _renew_tenant_key(database)
    rotate(database)
    with database.reading() as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        # Others that read keep the log in use: what it holds is sealed under keys that are gone.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return deleted


def _renew_tenant_key(database: Database) -> None:
    """Wraps the keys of all the tenant's rows under a new tenant's key, and gives up the old ones."""
    with database.writing() as connection:
        old = database.vault.reload(connection)
        new = database.vault.add_key(connection)
    # From here on nobody seals with an old key: whoever writes looks at which is the newest.
    places = (("originals", "key", database.vault.of_original), ("records", "name", database.vault.of_record))
    for table, column, place in places:
        after = -1
        while True:
            with database.writing() as connection:
                rows = _batch(connection, table, f"{column}, tenant_key, wrapped", old, after)
                for number, name, tenant_key, wrapped in rows:
                    sealer = database.vault.sealer(connection, tenant_key)
                    moved = _rewrapped(sealer, wrapped, place(name), new.sealer)
                    if moved is not None:
                        update = f"UPDATE {table} SET tenant_key = ?, wrapped = ? WHERE id = ?"  # noqa: S608
                        connection.execute(update, (new.number, moved, number))
                    elif table == "originals":
                        delete_originals(connection, [number])
                    else:
                        connection.execute("DELETE FROM records WHERE id = ?", (number,))
            if not rows:
                break
            after = rows[-1][0]
    with database.writing() as connection:
        database.vault.drop_keys(connection, old)


def _rewrapped(sealer: Sealer | None, wrapped: bytes, place: bytes, into: Sealer) -> bytes | None:
    """None of a damaged row: it cannot be had back, and would keep what it is about from being put again."""
    try:
        return sealer.rewrap(wrapped, place, into) if sealer is not None else None
    except (ValueError, TypeError):
        return None


def _rows(database: Database, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
    """The tenant's rows of a table; no transaction is open in between."""
    after = -1
    while True:
        with database.reading() as connection:
            rows = _batch(connection, table, columns, database.vault.reload(connection), after)
        yield from rows
        if not rows:
            return
        after = rows[-1][0]


def _batch(
    connection: sqlite3.Connection, table: str, columns: str, tenant_keys: Sequence[int], after: int
) -> list[tuple[Any, ...]]:
    marks = ",".join("?" * len(tenant_keys))
    query = f"SELECT id, {columns} FROM {table} WHERE id > ? AND tenant_key IN ({marks}) ORDER BY id LIMIT ?"  # noqa: S608
    return connection.execute(query, (after, *tenant_keys, _ROWS_AT_ONCE)).fetchall()
