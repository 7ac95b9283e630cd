"""The answer to a request in which the retrieve tool was offered: the model's calls of it are answered on the way.

What the provider answers goes to the client as it comes. Where the model calls the tool, the call is withheld, the
result sent to the provider with all that was said before, and what it answers then goes to the client as the rest of
the same answer. An answer without such a call stays as it is, byte for byte.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import ClientError, ClientResponse, hdrs, web

from headroom.proxy.answers import Answer, Round
from headroom.proxy.billing import Bill
from headroom.proxy.boarding import Offer
from headroom.proxy.bodies import decoded
from headroom.proxy.passed_on import PassedOn
from headroom.proxy.rounds import Rounds
from headroom.proxy.sse import Frames, wire_json
from headroom.proxy.stats import Stats
from headroom.settings import Settings

_EVENTS, _JSON = "text/event-stream", "application/json"
_CODING, _LENGTH = b"content-encoding", b"content-length"
_WINDOW_BITS = 47
"""For zlib: either of the formats gzip and zlib."""

Send = Callable[[bytes], Awaitable[ClientResponse]]


class _BrokenOffError(Exception):
    """A later round gave no answer: the status and body of an error to tell the client."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class Flight:
    """One request of a client and its rounds. `sent` is the body that the provider has, `send` sends another."""

    def __init__(
        self,
        offer: Offer,
        settings: Settings,
        stats: Stats,
        bill: Bill,
        engine: ThreadPoolExecutor,
        sent: bytes,
        send: Send,
    ) -> None:
        self._offer = offer
        self._format = offer.format
        self._settings = settings
        self._stats = stats
        self._bill = bill
        self._engine = engine
        self._sent = sent
        self._send = send
        self._rounds = Rounds(offer, settings, stats.of(offer.provider.name), bill.add_retrievals)
        self._later: ClientResponse | None = None

    async def bring(
        self, request: web.BaseRequest, upstream: ClientResponse, added: Mapping[str, str]
    ) -> web.StreamResponse | None:
        """The answer for the client, with header fields added; None if it is in no form that can be looked into.

        Raises ConnectionError when the client has gone. Whatever happens, the later rounds' connections are closed.
        """
        coding = upstream.headers.get(hdrs.CONTENT_ENCODING)
        try:
            if upstream.content_type == _EVENTS and _inflater(coding) is not None:
                return await self._stream(request, upstream, added)
            if upstream.content_type == _JSON:
                return await self._whole(request, upstream, added)
        finally:
            self._close_later()
        return None

    # As events.

    async def _stream(
        self, request: web.BaseRequest, upstream: ClientResponse, added: Mapping[str, str]
    ) -> web.StreamResponse:
        response = PassedOn(upstream, added, without=(_CODING, _LENGTH))
        await response.send_head(request)
        splice = self._format.Splice()
        try:
            while True:
                said = await self._pass_round(splice, upstream, response)
                if said is None:
                    break
                upstream = await self._go_on(said, _EVENTS)
        except _BrokenOffError as error:
            await response.write(splice.fail(error.status, error.body))
        except (ClientError, asyncio.TimeoutError):
            # As with any other answer: the status is sent already, so breaking off says that it is not whole.
            self._stats.upstream_failures += 1
            if request.transport is not None:
                request.transport.close()
            return response
        await response.write_eof()
        return response

    async def _pass_round(self, splice: Any, upstream: ClientResponse, response: web.StreamResponse) -> Round | None:
        """Passes one stream on; what the model waits for if another round must follow."""
        before = len(splice.answers)
        splice.begin(self._rounds.may_go_on)
        frames = Frames()
        inflate = _inflater(upstream.headers.get(hdrs.CONTENT_ENCODING)) or bytes
        tee = self._bill.answered(upstream.status, upstream.headers)
        said: Round | None = None
        while chunk := await self._read(upstream):
            tee.feed(chunk)
            out = []
            for frame in frames.feed(inflate(chunk)):
                out.append(splice.feed(frame))
                if len(splice.answers) > before and said is None:
                    said = self._rounds.hear(splice.answers[-1])
                    if not (said.goes_on and self._rounds.may_go_on):
                        await self._keep(splice.answers)
            if data := self._told(b"".join(out)):
                await response.write(data)
        rest = frames.rest()
        if said is None and self._rounds.count:
            raise self._broken_off(502, "the provider's answer ended before it was whole")
        if said is not None and said.goes_on and self._rounds.may_go_on:
            return said
        if rest:
            await response.write(rest)
        return None

    async def _read_all(self, upstream: ClientResponse) -> tuple[bytes, bool]:
        """The body, or what came of it before it broke off."""
        tee = self._bill.answered(upstream.status, upstream.headers)
        chunks: list[bytes] = []
        while True:
            try:
                chunk = await upstream.content.readany()
            except (ClientError, asyncio.TimeoutError):
                return b"".join(chunks), True
            if not chunk:
                return b"".join(chunks), False
            tee.feed(chunk)
            chunks.append(chunk)

    async def _read(self, upstream: ClientResponse) -> bytes:
        try:
            return await upstream.content.readany()
        except (ClientError, asyncio.TimeoutError) as error:
            if not self._rounds.count:
                raise
            raise self._broken_off(502, f"the provider's answer broke off: {type(error).__name__}") from error

    def _told(self, data: bytes) -> bytes:
        """What the client is told, with its own id of the response that it went on from."""
        previous = self._offer.previous_id
        if previous is None or previous[0] == previous[1]:
            return data
        return data.replace(b'"%s"' % previous[1].encode(), b'"%s"' % previous[0].encode())

    # As a whole.

    async def _whole(
        self, request: web.BaseRequest, upstream: ClientResponse, added: Mapping[str, str]
    ) -> web.StreamResponse:
        raw, is_cut = await self._read_all(upstream)
        if is_cut:
            return await self._cut_off(request, upstream, added, raw)
        try:
            answers = await self._all_answers(raw, upstream)
        except _BrokenOffError as error:
            return web.Response(status=error.status, body=wire_json(error.body), content_type=_JSON)
        if answers:
            await self._keep(answers)
        if not self._rounds.count and not (answers and self._format.round_of(answers[-1]).calls):
            response = PassedOn(upstream, added, without=(_LENGTH,))
            await response.send_whole(request, self._told(raw))
            return response
        response = PassedOn(upstream, added, without=(_CODING, _LENGTH))
        await response.send_whole(request, self._told(wire_json(self._format.joined(answers))))
        return response

    async def _all_answers(self, raw: bytes, upstream: ClientResponse) -> list[Answer]:
        """The answers of all rounds; none if the first one is none."""
        answers: list[Answer] = []
        while True:
            answer = _parsed(raw, upstream.headers.get(hdrs.CONTENT_ENCODING), self._settings.max_body_bytes)
            if answer is None:
                if answers:
                    raise self._broken_off(502, "the provider's answer is no JSON")
                return answers
            answers.append(answer)
            said = self._rounds.hear(answer)
            if not (said.goes_on and self._rounds.may_go_on):
                return answers
            upstream = await self._go_on(said, _JSON)
            raw, is_cut = await self._read_all(upstream)
            if is_cut:
                raise self._broken_off(502, "the provider's answer broke off")

    async def _cut_off(
        self, request: web.BaseRequest, upstream: ClientResponse, added: Mapping[str, str], raw: bytes
    ) -> web.StreamResponse:
        """What came of an answer that is not whole, which is not made to look so."""
        self._stats.upstream_failures += 1
        response = PassedOn(upstream, added)
        await response.prepare(request)
        await response.write(raw)
        if request.transport is not None:
            request.transport.close()
        return response

    # Rounds.

    async def _go_on(self, said: Round, content_type: str) -> ClientResponse:
        """Answers the hidden calls; the provider's next answer. Raises _BrokenOffError if there is none."""
        try:
            self._sent = await self._in_engine(self._rounds.answer, self._sent, said)
        except ValueError as error:
            raise self._broken_off(502, "what the model said cannot be sent back") from error
        self._close_later()
        try:
            later = self._later = await self._send(self._sent)
        except (ClientError, OSError, asyncio.TimeoutError) as error:
            raise self._broken_off(502, f"no answer from the provider: {type(error).__name__}") from error
        if later.status != 200:
            raw, _ = await self._read_all(later)
            told = _parsed(raw, later.headers.get(hdrs.CONTENT_ENCODING), self._settings.max_body_bytes)
            if told is None:
                raise self._broken_off(later.status, f"the provider answered {later.status}")
            self._stats.upstream_failures += 1
            raise _BrokenOffError(later.status, told)
        coding = later.headers.get(hdrs.CONTENT_ENCODING)
        if later.content_type != content_type or (content_type == _EVENTS and _inflater(coding) is None):
            raise self._broken_off(502, f"the provider answered with {later.content_type}")
        return later

    def _broken_off(self, status: int, reason: str) -> _BrokenOffError:
        self._stats.upstream_failures += 1
        message = f"headroom: {reason}, after the model had called {self._rounds.count} times for originals"
        return _BrokenOffError(status, self._offer.provider.error_body(status, message))

    async def _keep(self, answers: list[Answer]) -> None:
        """Records what the next request must have back, before the client has the end of the answer."""
        if self._rounds.must_record(answers):
            await self._in_engine(self._rounds.record, answers)

    async def _in_engine(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._engine, function, *arguments)

    def _close_later(self) -> None:
        """Unless it was read to its end, closing a connection tells the provider to stop."""
        later, self._later = self._later, None
        if later is not None:
            later.release() if later.content.at_eof() else later.close()


def _inflater(coding: str | None) -> Callable[[bytes], bytes] | None:
    """What undoes a content coding as the bytes come; None for one that is not known here."""
    name = (coding or "identity").strip().lower()
    if name == "identity":
        return bytes
    return zlib.decompressobj(_WINDOW_BITS).decompress if name in ("gzip", "x-gzip", "deflate") else None


def _parsed(raw: bytes, coding: str | None, max_bytes: int) -> Answer | None:
    content = decoded(raw, coding, max_bytes)
    try:
        answer = None if content is None else json.loads(content)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
