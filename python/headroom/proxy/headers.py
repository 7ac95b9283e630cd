"""Which header fields go on, in either direction (RFC 9110, section 7.6.1), and which are for the proxy itself."""

from __future__ import annotations

from collections.abc import Sequence

from multidict import CIMultiDict

RawFields = Sequence[tuple[bytes, bytes]]
"""Fields as they came: names in their spelling, values of any bytes."""

BYPASS, MODE = "x-headroom-bypass", "x-headroom-mode"
TOKEN = "x-headroom-token"  # noqa: S105  (the name of a field)
TOKENS_BEFORE, TOKENS_AFTER = "x-headroom-tokens-before", "x-headroom-tokens-after"

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_OWN = b"x-headroom-"
_NOT_TO_UPSTREAM = _HOP_BY_HOP | {b"host", b"content-length", b"expect"}
_OF_HANDSHAKE = "sec-websocket-"


def to_upstream(received: RawFields) -> CIMultiDict[str]:
    """A client's fields without those of its connection and our own; length and host are those of the new request."""
    dropped = _NOT_TO_UPSTREAM | _named(received)
    spelt: dict[bytes, str] = {}
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in received:
        lowered = name.lower()
        if lowered not in dropped and not lowered.startswith(_OWN):
            # Of fields that are spelt differently the HTTP client would send the last alone.
            kept.add(spelt.setdefault(lowered, name.decode("ascii")), value.decode("utf-8", "surrogateescape"))
    return kept


def to_upstream_websocket(received: RawFields) -> CIMultiDict[str]:
    """The fields of a WebSocket's handshake without what the two handshakes settle themselves."""
    kept = to_upstream(received)
    for name in [name for name in kept if name.lower().startswith(_OF_HANDSHAKE)]:
        kept.pop(name, None)
    return kept


def for_client(received: RawFields) -> RawFields:
    """The provider's fields without those of its connection; the length stays, since the bytes stay."""
    dropped = _HOP_BY_HOP | _named(received)
    return [field for field in received if field[0].lower() not in dropped]


def is_true(value: str | None) -> bool:
    """Whether a header says yes."""
    return (value or "").strip().lower() in ("1", "true", "yes", "on")


def _named(received: RawFields) -> frozenset[bytes]:
    """The fields that a `Connection` field names as its own."""
    values = [value for name, value in received if name.lower() == b"connection"]
    return frozenset(each.strip().lower() for value in values for each in value.split(b","))
