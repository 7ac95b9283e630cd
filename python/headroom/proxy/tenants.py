"""Whose request it is, where several people share a proxy, and the store of each.

A tenant is an account to which the operator gave a token of its own, or an API key. Tokens that are refreshed say
nothing lasting of who sends them, and what an unverified token says of itself anybody can write. A request that shows
nothing else belongs to nobody: it is passed on as it is, and nothing of it is kept.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from hmac import compare_digest
from threading import Lock
from urllib.parse import parse_qs

from headroom.errors import SettingsError
from headroom.proxy.headers import TOKEN
from headroom.settings import Settings
from headroom.store import LOCAL_TENANT, Store, open_store

NO_ACCESS = f"send one of its access tokens as {TOKEN}"
_KEY_FIELDS = ("x-api-key", "api-key", "x-goog-api-key")
_KEY_PARAMETER = "key"
_BEARER = "bearer "
_REFRESHED = re.compile(r"eyJ[^.]*\.[^.]*\.|sk-ant-oat|ya29\.|ghu_|.*;exp=")
"""How tokens begin that are refreshed: JWTs, those of Anthropic's and Google's logins, those of GitHub's."""

_LEAST_TOKEN_CHARACTERS = 32
_ACCOUNT = re.compile(r"[A-Za-z0-9._@+-]{1,64}$")
_MOST_OPEN_STORES = 64


class Tenants:
    """Tells tenants by what a request shows. Raises SettingsError for a file of tokens that is none."""

    def __init__(self, settings: Settings) -> None:
        self.are_several = settings.multi_tenant
        path = settings.access_tokens_file
        self._accounts = {} if path is None else _read_tokens(path)

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Whether a request may use the proxy at all: it brings one of the access tokens, if there are any."""
        return not self._accounts or self._account(headers) is not None

    def tenant(self, headers: Mapping[str, str], target: str) -> str | None:
        """The name of the tenant whose request this is, by its fields and its path with the query; None: nobody's."""
        if not self.are_several:
            return LOCAL_TENANT
        account = self._account(headers)
        if account:
            return f"account:{account}"
        key = _api_key(headers, target)
        return None if key is None else f"key:{blake2b(key.encode('utf-8', 'surrogateescape')).hexdigest()[:40]}"

    def _account(self, headers: Mapping[str, str]) -> str | None:
        """The account of the access token that a request brings, empty for a token without one; None: no such token."""
        given = headers.get(TOKEN, "").encode("utf-8", "surrogateescape")
        # All are compared, so that the time it takes says nothing.
        found = [account for token, account in self._accounts.items() if compare_digest(given, token.encode())]
        return found[0] if found else None


class TenantStores:
    """The stores of tenants: each is open while a request uses it, and the ones used last stay open."""

    def __init__(self, settings: Settings, open_local: Callable[[], Store]) -> None:
        self._settings = settings
        self._open_local = open_local
        self._open: OrderedDict[str, Store] = OrderedDict()
        self._users: dict[str, int] = {}
        self._lock = Lock()

    @contextmanager
    def lent(self, tenant: str) -> Iterator[Callable[[], Store]]:
        """What opens a tenant's store, for as long as the context lasts."""
        if tenant == LOCAL_TENANT:
            yield self._open_local
            return
        with self._lock:
            self._users[tenant] = self._users.get(tenant, 0) + 1
        try:
            yield lambda: self._opened(tenant)
        finally:
            with self._lock:
                self._users[tenant] -= 1
                if not self._users[tenant]:
                    del self._users[tenant]
                self._close_some(_MOST_OPEN_STORES)

    def close(self) -> None:
        """Closes all that nobody uses."""
        with self._lock:
            self._close_some(0)

    def _opened(self, tenant: str) -> Store:
        with self._lock:
            store = self._open.pop(tenant, None)
            if store is None or store.is_closed:
                store = open_store(self._settings, tenant=tenant)
            self._open[tenant] = store
            return store

    def _close_some(self, most: int) -> None:
        idle = [tenant for tenant in self._open if tenant not in self._users]
        for tenant in idle[: max(0, len(self._open) - most)]:
            self._open.pop(tenant).close()


def _api_key(headers: Mapping[str, str], target: str) -> str | None:
    """The API key that a request brings for the provider."""
    given = [headers[field] for field in _KEY_FIELDS if field in headers]
    given += parse_qs(target.partition("?")[2]).get(_KEY_PARAMETER, [])
    authorization = headers.get("Authorization", "")
    if authorization[: len(_BEARER)].lower() == _BEARER:
        given.append(authorization[len(_BEARER) :])
    keys = [key for each in given if (key := each.strip()) and not _REFRESHED.match(key)]
    return keys[0] if keys else None


def _read_tokens(path: str) -> dict[str, str]:
    """The accounts of access tokens, one token a line, before it the name of its account if it has one."""
    where = f"access_tokens_file={path!r}"
    try:
        with open(os.path.expanduser(path), encoding="ascii") as stream:
            lines = [line.split() for line in stream if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where} cannot be read: {error}") from None
    accounts: dict[str, str] = {}
    for number, words in enumerate(lines, 1):
        token, account = words[-1], words[0] if len(words) > 1 else ""
        if len(words) > 2 or len(token) < _LEAST_TOKEN_CHARACTERS or token in accounts:
            raise SettingsError(
                f"{where}: entry {number} must be a token of {_LEAST_TOKEN_CHARACTERS} characters or more, used once, "
                "before it at most the name of an account"
            )
        if account and not _ACCOUNT.match(account):
            raise SettingsError(
                f"{where}: entry {number} has a name of other characters than letters, digits and ._@+-"
            )
        accounts[token] = account
    if not accounts:
        raise SettingsError(f"{where} holds no token; make one with: openssl rand -hex 32")
    return accounts
