"""What a check says."""

from __future__ import annotations

from typing import Literal, NamedTuple
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The names of this machine."""

_CONNECT_TIMEOUT_S = 1.0


class Finding(NamedTuple):
    """One thing that was looked at: what, how it is, in words, and what to do about it."""

    subject: str
    verdict: Literal["good", "note", "problem"]
    text: str
    cure: str = ""


def is_answered(address: str) -> bool:
    """Whether something listens at an address on this machine; of another machine it is taken for granted."""
    import socket

    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.hostname not in LOOPBACK:
        return True
    try:
        socket.create_connection((parts.hostname, port), _CONNECT_TIMEOUT_S).close()
    except OSError:
        return False
    return True
