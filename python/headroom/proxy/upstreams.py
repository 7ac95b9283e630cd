"""Where a request goes: its path decides, the configured addresses are the only ones there are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from headroom.errors import SettingsError
from headroom.providers import Endpoint, Provider
from headroom.settings import Settings

Content = Literal["conversation", "count", "batch"]

_DEFAULT = "openai"


@dataclass(frozen=True, slots=True)
class Destination:
    """The address a request is sent to, the format to word errors in, and what its body is, if we read it.

    `model` is the model that the path names.
    """

    url: str
    provider: Provider
    content: Content | None = None
    model: str | None = None

    @property
    def is_billed(self) -> bool:
        """Whether the provider's answer says what it took."""
        return self.content == "conversation"


class Upstreams:
    """The configured upstreams; `default` is the format of requests that look like none.

    Raises SettingsError for an address that is none.
    """

    def __init__(self, settings: Settings, providers: Sequence[Provider]) -> None:
        self._providers = providers
        self._routes = [
            (_ending_with(routes), provider, content)
            for provider in providers
            for routes, content in _contents(provider.endpoint)
            if routes
        ]
        self.default = next(each for each in providers if each.endpoint.upstream == _DEFAULT)
        self._targets = {
            name: _address(f"{name}_target_api_url", getattr(settings, f"{name}_target_api_url"))
            for name in {provider.endpoint.upstream for provider in providers}
        }
        self._prefixes = dict(_prefix(each) for each in settings.upstreams.split(",") if each.strip())

    def find(self, target: str, headers: Mapping[str, str]) -> Destination:
        """Where a request for `target`, a path with its query, goes."""
        base, rest = self._under_prefix(target)
        path = rest.partition("?")[0]
        for route, provider, content in self._routes:
            found = route.search(path)
            if found is not None:
                url = _joined(base or self._target_of(provider), rest)
                return Destination(url, provider, content, found.groupdict().get("model"))
        provider = self._whose(path, headers)
        return Destination(_joined(base or self._target_of(provider), rest), provider)

    def _under_prefix(self, target: str) -> tuple[str, str]:
        for prefix, address in self._prefixes.items():
            if target.startswith(prefix) and target[len(prefix) : len(prefix) + 1] in ("", "/", "?"):
                return address, target[len(prefix) :]
        return "", target

    def _target_of(self, provider: Provider) -> str:
        return self._targets[provider.endpoint.upstream]

    def _whose(self, path: str, headers: Mapping[str, str]) -> Provider:
        """The format of a request that is no conversation: by the form of its path, else of its credentials."""
        for provider in self._providers:
            endpoint = provider.endpoint
            if path.startswith(endpoint.prefixes) or any(name in headers for name in endpoint.headers):
                return provider
        return self.default


def _ending_with(routes: Sequence[str]) -> re.Pattern[str]:
    """What finds paths that end like one of the routes; none where there are none."""
    return re.compile(f"(?:{'|'.join(routes)})/?$" if routes else "(?!)")


def _contents(endpoint: Endpoint) -> tuple[tuple[tuple[str, ...], Content], ...]:
    return (
        (endpoint.routes, "conversation"),
        (endpoint.count_routes, "count"),
        (endpoint.batch_routes, "batch"),
    )


def _address(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        is_whole = bool(parts.port or parts.hostname)
    except ValueError:  # an address or a port that there cannot be
        raise SettingsError(f"{name}={value!r} is no address; it must be like https://api.example.com") from None
    if not is_whole or parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(f"{name}={value!r} is no address; it must be like https://api.example.com or …/v1")
    return value.rstrip("/")


def _prefix(entry: str) -> tuple[str, str]:
    prefix, equals, value = entry.strip().partition("=")
    prefix = prefix.rstrip("/")
    if not equals or not prefix.startswith("/") or "?" in prefix:
        raise SettingsError(f"upstreams: {entry.strip()!r} is not of the form /prefix=https://api.example.com")
    return prefix, _address(f"upstreams: {prefix}", value)


def _joined(base: str, target: str) -> str:
    # Users give addresses with and without the version that clients put into their paths.
    if base.endswith("/v1") and (target.startswith(("/v1/", "/v1?")) or target == "/v1"):
        base = base[: -len("/v1")]
    return base + target
