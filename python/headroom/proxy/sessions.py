"""How a browser is let in: a code that is good once and for a minute, exchanged for a token that is good for hours.

Both are MACs under the local token, so every worker knows them and a restart ends none. The lasting token stays in its
file: it is in no address, history, or list of processes.
"""

from __future__ import annotations

from hashlib import blake2b
from hmac import compare_digest
from secrets import token_hex
from typing import Literal

CODE_LIFE_S = 60
TOKEN_LIFE_S = 12 * 3_600

Use = Literal["open", "session"]


def one_time_code(token: str, now_s: float) -> str:
    """A code that opens the dashboard once, within a minute."""
    return _made(token, "open", now_s + CODE_LIFE_S)


def session_token(token: str, now_s: float) -> tuple[str, float]:
    """A token for the dashboard's routes, and until when it is good, in seconds since the epoch."""
    until_s = int(now_s) + TOKEN_LIFE_S
    return _made(token, "session", until_s), float(until_s)


def good_until(given: str, token: str, use: Use, now_s: float) -> float | None:
    """Until when a code or a session's token is good; None if it is not, or not any more."""
    until, _, rest = given.partition(".")
    nonce, _, mac = rest.partition(".")
    if (
        not until.isascii()
        or not until.isdecimal()
        or not compare_digest(mac.encode("utf-8", "replace"), _mac(token, use, until, nonce))
    ):
        return None
    return float(until) if now_s < float(until) else None


def _made(token: str, use: Use, until_s: float) -> str:
    until, nonce = str(int(until_s)), token_hex(12)
    return f"{until}.{nonce}.{_mac(token, use, until, nonce).decode()}"


def _mac(token: str, use: Use, until: str, nonce: str) -> bytes:
    said = f"dashboard {use} {until} {nonce}".encode("utf-8", "replace")
    return blake2b(said, key=token.encode()[:64], digest_size=24).hexdigest().encode()
