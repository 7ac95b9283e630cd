"""A real proxy in a process of its own between the test and a provider on loopback."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from proxy.fake_provider import FakeProvider
from proxy.till import BillingProvider

SECONDS_TO_STOP = 20
SECONDS_TO_WAIT = 30
_LISTENING = re.compile(r"listening on http://[^:]+:(\d+)")
_MAIN = "from headroom.cli import main; main()"


def wait_until(is_so: Callable[[], object]) -> None:
    """Waits for what another process or thread does; fails when it does not."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to this"
        time.sleep(0.005)


class Answer:
    """What the proxy answered, read to its end or to where it broke off."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.is_whole = True
        try:
            self.body = response.read()
        except http.client.IncompleteRead as error:
            self.body, self.is_whole = error.partial, False

    def json(self) -> Any:
        return json.loads(self.body)


class ProxyProcess:
    """`headroom proxy` as a user starts it, with a home of its own."""

    def __init__(self, home: Path, provider: FakeProvider, *arguments: str, **environment: str) -> None:
        self.home = home
        self._log = home / "log"
        # Nothing of the tests' own surroundings but where programs are.
        surroundings = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "OPENAI_TARGET_API_URL": provider.url,
            "ANTHROPIC_TARGET_API_URL": provider.url,
            "GEMINI_TARGET_API_URL": provider.url,
            **environment,
        }
        with open(self._log, "ab") as log:
            began = log.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, "proxy", "--port", "0", *arguments],
                env=surroundings,
                stderr=log,
                stdout=log,
                stdin=subprocess.DEVNULL,
            )
        wait_until(lambda: self.process.poll() is not None or _LISTENING.search(self.said()[began:]))
        found = _LISTENING.search(self.said()[began:])
        assert found, self.said()
        self.port = int(found[1])

    def said(self) -> str:
        """Everything that was written to its standard error and output."""
        return self._log.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        [path] = self.home.rglob("proxy-token")
        return path.read_text()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One request on a connection of its own."""
        connection = self.connect()
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(method, path, raw, {"Content-Type": "application/json", **(headers or {})})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
        return self.send("POST", path, body, headers)

    def dashboard(self, path: str = "/dashboard/stats") -> Any:
        return self.send("GET", path, headers={"x-headroom-token": self.token}).json()

    def booked(self, requests: int, project: str | None = None) -> Any:
        """The dashboard's document, or the row of a project in it, once so many requests are in the ledger."""
        found: list[Any] = []

        def is_there() -> bool:
            document = self.dashboard()
            rows = [row for row in document["by"]["project"] if row["name"] == project]
            found[:] = rows if project else [document]
            return bool(found) and (found[0] if project else document["total"])["requests"] >= requests

        wait_until(is_there)
        assert (found[0] if project else found[0]["total"])["requests"] == requests
        return found[0]

    def stats(self) -> Any:
        return self.send("GET", "/stats", headers={"x-headroom-token": self.token}).json()

    def stop(self) -> tuple[int, str]:
        """The exit code, and what it said."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=SECONDS_TO_STOP), self.said()


@pytest.fixture(scope="session")
def _provider():
    provider = FakeProvider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(_provider):
    """The provider, which has forgotten all about earlier tests."""
    _provider.forget()
    yield _provider
    _provider.forget()


@pytest.fixture
def started(tmp_path, provider):
    """Starts proxies of this test's own."""
    with _starting(tmp_path, provider) as start:
        yield start


@contextmanager
def _starting(folder: Path, provider: FakeProvider) -> Iterator[Callable[..., ProxyProcess]]:
    running: list[ProxyProcess] = []

    def start(*arguments: str, home: Path | None = None, **environment: str) -> ProxyProcess:
        place = home or folder / f"home{len(running)}"
        place.mkdir(exist_ok=True)
        running.append(ProxyProcess(place, provider, *arguments, **environment))
        return running[-1]

    yield start
    for proxy in running:
        if proxy.process.poll() is None:
            proxy.stop()


@pytest.fixture(scope="session")
def _billing():
    provider = BillingProvider()
    yield provider
    provider.stop()


@pytest.fixture
def billing(_billing):
    """A provider that bills, with an empty bill."""
    _billing.forget()
    yield _billing
    _billing.forget()


@pytest.fixture(scope="session")
def _till_proxy(tmp_path_factory, _billing):
    proxy = ProxyProcess(tmp_path_factory.mktemp("till"), _billing)
    yield proxy
    code, said = proxy.stop()
    assert code == 0, said
    assert "Traceback" not in said, said


@pytest.fixture
def till_proxy(_till_proxy, billing):
    """A proxy in front of the provider that bills, which several tests share, each for a project of its own."""
    return _till_proxy


@pytest.fixture
def charged(tmp_path, billing):
    """Starts proxies in front of the provider that bills."""
    with _starting(tmp_path, billing) as start:
        yield start


@pytest.fixture(scope="session")
def _proxy(tmp_path_factory, _provider):
    proxy = ProxyProcess(tmp_path_factory.mktemp("home"), _provider)
    yield proxy
    code, said = proxy.stop()
    assert code == 0, said
    assert "Traceback" not in said, said


@pytest.fixture
def proxy(_proxy, provider):
    """The proxy that most tests share."""
    return _proxy
