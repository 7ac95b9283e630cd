"""The dashboard's data: figures of the ledger and of this process, as a document and as a stream of events.

`GET /dashboard` is the page itself. `POST /dashboard/session` exchanges a one-time code for a session's token; with
that, or the local token, `GET /dashboard/stats`, `/dashboard/events`, `/dashboard/requests` and
`/dashboard/requests/{id}`. Texts of requests are there only if the user has them recorded. `GET /metrics` tells the
same figures to Prometheus.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import parse_qs

from aiohttp import web

from headroom import __version__
from headroom.errors import HeadroomError, InputError
from headroom.proxy.billing import Books
from headroom.proxy.dashboard import PATH, show_page
from headroom.proxy.figures import ALL_DAYS, Days, last_days
from headroom.proxy.headers import TOKEN
from headroom.proxy.ledger import Ledger, ledger_path
from headroom.proxy.metrics import metrics_text
from headroom.proxy.security import has_token
from headroom.proxy.sessions import good_until, session_token
from headroom.proxy.stats import Stats
from headroom.settings import Settings

_DEFAULT_DAYS, _MOST_DAYS = 30, 3_660
_LOOK_EVERY_S = 1.0
_ALIVE_EVERY_S = 15.0
_MOST_EVENTS = 10
_MOST_CODE_BYTES = 4_096

T = TypeVar("T")
Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class DashboardApi:
    """The routes of the dashboard's data. `token` gives the local token."""

    def __init__(
        self, settings: Settings, stats: Stats, books: Books, engine: ThreadPoolExecutor, token: Callable[[], str]
    ) -> None:
        self._settings = settings
        self._stats = stats
        self._books = books
        self._engine = engine
        self._token = token
        self._opened: Ledger | None = None
        self._opening = Lock()
        self._ends = asyncio.Event()
        self._began = time.time()
        self._routes: dict[tuple[str, str], Answer] = {
            ("GET", PATH): show_page,
            ("HEAD", PATH): show_page,
            ("POST", f"{PATH}/session"): self._begin_session,
            ("GET", f"{PATH}/stats"): self._guarded(self._show_stats),
            ("GET", f"{PATH}/events"): self._guarded(self._stream),
            ("GET", f"{PATH}/requests"): self._guarded(self._list_requests),
            ("GET", "/metrics"): self._guarded(self._show_metrics),
        }

    def find(self, method: str, path: str) -> Answer | None:
        """Who answers a request, if it is one for the dashboard's data."""
        if method == "GET" and path.startswith(f"{PATH}/requests/"):
            return self._guarded(self._show_request)
        return self._routes.get((method, path))

    def reload(self, settings: Settings) -> None:
        """Goes on by other settings."""
        self._settings = settings

    def close(self) -> None:
        """Ends all streams."""
        self._ends.set()

    def release(self) -> None:
        """Lets go of the ledger, when nobody asks any more."""
        if self._opened is not None:
            self._opened.close()

    def _guarded(self, answer: Answer) -> Answer:
        async def guarded(request: web.BaseRequest) -> web.StreamResponse:
            try:
                if not self._settings.open_local_api and not await self._is_let_in(request.headers):
                    return _error(401, "this needs a token: run `headroom dashboard` to open it anew")
                return await answer(request)
            except InputError as error:
                return _error(400, str(error))
            except HeadroomError as error:
                return _error(503, str(error))

        return guarded

    async def _is_let_in(self, headers: Mapping[str, str]) -> bool:
        token = await self._in_thread(self._token)
        if has_token(headers, token):
            return True
        return good_until(headers.get(TOKEN, ""), token, "session", time.time()) is not None

    async def _begin_session(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.content.read(_MOST_CODE_BYTES)
        with suppress(ValueError, RecursionError):
            body = json.loads(raw)
            code = body.get("code") if isinstance(body, dict) else None
            try:
                found = await self._in_thread(self._exchanged, code if isinstance(code, str) else "")
            except HeadroomError as error:
                return _error(503, str(error))
            if found is not None:
                token, until_s = found
                return _answer({"token": token, "expires_at": _instant(until_s)})
        return _error(401, "this code is wrong, was used, or is older than a minute: run `headroom dashboard` again")

    def _exchanged(self, code: str) -> tuple[str, float] | None:
        token, now = self._token(), time.time()
        until = good_until(code, token, "open", now)
        if until is None or not self._ledger().spend(code, until, now):
            return None
        return session_token(token, now)

    async def _show_stats(self, request: web.BaseRequest) -> web.StreamResponse:
        return _answer(await self._document(_days_in(request)))

    async def _show_metrics(self, request: web.BaseRequest) -> web.StreamResponse:
        health = self.health()
        raw, kind = await self._in_thread(lambda: metrics_text(Days(self._ledger(), *ALL_DAYS), health))
        return web.Response(body=raw, headers={"Content-Type": kind, "Cache-Control": "no-store"})

    async def _list_requests(self, request: web.BaseRequest) -> web.StreamResponse:
        return _answer({"recording": self._recording(), "requests": [each.row for each in self._books.requests]})

    async def _show_request(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self._settings.record_requests:
            return _error(403, "texts are not kept: the setting record_requests says of how many requests to keep them")
        name = request.raw_path.partition("?")[0].rpartition("/")[2]
        for each in self._books.requests:
            if each.name == name:
                return _answer({**each.row, "texts": [change.as_json() for change in each.changes]})
        return _error(404, "no such request among the last ones of this process")

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        days = _days_in(request)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        )
        # What cannot be read is told as an error while there is no stream yet; later it ends the stream.
        await self._in_thread(self._state)
        # A page that is closed is no client that has gone in the middle of a conversation.
        with suppress(ConnectionError, asyncio.CancelledError, HeadroomError):
            await response.prepare(request)
            shown: object = None
            newest = self._books.requests[0].number if self._books.requests else 0
            said = time.monotonic()
            while not self._ends.is_set():
                for each in reversed([each for each in self._books.requests[:_MOST_EVENTS] if each.number > newest]):
                    await response.write(_event("request", each.row))
                    newest, said = each.number, time.monotonic()
                state = await self._in_thread(self._state)
                if state != shown:
                    await response.write(_event("stats", await self._document(days)))
                    shown, said = state, time.monotonic()
                if time.monotonic() - said >= _ALIVE_EVERY_S:
                    await response.write(b": still here\n\n")
                    said = time.monotonic()
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._ends.wait(), _LOOK_EVERY_S)
            await response.write_eof()
        return response

    def _state(self) -> object:
        """What is another value after something that is shown has changed."""
        stats, books = self._stats, self._books
        return self._ledger().version(), stats.refused, stats.clients_gone, stats.upstream_failures, books.failures

    async def _document(self, days: int) -> dict[str, Any]:
        first, last = last_days(days, datetime.date.today())
        kept = await self._in_thread(lambda: Days(self._ledger(), first, last).document())
        now = time.time()
        return {
            "version": __version__,
            "mode": self._settings.mode,
            "now": _instant(now),
            "started_at": _instant(self._began),
            "uptime_s": round(now - self._began, 1),
            **kept,
            "health": self.health(),
            "recording": self._recording(),
        }

    def health(self) -> dict[str, Any]:
        """What went wrong since this process was started."""
        stats, books = self._stats, self._books
        totals = stats.as_json()["totals"]
        return {
            "active_requests": stats.active,
            "refused": stats.refused,
            "clients_gone": stats.clients_gone,
            "upstream_failures": stats.upstream_failures,
            "provider_errors": dict(sorted(books.provider_errors.items())),
            "fail_opens": {
                "request": totals["failures"],
                "compressor": totals["compressor_failures"],
                "store": totals["store_failures"],
            },
            "ledger": {
                "pending": books.pending,
                "failures": books.failures,
                "lost": books.lost,
                "error": books.error,
            },
        }

    def _recording(self) -> dict[str, Any]:
        keeps = self._settings.record_requests
        return {"enabled": keeps > 0, "keeps": keeps, "setting": "record_requests"}

    def _ledger(self) -> Ledger:
        # A connection of its own: it sees what others wrote, this process's books among them.
        with self._opening:
            if self._opened is None:
                self._opened = Ledger(ledger_path(self._settings))
            return self._opened

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._engine, function, *arguments)


def _days_in(request: web.BaseRequest) -> int:
    given = parse_qs(request.raw_path.partition("?")[2]).get("days", [str(_DEFAULT_DAYS)])[-1]
    if not (given.isascii() and given.isdecimal() and len(given) < 6 and 1 <= int(given) <= _MOST_DAYS):
        raise InputError(f"days={given[:20]!r} is no number from 1 to {_MOST_DAYS:,}")
    return int(given)


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


def _instant(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _answer(body: Mapping[str, Any], status: int = 200) -> web.Response:
    raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return web.Response(status=status, body=raw, content_type="application/json", headers={"Cache-Control": "no-store"})


def _error(status: int, message: str) -> web.Response:
    return _answer({"error": message, "status": status}, status)
