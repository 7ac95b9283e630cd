"""The server: listens, lets in who may come in, and ends what it began before it goes."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, hdrs, web

from headroom.errors import HeadroomError
from headroom.library import default_store
from headroom.providers import Provider
from headroom.proxy.billing import Books
from headroom.proxy.boarding import Boarding
from headroom.proxy.dashboard_api import DashboardApi
from headroom.proxy.headers import TOKENS_AFTER, TOKENS_BEFORE
from headroom.proxy.local_api import LocalApi
from headroom.proxy.relay import Relay, error_response
from headroom.proxy.reload import reloaded
from headroom.proxy.security import is_foreign_page, is_loopback, names_us, refuse_unsafe_sharing
from headroom.proxy.stats import Stats
from headroom.proxy.tenants import NO_ACCESS, Tenants, TenantStores
from headroom.proxy.token_file import local_token
from headroom.proxy.transform import Transformer
from headroom.proxy.upstreams import Destination, Upstreams
from headroom.proxy.websocket import is_upgrade, relay_websocket
from headroom.registry import compressors, providers
from headroom.report import report
from headroom.settings import Settings
from headroom.store import data_directory

_MOST_ENGINE_THREADS = 4
_LARGE_ENGINE_THREADS = 1
_CONNECT_TIMEOUT_S = 30.0
_UPSTREAM_KEEPALIVE_S = 15.0
_BACKLOG = 1_024
_HEADER_BYTES = 64_000
_BUFFER_BYTES = 1 << 18
_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""Fields that the HTTP client would add where the user's client sent none."""

_requests = logging.getLogger("headroom.requests")
_events = logging.getLogger("headroom.proxy")


