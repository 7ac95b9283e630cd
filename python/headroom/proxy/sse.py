"""Server-sent events: bytes in, whole frames out, and frames made of events. No I/O.

A frame is all bytes of one event with the blank line that ends it; the frames of a stream joined are the stream, byte
for byte. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
import re
from typing import Any

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n|\r\n\n")
_LONGEST_END = 4


class Frames:
    """The frames of one stream, however its bytes are cut. Linear in the bytes that come."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._searched = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The frames that end in this chunk; what follows the last one is kept for the next."""
        held = self._held
        held += chunk
        frames = []
        begin, search = 0, self._searched
        while (end := _END.search(held, search)) is not None:
            frames.append(bytes(held[begin : end.end()]))
            begin = search = end.end()
        del held[:begin]
        self._searched = max(0, len(held) - _LONGEST_END + 1)
        return frames

    def rest(self) -> bytes:
        """What came after the last whole frame."""
        rest, self._held, self._searched = bytes(self._held), bytearray(), 0
        return rest


def event_of(frame: bytes) -> dict[str, Any] | None:
    """The object that is a frame's data; None if its data is none."""
    lines = [line[5:] for line in frame.splitlines() if line.startswith(b"data:")]
    try:
        event = json.loads(b"\n".join(lines))
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def frame_of(event: Any, name: str = "") -> bytes:
    """An event as a frame."""
    head = f"event: {name}\n".encode() if name else b""
    return b"%sdata: %s\n\n" % (head, wire_json(event))


def wire_json(value: Any) -> bytes:
    """A value as compact JSON in UTF-8; one with lone surrogates in ASCII. ValueError for what JSON cannot say."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
