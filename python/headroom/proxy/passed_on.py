"""An answer of the provider's on its way to the client: its fields as they came, byte for byte.

Names keep their spelling, fields their order, and values any bytes they hold. Added are those that the proxy's own
contracts name, behind the provider's, and what the connection to the client needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from aiohttp import ClientError, ClientResponse, HttpVersion10, HttpVersion11, StreamReader, hdrs, web

from headroom.proxy.headers import RawFields, for_client

_NO_BODY = frozenset({204, 304})


class PassedOn(web.StreamResponse):
    """The provider's status and fields, with others behind them, instead of what the provider (which may be a proxy of
    this kind) says under the same names.
    """

    def __init__(
        self, upstream: ClientResponse, added: Mapping[str, str], without: Collection[bytes] = frozenset()
    ) -> None:
        """The fields `added` go behind the provider's, of which those `without`, in lower case, are left out."""
        super().__init__(status=upstream.status, reason=upstream.reason, headers=added)
        self._fields = [field for field in for_client(upstream.raw_headers) if field[0].lower() not in without]
        self._length: int | None = None

    async def _prepare_headers(self) -> None:
        """Settles how the client is to know where the body ends, and whether the connection stays."""
        request, writer = self._req, self._payload_writer
        assert request is not None
        assert writer is not None
        keep_alive = request.keep_alive if self._keep_alive is None else self._keep_alive
        has_body = request.method != hdrs.METH_HEAD and self.status not in _NO_BODY
        length = _length(self._fields) if self._length is None else self._length
        if has_body and length is not None:
            writer.length = length
        elif has_body and request.version >= HttpVersion11:
            writer.enable_chunking()
            self._headers[hdrs.TRANSFER_ENCODING] = "chunked"
        elif has_body:
            keep_alive = False
        self._keep_alive = keep_alive
        if not keep_alive and request.version >= HttpVersion11:
            self._headers[hdrs.CONNECTION] = "close"
        elif keep_alive and request.version == HttpVersion10:
            self._headers[hdrs.CONNECTION] = "keep-alive"

    async def _write_headers(self) -> None:
        request, writer = self._req, self._payload_writer
        assert request is not None
        assert writer is not None
        major, minor = request.version
        lines = [f"HTTP/{major}.{minor} {self.status} {self.reason}".encode("utf-8", "surrogateescape")]
        own = {name.lower().encode() for name in self._headers}
        lines += [b"%s: %s" % field for field in self._fields if field[0].lower() not in own]
        lines += [f"{name}: {value}".encode() for name, value in self._headers.items()]
        # The writer would write text alone, in UTF-8: for bytes its own place for the head is the only way.
        writer._headers_buf = b"\r\n".join([*lines, b"", b""])  # type: ignore[attr-defined]

    async def send_head(self, request: web.BaseRequest) -> None:
        """Sends the fields alone: the body is yet to come."""
        writer = await self.prepare(request)
        if writer is not None:
            writer.send_headers()

    async def send_whole(self, request: web.BaseRequest, body: bytes) -> None:
        """Sends another body than the provider's, of which the length is not among the fields."""
        self._length = len(body)
        self._headers[hdrs.CONTENT_LENGTH] = str(len(body))
        await self.prepare(request)
        await self.write_eof(body)

    async def begin(self, request: web.BaseRequest, body: StreamReader) -> bytes:
        """Sends the fields, in one piece with what there is of the body, which is returned; by themselves where that is
        yet to come.
        """
        writer = await self.prepare(request)
        try:
            first = body.read_nowait()
        except (ClientError, asyncio.TimeoutError):
            first = b""  # whoever reads on finds out
        if first and body.at_eof():
            await self.write_eof(first)
        elif first:
            await self.write(first)
        elif writer is not None:
            writer.send_headers()
        return first


def _length(fields: RawFields) -> int | None:
    for name, value in fields:
        if name.lower() == b"content-length" and value.isdigit():
            return int(value)
    return None
