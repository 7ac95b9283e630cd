"""A store in this process's memory: for tests, and for programs that must not leave originals behind.

It ends with the process, and so do its keys, unless a secret is given. Nothing is compressed.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from headroom._core import content_key
from headroom.errors import KeyNotFoundError, StoreError
from headroom.store import DEFAULT_MAX_BYTES, DEFAULT_TTL_S, LOCAL_TENANT, Clock, Entry, Store, StoreStats
from headroom.store._domain import LEASE_S, output_digest, refuse_bad_tenant

name = "memory"


class _Original:
    __slots__ = ("content", "last_seen", "outputs", "size_bytes")

    def __init__(self, content: str, last_seen: float) -> None:
        self.content = content
        self.size_bytes = len(content.encode())
        self.last_seen = last_seen
        self.outputs: set[str] = set()


def open(  # noqa: A001  (each backend module opens its own kind)
    location: str | None = None,
    *,
    tenant: str = LOCAL_TENANT,
    max_bytes: int = DEFAULT_MAX_BYTES,
    ttl_s: float = DEFAULT_TTL_S,
    clock: Clock = time.time,
) -> Store:
    """A new, empty store; `location` is of no meaning here."""
    return MemoryStore(tenant=tenant, max_bytes=max_bytes, ttl_s=ttl_s, clock=clock)


class MemoryStore:
    """A `Store` in memory, ordered by when its originals were last seen."""

    def __init__(
        self,
        *,
        tenant: str = LOCAL_TENANT,
        secret: bytes | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        ttl_s: float = DEFAULT_TTL_S,
        clock: Clock = time.time,
    ) -> None:
        refuse_bad_tenant(tenant)
        self.tenant = tenant
        self._secret = os.urandom(32) if secret is None else secret
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._clock = clock
        self._lock = Lock()
        self._closed = False
        self._originals: OrderedDict[str, _Original] = OrderedDict()
        self._outputs: dict[str, str] = {}
        self._used_bytes = 0

    def key_of(self, content: str) -> str:
        """The key of a text: a MAC under the store's secret over tenant and content."""
        return content_key(self._secret, self.tenant, content)

    def put(self, key: str, content: str, *, kind: str, output: str | None = None) -> None:
        """Stores one original; see `put_many`."""
        self.put_many((Entry(key, content, kind, output),))

    def put_many(self, entries: Iterable[Entry]) -> None:
        """Stores originals and remembers their outputs as ours, all or nothing."""
        batch = [(entry, _Original(entry.content, self._clock())) for entry in entries]
        with self._lock:
            self._refuse_closed()
            new = {entry.key: original for entry, original in batch if not self._seen(entry.key)}
            self._make_room(sum(original.size_bytes for original in new.values()))
            for key, original in new.items():
                self._originals[key] = original
                self._used_bytes += original.size_bytes
            for entry, _ in batch:
                if entry.output is not None:
                    digest = output_digest(self._secret, self.tenant, self.key_of(entry.output))
                    self._originals[entry.key].outputs.add(digest)
                    self._outputs[digest] = entry.key

    def get(self, key: str) -> str:
        """The original."""
        with self._lock:
            self._refuse_closed()
            if not self._seen(key):
                raise KeyNotFoundError(
                    f"no original under key {key!r} in this process's memory: it was never stored here, or not seen"
                    f" for {self._ttl_s / 86_400:g} days; run the tool again to get its output anew"
                )
            return self._originals[key].content

    def touch(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that name something here, whose life is thereby renewed."""
        with self._lock:
            self._refuse_closed()
            return {key for key in keys if self._seen(key)}

    def is_output(self, key: str) -> bool:
        """Whether the text of this key was written as the output of an original that is still stored."""
        digest = output_digest(self._secret, self.tenant, key)
        with self._lock:
            self._refuse_closed()
            return digest in self._outputs

    def stats(self) -> StoreStats:
        """What is stored; constant time."""
        with self._lock:
            self._refuse_closed()
            return StoreStats(len(self._originals), self._used_bytes, self._used_bytes, self._max_bytes)

    def close(self) -> None:
        """Forgets everything; any later call raises StoreError."""
        with self._lock:
            self._closed = True
            self._originals.clear()
            self._outputs.clear()

    def _seen(self, key: str) -> bool:
        """Whether the key names something here, which then counts as seen now."""
        original = self._originals.get(key)
        if original is None:
            return False
        original.last_seen = max(original.last_seen, self._clock())
        self._originals.move_to_end(key)
        return True

    def _make_room(self, size_bytes: int) -> None:
        now = self._clock()
        while self._originals:
            key, oldest = next(iter(self._originals.items()))
            age_s = now - oldest.last_seen
            over = self._used_bytes + size_bytes > self._max_bytes
            if age_s <= self._ttl_s and not (over and age_s > LEASE_S):
                break
            del self._originals[key]
            self._used_bytes -= oldest.size_bytes
            for digest in oldest.outputs:
                if self._outputs.get(digest) == key:
                    del self._outputs[digest]
        if self._used_bytes + size_bytes > self._max_bytes:
            raise StoreError(
                f"the store in memory cannot take {size_bytes:,} bytes: {self._used_bytes:,} of its"
                f" {self._max_bytes:,} are in use, all seen within the last hour; raise store_max_bytes"
            )

    def _refuse_closed(self) -> None:
        if self._closed:
            raise StoreError("the store in memory is closed; open a new one")
