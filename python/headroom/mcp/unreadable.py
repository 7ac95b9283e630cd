"""Lines that are no messages: each is answered, so that no client waits for what will never come.

The SDK reads a line strictly and hands on what was wrong with it, but answers nothing. Half a surrogate pair, which a
client's JSON may well hold, is the common case: such a text could be kept and given back in no encoding.
"""

from __future__ import annotations

import json
from typing import Any

from anyio import EndOfStream
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

_NO_JSON = "the message is no JSON"
_SURROGATE = (
    "the message holds half a surrogate pair (\\ud800 to \\udfff alone), which no text can be kept with; "
    "leave it out or write \\ufffd"
)
_NO_MESSAGE = "the message is no request of JSON-RPC 2.0: it needs jsonrpc, id, method and params"


def answer_to(error: Exception) -> JSONRPCError:
    """The answer to what could not be read, under the id of its request where it has one."""
    if not isinstance(error, ValidationError):
        return _answer(None, PARSE_ERROR, _NO_JSON)
    wrong = error.errors(include_url=False)
    if wrong and wrong[0]["type"] == "json_invalid":
        request = _leniently(wrong[0]["input"])
        if request is None:
            return _answer(None, PARSE_ERROR, _NO_JSON)
        return _answer(request, PARSE_ERROR, _SURROGATE)
    # Of a message that lacks something, the whole is what was looked at.
    whole = next((each["input"] for each in wrong if isinstance(each["input"], dict)), None)
    return _answer(whole, INVALID_REQUEST, _NO_MESSAGE)


def _leniently(line: Any) -> Any:
    """What a line says to a reader that minds no surrogates; None where that cannot be had either."""
    try:
        return json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return None


def _answer(request: Any, code: int, message: str) -> JSONRPCError:
    number = request.get("id") if isinstance(request, dict) else None
    is_usable = isinstance(number, int) or (isinstance(number, str) and number.isprintable())
    return JSONRPCError(
        jsonrpc="2.0",
        id=number if is_usable and not isinstance(number, bool) else None,
        error=ErrorData(code=code, message=message),
    )


class AnsweringStream:
    """The stream of what a client says, without what could not be read: that is answered on `writing`."""

    def __init__(self, reading: Any, writing: Any) -> None:
        self._reading = reading
        self._writing = writing

    async def receive(self) -> SessionMessage:
        """The next message that can be read."""
        while True:
            said: SessionMessage | Exception = await self._reading.receive()
            if isinstance(said, SessionMessage):
                return said
            await self._writing.send(SessionMessage(answer_to(said)))

    def __aiter__(self) -> AnsweringStream:
        return self

    async def __anext__(self) -> SessionMessage:
        try:
            return await self.receive()
        except EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> AnsweringStream:
        await self._reading.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._reading.__aexit__(*error)

    def __getattr__(self, name: str) -> Any:
        # What else the SDK's own streams have, such as the context of who sent something.
        return getattr(self._reading, name)
