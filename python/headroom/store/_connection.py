"""The one connection of a store to its file: used by one thread at a time, safe among processes and across forks.

What fails is rolled back and told as a StoreError. A file that turns out to be damaged is put aside; one that was
moved or replaced is not written to any more, since nobody would find there what was put. Either ends the connection:
`is_closed` tells, and a store that is opened then is a new one.

What stands in the log is brought into the file by a thread beside, since whoever does that waits for the disk.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from threading import Lock, Thread
from types import TracebackType
from weakref import WeakSet

from headroom.errors import StoreCorruptError, StoreError
from headroom.store._database import connect, explained, quarantine
from headroom.store._files import identity
from headroom.store._master_key import MasterKeys

_COMMITS_BETWEEN_LOOKS = 64
_LONG_LOG_BYTES = 4_000_000
_MOST_ATTEMPTS = 20

_open_databases: WeakSet[Database] = WeakSet()
_held: list[Database] = []  # those whose locks a fork in progress holds
_bringing = Lock()
"""Held while a log is brought into its file: one at a time, and no fork meanwhile."""


class Database:
    """A store's file, and the keys of a tenant in it."""

    def __init__(self, path: str, tenant: str, keys: MasterKeys, directory: str) -> None:
        self.path = path
        self.is_closed = False
        self._tenant = tenant
        self._keys = keys
        self._directory = directory
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._commits = 0
        self.connect()
        _open_databases.add(self)

    def connect(self) -> sqlite3.Connection:
        """Opens the file; again, in a forked child."""
        self._connection, self.vault = connect(self.path, self._tenant, self._keys, self._directory)
        self._identity = identity(self.path)
        return self._connection

    def reading(self) -> Use:
        """The connection, to read with."""
        return Use(self, "read")

    def writing(self) -> Use:
        """The connection in a transaction, which is committed at the end, or rolled back after an exception."""
        return Use(self, "written")

    def committed(self) -> None:
        """Something was written: now and then a log that has become long is brought into the file."""
        self._commits += 1
        if self._commits % _COMMITS_BETWEEN_LOOKS or not _is_longer(f"{self.path}-wal", _LONG_LOG_BYTES):
            return
        if _bringing.acquire(blocking=False):
            try:
                Thread(target=_bring_in, args=(self.path,), name="headroom-log", daemon=True).start()
            except RuntimeError:
                _bringing.release()  # the process is ending, and SQLite does it then

    def close(self) -> None:
        """Closes the connection; any later use raises StoreError."""
        with self._lock:
            self.is_closed = True
            self.disconnect()

    def disconnect(self) -> None:
        """Closes the connection; the next use opens another one."""
        connection, self._connection = getattr(self, "_connection", None), None
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        self.disconnect()


class Use:
    """The use of a connection by one thread."""

    __slots__ = ("_database", "_verb")

    def __init__(self, database: Database, verb: str) -> None:
        self._database = database
        self._verb = verb

    def __enter__(self) -> sqlite3.Connection:
        database = self._database
        database._lock.acquire()
        try:
            if database.is_closed:
                raise StoreError(f"store {database.path} is closed; open it again")
            connection = database._connection or database.connect()
            if self._verb == "written":
                self._refuse_other_file()
                connection.execute("BEGIN IMMEDIATE")
            return connection
        except BaseException as error:
            try:
                failure = self._failure(error) if isinstance(error, sqlite3.Error) else None
            finally:
                database._lock.release()
            if failure is not None:
                raise failure from error
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        database = self._database
        failure = None
        has_written = False
        try:
            if database._connection is not None and database._connection.in_transaction:
                try:
                    database._connection.execute("ROLLBACK" if error is not None else "COMMIT")
                    has_written = error is None
                except sqlite3.Error as late:
                    error = error or late
                    with suppress(sqlite3.Error):
                        database._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                failure = self._failure(error)
        finally:
            database._lock.release()
        if failure is not None:
            raise failure from error
        if has_written:
            database.committed()

    def _refuse_other_file(self) -> None:
        database = self._database
        if identity(database.path) != database._identity:
            database.is_closed = True
            database.disconnect()
            raise StoreError(f"store {database.path} was moved or replaced while it was open; open it again")

    def _failure(self, error: sqlite3.Error) -> StoreError:
        database = self._database
        failure = explained(error, database.path, self._verb)
        if isinstance(failure, StoreCorruptError):
            database.is_closed = True
            database.disconnect()
            quarantine(database.path, database._identity, failure)
        return failure


def _is_longer(path: str, size_bytes: int) -> bool:
    try:
        return os.stat(path).st_size > size_bytes
    except OSError:
        return False


def _bring_in(path: str) -> None:
    """Brings a log into its file as far as nobody reads it; by a connection of its own, so that nobody waits."""
    from urllib.parse import quote  # of which nothing else here has need

    try:
        # Of a file that has been moved away none must be made anew.
        connection = sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True, timeout=0, isolation_level=None)
        try:
            before = None
            for _ in range(_MOST_ATTEMPTS):
                _, written, brought = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if written == brought == before:
                    break  # Nothing came meanwhile, so whoever writes next begins the log anew.
                before = written
        finally:
            connection.close()
    except sqlite3.Error:
        pass  # whoever uses the file next finds out what is wrong with it, or does it when the log is longer still
    finally:
        _bringing.release()


def _before_fork() -> None:
    _bringing.acquire()
    _held.extend(_open_databases)
    for database in _held:
        database._lock.acquire()


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop()._lock.release()
    _bringing.release()


def _after_fork_in_child() -> None:
    # The connection's locks belong to the parent, so it must not be used; with no transaction open, closing it is safe.
    for database in _held:
        database.disconnect()
    _after_fork_in_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
