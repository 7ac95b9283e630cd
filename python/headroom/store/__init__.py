"""Where originals are kept, so that what compression leaves out is one call away.

Text goes in under its content key and comes out byte for byte, or an error is raised. When a put returns, its content
survives kill -9 of the process (not power loss). A key is a MAC under the store's secret over tenant and content: it
cannot be guessed, and it names nothing in another tenant.

A backend is a module of this package with a `name` and an `open(location, *, tenant, max_bytes, ttl_s, clock)` that
returns a `Store`. The conformance suite (tests/conformance/test_stores.py) runs on every one of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from headroom._core import Ahead

DEFAULT_MAX_BYTES = 2 * 1024**3
DEFAULT_TTL_S = 7 * 86_400
LOCAL_TENANT = "local"
"""The one tenant of a single user's machine: library, command line and proxy share it."""

Clock = Callable[[], float]
"""Seconds since the epoch, as `time.time` tells them."""


class Entry(NamedTuple):
    """One original to store: its key, its text, what it is, and the text that was written in its place.

    `ahead` may hold the text's frame already.
    """

    key: str
    content: str
    kind: str
    output: str | None = None
    ahead: Ahead | None = None


class StoreStats(NamedTuple):
    """What a store holds for all its tenants. `used_bytes` is what counts against `max_bytes`."""

    entries: int
    original_bytes: int
    used_bytes: int
    max_bytes: int


class Store(Protocol):
    """Originals of one tenant, safe to use from several threads.

    Texts must be valid Unicode: no lone surrogates. Originals are kept for `ttl_s` seconds after they were last seen
    (put, got or touched) and longer if space allows; over the size cap the longest unseen are given up first, but none
    that was seen within the last hour: a put is refused instead.
    """

    @property
    def tenant(self) -> str:
        """Whose originals these are."""

    def key_of(self, content: str) -> str:
        """The key of a text: 11 characters of 0-9, A-Z, a-z. About 25 µs for 100 KB."""

    def put(self, key: str, content: str, *, kind: str, output: str | None = None) -> None:
        """Stores one original; see `put_many`."""

    def put_many(self, entries: Iterable[Entry]) -> None:
        """Stores originals and remembers their outputs as ours, all or nothing.

        Each key must be `key_of` its content. Raises StoreError when the store cannot take them.
        """

    def get(self, key: str) -> str:
        """The original. Raises KeyNotFoundError, StoreCorruptError when it is not what was put in, or StoreError."""

    def touch(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that name something here, whose life is thereby renewed."""

    def is_output(self, key: str) -> bool:
        """Whether the text of which this is `key_of` was written as the output of an original that is still stored."""

    def stats(self) -> StoreStats:
        """What is stored; reads the whole index."""

    def close(self) -> None:
        """Lets go of files and connections; any later call raises StoreError. Closing twice is harmless."""


class StoreSettings(Protocol):
    """The settings that a store obeys."""

    @property
    def store_path(self) -> str | None:
        """Where the store is; None for the platform's data directory."""

    @property
    def store_max_bytes(self) -> int:
        """The size cap."""

    @property
    def store_ttl_s(self) -> int:
        """How long an original is kept after it was last seen, in seconds."""


def open_store(settings: StoreSettings, *, tenant: str = LOCAL_TENANT) -> Store:
    """The embedded store that the settings describe. Raises StoreError when it cannot be opened."""
    # Imported here since sqlite3 takes 7 ms, and most of the package works without it.
    from headroom.store import sqlite

    return sqlite.open(
        settings.store_path, tenant=tenant, max_bytes=settings.store_max_bytes, ttl_s=settings.store_ttl_s
    )


def data_directory() -> str:
    """Where a user's store is unless the settings say otherwise, and what belongs to the user's proxies."""
    from headroom.store._database import default_path

    return os.path.dirname(default_path())
