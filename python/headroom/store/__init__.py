"""Where originals are kept, so that what compression leaves out is one call away.

Text goes in under its content key and comes out byte for byte, or an error is raised. When a put returns, its content
survives kill -9 of the process (not power loss). A key is a MAC under the store's secret over tenant and content: it
cannot be guessed, and it names nothing in another tenant.

A backend is a module of this package with a `name` and an `open(location, *, tenant, max_bytes, ttl_s, clock)` that
returns a `Store`. The conformance suite (tests/conformance/test_stores.py) runs on every one of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from headroom.settings import user_directory

if TYPE_CHECKING:
    from headroom._core import Ahead
    from headroom.settings import KeyPlace

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


class Record(NamedTuple):
    """Something small to remember beside originals, such as a decision. What is first written under a name stays.

    `name` is `Store.name_of` what it is about. `key` is the original that it tells of, if any: seeing the record is
    seeing that original, and the record ends with it.
    """

    name: str
    value: bytes
    key: str = ""


class StoreStats(NamedTuple):
    """What a store holds for all its tenants; `entries` are originals, and `used_bytes` counts against `max_bytes`."""

    entries: int
    original_bytes: int
    used_bytes: int
    max_bytes: int


class Listed(NamedTuple):
    """An original without its content: its key, what it is, its size, and when it was last seen, roughly."""

    key: str
    kind: str
    size_bytes: int
    last_seen_s: int


class Verified(NamedTuple):
    """How many originals and records were read back, and what is damaged: by key, name or file, with the reason."""

    checked: int
    damaged: Mapping[str, str]


class Store(Protocol):
    """Originals of one tenant, safe to use from several threads.

    Texts must be valid Unicode: no lone surrogates. Originals are kept for `ttl_s` seconds after they were last seen
    (put, got or touched) and longer if space allows; over the size cap the longest unseen are given up first, but none
    that was seen within the last hour: a put is refused instead.
    """

    @property
    def tenant(self) -> str:
        """Whose originals these are."""

    @property
    def is_closed(self) -> bool:
        """Whether it can no longer be used: it was closed, or what it is kept in was lost or put aside."""

    def key_of(self, content: str) -> str:
        """The key of a text: 11 characters of 0-9, A-Z, a-z. About 25 µs for 100 KB."""

    def name_of(self, *parts: str) -> str:
        """The name of the record about `parts`: 22 characters of 0-9, A-Z, a-z, in this tenant alone."""

    def put(self, key: str, content: str, *, kind: str, output: str | None = None) -> None:
        """Stores one original; see `put_many`."""

    def put_many(self, entries: Iterable[Entry], records: Iterable[Record] = ()) -> dict[str, bytes]:
        """Stores originals and records and remembers the outputs as ours, all or nothing.

        Each key must be `key_of` its content, and each name `name_of` something. The result are those of the names
        under which something was written before, with what that is: it stays, so whoever writes second must use it.
        Raises StoreError when the store cannot take them.
        """

    def records(self, names: Sequence[str]) -> dict[str, bytes]:
        """The values of those of the names that are here, whose life is thereby renewed."""

    def get(self, key: str) -> str:
        """The original. Raises KeyNotFoundError, StoreCorruptError when it is not what was put in, or StoreError."""

    def touch(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that name something here, whose life is thereby renewed."""

    def is_output(self, key: str) -> bool:
        """Whether the text of which this is `key_of` was written as the output of an original that is still stored."""

    def stats(self) -> StoreStats:
        """What is stored; reads the whole index."""

    def listing(self) -> Iterator[Listed]:
        """The originals of this tenant, in no order; linear."""

    def verify(self) -> Verified:
        """Reads back everything of this tenant, which does not count as seeing it."""

    def purge(self, keys: Iterable[str]) -> int:
        """Erases originals of this tenant, and the records that tell of them, for good; says how many were there.

        A marker that names one of them can no longer be resolved.
        """

    def purge_unseen(self, seconds: float) -> int:
        """Erases what this tenant has not seen for some time for good; says how many originals."""

    def purge_all(self) -> int:
        """Erases everything of this tenant for good; says how many originals."""

    def rotate_key(self) -> None:
        """Changes the key that all others are kept under, where anything is sealed. No content is written again."""

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

    @property
    def store_key_place(self) -> KeyPlace:
        """Where a new master key is kept."""

    @property
    def store_key_path(self) -> str | None:
        """The directory of master keys; None for the default."""


def open_store(settings: StoreSettings, *, tenant: str = LOCAL_TENANT) -> Store:
    """The embedded store that the settings describe. Raises StoreError when it cannot be opened."""
    # Imported here since sqlite3 takes 7 ms, and most of the package works without it.
    from headroom.store import sqlite

    return sqlite.open(
        settings.store_path,
        tenant=tenant,
        max_bytes=settings.store_max_bytes,
        ttl_s=settings.store_ttl_s,
        key_place=settings.store_key_place,
        key_directory=settings.store_key_path,
    )


def path_of(settings: StoreSettings) -> str:
    """The file of the store that the settings describe."""
    return os.path.abspath(os.path.expanduser(settings.store_path or default_path()))


def default_path() -> str:
    """The file of a user's store unless the settings say otherwise."""
    return os.path.join(data_directory(), "ccr.sqlite3")


def data_directory() -> str:
    """Where a user's store is unless the settings say otherwise, and what belongs to the user's proxies."""
    return user_directory("data")
