"""Files and directories that only their owner may read, whatever the umask; and putting damaged ones aside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

DATABASE_ENDINGS = ("-wal", "-shm", "-journal", "")
"""What SQLite adds to the name of a database for the files beside it; the database itself comes last."""


def make_private_directories(directory: str) -> None:
    """Makes a directory and those above it; the new ones have mode 0700. Raises OSError."""
    if os.path.isdir(directory):
        return
    make_private_directories(os.path.dirname(directory) or ".")
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        if not os.path.isdir(directory):
            raise NotADirectoryError(0, f"{directory} is not a directory") from None
    else:
        restrict(directory, 0o700)


def make_private(path: str) -> None:
    """Takes a database and the files beside it from others."""
    for ending in DATABASE_ENDINGS:
        with suppress(FileNotFoundError):
            if os.stat(path + ending).st_mode & 0o077:
                restrict(path + ending, 0o600)


def restrict(path: str, mode: int) -> None:
    """Sets a mode where that is allowed."""
    # Another user's file, or one on a read-only disk, cannot be changed; whether it can be used is seen when it is.
    with suppress(OSError):
        os.chmod(path, mode)


def identity(path: str) -> tuple[int, int] | None:
    """What tells a file from another one under the same name; None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def put_aside(path: str, damaged: tuple[int, int] | None) -> str | None:
    """Renames a database with the files beside it; their new name, or None where another process did it before.

    `damaged` is the identity of the file that was found to be damaged. Raises OSError.
    """
    with _only_one(os.path.dirname(path)):
        if damaged is None or identity(path) != damaged:
            return None
        number = 1
        while any(os.path.lexists(f"{path}.damaged-{number}{ending}") for ending in DATABASE_ENDINGS):
            number += 1
        aside = f"{path}.damaged-{number}"
        # The log goes first: beside a new database it would be taken for that one's.
        for ending in DATABASE_ENDINGS:
            with suppress(FileNotFoundError):
                os.rename(path + ending, aside + ending)
        return aside


@contextmanager
def _only_one(directory: str) -> Iterator[None]:
    """Keeps other processes out that would do the same, where the system has locks of that kind."""
    try:
        import fcntl
    except ImportError:
        # On Windows a database that another process has open cannot be renamed.
        yield
        return
    descriptor = os.open(directory or ".", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
