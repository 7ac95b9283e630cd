"""The proxy as a process, or several: started, told to stop or to read its settings again, ended when unused."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from headroom.errors import HeadroomError
from headroom.lease import Lease
from headroom.proxy.server import Proxy
from headroom.proxy.workers import Workers
from headroom.report import report
from headroom.settings import Settings

_LOOK_FOR_USERS_S = 0.5
_SWITCH_INTERVAL_S = 0.0005
"""How long one thread may keep the interpreter from another: the loop must not wait for an engine's threads."""

_COLLECT_AFTER = (10_000, 20, 20)
"""Objects that are new when the collector looks at them, and how many such looks there are before it looks further."""


def serve(settings: Settings, resolve: Callable[[], Settings], lease: Lease | None = None) -> int:
    """Runs a proxy until it is told to stop (SIGINT, SIGTERM; the second time at once); gives the exit code.

    `resolve` gives the settings as they are when it is asked to read them again (SIGHUP). With a lease it also stops
    when nobody else holds that, and then holds it alone for the rest of the process; then there is one worker.
    """
    _set_up_logs()
    if settings.workers == 1 or lease is not None:
        return _serve_here(settings, resolve, lease)

    def work(listening: socket.socket, is_ready: Callable[[], None], alive: int) -> int:
        return _serve_here(settings, resolve, None, _Shared(listening, is_ready, alive))

    Proxy(settings)  # what is refused is said once
    try:
        workers = Workers(settings.host, settings.port, settings.workers, work)
    except OSError as error:
        return _cannot_listen(settings, error)
    return workers.run(lambda: _say_where(settings, workers.port, f", {settings.workers} workers"))


class _Shared(NamedTuple):
    """What a worker has of the first process: a listening socket, whom to tell when it serves, what ends with it."""

    listening: socket.socket
    is_ready: Callable[[], None]
    alive: int


def _serve_here(
    settings: Settings, resolve: Callable[[], Settings], lease: Lease | None, shared: _Shared | None = None
) -> int:
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    proxy = Proxy(settings)
    terminal = _Terminal()

    async def run() -> None:
        stop, started = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        # Windows has no such handlers: there an interrupt ends the process.
        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM) if shared is None else (signal.SIGTERM,):
                loop.add_signal_handler(number, _stop, stop)
            loop.add_signal_handler(
                signal.SIGHUP, lambda: _stop(stop) if terminal.has_gone() else proxy.reload(resolve)
            )
        if shared is not None:
            loop.add_reader(shared.alive, _stop_once, loop, shared.alive, stop)
        running = asyncio.ensure_future(proxy.run(stop, started, shared and shared.listening))
        await asyncio.wait((running, asyncio.ensure_future(started.wait())), return_when=asyncio.FIRST_COMPLETED)
        if started.is_set():
            if shared is None:
                _say_where(settings, proxy.port)
            else:
                shared.is_ready()
        # What is loaded by now stays: the collector need not look at it again, nor as often at what requests leave.
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)
        watching = None if lease is None else asyncio.ensure_future(_stop_when_unused(lease, stop))
        await running
        if watching is not None:
            watching.cancel()

    try:
        asyncio.run(run())
    except OSError as error:
        if proxy.port is not None:
            raise
        return _cannot_listen(settings, error)
    return 0


class _Terminal:
    """The terminal that a proxy was started on, if any: when it is closed, so is the proxy."""

    def __init__(self) -> None:
        self._descriptor = next((each for each in (0, 1, 2) if _is_terminal(each)), None)

    def has_gone(self) -> bool:
        """Whether there was one and is none any more."""
        return self._descriptor is not None and not _is_terminal(self._descriptor)


def _is_terminal(descriptor: int) -> bool:
    # Of one that was hung up, the foreground can no longer be asked.
    try:
        return os.isatty(descriptor) and os.tcgetpgrp(descriptor) >= 0
    except (OSError, AttributeError):  # Windows has no foreground
        return False


def _say_where(settings: Settings, port: int | None, more: str = "") -> None:
    print(f"headroom: listening on http://{_in_url(settings.host)}:{port} ({settings.mode}{more})", file=sys.stderr)


def _cannot_listen(settings: Settings, error: OSError) -> int:
    why = os.strerror(error.errno) if error.errno else str(error)
    print(
        f"headroom: cannot listen on {_in_url(settings.host)}:{settings.port}: {why.lower()}; "
        "stop what listens there, or choose another --port",
        file=sys.stderr,
    )
    return 1


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _stop_once(loop: asyncio.AbstractEventLoop, descriptor: int, stop: asyncio.Event) -> None:
    loop.remove_reader(descriptor)
    stop.set()


def _stop(stop: asyncio.Event) -> None:
    if stop.is_set():
        os._exit(1)
    stop.set()


async def _stop_when_unused(lease: Lease, stop: asyncio.Event) -> None:
    try:
        while not lease.try_alone():
            await asyncio.sleep(_LOOK_FOR_USERS_S)
    except HeadroomError as error:
        report(f"cannot see whether this proxy is still used, so it stays until it is stopped: {error}")
    else:
        stop.set()


class _Line(logging.Formatter):
    """One line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        more = record.args if isinstance(record.args, dict) else {}
        message = record.msg if more else record.getMessage()
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        return json.dumps({"time": when, "level": record.levelname.lower(), "event": message, **more})


def _set_up_logs() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    ours = logging.getLogger("headroom")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False
    # What breaks inside of the HTTP server may quote requests.
    logging.getLogger("aiohttp").addHandler(logging.NullHandler())
    logging.getLogger("aiohttp").propagate = False
