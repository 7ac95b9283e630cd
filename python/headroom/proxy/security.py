"""Who may ask the proxy for what: a request's Host and Origin are looked at, and the local token for what is stored.

A page of the web can make a browser send requests to this machine, under its own name (Origin) or, by DNS rebinding,
under a name of its own for this address (Host). Neither is answered. The token is a file that only this user can read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import lru_cache
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from headroom.errors import SettingsError
from headroom.proxy.headers import TOKEN
from headroom.settings import Settings

_BEARER = "bearer "


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine alone."""
    if host.lower().rstrip(".") == "localhost":
        return True
    with suppress(ValueError):
        address = ip_address(host)
        mapped = getattr(address, "ipv4_mapped", None)
        return bool((mapped or address).is_loopback)
    return False


def refuse_open_binding(host: str) -> None:
    """Raises SettingsError for an address that other machines can reach."""
    if not is_loopback(host):
        raise SettingsError(
            f"host={host!r} can be reached from other machines, which would share one user's originals; "
            "use 127.0.0.1, ::1 or localhost, and a tunnel of your own to get there from elsewhere"
        )


def refuse_unsafe_sharing(settings: Settings) -> None:
    """Raises SettingsError where others could reach originals that are not theirs."""
    if settings.multi_tenant and settings.open_local_api:
        raise SettingsError("open_local_api and multi_tenant exclude each other: originals would be anybody's")
    if settings.access_tokens_file is not None and not settings.multi_tenant:
        raise SettingsError("access_tokens_file is for a shared proxy; set multi_tenant (--multi-tenant) too")
    if not is_loopback(settings.host) and settings.access_tokens_file is None:
        raise SettingsError(
            f"host={settings.host!r} can be reached from other machines; use 127.0.0.1, ::1 or localhost, or share the "
            "proxy with --multi-tenant --access-tokens FILE, a file of the tokens that clients must bring"
        )


def names_us(host: str | None, allowed: Collection[str], is_open: bool = False) -> bool:
    """Whether a Host field names this machine, or one of the allowed names; both with any port.

    `is_open`: the proxy listens beyond loopback, under addresses that it does not know. Any will do then: no name that
    somebody made up for this machine is an address.
    """
    name = _name_of(host or "")
    return is_loopback(name) or name.lower() in allowed or (is_open and _is_address(name))


def is_foreign_page(origin: str | None, allowed: Collection[str]) -> bool:
    """Whether an Origin field is that of a page from another machine. Programs send none, or one of their own kind."""
    if not origin:
        return False
    parts = urlsplit(origin)
    return origin == "null" or (parts.scheme in ("http", "https") and not names_us(parts.netloc, allowed))


def has_token(headers: Mapping[str, str], token: str) -> bool:
    """Whether a request brings the local token, in its own field or as a bearer's."""
    given = headers.get(TOKEN) or ""
    authorization = headers.get("Authorization") or ""
    if not given and authorization.lower().startswith(_BEARER):
        given = authorization[len(_BEARER) :].strip()
    return compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _name_of(host: str) -> str:
    """A Host field's name, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
