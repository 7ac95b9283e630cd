"""The file of the SQLite store: a path goes in, a connection that is ready comes out, together with the secret.

Several processes may open a new file at once: one of them creates the tables and the secret in a transaction, all see
the same. Modes are 0600 for files and 0700 for directories whatever the umask. Nothing is ever deleted or replaced: a
file that cannot be used is reported.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress

from headroom.errors import StoreCorruptError, StoreError

SCHEMA_VERSION = 2
BUSY_TIMEOUT_S = 5.0
_APPLICATION_ID = 0x48524D43  # "HRMC"
_SECRET_BYTES = 32

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE originals (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL,"
    " kind TEXT NOT NULL, size_bytes INTEGER NOT NULL, last_seen INTEGER NOT NULL, content BLOB NOT NULL)",
    "CREATE INDEX originals_last_seen ON originals (last_seen)",
    "CREATE TABLE outputs (digest TEXT PRIMARY KEY, original INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX outputs_original ON outputs (original)",
    "CREATE TABLE records (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, original INTEGER,"
    " last_seen INTEGER NOT NULL, value BLOB NOT NULL)",
    "CREATE INDEX records_last_seen ON records (last_seen)",
    "CREATE INDEX records_original ON records (original) WHERE original IS NOT NULL",
)

# SQLite's words for a failure -> what can be done about it.
_NEXT_STEPS = (
    ("not a database", "move it away (a new one is started) or set store_path to another file"),
    ("malformed", "move it away (a new one is started) and keep it: parts may be recoverable with `sqlite3 .recover`"),
    ("disk is full", "free some space or set store_path to another disk"),
    ("disk i/o", "check the disk's space and health, or set store_path to another disk"),
    ("readonly", "make it writable for this user or set store_path to another file"),
    ("locked", f"another process has held it for over {BUSY_TIMEOUT_S:.0f} s: wait for it or stop it"),
    ("", "check that this user may read and write there, or set store_path to another file"),
)


def default_path() -> str:
    """The platform's place for it, such as ~/.local/share/headroom/ccr.sqlite3."""
    from platformdirs import user_data_dir

    return os.path.join(user_data_dir("headroom", appauthor=False), "ccr.sqlite3")


def connect(path: str) -> tuple[sqlite3.Connection, bytes]:
    """A connection in autocommit mode, for use by one thread at a time, and the store's secret of 32 bytes.

    Raises StoreError, and StoreCorruptError for a file that is no database, or not one of ours.
    """
    _prepare_file(path)
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous = NORMAL")
        if _pragma(connection, "user_version") == 0:
            _create(connection, path)
        _check_version(connection, path)
        secret = _read_secret(connection, path)
        _make_private(path)
        return connection, secret
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise explained(error, path, "opened") from error
        raise


def explained(error: sqlite3.Error, path: str, verb: str) -> StoreError:
    """The error to raise instead of one of SQLite's: it names the file, the reason and the next step."""
    reason = str(error)
    step = next(step for sign, step in _NEXT_STEPS if sign in reason.lower())
    corrupt = type(error) is sqlite3.DatabaseError
    return (StoreCorruptError if corrupt else StoreError)(f"store {path} cannot be {verb}: {reason}; {step}")


def _prepare_file(path: str) -> None:
    try:
        _make_directories(os.path.dirname(path) or ".")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        except FileExistsError:
            if os.path.isdir(path):
                raise IsADirectoryError(0, "it is a directory") from None
        else:
            os.close(descriptor)
            _restrict(path, 0o600)
    except OSError as error:
        step = "check that this user may write there, or set store_path to another file"
        raise StoreError(f"store {path} cannot be opened: {error.strerror or error}; {step}") from error


def _make_directories(directory: str) -> None:
    if os.path.isdir(directory):
        return
    _make_directories(os.path.dirname(directory) or ".")
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        if not os.path.isdir(directory):
            raise NotADirectoryError(0, f"{directory} is not a directory") from None
    else:
        _restrict(directory, 0o700)


def _make_private(path: str) -> None:
    for file in (path, path + "-wal", path + "-shm"):
        with suppress(FileNotFoundError):
            if os.stat(file).st_mode & 0o077:
                _restrict(file, 0o600)


def _restrict(path: str, mode: int) -> None:
    # Another user's file, or one on a read-only disk, cannot be changed; whether it can be used is seen when it is.
    with suppress(OSError):
        os.chmod(path, mode)


def _create(connection: sqlite3.Connection, path: str) -> None:
    _refuse_foreign(connection, path)
    _enter_wal(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _pragma(connection, "user_version") == 0:
            for statement in _TABLES:
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('secret', ?)", (os.urandom(_SECRET_BYTES),))
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _enter_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait by itself for this one lock, and processes that start together all want it.
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.002)


def _refuse_foreign(connection: sqlite3.Connection, path: str) -> None:
    foreign = connection.execute("SELECT name FROM sqlite_master LIMIT 1").fetchone()
    if foreign is not None and _pragma(connection, "user_version") == 0:
        raise StoreError(f"store {path} is another program's database; set store_path to another file")


def _check_version(connection: sqlite3.Connection, path: str) -> None:
    version, owner = _pragma(connection, "user_version"), _pragma(connection, "application_id")
    if owner != _APPLICATION_ID:
        raise StoreError(f"store {path} is another program's database; set store_path to another file")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"store {path} was written by a newer Headroom (format {version}, this one reads {SCHEMA_VERSION});"
            " upgrade Headroom or set store_path to another file"
        )


def _read_secret(connection: sqlite3.Connection, path: str) -> bytes:
    row = connection.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
    if row is None or not isinstance(row[0], bytes) or len(row[0]) != _SECRET_BYTES:
        raise StoreCorruptError(f"store {path} has lost its secret; move it away (a new one is started) and keep it")
    return row[0]


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
