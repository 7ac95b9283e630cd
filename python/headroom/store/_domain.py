"""What all backends agree on: how outputs are told from originals, and for how long nothing is given up."""

from __future__ import annotations

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
