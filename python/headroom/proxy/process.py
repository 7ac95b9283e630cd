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
from typing import Literal, NamedTuple

from headroom.errors import InputError
from headroom.lease import Lease
from headroom.proxy.guard import Guard
from headroom.proxy.identity import identity
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
        raise InputError("port 0 is another one each time; name the proxy's port: --port 8787")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


class RunsProxy:
    """The proxy of a run: the one that listened already, or one that was started, and again when it died."""

    def __init__(self, settings: Settings, launcher: Sequence[str]) -> None:
        self.log = os.path.join(data_directory(), f"proxy-{settings.port}.log")
        self._settings = settings
        self._launcher = launcher
        self._path = os.path.join(data_directory(), f"proxy-{settings.port}.lease")
        self._started: StartedProxy | None = None
        self._guard = Guard((settings.host, settings.port), self.ensure)

    @property
    def is_own(self) -> bool:
        """Whether it was started for this run."""
        return self._started is not None

    def ensure(self) -> bool:
        """Starts it unless one of ours is healthy, and says so. Raises InputError when that cannot be."""
        # Of runs that begin at the same time one starts it.
        with Lease(f"{self._path}.begin").alone(_PATIENCE_S):
            if _is_ours(self._settings):
                return False
            # What one that died said stays in the log.
            how = os.O_TRUNC if self._started is None else os.O_APPEND
            self._started = _started(self._settings, self._launcher, self._path, self.log, how)
            return True

    def troubles(self) -> str:
        """What became of it meanwhile, in words; nothing if all went well."""
        if self._guard.failure:
            return f"the proxy ended and could not be started again: {self._guard.failure}"
        times = self._guard.revived
        return f"the proxy ended {times} times and was started again" if times else ""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps it healthy while it is open."""
        lease = Lease(self._path)
        lease.share(_PATIENCE_S)
        try:
            self.ensure()
            self._guard.start()
            try:
                yield
            finally:
                self._guard.stop()
        finally:
            # Held alone until the proxy has gone, so that no other run finds it healthy and then gone.
            if self._started is not None and lease.try_alone():
                self._started.stop()
            lease.release()


@contextmanager
def proxy_for_run(settings: Settings, launcher: Sequence[str]) -> Iterator[RunsProxy]:
    """Keeps a healthy proxy at the settings' address while it is open, and starts it when there is none, or it dies.

    `launcher` is how Headroom is run. Raises InputError when something else listens there, or the proxy does not start.
    """
    proxy = RunsProxy(settings, launcher)
    with proxy.held():
        yield proxy


class Listener(NamedTuple):
    """Who listens on the proxy's port: `different` is a Headroom proxy that is not ours, or has other settings.

    `version` is that of ours, and `is_ready` whether it can keep originals.
    """

    kind: Literal["nobody", "foreign", "different", "ours"]
    version: str = ""
    is_ready: bool = False


def who_listens(settings: Settings) -> Listener:
    """Who listens at the settings' address."""
    health = _asked(settings, "/health")
    if health is None:
        return Listener("nobody")
    if health.get("service") != "headroom":
        return Listener("foreign")
    if health.get("identity") != identity(settings):
        return Listener("different")
    ready = _asked(settings, "/ready") or {}
    return Listener("ours", str(health.get("version", "")), ready.get("status") == "ready")


def is_there(settings: Settings) -> bool:
    """Whether a Headroom proxy listens there, of whomever. Raises InputError when something else does."""
    return _said(settings) is not None


def _is_ours(settings: Settings) -> bool:
    """Whether a proxy of ours listens there; False when nothing does. Raises InputError for anything else."""
    health = _said(settings)
    if health is None:
        return False
    if health.get("identity") != identity(settings):
        raise InputError(
            f"the Headroom proxy on port {settings.port} is another user's, or sends requests or keeps originals "
            "elsewhere than your settings say; stop it, or choose another --port"
        )
    return True


def _said(settings: Settings) -> dict[str, object] | None:
    """What the Headroom proxy that listens there says of itself; None when nothing does."""
    health = _asked(settings, "/health")
    if health is not None and health.get("service") != "headroom":
        raise InputError(f"port {settings.port} is taken by a program that is no Headroom proxy; choose another --port")
    return health


def _asked(settings: Settings, path: str) -> dict[str, object] | None:
    """What a path answers, or nothing if that makes no sense; None when nobody listens."""
    try:
        connection = socket.create_connection((settings.host, settings.port), _CONNECT_TIMEOUT_S)
    except OSError:
        return None
    answer = b""
    with connection:
        try:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            while len(answer) < _MOST_ANSWER_BYTES and (more := connection.recv(_MOST_ANSWER_BYTES)):
                answer += more
            body = json.loads(answer.partition(b"\r\n\r\n")[2])
        except (OSError, ValueError, RecursionError):
            return {}
    return body if isinstance(body, dict) else {}


def _started(settings: Settings, launcher: Sequence[str], lease: str, log: str, how: int) -> StartedProxy:
    # Imported here, as what only starting a proxy needs: who starts an agent waits for what is imported above.
    from headroom.proxy.security import refuse_open_binding

    refuse_open_binding(settings.host)
    if settings.multi_tenant:
        raise InputError(
            "multi_tenant is for a proxy that several people share, where a run's tools find no originals; unset it, "
            "or point the agent at the shared proxy yourself"
        )
    command = [*launcher, "proxy", "--host", settings.host, "--port", str(settings.port), "--lease", lease]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | how, 0o600)
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
