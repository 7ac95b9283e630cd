"""What an answer says of its usage, seen in its bytes as they go past: nothing is held back and nothing changed.

While bytes pass they are searched for the word, no more. What was found is read when somebody asks, later, elsewhere.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from headroom.places import as_mapping
from headroom.providers import Provider, Usage
from headroom.proxy.bodies import decoded

_MARK = b'"usage'
_FIRST_EVENTS, _LAST_EVENTS = 4, 4
"""Events kept of a stream: a format tells its usage first, or last, or in every event of the whole so far."""

_MOST_EVENT_BYTES = 32_000_000
_MOST_BODY_BYTES = 64_000_000
_INFLATE = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Tee:
    """Looks at one answer. Feed it the bytes as they come; `read` may be called in another thread once it has ended."""

    def __init__(self, provider: Provider, status: int, headers: Mapping[str, str], *, is_read: bool = True) -> None:
        self._provider = provider
        self.status = status
        self._is_read = is_read and 200 <= status < 300
        self.is_stream = headers.get("Content-Type", "").lower().startswith("text/event-stream")
        self._coding = headers.get("Content-Encoding", "").strip().lower()
        window = _INFLATE.get(self._coding)
        # Codings that cannot be read piece by piece are read whole, when the answer is there.
        self._inflate = zlib.decompressobj(window) if self.is_stream and window else None
        self._by_line = self.is_stream and (self._inflate is not None or self._coding in ("", "identity"))
        self._tail = bytearray()
        self._first: list[bytes] = []
        self._last: list[bytes] = []
        self._chunks: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        """Sees the next bytes of the answer."""
        if not self._is_read:
            return
        if not self._by_line:
            self._size += len(chunk)
            if self._size <= _MOST_BODY_BYTES:
                self._chunks.append(chunk)
            return
        if self._inflate is not None:
            try:
                chunk = self._inflate.decompress(chunk)
            except zlib.error:
                self._by_line = False
                return
        self._see_lines(chunk)

    def _see_lines(self, chunk: bytes) -> None:
        tail = self._tail
        if not tail and chunk.endswith(b"\n") and _MARK not in chunk:
            return
        seen = len(tail)
        tail += chunk
        end = tail.rfind(b"\n", seen) + 1
        if not end:
            if len(tail) > _MOST_EVENT_BYTES:
                self._tail = bytearray()
            return
        self._keep(bytes(tail[:end]))
        del tail[:end]

    def _keep(self, lines: bytes) -> None:
        if _MARK not in lines:
            return
        for line in lines.split(b"\n"):
            if _MARK in line and line.startswith(b"data:"):
                if len(self._first) < _FIRST_EVENTS:
                    self._first.append(line)
                else:
                    self._last = [*self._last[1 - _LAST_EVENTS :], line]

    def forget(self) -> None:
        """Lets go of what was kept to be read."""
        self._first, self._last, self._chunks, self._tail = [], [], [], bytearray()

    def read(self) -> tuple[Usage | None, str | None]:
        """The usage and the model that the answer tells, None for what it does not tell."""
        usage: Usage | None = None
        model = None
        for event in self._events():
            model = model or _model_in(event)
            said = self._provider.usage(event)
            if said is not None:
                usage = said if usage is None else usage.then(said)
        return usage, model

    def _events(self) -> Iterator[Mapping[str, Any]]:
        if self._chunks and self._size <= _MOST_BODY_BYTES:
            content = decoded(b"".join(self._chunks), self._coding, _MOST_BODY_BYTES)
            if content is None:
                return
            if not self.is_stream:
                whole = _parsed(content)
                # Gemini streams a list of parts where no events are asked for.
                yield from map(as_mapping, whole if isinstance(whole, list) else [whole])
                return
            self._keep(content)
        self._keep(bytes(self._tail))
        for line in (*self._first, *self._last):
            yield as_mapping(_parsed(line[len(b"data:") :]))


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _model_in(event: Mapping[str, Any]) -> str | None:
    for fields in (event, as_mapping(event.get("message")), as_mapping(event.get("response"))):
        for name in ("model", "modelVersion"):
            if isinstance(fields.get(name), str):
                return str(fields[name])
    return None
