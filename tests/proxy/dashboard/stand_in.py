"""A server that serves the page as the proxy does, and whatever figures a test gives it."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

from aiohttp import web

from headroom.proxy.dashboard import PATH, show_page

SECONDS_TO_START = 20
TOKEN = "the-token-of-this-machine-0123456789"


class StandIn:
    """Set `document`, `requests`, `texts`; `send` tells all pages of something; `drop` ends their connections."""

    def __init__(self) -> None:
        self.forget()
        self._pages: list[asyncio.Queue[bytes | None]] = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(SECONDS_TO_START)

    def forget(self) -> None:
        """As it was made: no figures, no requests, no faults."""
        self.document: dict[str, Any] = {}
        self.requests: list[dict[str, Any]] = []
        self.texts: dict[str, list[dict[str, Any]]] = {}
        self.wants_token = False
        self.is_silent = False
        self.is_failing = False
        self.asked: list[str] = []
        self.may_list = threading.Event()
        self.may_list.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def send(self, event: str, data: Any) -> None:
        """Sends an event to every page that is connected."""
        self._tell_pages(f"event: {event}\ndata: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())

    def show(self, document: dict[str, Any]) -> None:
        self.document = document
        self.send("stats", document)

    def drop(self) -> None:
        self._tell_pages(None)

    def stop(self) -> None:
        self.drop()
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(SECONDS_TO_START)

    def _tell_pages(self, message: bytes | None) -> None:
        def tell() -> None:
            for page in self._pages:
                page.put_nowait(message)

        self._loop.call_soon_threadsafe(tell)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = int(runner.addresses[0][1])
        self._ready.set()
        await self._stopped.wait()
        await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        if request.path == PATH:
            return await show_page(request)
        if request.path == f"{PATH}/session":
            code = (await request.json())["code"]
            if code == "good":
                return web.json_response({"token": TOKEN, "expires_at": "2026-11-30T22:00:00Z"})
            return web.json_response({"error": "the code is used up", "status": 401}, status=401)
        if self.wants_token and request.headers.get("x-headroom-token") != TOKEN:
            return web.json_response({"error": "no token", "status": 401}, status=401)
        if self.is_failing:
            return web.json_response({"error": "out of order", "status": 500}, status=500)
        if request.path == f"{PATH}/events":
            return await self._events(request)
        if request.path == f"{PATH}/requests":
            listed = {"recording": self.document["recording"], "requests": list(self.requests)}
            await asyncio.get_running_loop().run_in_executor(None, self.may_list.wait, SECONDS_TO_START)
            return web.json_response(listed)
        if (name := request.path.rpartition("/")[2]) in self.texts:
            return web.json_response({"texts": self.texts[name]})
        return web.json_response({"error": "no such thing here", "status": 404}, status=404)

    async def _events(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        page: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._pages.append(page)
        try:
            if not self.is_silent:
                await response.write(f"event: stats\ndata: {json.dumps(self.document)}\n\n".encode())
            while (message := await page.get()) is not None:
                await response.write(message)
        except ConnectionError:
            pass
        finally:
            self._pages.remove(page)
        return response
