"""A store of an earlier format in, the same store in the present one out: all of it, or, after a crash, none.

Format 1 was not sealed. What it held in the clear is overwritten, in its file and in its log; where another process
keeps the log in use, that is done when the store is opened the next time.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress

from headroom._core import Sealer
from headroom.errors import StoreCorruptError
from headroom.store._master_key import KEY_BYTES, MasterKeys
from headroom.store._schema import ORIGINAL_TABLES, SCHEMA_VERSION
from headroom.store._vault import TenantKey, add_tenant_key, create, original_place, tenant_digest

_ROWS_AT_ONCE = 64
_UNCLEAN = "unclean"
_READ = (
    "SELECT id, key, tenant, kind, size_bytes, last_seen, content FROM plain_originals WHERE id > ? ORDER BY id LIMIT ?"
)
_WRITE = (
    "INSERT INTO originals (id, key, tenant_key, kind, size_bytes, last_seen, wrapped, content)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def migrate(connection: sqlite3.Connection, keys: MasterKeys, path: str) -> None:
    """Brings a store of format 1 to the present one, in one transaction. Raises sqlite3.Error or StoreError."""
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been faster.
        if connection.execute("PRAGMA user_version").fetchone()[0] == 1:
            _seal_all(connection, keys, path)
            connection.execute("INSERT INTO meta VALUES (?, 1)", (_UNCLEAN,))
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def clean(connection: sqlite3.Connection) -> None:
    """Overwrites what a migration has left in the clear, if one has."""
    if connection.execute("SELECT 1 FROM meta WHERE name = ?", (_UNCLEAN,)).fetchone() is None:
        return
    timeout_ms = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout = 0")
    with suppress(sqlite3.OperationalError):  # in use by another process: the next one that opens it will do
        connection.execute("VACUUM")
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            connection.execute("DELETE FROM meta WHERE name = ?", (_UNCLEAN,))
    connection.execute(f"PRAGMA busy_timeout = {timeout_ms}")


def _seal_all(connection: sqlite3.Connection, keys: MasterKeys, path: str) -> None:
    row = connection.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
    if row is None or not isinstance(row[0], bytes) or len(row[0]) != KEY_BYTES:
        raise StoreCorruptError(f"store {path} has lost its secret; it is put aside and a new one is started")
    secret: bytes = row[0]
    connection.execute("DELETE FROM meta")
    store_id, master = create(connection, keys, secret)
    connection.execute("DROP INDEX originals_last_seen")
    connection.execute("ALTER TABLE originals RENAME TO plain_originals")
    for statement in ORIGINAL_TABLES:
        connection.execute(statement)
    tenants: dict[str, tuple[str, TenantKey]] = {}
    for (tenant,) in connection.execute("SELECT DISTINCT tenant FROM plain_originals").fetchall():
        digest = tenant_digest(secret, tenant)
        tenants[tenant] = (digest, add_tenant_key(connection, master, store_id, digest))
    last = -1
    while rows := connection.execute(_READ, (last, _ROWS_AT_ONCE)).fetchall():
        connection.executemany(_WRITE, [_sealed(row, *tenants[row[2]]) for row in rows])
        last = rows[-1][0]
    connection.execute("DROP TABLE plain_originals")


def _sealed(row: tuple[int, str, str, str, int, int, bytes], digest: str, tenant_key: TenantKey) -> tuple[object, ...]:
    number, key, _, kind, size_bytes, last_seen, frame = row
    sealer: Sealer = tenant_key.sealer
    wrapped, content = sealer.seal(frame, original_place(digest, key), os.urandom(KEY_BYTES), None)
    return number, key, tenant_key.number, kind, size_bytes, last_seen, wrapped, content
