"""Files as transactions need them: read whole, written whole or not at all, with their mode, owner and links kept."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from headroom.errors import ConfigError

TEMPORARY_SUFFIX = ".headroom-tmp"


def read_bytes(path: str) -> bytes | None:
    """The bytes of a file; None if there is none. Raises ConfigError when it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; check its permissions") from None


def refuse_protected(path: str) -> None:
    """Raises ConfigError for a file that its owner has made read-only."""
    # Whatever else is wrong with it is told when it is read.
    with suppress(OSError):
        if not os.stat(path).st_mode & 0o222:
            raise ConfigError(f"{path} is read-only; make it writable (chmod u+w {path}), or make the change by hand")


def missing_directories(path: str) -> list[str]:
    """The directories above `path` that do not exist, outermost first."""
    missing = []
    directory = os.path.dirname(path)
    while directory and not os.path.isdir(directory):
        missing.append(directory)
        directory = os.path.dirname(directory)
    return missing[::-1]


def write_atomically(path: str, raw: bytes, mode: int | None = None) -> None:
    """Writes a file so that whoever reads it sees the old bytes or the new ones, also after a power failure.

    A file that is there keeps its mode and owner; a new one gets `mode`, or what the process gives new files.
    Raises ConfigError when it cannot be written.
    """
    temporary = temporary_of(path)
    try:
        _write_durably(temporary, raw, mode)
        with suppress(FileNotFoundError):
            _take_after(temporary, os.stat(path))
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise ConfigError(f"{path} cannot be written: {error.strerror}; check its directory's permissions") from None
    _sync_directory(os.path.dirname(path))


def temporary_of(path: str) -> str:
    """The name under which a file is written before it takes its place."""
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}{TEMPORARY_SUFFIX}")


def unlink(path: str) -> None:
    """Removes a file, if it is there. Raises ConfigError when it cannot be."""
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise ConfigError(f"{path} cannot be removed: {error.strerror}; check its directory's permissions") from None
    _sync_directory(os.path.dirname(path))


def _write_durably(path: str, raw: bytes, mode: int | None) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
    with open(descriptor, "wb") as stream:
        stream.write(raw)
        stream.flush()
        os.fsync(stream.fileno())


def _take_after(path: str, model: os.stat_result) -> None:
    os.chmod(path, stat.S_IMODE(model.st_mode))
    if hasattr(os, "chown"):
        own = os.stat(path)
        if (own.st_uid, own.st_gid) != (model.st_uid, model.st_gid):
            os.chown(path, model.st_uid, model.st_gid)


def _sync_directory(path: str) -> None:
    # Windows has no such thing, and some file systems refuse it; the rename has happened all the same.
    with suppress(OSError):
        descriptor = os.open(path or ".", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
