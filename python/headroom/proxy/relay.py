"""The relay: a client's request goes to the provider, the provider's answer to the client, byte for byte as it comes.

Nothing is sent twice and nothing is kept. What the provider answers, whatever its status, is the answer; only where
there is none, an error in the request's own wire format says why. When either side breaks off, so does the other.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from aiohttp import ClientError, ClientResponse, ClientSession, StreamReader, hdrs, web
from multidict import CIMultiDict
from yarl import URL

from headroom.providers import Provider
from headroom.proxy.billing import Bill, Books
from headroom.proxy.boarding import Boarded, Boarding, Offer, is_concerned, settled
from headroom.proxy.bodies import decoded
from headroom.proxy.flight import Flight
from headroom.proxy.headers import BYPASS, MODE, TOKENS_AFTER, TOKENS_BEFORE, is_true, to_upstream
from headroom.proxy.passed_on import PassedOn
from headroom.proxy.stats import Stats
from headroom.proxy.tenants import TenantStores
from headroom.proxy.transform import Account, Job, Transformer
from headroom.proxy.upstreams import Destination
from headroom.report import report
from headroom.settings import Mode, Settings
from headroom.store import Store

_SMALL_BODY_BYTES = 16_000
"""Bodies up to here are read at once, which takes less than handing them to a thread."""

_LARGE_BODY_BYTES = 1_000_000
"""Bodies from here on wait for each other only, never make others wait."""

_PACKED_BYTES = 10
"""About how many bytes one byte of a body in a content coding stands for."""

_OK = 200
_IDEMPOTENCY = "Idempotency-Key"

_MOST_OBSERVED = 64
"""Requests that are measured at a time, beside the requests themselves."""

_MODES: tuple[Mode, ...] = ("token", "cache", "observe", "off")


class _Keeping(NamedTuple):
    """Whose originals a request's are, and what opens the store of them."""

    tenant: str
    open_store: Callable[[], Store]


