"""A provider on loopback: keeps what it is sent, answers in each wire format, and fails as it is told to."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from aiohttp import WSMsgType, web

SECONDS_TO_START = 20
ERROR = b'{"error": {"message" :"as the provider words it", "type":"server_error"}}'


class Seen(NamedTuple):
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Reply(NamedTuple):
    """What a test wants to be answered; a stream is broken off after its frames if it is not `is_whole`, and held up
    behind the first frame with the bytes `holds_at` until the provider is told to go on.
    """

    frames: list[bytes]
    status: int = 200
    content_type: str = "application/json"
    is_whole: bool = True
    coding: str = ""
    holds_at: bytes = b""


class FakeProvider:
    """Set `fault` to make the next answers fail, `gap_s` to make streams slow, `answer` to answer with given bytes,
    `script` to say what each request is answered.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.gone = threading.Event()
        self.go_on = threading.Event()
        self.forget()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(SECONDS_TO_START)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def forget(self) -> None:
        """Forgets what it saw and what it was told."""
        self.seen.clear()
        self.gone.clear()
        self.go_on.clear()
        self.fault = ""
        self.gap_s = 0.0
        self.answer: tuple[dict[str, str], bytes] | None = None
        self.script: Callable[[Seen], Reply] | None = None

    def last(self) -> Seen:
        return self.seen[-1]

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(SECONDS_TO_START)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        server = web.Server(self._handle, handler_cancellation=True, auto_decompress=False, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = int(runner.addresses[0][1])
        self._ready.set()
        await self._stopped.wait()
        await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Upgrade") == "websocket":
            return await _echo(request)
        body = await request.read()
        self.seen.append(Seen(request.method, request.raw_path, dict(request.headers), body))
        try:
            return await self._answered(request, body)
        except asyncio.CancelledError:
            self.gone.set()
            raise

    async def _answered(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        fault = self.fault
        if fault.isdigit():
            headers = {"retry-after": "1", "x-provider": "kept", "Content-Type": "application/json"}
            return web.Response(status=int(fault), body=ERROR, headers=headers)
        if fault == "reset":
            _reset(request)
            return web.Response()
        if fault == "slow":
            await asyncio.sleep(5)
        if fault == "short":
            return await _cut_off(request, {"Content-Length": "1000"}, [b'{"half'])
        if fault == "gzip cut off":
            packed = gzip.compress(b'{"whole": false}' * 100)
            return web.Response(body=packed[:-20], headers={"Content-Encoding": "gzip"})
        if self.answer is not None:
            return web.Response(body=self.answer[1], headers=self.answer[0])
        if self.script is not None:
            return await self._scripted(request, self.script(self.seen[-1]))
        asked = _asked(body)
        if asked.get("stream") or "streamGenerateContent" in request.path:
            frames = stream_of(request.path, asked)
            if fault == "break":
                return await _cut_off(request, {"Content-Type": "text/event-stream"}, frames[:2])
            return await self._stream(request, frames)
        reply = json.dumps(reply_to(request.path, asked)).encode()
        return web.Response(body=reply, headers={"Content-Type": "application/json", "x-provider": "kept"})

    async def _scripted(self, request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        headers = {"Content-Type": reply.content_type, **({"Content-Encoding": reply.coding} if reply.coding else {})}
        if not reply.is_whole:
            return await _cut_off(request, headers, reply.frames)
        if reply.content_type == "text/event-stream":
            return await self._stream(request, reply.frames, headers, reply.holds_at)
        return web.Response(status=reply.status, body=b"".join(reply.frames), headers=headers)

    async def _stream(
        self,
        request: web.BaseRequest,
        frames: list[bytes],
        headers: dict[str, str] | None = None,
        holds_at: bytes = b"",
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers=headers or {"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        for frame in frames:
            await response.write(frame)
            if holds_at and holds_at in frame:
                holds_at = b""
                await asyncio.get_running_loop().run_in_executor(None, self.go_on.wait, SECONDS_TO_START)
                self.go_on.clear()
            await asyncio.sleep(self.gap_s)
        await response.write_eof()
        return response


async def _echo(request: web.BaseRequest) -> web.StreamResponse:
    sock = web.WebSocketResponse(protocols=("realtime",))
    await sock.prepare(request)
    async for message in sock:
        if message.type is WSMsgType.TEXT:
            await sock.send_str(f"echo {message.data}")
        elif message.type is WSMsgType.BINARY:
            await sock.send_bytes(message.data[::-1])
    return sock


async def _cut_off(request: web.BaseRequest, headers: dict[str, str], chunks: list[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    for chunk in chunks:
        await response.write(chunk)
    await asyncio.sleep(0.05)
    assert request.transport is not None
    request.transport.close()
    return response


def _reset(request: web.BaseRequest) -> None:
    assert request.transport is not None
    sock = request.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


def _asked(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Köln"}'}}


def reply_to(path: str, asked: dict[str, Any]) -> dict[str, Any]:
    """An answer in the format of a path, a tool call where tools were offered."""
    tools = bool(asked.get("tools"))
    if path.endswith("/chat/completions"):
        message = {"role": "assistant", "content": None if tools else "Hello."}
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {**message, **({"tool_calls": [CALL]} if tools else {})},
        }
        return {
            "id": "c1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": USAGE,
        }
    if path.endswith("/responses"):
        return _response("completed", [_item("Hello.")])
    if path.endswith("/count_tokens"):
        return {"input_tokens": 42}
    if path.endswith("/messages"):
        call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Köln"}}
        return _message([call if tools else {"type": "text", "text": "Hello."}])
    if ":generateContent" in path:
        return {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello."}]}, "finishReason": "STOP"}]}
    return {"path": path, "object": "list", "data": []}


def _item(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": content}


def _response(status: str, output: list[Any]) -> dict[str, Any]:
    fixed = {"id": "r1", "object": "response", "created_at": 1, "model": "m", "parallel_tool_calls": True, "tools": []}
    return {**fixed, "status": status, "output": output, "tool_choice": "auto"}


def _message(content: list[Any]) -> dict[str, Any]:
    usage = {"input_tokens": 9, "output_tokens": 3}
    fixed = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    return {**fixed, "content": content, "stop_reason": "end_turn", "usage": usage}


def stream_of(path: str, asked: dict[str, Any]) -> list[bytes]:
    """The same answers as events, some of them written as few would write them."""
    words = ["Hel", "lo", " — 東京", "."]
    if path.endswith("/chat/completions"):
        fixed = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        deltas = [{"index": 0, "delta": {"content": word}, "finish_reason": None} for word in words]
        chunks = [
            {**fixed, "choices": [choice]} for choice in [*deltas, {"index": 0, "delta": {}, "finish_reason": "stop"}]
        ]
        return [b": a comment\n\n", *(_frame(chunk) for chunk in chunks), b"data: [DONE]\n\n"]
    if path.endswith("/responses"):
        events: list[dict[str, Any]] = [{"type": "response.created", "response": _response("in_progress", [])}]
        place = {"item_id": "m1", "output_index": 0, "content_index": 0}
        events += [{"type": "response.output_text.delta", "delta": word, **place, "logprobs": []} for word in words]
        events.append({"type": "response.completed", "response": _response("completed", [_item("".join(words))])})
        numbered = [{**event, "sequence_number": number} for number, event in enumerate(events)]
        return [_frame(event, event["type"]) for event in numbered]
    if path.endswith("/messages"):
        block = {"type": "text", "text": ""}
        deltas = [
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": w}} for w in words
        ]
        ends = {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 3},
        }
        events = [
            {"type": "message_start", "message": {**_message([]), "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "ping"},
            *deltas,
            {"type": "content_block_stop", "index": 0},
            ends,
            {"type": "message_stop"},
        ]
        return [_frame(event, event["type"]) for event in events]
    parts = [{"candidates": [{"content": {"role": "model", "parts": [{"text": word}]}}]} for word in words]
    return [b"data: " + json.dumps(part).encode() + b"\r\n\r\n" for part in parts]


def _frame(value: Any, event: str = "") -> bytes:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
