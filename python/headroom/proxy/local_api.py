"""What the proxy answers itself: its health, its figures, and the contract by which gateways compress and retrieve.

`GET /health`, `GET /ready`; with the local token `GET /stats`, `GET /v1/retrieve/{key}` and `POST /v1/retrieve`; and
`POST /v1/compress`, which answers lossless forms unless a mode that names retrieval is asked for. Where there are
several tenants, the latter three are each one's own, by the credentials that its requests to the provider have. Other
programs speak this contract with other servers too, so its words are not ours: `compression_ratio` is tokens after over
tokens before.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from aiohttp import web

from headroom import __version__
from headroom.errors import HeadroomError, InputError, KeyNotFoundError, QueryError
from headroom.library import compress
from headroom.proxy.headers import TOKEN
from headroom.proxy.identity import identity
from headroom.proxy.security import has_token
from headroom.proxy.stats import Stats
from headroom.proxy.tenants import Tenants, TenantStores
from headroom.proxy.token_file import TOKEN_FILE
from headroom.result import CompressResult
from headroom.retrieval import retrieve
from headroom.settings import Retrieval, Settings
from headroom.store import LOCAL_TENANT, Store

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
_NO_TENANT = f"this needs your API key, as for the provider, or an account's access token, sent as {TOKEN}"
_NO_TOKEN = f"this needs the local token: the file {TOKEN_FILE} in the data directory, sent as x-headroom-token"

Answer = Callable[[web.BaseRequest], Awaitable[web.Response]]


class LocalApi:
    """The routes of the proxy's own. `token` is what retrieval and figures want to see."""

    def __init__(
        self,
        settings: Settings,
        stats: Stats,
        stores: TenantStores,
        tenants: Tenants,
        engine: ThreadPoolExecutor,
        token: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._stats = stats
        self._stores = stores
        self._tenants = tenants
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
            ("POST", _RETRIEVE): self._retrieve_posted,
        }

    def find(self, method: str, path: str) -> Answer | None:
        """Who answers a request, if it is for the proxy itself."""
        if path.startswith(f"{_RETRIEVE}/") and method == "GET":
            return self._retrieve_named
        return self._routes.get((method, path))

    def _guarded(self, answer: Answer) -> Answer:
        async def guarded(request: web.BaseRequest) -> web.Response:
            try:
                if not await self._is_users(request):
                    return _error(401, _NO_TOKEN)
                return await answer(request)
            except HeadroomError as error:
                return _error(503, str(error))

        return guarded

    async def _is_users(self, request: web.BaseRequest) -> bool:
        """Whether a request comes from the user whose proxy this is."""
        return self._settings.open_local_api or has_token(request.headers, await self._find_token())

    async def _for_tenant(
        self, request: web.BaseRequest, is_anybodys: bool, function: Callable[..., web.Response], *arguments: Any
    ) -> web.Response:
        """Answers with the store of whoever asks: of the user, or of the tenant that a request's credentials name."""
        try:
            tenant = await self._tenant_of(request, is_anybodys)
            if tenant is None:
                return _error(401, _NO_TENANT if self._tenants.are_several else _NO_TOKEN)
            with self._stores.lent(tenant) as open_store:
                return await self._in_thread(function, *arguments, open_store)
        except HeadroomError as error:
            return _error(503, str(error))

    async def _tenant_of(self, request: web.BaseRequest, is_anybodys: bool) -> str | None:
        are_several = self._tenants.are_several
        if (is_anybodys and not are_several) or await self._is_users(request):
            return LOCAL_TENANT
        is_admitted = are_several and self._tenants.admits(request.headers)
        return self._tenants.tenant(request.headers, request.raw_path) if is_admitted else None

    async def _find_token(self) -> str:
        if self._known_token is None:
            self._known_token = await self._in_thread(self._token)
        return self._known_token

    async def _health(self, request: web.BaseRequest) -> web.Response:
        """Healthy is who answers; without a token there is no name, and nobody relies on this proxy unasked."""
        if not self._identity:
            with suppress(HeadroomError):
                self._identity = await self._in_thread(identity, self._settings)
        about = {"mode": self._settings.mode, "service": "headroom", "version": __version__}
        return _answer({"status": "ok", **about, "identity": self._identity})

    async def _ready(self, request: web.BaseRequest) -> web.Response:
        """Whether originals can be stored: without that only lossless forms go out."""
        try:
            with self._stores.lent(LOCAL_TENANT) as open_store:
                await self._in_thread(open_store)
        except HeadroomError as error:
            return _error(503, str(error))
        return _answer({"status": "ready"})

    async def _show_stats(self, request: web.BaseRequest) -> web.Response:
        return _answer(self._stats.as_json())

    async def _retrieve_named(self, request: web.BaseRequest) -> web.Response:
        key = request.path[len(_RETRIEVE) + 1 :]
        return await self._for_tenant(request, False, self._retrieved, key, request.query.get("query", ""))

    async def _retrieve_posted(self, request: web.BaseRequest) -> web.Response:
        body = await _json(request)
        key, query = body.get("hash", body.get("key")), body.get("query") or ""
        if not isinstance(key, str) or not isinstance(query, str):
            return _error(400, 'the body must be an object such as {"hash": "Ab3dE5gH7jK", "query": "rows 1-20"}')
        return await self._for_tenant(request, False, self._retrieved, key, query)

    def _retrieved(self, key: str, query: str, open_store: Callable[[], Store]) -> web.Response:
        try:
            found = retrieve(key, query, store=open_store(), max_tokens=_NO_CEILING)
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
        return await self._for_tenant(request, True, self._compressed, await _json(request))

    def _compressed(self, body: Mapping[str, Any], open_store: Callable[[], Store]) -> web.Response:
        # Of one user's store the library sees to it that a failing one costs compression alone.
        store = open_store() if self._tenants.are_several else None
        try:
            return _answer(self._figures_of(body, store))
        except HeadroomError as error:
            return _error(400, str(error))

    def _figures_of(self, body: Mapping[str, Any], store: Store | None) -> dict[str, Any]:
        messages, model, config = body.get("messages", body.get("input")), body.get("model"), body.get("config")
        if not isinstance(messages, (list, str)) or not messages:
            raise InputError("messages (or input) is missing: it is the list of messages to compress")
        if not isinstance(model, str) or not model:
            raise InputError("model is missing: it decides how tokens are counted")
        mode = config.get("mode") if isinstance(config, dict) else None
        if not (mode is None or isinstance(mode, str)) or mode not in _MODES:
            known = ", ".join(name for name in _MODES if name)
            raise InputError(f"config.mode={mode!r} is not one of {known}; without one, nothing is left out")
        result = compress(messages, model=model, retrieval=_MODES[mode], store=store, settings=self._settings)
        return _figures(result, body.get("session_id"))

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