class Relay:
    """Passes requests on. `engine` works on conversations, `large_engine` on those that take long."""

    def __init__(
        self,
        settings: Settings,
        session: ClientSession,
        transformer: Transformer,
        boarding: Boarding,
        stats: Stats,
        engine: ThreadPoolExecutor,
        large_engine: ThreadPoolExecutor,
        stores: TenantStores,
        books: Books,
    ) -> None:
        self._settings = settings
        self._session = session
        self._transformer = transformer
        self._boarding = boarding
        self._stats = stats
        self._engine = engine
        self._large_engine = large_engine
        self._stores = stores
        self._books = books
        self._observing: set[asyncio.Future[None]] = set()

    async def answer(
        self, request: web.BaseRequest, destination: Destination, tenant: str | None
    ) -> web.StreamResponse:
        """The answer to a request, of which nothing is kept where it is no tenant's. Raises ConnectionError when the
        client has gone.
        """
        bill = self._books.open(destination, request.raw_path.partition("?")[0], request.headers)
        try:
            if tenant is None:
                return await self._answer(request, destination, None, bill)
            # A retrieval may need the store until the answer ends.
            with self._stores.lent(tenant) as open_store:
                return await self._answer(request, destination, _Keeping(tenant, open_store), bill)
        finally:
            bill.close()

    async def _answer(
        self, request: web.BaseRequest, destination: Destination, keeping: _Keeping | None, bill: Bill
    ) -> web.StreamResponse:
        mode = self._mode(request)
        if mode is None:
            message = f"{MODE}: {request.headers[MODE]!r} is not one of {', '.join(_MODES)}"
            return error_response(destination.provider, 400, message)
        bill.mode = mode
        headers = to_upstream(request.raw_headers)
        account: Account | None = None
        body: bytes | StreamReader | AsyncIterator[bytes] | None = None
        if request.body_exists:
            body = request.content
            is_ours = destination.content is not None and request.method == hdrs.METH_POST and mode != "off"
            if is_ours and keeping is not None:
                body, account = await self._conversation(request, destination, mode, keeping, bill)
            if account is not None and account.body is not None:
                body = account.body
                headers.popall(hdrs.CONTENT_ENCODING, None)
                if account.offer is not None and account.offer.is_stream:
                    # Events are looked into as they come.
                    headers[hdrs.ACCEPT_ENCODING] = "identity"
            elif not isinstance(body, bytes) and hdrs.CONTENT_LENGTH in request.headers:
                headers[hdrs.CONTENT_LENGTH] = request.headers[hdrs.CONTENT_LENGTH]
        elif hdrs.CONTENT_LENGTH in request.headers:
            headers[hdrs.CONTENT_LENGTH] = request.headers[hdrs.CONTENT_LENGTH]
        return await self._forward(request, destination, headers, body, account, bill)

    def _mode(self, request: web.BaseRequest) -> Mode | None:
        if is_true(request.headers.get(BYPASS)):
            return "off"
        wanted = request.headers.get(MODE)
        if wanted is None:
            return self._settings.mode
        return next((mode for mode in _MODES if mode == wanted.strip().lower()), None)

    async def _conversation(
        self, request: web.BaseRequest, destination: Destination, mode: Mode, keeping: _Keeping, bill: Bill
    ) -> tuple[bytes | AsyncIterator[bytes], Account | None]:
        """The body as it came, and what compression made of it; a stream where it is too large to hold."""
        raw, is_whole = await _read_up_to(request, self._settings.max_body_bytes)
        bill.body_read()
        coding = request.headers.get(hdrs.CONTENT_ENCODING)
        if not is_whole:
            return _resumed(raw, request.content), None
        if mode == "observe":
            await self._observe(raw, coding, destination, keeping.tenant, bill)
            return raw, None
        name = destination.provider.name
        tally = self._stats.of(name)
        tally.requests += 1
        try:
            open_store, aligns = keeping.open_store, mode == "cache"
            account = await self._account(raw, coding, destination, open_store, aligns=aligns, may_add=True)
        except Exception as error:
            # Whatever goes wrong in here must not cost the client the request: it goes on as it came.
            tally.failures += 1
            report(f"a request of {len(raw):,} bytes went uncompressed: {type(error).__name__} in {name}")
            return raw, None
        if account is None:
            return raw, None
        bill.account = account
        tally.add(account, was_observed=account.is_held_out)
        return raw, _left_alone(account) if account.is_held_out else account

    async def _observe(self, raw: bytes, coding: str | None, destination: Destination, tenant: str, bill: Bill) -> None:
        """Measures what would have been saved, beside the request rather than before it."""
        name = destination.provider.name
        tally = self._stats.of(name)
        tally.requests += 1
        if len(self._observing) >= _MOST_OBSERVED:
            await asyncio.wait(self._observing, return_when=asyncio.FIRST_COMPLETED)

        bill.measure()

        async def measure() -> None:
            account = None
            try:
                with self._stores.lent(tenant) as open_store:
                    account = await self._account(raw, coding, destination, open_store)
            except Exception as error:
                # As above: it is counted, and the request went on already.
                tally.failures += 1
                report(f"a request of {len(raw):,} bytes was not measured: {type(error).__name__} in {name}")
                return
            finally:
                bill.measured(account)
            if account is not None:
                tally.add(account, was_observed=True)

        task = asyncio.ensure_future(measure())
        self._observing.add(task)
        task.add_done_callback(self._observing.discard)

    async def finish(self) -> None:
        """Waits for what is still being measured."""
        await asyncio.gather(*self._observing)

    async def _account(
        self,
        raw: bytes,
        coding: str | None,
        destination: Destination,
        open_store: Callable[[], Store],
        *,
        aligns: bool = False,
        may_add: bool = False,
    ) -> Account | None:
        limit = self._settings.max_body_bytes
        loop = asyncio.get_running_loop()
        is_batch, is_sent = destination.content == "batch", destination.content != "count"
        read: Callable[..., Job | None] = partial(
            self._transformer.read, open_store=open_store, aligns=aligns, is_sent=is_sent
        )
        read_boarded = partial(self._transformer.read_boarded, open_store=open_store, aligns=aligns, is_sent=is_sent)
        if is_batch:
            read = partial(self._transformer.read_batch, open_store=open_store)
        may_add = may_add and not is_batch
        if coding is None and len(raw) <= _SMALL_BODY_BYTES and not (may_add and is_concerned(raw)):
            job = read(raw, destination.provider, destination.model)
            if job is None or not job.needs_engine:
                return None if job is None else self._transformer.run(job)
            return await loop.run_in_executor(self._engine, self._transformer.run, job)

        def work() -> Account | None:
            content = decoded(raw, coding, limit)
            if content is None:
                return None
            if may_add and is_concerned(content):
                boarded = self._boarding.board(
                    content, destination.provider, destination.url, open_store, destination.model
                )
                if boarded is not None:
                    return self._account_with_added(boarded, destination, read_boarded, open_store)
            job: Job | None = read(content, destination.provider, destination.model)
            return None if job is None else self._transformer.run(job)

        size = len(raw) if coding is None else len(raw) * _PACKED_BYTES
        engine = self._large_engine if size >= _LARGE_BODY_BYTES else self._engine
        return await loop.run_in_executor(engine, work)

    def _account_with_added(
        self,
        boarded: Boarded,
        destination: Destination,
        read: Callable[..., Job | None],
        open_store: Callable[[], Store],
    ) -> Account | None:
        """The account of a body to which something may be added: the client did not send that."""
        job = read(boarded, destination.provider, destination.model)
        if job is None and boarded.records:
            boarded = settled(boarded, open_store)
        if job is None and boarded.offer is None and boarded.raw is None:
            return None
        if job is None:
            body, _ = boarded.body.splice([], boarded.added)
            account = Account(body, 0, 0)
        else:
            account = self._transformer.run(job)
        if not account.is_recorded and boarded.offer is not None:
            return self._account_with_added(boarded.without_offer(), destination, read, open_store)
        return replace(
            account,
            body=account.body or boarded.raw,
            tokens_before=account.tokens_before - boarded.tokens_inside,
            tokens_after=account.tokens_after - boarded.tokens_inside + boarded.rent_tokens,
            offer=boarded.offer,
            rent_tokens=account.rent_tokens + boarded.rent_tokens,
        )

    async def _forward(
        self,
        request: web.BaseRequest,
        destination: Destination,
        headers: Any,
        body: Any,
        account: Account | None,
        bill: Bill,
    ) -> web.StreamResponse:
        bill.sent()
        try:
            upstream = await self._session.request(
                request.method, URL(destination.url, encoded=True), headers=headers, data=body, allow_redirects=False
            )
        except (ClientError, OSError, asyncio.TimeoutError) as error:
            self._stats.upstream_failures += 1
            where = URL(destination.url, encoded=True).origin()
            message = f"headroom: no answer from {where}: {_reason(error)}. Nothing was retried."
            return error_response(destination.provider, 502, message)
        try:
            if account is not None and account.offer is not None and upstream.status == _OK:
                flight = self._flight(account.offer, destination, headers, body, bill)
                response = await flight.bring(request, upstream, _figures(account))
                if response is not None:
                    return response
            return await self._stream_back(request, upstream, account, bill)
        finally:
            # Unless it was read to its end, the connection is of no more use, and closing it tells the provider.
            upstream.close() if not upstream.content.at_eof() else upstream.release()

    def _flight(
        self, offer: Offer, destination: Destination, headers: CIMultiDict[str], sent: bytes, bill: Bill
    ) -> Flight:
        def send(body: bytes) -> Awaitable[ClientResponse]:
            url = URL(destination.url, encoded=True)
            return self._session.request(hdrs.METH_POST, url, headers=again, data=body, allow_redirects=False)

        again = headers.copy()
        # It is another request than the one that the client has named so.
        again.popall(_IDEMPOTENCY, None)
        return Flight(offer, self._settings, self._stats, bill, self._engine, sent, send)

    async def _stream_back(
        self, request: web.BaseRequest, upstream: ClientResponse, account: Account | None, bill: Bill
    ) -> web.StreamResponse:
        tee = bill.answered(upstream.status, upstream.headers)
        response = PassedOn(upstream, _figures(account))
        tee.feed(await response.begin(request, upstream.content))
        while True:
            try:
                chunk = await upstream.content.readany()
            except (ClientError, asyncio.TimeoutError):
                # The status is sent already, so breaking off is the only way to say that the answer is not whole.
                self._stats.upstream_failures += 1
                if request.transport is not None:
                    request.transport.close()
                return response
            if not chunk:
                break
            tee.feed(chunk)
            await response.write(chunk)
        await response.write_eof()
        return response


