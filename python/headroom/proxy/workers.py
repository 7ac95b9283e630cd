"""Several processes on one port, one store and one ledger: each accepts connections of its own.

The sockets are this process's, so connections that wait for a worker which dies are there for the one that follows it.
A worker that is told to stop lets its requests end; all of them end when this process does, however it ends.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from headroom.errors import SettingsError

_MOST_RESTARTS, _WITHIN_S = 10, 60.0
"""Workers that die more often than this would go on to do so."""

_BACKLOG = 1_024

Worker = Callable[[socket.socket, Callable[[], None], int], int]
"""Serves on a listening socket, says when it does, and ends when a descriptor is at its end; gives the exit code."""


class Workers:
    """Worker processes on one address. Raises OSError where another program listens there, SettingsError where the
    system cannot share a port.
    """

    def __init__(self, host: str, port: int, count: int, work: Worker) -> None:
        if sys.platform == "win32" or not hasattr(socket, "SO_REUSEPORT"):
            raise SettingsError(f"workers={count}: this system cannot share a port among processes; leave it at 1")
        self._work = work
        self._sockets = _listening(host, port, count)
        self.port = int(self._sockets[0].getsockname()[1])
        self._running: dict[int, int] = {}
        self._is_stopping = self._has_failed = False
        # Nothing is ever written: it is at its end for the workers when this process has gone.
        self._alive, self._keeps_alive = os.pipe()

    def run(self, started: Callable[[], None]) -> int:
        """Works until told to stop (SIGINT, SIGTERM) or no worker can be kept; gives the exit code.

        `started` is called when all accept connections. SIGHUP is passed on.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._pass_on)
        ready = [self._start(index) for index in range(len(self._sockets))]
        are_ready = all(os.read(descriptor, 1) for descriptor in ready)
        if are_ready:
            started()
        elif not self._is_stopping:
            self._give_up("a worker ended before it was ready")
        for descriptor in ready:
            os.close(descriptor)
        restarts: deque[float] = deque(maxlen=_MOST_RESTARTS)
        while self._running:
            process, _ = os.wait()
            index = self._running.pop(process)
            if self._is_stopping:
                continue
            if len(restarts) == _MOST_RESTARTS and time.monotonic() - restarts[0] < _WITHIN_S:
                self._give_up(f"worker {index + 1} ended unasked, as {_MOST_RESTARTS} did within {_WITHIN_S:.0f} s")
            else:
                print(f"headroom: worker {index + 1} ended unasked; another one takes its place", file=sys.stderr)
                restarts.append(time.monotonic())
                os.close(self._start(index))
        return int(self._has_failed)

    def _give_up(self, why: str) -> None:
        print(f"headroom: {why}; all are stopped", file=sys.stderr)
        self._has_failed = True
        self._stop(signal.SIGTERM, None)

    def _start(self, index: int) -> int:
        """Starts a worker; gives the descriptor from which a byte can be read when it is ready."""
        ready, tell = os.pipe()
        process = os.fork()
        if not process:
            os.close(ready)
            self._become_worker(index, tell)
        os.close(tell)
        self._running[process] = index
        if self._is_stopping:
            os.kill(process, signal.SIGTERM)
        return ready

    def _become_worker(self, index: int, tell: int) -> NoReturn:
        code = 1
        try:
            os.close(self._keeps_alive)
            # A terminal interrupts all its processes; ours are told by the first one.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            for at, other in enumerate(self._sockets):
                if at != index:
                    other.close()

            def is_ready() -> None:
                # Whoever started it has gone, or does not wait.
                with suppress(OSError):
                    os.write(tell, b".")

            code = self._work(self._sockets[index], is_ready, self._alive)
        finally:
            sys.stderr.flush()
            # What belongs to the first process is not this one's to clean up.
            os._exit(code)

    def _stop(self, number: int, frame: object) -> None:
        self._is_stopping = True
        self._pass_on(signal.SIGTERM, frame)

    def _pass_on(self, number: int, frame: object) -> None:
        for process in list(self._running):
            with suppress(ProcessLookupError):
                os.kill(process, number)


def _listening(host: str, port: int, count: int) -> list[socket.socket]:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    # Sockets that share a port would join those of another proxy, so whether it is free is tried alone.
    probe = socket.socket(family, socket.SOCK_STREAM)
    with probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        address = (address[0], probe.getsockname()[1], *address[2:])
    sockets = []
    for _ in range(count):
        each = socket.socket(family, socket.SOCK_STREAM)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        each.bind(address)
        each.listen(_BACKLOG)
        each.setblocking(False)
        sockets.append(each)
    return sockets
