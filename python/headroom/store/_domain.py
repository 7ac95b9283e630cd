"""What all backends agree on: how outputs are told from originals, and for how long nothing is given up."""

from __future__ import annotations

from collections.abc import Sequence

from headroom._core import content_key
from headroom.errors import InputError

LEASE_S = 3600
"""An original seen within this time is never given up for lack of space: its marker may be in a live conversation."""

_OUTPUT_DOMAIN = "\0output"


def refuse_bad_tenant(tenant: str) -> None:
    """Raises InputError for a tenant's name that could pass for another domain of keys."""
    if not tenant or "\0" in tenant:
        raise InputError(f"tenant {tenant!r} is empty or has a NUL character; use a name of ordinary characters")


def output_digest(secret: bytes, tenant: str, key: str) -> str:
    """Names the text whose key is `key` as an output of ours: a MAC over its key, in a domain of its own."""
    return content_key(secret, tenant + _OUTPUT_DOMAIN, key)


def seen_tolerance_s(ttl_s: float) -> float:
    """By how much a recorded time last seen may lag behind the true one, so that seeing mostly does not write."""
    return min(LEASE_S / 4, ttl_s / 8)


_BETWEEN_LOOKS_S = 300
_MAX_LOOKS = 32


def looked(looks: Sequence[int], now: int) -> list[int]:
    """Times at which the clock was looked at, ascending, with `now` if the latest is a while ago.

    Those in the future were a clock's that has gone back since.
    """
    past = [each for each in looks if each <= now]
    if past and now - past[-1] < _BETWEEN_LOOKS_S:
        return past
    return [*past, now][-_MAX_LOOKS:]


def horizon(looks: Sequence[int], now: int) -> int | None:
    """The latest look that is an hour old: what was due then, and has not been seen since, may be given up.

    A clock that leaps ahead makes all that is stored look old, but no look of before is later for that.
    """
    return max((each for each in looks if each <= now - LEASE_S), default=None)
