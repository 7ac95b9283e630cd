"""Which header fields go on, in either direction (RFC 9110, section 7.6.1), and which are for the proxy itself."""

from __future__ import annotations

from multidict import CIMultiDict, CIMultiDictProxy

BYPASS, MODE = "x-headroom-bypass", "x-headroom-mode"
TOKEN = "x-headroom-token"  # noqa: S105  (the name of a field)
TOKENS_BEFORE, TOKENS_AFTER = "x-headroom-tokens-before", "x-headroom-tokens-after"

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OWN = "x-headroom-"
_NOT_TO_UPSTREAM = _HOP_BY_HOP | {"host", "content-length", "expect"}
_OF_HANDSHAKE = "sec-websocket-"


def to_upstream(received: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """A client's fields without those of its connection and our own; length and host are those of the new request."""
    return _without(received, _NOT_TO_UPSTREAM | _named(received), own=True)


def to_upstream_websocket(received: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The fields of a WebSocket's handshake without what the two handshakes settle themselves."""
    kept = to_upstream(received)
    for name in [name for name in kept if name.lower().startswith(_OF_HANDSHAKE)]:
        kept.pop(name, None)
    return kept


def to_client(received: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The provider's fields without those of its connection; the length stays, since the bytes stay."""
    return _without(received, _HOP_BY_HOP | _named(received), own=False)


def is_true(value: str | None) -> bool:
    """Whether a header says yes."""
    return (value or "").strip().lower() in ("1", "true", "yes", "on")


def _named(received: CIMultiDictProxy[str]) -> frozenset[str]:
    """The fields that a `Connection` field names as its own."""
    connection = received.get("Connection")
    return frozenset(name.strip().lower() for name in connection.split(",")) if connection else frozenset()


def _without(received: CIMultiDictProxy[str], dropped: frozenset[str], own: bool) -> CIMultiDict[str]:
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in received.items():
        lowered = name.lower()
        if lowered not in dropped and not (own and lowered.startswith(_OWN)):
            kept.add(name, value)
    return kept
