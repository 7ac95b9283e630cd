"""Keeps a proxy alive for as long as a run of an agent needs it: one that dies is started again at once.

The guard of a run holds a connection on which nothing is said, and the system tells it the moment the proxy's process
is gone, whoever started that and however it ended. No agent is left without its provider by a proxy that died.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from headroom.errors import HeadroomError

# Long enough not to be busy where a server closes quiet connections, and far below an agent's patience.
_PAUSE_S = 0.1


class Guard:
    """Watches whoever listens on `address`, from `start` on; calls `revive`, which says whether it had to start one.

    `revived` counts how often it had to; `failure` is why it could not, after which nobody watches any more.
    """

    def __init__(self, address: tuple[str, int], revive: Callable[[], bool]) -> None:
        self.revived = 0
        self.failure = ""
        self._address = address
        self._revive = revive
        self._ended = self._end = -1
        self._thread = Thread(target=self._watch, name="headroom-proxy-guard", daemon=True)

    def start(self) -> None:
        """Begins to watch."""
        self._ended, self._end = os.pipe()
        self._thread.start()

    def stop(self) -> None:
        """Ends watching; afterwards nothing is started any more."""
        os.write(self._end, b".")
        self._thread.join()
        os.close(self._end)
        os.close(self._ended)

    def _watch(self) -> None:
        try:
            while not self._is_over_when_it_went():
                self.revived += self._revive()
        except HeadroomError as error:
            self.failure = str(error)

    def _is_over_when_it_went(self) -> bool:
        """Waits until the proxy has gone or nobody needs it any more, and says whether it is the latter."""
        with suppress(OSError), socket.create_connection(self._address) as connection:
            # What comes is the end of the connection: nothing was asked.
            ready, _, _ = select.select([connection.fileno(), self._ended], [], [])
            if self._ended in ready:
                return True
        return bool(select.select([self._ended], [], [], _PAUSE_S)[0])