class Proxy:
    """A proxy for one user, or for several tenants. Raises SettingsError for addresses that it must not listen on or
    cannot send to.
    """

    def __init__(self, settings: Settings) -> None:
        refuse_unsafe_sharing(settings)
        self._settings = settings
        self._is_open = not is_loopback(settings.host)
        self._tenants = Tenants(settings)
        self._upstreams = Upstreams(settings, providers())
        self.stats = Stats(settings.mode)
        self.port: int | None = None
        self._retired: list[Relay] = []
        self._engine = ThreadPoolExecutor(_engine_threads(), "headroom-engine")
        self._large_engine = ThreadPoolExecutor(_LARGE_ENGINE_THREADS, "headroom-large")

    async def run(
        self, stop: asyncio.Event, started: asyncio.Event | None = None, listening: socket.socket | None = None
    ) -> None:
        """Serves until `stop` is set, then lets requests end. Raises OSError when it cannot listen.

        `listening` is a socket that listens already.
        """
        settings = self._settings
        async with _session_for_upstreams() as session:
            self._session = session
            self._books = books = Books(settings)
            self._stores = stores = TenantStores(settings, lambda: default_store(self._settings))
            self._dashboard = DashboardApi(
                settings, self.stats, books, self._engine, lambda: local_token(data_directory())
            )
            self._obey(settings)
            runner = self._runner()
            await runner.setup()
            try:
                self._make_token()
                site: web.BaseSite = (
                    web.TCPSite(runner, settings.host, settings.port, backlog=_BACKLOG)
                    if listening is None
                    else web.SockSite(runner, listening, backlog=_BACKLOG)
                )
                await site.start()
                self.port = int(runner.addresses[0][1])
                if started is not None:
                    started.set()
                warming = asyncio.ensure_future(self._warm_up(self._transformer))
                await stop.wait()
                await warming
            finally:
                self._dashboard.close()
                await runner.cleanup()
                for relay in (*self._retired, self._relay):
                    await relay.finish()
                books.close()
                self._dashboard.release()
                self._engine.shutdown()
                self._large_engine.shutdown()
                stores.close()

    def _obey(self, settings: Settings) -> None:
        """Makes what works by settings; requests under way keep what they began with."""
        self._settings = settings
        self._allowed_hosts = {name.strip().lower() for name in settings.allowed_hosts.split(",") if name.strip()}
        self.stats.mode = settings.mode
        self._books.reload(settings)
        self._dashboard.reload(settings)
        self._transformer = Transformer(settings, compressors(), lambda: default_store(settings))
        self._relay = Relay(
            settings,
            self._session,
            self._transformer,
            Boarding(settings),
            self.stats,
            self._engine,
            self._large_engine,
            self._stores,
            self._books,
        )
        self._local_api = LocalApi(
            settings,
            self.stats,
            self._stores,
            self._tenants,
            self._engine,
            lambda: local_token(data_directory()),
        )

    def reload(self, resolve: Callable[[], Settings]) -> None:
        """Goes on by the settings as they are now, as far as a running proxy can; wrong ones change nothing."""
        try:
            found = reloaded(self._settings, resolve())
            refuse_unsafe_sharing(found.settings)
        except HeadroomError as error:
            _events.error(f"settings not read again, all stay as they were: {error}")
            return
        if found.changed:
            self._retired.append(self._relay)
            self._obey(found.settings)
        _events.warning(found.in_words()) if found.left else _events.info(found.in_words())

    def _runner(self) -> web.ServerRunner:
        server = web.Server(
            self._answer,
            handler_cancellation=True,
            auto_decompress=False,
            access_log=None,
            read_bufsize=_BUFFER_BYTES,
            max_field_size=_HEADER_BYTES,
            max_line_size=_HEADER_BYTES,
        )
        return web.ServerRunner(server, shutdown_timeout=self._settings.drain_timeout_s)

    def _make_token(self) -> None:
        """Whoever sees the proxy listen finds the token there."""
        try:
            local_token(data_directory())
        except HeadroomError as error:
            report(str(error))

    async def _warm_up(self, transformer: Transformer) -> None:
        """What the first request would otherwise wait for."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._engine, transformer.warm_up)
        except HeadroomError as error:
            report(str(error))

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        stats, began = self.stats, time.monotonic()
        stats.requests += 1
        stats.active += 1
        response: web.StreamResponse | None = None
        try:
            response = await self._admitted(request)
            return response
        except (ConnectionError, asyncio.CancelledError):
            stats.clients_gone += 1
            raise
        finally:
            stats.active -= 1
            if self._settings.log_requests:
                _log(request, response, time.monotonic() - began)

    async def _admitted(self, request: web.BaseRequest) -> web.StreamResponse:
        target = request.raw_path
        headers = request.headers
        if not target.startswith("/"):
            return self._refused(None, 400, "the target must be a path: this is no proxy for other hosts")
        if not names_us(headers.get(hdrs.HOST), self._allowed_hosts, self._is_open):
            return self._refused(None, 421, "the Host is not this machine; see the setting allowed_hosts")
        if is_foreign_page(headers.get(hdrs.ORIGIN), self._allowed_hosts):
            return self._refused(None, 403, "pages from other machines may not use this proxy; see allowed_hosts")
        if headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            await _let_continue(request)
        path = target.partition("?")[0]
        own = self._local_api.find(request.method, path) or self._dashboard.find(request.method, path)
        if own is not None:
            return await own(request)
        destination = self._upstreams.find(target, headers)
        if not self._tenants.admits(headers):
            return self._refused(destination.provider, 401, f"this proxy is shared: {NO_ACCESS}")
        if self.stats.active > self._settings.max_requests:
            most = f"{self._settings.max_requests:,} requests are being worked on, the most allowed by max_requests"
            return self._refused(destination.provider, 503, most)
        if is_upgrade(request):
            return await self._upgraded(request, destination)
        tenant = self._tenants.tenant(headers, target)
        self.stats.without_tenant += tenant is None
        return await self._relay.answer(request, destination, tenant)

    async def _upgraded(self, request: web.BaseRequest, destination: Destination) -> web.StreamResponse:
        if destination.content is not None and not self._settings.relay_responses_websocket:
            # Clients that are told so send the whole conversation over HTTP instead, where it can be compressed.
            response = self._refused(destination.provider, 426, "conversations are taken over HTTP only")
            response.headers[hdrs.UPGRADE] = "HTTP/1.1"
            return response
        return await relay_websocket(request, destination, self._session)

    def _refused(self, provider: Provider | None, status: int, message: str) -> web.Response:
        self.stats.refused += 1
        return error_response(provider or self._upstreams.default, status, f"headroom: {message}")


def _session_for_upstreams() -> ClientSession:
    """A client that changes nothing: no decoding, no cookies, no fields of its own, no limit on how long a model may
    think or how many requests are under way.
    """
    session = ClientSession(
        connector=TCPConnector(limit=0, keepalive_timeout=_UPSTREAM_KEEPALIVE_S),
        timeout=ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT_S),
        auto_decompress=False,
        cookie_jar=DummyCookieJar(),
        read_bufsize=_BUFFER_BYTES,
        skip_auto_headers=_AUTOMATIC,
        max_field_size=_HEADER_BYTES,
        max_line_size=_HEADER_BYTES,
    )
    # It would send some requests again whose connection was closed; whether to is the client's to say.
    session._retry_connection = False
    return session


def _engine_threads() -> int:
    """More threads than cores would only take turns."""
    return max(2, min(_MOST_ENGINE_THREADS, os.cpu_count() or 1))


async def _let_continue(request: web.BaseRequest) -> None:
    writer = request.writer
    await writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    writer.output_size = 0


def _log(request: web.BaseRequest, response: web.StreamResponse | None, took_s: float) -> None:
    """One line about a request: no query, which may hold a key, and nothing of a body."""
    line: dict[str, object] = {
        "method": request.method,
        "path": request.raw_path.partition("?")[0],
        "status": None if response is None else response.status,
        "ms": round(took_s * 1e3, 1),
    }
    for name, field in (("tokens_before", TOKENS_BEFORE), ("tokens_after", TOKENS_AFTER)):
        if response is not None and field in response.headers:
            line[name] = int(response.headers[field])
    _requests.info("request", line)
