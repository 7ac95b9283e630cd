"""Who still uses a thing that several processes share: each holds a lease on a file, and it ends with the process.

A lease is a lock of the operating system, so one whose process was killed is gone too, and no process number has to be
believed. A process that finds itself alone may end the thing, and keeps the others out until that is done.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from headroom.errors import ConfigError

_POLL_S = 0.02


class Lease:
    """A lease on the file `path`, which is made when it is missing. Not held until `share` or `try_alone` says so."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def share(self, patience_s: float) -> None:
        """Holds it beside others. Waits for one who ends the thing; raises ConfigError when that takes too long."""
        self._wait(patience_s, is_alone=False)

    @contextmanager
    def alone(self, patience_s: float) -> Iterator[None]:
        """Holds it alone while it is open. Waits for all others; raises ConfigError when that takes too long."""
        self._wait(patience_s, is_alone=True)
        try:
            yield
        finally:
            self.release()

    def try_alone(self) -> bool:
        """Holds it alone, and says so, if nobody else holds it; ours beside others is given up in any case."""
        return self._lock(is_alone=True)

    def release(self) -> None:
        """Holds it no longer."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _wait(self, patience_s: float, *, is_alone: bool) -> None:
        deadline = time.monotonic() + patience_s
        while not self._lock(is_alone=is_alone):
            if time.monotonic() > deadline:
                raise ConfigError(f"{self._path} has been locked for {patience_s:.0f} s; end the process that holds it")
            time.sleep(_POLL_S)

    def _lock(self, *, is_alone: bool) -> bool:
        if sys.platform == "win32":
            raise ConfigError("leases need locks that this system does not have; use headroom init")
        import fcntl

        self.release()
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be made: {error.strerror}; make its directory writable") from None
        with suppress(BlockingIOError):
            fcntl.flock(self._descriptor, (fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            if is_same_file(self._descriptor, self._path):
                return True
            # It was removed in between, and would keep nobody out.
            return self._lock(is_alone=is_alone)
        self.release()
        return False


def is_same_file(descriptor: int, path: str) -> bool:
    """Whether an open file is still the one of this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def remove_unheld(path: str) -> None:
    """Removes the file of a lease that nobody holds."""
    lease = Lease(path)
    if lease.try_alone():
        with suppress(OSError):
            os.unlink(path)
        lease.release()
