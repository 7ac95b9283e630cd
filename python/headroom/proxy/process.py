"""A proxy for a run of an agent: the one that listens already, if it is ours, or one that is started and stopped again.

Each run holds a lease on the port, and a proxy that was started for one ends when nobody holds it any more, whoever was
killed meanwhile.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from headroom.errors import InputError
from headroom.lease import Lease
from headroom.proxy.identity import identity
from headroom.proxy.security import refuse_open_binding
from headroom.settings import Settings
from headroom.store import data_directory

_PATIENCE_S = 10.0
_CONNECT_TIMEOUT_S = 2.0
_POLL_S = 0.01
_STOP_S = 5.0
_MOST_ANSWER_BYTES = 65_536


class StartedProxy:
    """A proxy that was started for a run; `log` is the file of what it says."""

    def __init__(self, process: subprocess.Popen[bytes], log: str) -> None:
        self._process = process
        self.log = log

    def ended(self) -> str | None:
        """None while it runs; the last thing it said, or its exit code, when it has ended."""
        if self._process.poll() is None:
            return None
        with open(self.log, encoding="utf-8", errors="replace") as stream:
            lines = [line.strip() for line in stream if line.strip()]
        return lines[-1].removeprefix("headroom: ") if lines else f"exit code {self._process.returncode}"

    def stop(self) -> None:
        """Lets requests end, for a while; told a second time, a proxy ends at once."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()


def address_of(settings: Settings) -> str:
    """The address of the proxy that the settings describe. Raises InputError where there is none to know before."""
    if settings.port == 0:
        raise InputError("port 0 is another one each time; name the proxy's port: headroom wrap AGENT --port 8787")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


@contextmanager
def proxy_for_run(settings: Settings, launcher: Sequence[str]) -> Iterator[StartedProxy | None]:
    """Keeps a healthy proxy at the settings' address while it is open; gives it if it was started for that.

    `launcher` is how Headroom is run. Raises InputError when something else listens there, or the proxy dies.
    """
    refuse_open_binding(settings.host)
    if settings.multi_tenant:
        raise InputError(
            "multi_tenant is for a proxy that several people share, where a run's tools find no originals; unset it, "
            "or point the agent at the shared proxy yourself"
        )
    path = os.path.join(data_directory(), f"proxy-{settings.port}.lease")
    lease = Lease(path)
    lease.share(_PATIENCE_S)
    started = None
    try:
        # Of runs that begin at the same time one starts it.
        with Lease(f"{path}.begin").alone(_PATIENCE_S):
            if not _is_ours(settings):
                started = _started(settings, launcher, path)
        yield started
    finally:
        # Held alone until the proxy has gone, so that no other run finds it healthy and then gone.
        if started is not None and lease.try_alone():
            started.stop()
        lease.release()


def _is_ours(settings: Settings) -> bool:
    """Whether a proxy of ours listens there; False when nothing does. Raises InputError for anything else."""
    try:
        connection = socket.create_connection((settings.host, settings.port), _CONNECT_TIMEOUT_S)
    except OSError:
        return False
    with connection:
        answer = _health(connection)
    where = f"port {settings.port}"
    if answer.get("service") != "headroom":
        raise InputError(f"{where} is taken by a program that is no Headroom proxy; choose another --port")
    if answer.get("identity") != identity(settings):
        raise InputError(
            f"the Headroom proxy on {where} is another user's, or sends requests or keeps originals elsewhere than "
            "your settings say; stop it, or choose another --port"
        )
    return True


def _health(connection: socket.socket) -> dict[str, object]:
    """What `/health` answers, or nothing if that makes no sense."""
    answer = b""
    try:
        connection.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
        while len(answer) < _MOST_ANSWER_BYTES and (more := connection.recv(_MOST_ANSWER_BYTES)):
            answer += more
        body = json.loads(answer.partition(b"\r\n\r\n")[2])
    except (OSError, ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _started(settings: Settings, launcher: Sequence[str], lease: str) -> StartedProxy:
    log = os.path.join(data_directory(), f"proxy-{settings.port}.log")
    command = [*launcher, "proxy", "--host", settings.host, "--port", str(settings.port), "--lease", lease]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        # A session of its own: Ctrl-C is for the agent.
        process = subprocess.Popen(  # noqa: S603  (our own program)
            command, stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor, start_new_session=True
        )
    finally:
        os.close(descriptor)
    started = StartedProxy(process, log)
    try:
        _await(settings, started)
    except BaseException:
        started.stop()
        raise
    return started


def _await(settings: Settings, started: StartedProxy) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not _is_ours(settings):
        if (ended := started.ended()) is not None:
            raise InputError(f"the proxy did not start: {ended}")
        if time.monotonic() > deadline:
            raise InputError(f"the proxy is not healthy after {_PATIENCE_S:.0f} s; its log is {started.log}")
        time.sleep(_POLL_S)
