"""What the proxy answers itself: its health, its figures, and the contract by which gateways compress and retrieve.

`GET /health`, `GET /ready`; with the local token `GET /stats`, `GET /v1/retrieve/{key}` and `POST /v1/retrieve`; and
`POST /v1/compress`, which answers lossless forms unless a mode that names retrieval is asked for. Other programs speak
this contract with other servers too, so its words are not ours: `compression_ratio` is tokens after over tokens before.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from aiohttp import web

from headroom.errors import HeadroomError, InputError, KeyNotFoundError, QueryError
from headroom.library import compress
from headroom.proxy.identity import identity
from headroom.proxy.security import TOKEN_FILE, has_token
from headroom.proxy.stats import Stats
from headroom.result import CompressResult
from headroom.retrieval import retrieve
from headroom.settings import Retrieval, Settings
from headroom.store import Store

_RETRIEVE = "/v1/retrieve"
_NO_CEILING = 2**62
_MODES: Mapping[str | None, Retrieval] = {
    None: "none",
    "lossless": "none",
    "lossy_inline": "none",
    "ccr": "assumed",
    "lossless_then_lossy": "assumed",
}
"""Whether the model can ask for originals, in each mode of `/v1/compress`. Where it cannot, nothing is left out."""

T = TypeVar("T")
_NO_TOKEN = f"this needs the local token: the file {TOKEN_FILE} in the data directory, sent as x-headroom-token"

Answer = Callable[[web.BaseRequest], Awaitable[web.Response]]


class LocalApi:
    """The routes of the proxy's own. `token` is what retrieval and figures want to see."""

    def __init__(
        self,
        settings: Settings,
        stats: Stats,
        open_store: Callable[[], Store],
        engine: ThreadPoolExecutor,
        token: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._stats = stats
        self._open_store = open_store
        self._engine = engine
        self._token = token
        self._known_token: str | None = None
        self._identity = ""
        self._routes: dict[tuple[str, str], Answer] = {
            ("GET", "/health"): self._health,
            ("HEAD", "/health"): self._health,
            ("GET", "/ready"): self._ready,
            ("GET", "/stats"): self._guarded(self._show_stats),
            ("POST", "/v1/compress"): self._compress,
            ("POST", _RETRIEVE): self._guarded(self._retrieve_posted),
        }

    def find(self, method: str, path: str) -> Answer | None:
        """Who answers a request, if it is for the proxy itself."""
        if path.startswith(f"{_RETRIEVE}/") and method == "GET":
            return self._guarded(self._retrieve_named)
        return self._routes.get((method, path))

    def _guarded(self, answer: Answer) -> Answer:
        async def guarded(request: web.BaseRequest) -> web.Response:
            try:
                if not self._settings.open_local_api and not has_token(request.headers, await self._find_token()):
                    return _error(401, _NO_TOKEN)
                return await answer(request)
            except HeadroomError as error:
                return _error(503, str(error))

        return guarded

    async def _find_token(self) -> str:
        if self._known_token is None:
            self._known_token = await self._in_thread(self._token)
        return self._known_token

    async def _health(self, request: web.BaseRequest) -> web.Response:
        """Healthy is who answers; without a token there is no name, and nobody relies on this proxy unasked."""
        if not self._identity:
            with suppress(HeadroomError):
                self._identity = await self._in_thread(identity, self._settings)
        return _answer({"status": "ok", "mode": self._settings.mode, "service": "headroom", "identity": self._identity})

    async def _ready(self, request: web.BaseRequest) -> web.Response:
        """Whether originals can be stored: without that only lossless forms go out."""
        try:
            await self._in_thread(self._open_store)
        except HeadroomError as error:
            return _error(503, str(error))
        return _answer({"status": "ready"})

    async def _show_stats(self, request: web.BaseRequest) -> web.Response:
        return _answer(self._stats.as_json())

    async def _retrieve_named(self, request: web.BaseRequest) -> web.Response:
        key = request.path[len(_RETRIEVE) + 1 :]
        return await self._in_thread(self._retrieved, key, request.query.get("query", ""))

    async def _retrieve_posted(self, request: web.BaseRequest) -> web.Response:
        body = await _json(request)
        key, query = body.get("hash", body.get("key")), body.get("query") or ""
        if not isinstance(key, str) or not isinstance(query, str):
            return _error(400, 'the body must be an object such as {"hash": "Ab3dE5gH7jK", "query": "rows 1-20"}')
        return await self._in_thread(self._retrieved, key, query)

    def _retrieved(self, key: str, query: str) -> web.Response:
        try:
            found = retrieve(key, query, store=self._open_store(), max_tokens=_NO_CEILING)
        except KeyNotFoundError as error:
            return _error(404, str(error), hash=key)
        except QueryError as error:
            return _error(400, str(error), hash=key)
        except HeadroomError as error:
            return _error(503, str(error), hash=key)
        figures = {"original_item_count": found.total, "compressed_item_count": found.shown}
        return _answer({"hash": key, "original_content": found.text, **figures})

    async def _compress(self, request: web.BaseRequest) -> web.Response:
        if request.content_type != "application/json":
            return _error(415, f"content-type is {request.content_type!r}; send application/json")
        try:
            return await self._in_thread(self._compressed, await _json(request))
        except HeadroomError as error:
            return _error(400, str(error))

    def _compressed(self, body: Mapping[str, Any]) -> web.Response:
        messages, model, config = body.get("messages", body.get("input")), body.get("model"), body.get("config")
        if not isinstance(messages, (list, str)) or not messages:
            raise InputError("messages (or input) is missing: it is the list of messages to compress")
        if not isinstance(model, str) or not model:
            raise InputError("model is missing: it decides how tokens are counted")
        mode = config.get("mode") if isinstance(config, dict) else None
        if not (mode is None or isinstance(mode, str)) or mode not in _MODES:
            known = ", ".join(name for name in _MODES if name)
            raise InputError(f"config.mode={mode!r} is not one of {known}; without one, nothing is left out")
        result = compress(messages, model=model, retrieval=_MODES[mode], settings=self._settings)
        return _answer(_figures(result, body.get("session_id")))

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._engine, function, *arguments)


def _figures(result: CompressResult, session: Any) -> dict[str, Any]:
    transforms = [step.reason for step in result.steps if step.name == "write"]
    return {
        "messages": result.text if result.messages is None else result.messages,
        "tokens_before": result.tokens_before,
        "tokens_after": result.tokens_after,
        "tokens_saved": result.tokens_saved,
        "compression_ratio": round(result.tokens_after / result.tokens_before, 4) if result.tokens_before else 1.0,
        "transforms_applied": transforms,
        "transforms_summary": {name: transforms.count(name) for name in dict.fromkeys(transforms)},
        "ccr_hashes": list(result.keys),
        **({"session": session} if session is not None else {}),
    }


async def _json(request: web.BaseRequest) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _answer(body: Mapping[str, Any], status: int = 200) -> web.Response:
    raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return web.Response(status=status, body=raw, content_type="application/json")


def _error(status: int, message: str, **more: str) -> web.Response:
    return _answer({"error": message, "status": status, **more}, status)