def _figures(account: Account | None) -> dict[str, str]:
    """What an answer tells the client of its request."""
    if account is None:
        return {}
    return {TOKENS_BEFORE: str(account.tokens_before), TOKENS_AFTER: str(account.tokens_after)}


def _left_alone(account: Account) -> Account:
    """The account of a conversation that is held out: nothing was changed."""
    return replace(account, body=None, tokens_after=account.tokens_before, offer=None, rent_tokens=0)


def error_response(provider: Provider, status: int, message: str) -> web.Response:
    """An error of the proxy's own in a provider's wire format."""
    body = json.dumps(provider.error_body(status, message)).encode()
    return web.Response(status=status, body=body, content_type="application/json")


async def _read_up_to(request: web.BaseRequest, limit: int) -> tuple[bytes, bool]:
    """The body, and whether this is all of it: reading stops after `limit` bytes."""
    length = request.content_length
    if length is not None and length > limit:
        return b"", False
    chunks: list[bytes] = []
    size = 0
    while True:
        chunk = await request.content.readany()
        if not chunk:
            return (chunks[0] if len(chunks) == 1 else b"".join(chunks)), True
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            return b"".join(chunks), False


async def _resumed(begun: bytes, rest: StreamReader) -> AsyncIterator[bytes]:
    if begun:
        yield begun
    async for chunk in rest.iter_any():
        yield chunk


def _reason(error: BaseException) -> str:
    """What went wrong with a connection, in words that hold nothing of the request."""
    system = getattr(error, "os_error", error)
    words = getattr(system, "strerror", None)
    return f"{type(error).__name__}{f' ({words})' if words else ''}"
