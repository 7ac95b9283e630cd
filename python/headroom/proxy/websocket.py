"""WebSockets: relayed message by message as they come, both ways, until either side closes."""

from __future__ import annotations

import asyncio

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError, hdrs, web
from yarl import URL

from headroom.proxy.headers import to_upstream_websocket
from headroom.proxy.relay import error_response
from headroom.proxy.upstreams import Destination

_NO_LIMIT = 0


def is_upgrade(request: web.BaseRequest) -> bool:
    """Whether a request wants to become a WebSocket."""
    return request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"


async def relay_websocket(
    request: web.BaseRequest, destination: Destination, session: ClientSession
) -> web.StreamResponse:
    """Connects a client's WebSocket with the provider's; a provider that refuses is answered for."""
    offered = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "")
    protocols = tuple(name.strip() for name in offered.split(",") if name.strip())
    try:
        upstream = await session.ws_connect(
            URL(destination.url, encoded=True),
            headers=to_upstream_websocket(request.raw_headers),
            protocols=protocols,
            autoping=False,
            autoclose=False,
            max_msg_size=_NO_LIMIT,
        )
    except WSServerHandshakeError as error:
        return error_response(destination.provider, error.status, "headroom: the provider refused the WebSocket")
    except (ClientError, OSError, asyncio.TimeoutError) as error:
        message = f"headroom: no WebSocket of the provider: {type(error).__name__}"
        return error_response(destination.provider, 502, message)
    chosen = (upstream.protocol,) if upstream.protocol else ()
    client = web.WebSocketResponse(autoping=False, autoclose=False, max_msg_size=_NO_LIMIT, protocols=chosen)
    try:
        await client.prepare(request)
        tasks = [asyncio.ensure_future(_pump(client, upstream)), asyncio.ensure_future(_pump(upstream, client))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await upstream.close()
    return client


async def _pump(
    source: web.WebSocketResponse | ClientWebSocketResponse, sink: web.WebSocketResponse | ClientWebSocketResponse
) -> None:
    while True:
        message = await source.receive()
        if message.type is WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await sink.send_bytes(message.data)
        elif message.type is WSMsgType.PING:
            await sink.ping(message.data)
        elif message.type is WSMsgType.PONG:
            await sink.pong(message.data)
        else:
            code = source.close_code or 1000
            await sink.close(code=code if code not in (1005, 1006) else 1000)
            return
