"""The file of the SQLite store: a path goes in, a connection that is ready comes out, together with the keys.

Several processes may open a new file at once: one of them creates the tables and the keys in a transaction, all see
the same. Modes are 0600 for files and 0700 for directories whatever the umask. Nothing is ever deleted or replaced: a
damaged file is put aside under another name, a new one is started, and that is reported; a file of another program or
of a newer version is left alone.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable

from headroom.errors import StoreCorruptError, StoreError
from headroom.report import report
from headroom.store._files import identity, make_private, make_private_directories, put_aside, restrict
from headroom.store._master_key import MasterKeys
from headroom.store._migrate import clean, migrate
from headroom.store._schema import META_TABLES, ORIGINAL_TABLES, OUTPUT_TABLES, SCHEMA_VERSION
from headroom.store._vault import Vault, create, settled

BUSY_TIMEOUT_S = 5.0
_APPLICATION_ID = 0x48524D43  # "HRMC"

_ATTEMPTS = 3

_CACHE_KIB = 16_000  # holds the inner pages of the trees over ten million rows; a small store takes less
_LONGEST_LOG_PAGES = 8_000  # from there on a commit brings the log in itself
_ASIDE = "it is put aside and a new one is started"
# SQLite's words for a failure -> what can be done about it.
_NEXT_STEPS = (
    ("not a database", _ASIDE),
    ("malformed", _ASIDE),
    ("no such", "another version of Headroom has changed it since: start this process again"),
    ("no column", "another version of Headroom has changed it since: start this process again"),
    ("disk is full", "free some space or set store_path to another disk"),
    ("disk i/o", "check the disk's space and health, or set store_path to another disk"),
    ("readonly", "make it writable for this user or set store_path to another file"),
    ("locked", f"another process has held it for over {BUSY_TIMEOUT_S:.0f} s: wait for it or stop it"),
    ("", "check that this user may read and write there, or set store_path to another file"),
)


def connect(path: str, tenant: str, keys: MasterKeys, directory: str) -> tuple[sqlite3.Connection, Vault]:
    """A connection in autocommit mode, for use by one thread at a time, and the keys of a tenant.

    `keys` is where a new master key goes, `directory` where those in files are. A damaged file is put aside, and a new
    one started. Raises StoreError.
    """
    for _ in range(_ATTEMPTS):
        seen = identity(path)
        try:
            return _connect(path, lambda connection: Vault(connection, keys, directory, tenant, path), keys)
        except StoreCorruptError as error:
            if "not a database" in str(error) and not _may_be_ours(path, keys, directory):
                raise StoreError(f"{path} is no store of Headroom; set store_path to another file") from error
            quarantine(path, identity(path) if seen is None else seen, error)
    raise StoreError(f"store {path} is damaged whenever it is made: check the disk, or set store_path to another file")


def _may_be_ours(path: str, keys: MasterKeys, directory: str) -> bool:
    """Whether what stands at a path could be a damaged store: a store of ours has a log beside it, or keys."""
    return (
        keys.place == "keyring"
        or os.path.exists(path + "-wal")
        or (os.path.isdir(directory) and bool(os.listdir(directory)))
    )


def quarantine(path: str, damaged: tuple[int, int] | None, error: StoreCorruptError) -> None:
    """Puts a damaged database aside and reports it. Raises StoreError where that cannot be."""
    try:
        aside = put_aside(path, damaged)
    except OSError as failure:
        raise StoreError(f"{error}; and it cannot be put aside: {failure.strerror or failure}") from failure
    if aside is not None:
        report(f"{error}; what it held is now in {aside}, and cannot be retrieved")


def _connect(
    path: str, open_vault: Callable[[sqlite3.Connection], Vault], keys: MasterKeys
) -> tuple[sqlite3.Connection, Vault]:
    _prepare_file(path)
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LONGEST_LOG_PAGES}")
        if _pragma(connection, "user_version") == 0:
            _create(connection, path, keys)
        _check_version(connection, path)
        if _pragma(connection, "user_version") < SCHEMA_VERSION:
            migrate(connection, keys, path)
        clean(connection)
        opened = connection
        vault = settled(opened, lambda: _read_whole(opened, path, open_vault))
        make_private(path)
        return connection, vault
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise explained(error, path, "opened") from error
        raise


def _read_whole(connection: sqlite3.Connection, path: str, open_vault: Callable[[sqlite3.Connection], Vault]) -> Vault:
    """The keys, in one transaction with the version: that tables are missing is damage unless they are of another."""
    connection.execute("BEGIN")
    _check_version(connection, path)
    try:
        return open_vault(connection)
    except sqlite3.OperationalError as error:
        if "no such" not in str(error):
            raise
        raise StoreCorruptError(f"store {path} cannot be opened: {error}; {_ASIDE}") from error
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")


def explained(error: sqlite3.Error, path: str, verb: str) -> StoreError:
    """The error to raise instead of one of SQLite's: it names the file, the reason and the next step."""
    reason = str(error)
    step = next(step for sign, step in _NEXT_STEPS if sign in reason.lower())
    corrupt = _ASIDE in step
    return (StoreCorruptError if corrupt else StoreError)(f"store {path} cannot be {verb}: {reason}; {step}")


def _prepare_file(path: str) -> None:
    try:
        make_private_directories(os.path.dirname(path) or ".")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        except FileExistsError:
            if os.path.isdir(path):
                raise IsADirectoryError(0, "it is a directory") from None
        else:
            os.close(descriptor)
            restrict(path, 0o600)
    except OSError as error:
        step = "check that this user may write there, or set store_path to another file"
        raise StoreError(f"store {path} cannot be opened: {error.strerror or error}; {step}") from error


def _create(connection: sqlite3.Connection, path: str, keys: MasterKeys) -> None:
    _refuse_foreign(connection, path)
    _enter_wal(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _pragma(connection, "user_version") == 0:
            for statement in (*META_TABLES, *ORIGINAL_TABLES, *OUTPUT_TABLES):
                connection.execute(statement)
            create(connection, keys)
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


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
