"""A store in this process's memory: for tests, and for programs that must not leave originals behind.

It ends with the process, and so do its keys, unless a secret is given. Nothing is compressed.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock

from headroom._core import content_key, record_name
from headroom.errors import KeyNotFoundError, StoreError
from headroom.store import DEFAULT_MAX_BYTES, DEFAULT_TTL_S, LOCAL_TENANT, Clock, Entry, Record, Store, StoreStats
from headroom.store._domain import LEASE_S, output_digest, refuse_bad_tenant

name = "memory"


class _Original:
    __slots__ = ("content", "last_seen", "outputs", "records", "size_bytes")

    def __init__(self, content: str, last_seen: float) -> None:
        self.content = content
        self.size_bytes = len(content.encode())
        self.last_seen = last_seen
        self.outputs: set[str] = set()
        self.records: set[str] = set()


class _Record:
    __slots__ = ("key", "last_seen", "size_bytes", "value")

    def __init__(self, record: Record, last_seen: float) -> None:
        self.value = record.value
        self.key = record.key
        self.size_bytes = len(record.name) + len(record.value)
        self.last_seen = last_seen


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
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._used_bytes = 0

    def key_of(self, content: str) -> str:
        """The key of a text: a MAC under the store's secret over tenant and content."""
        return content_key(self._secret, self.tenant, content)

    def name_of(self, *parts: str) -> str:
        """The name of the record about `parts`, in this tenant alone."""
        return record_name(self._secret, self.tenant, parts)

    def put(self, key: str, content: str, *, kind: str, output: str | None = None) -> None:
        """Stores one original; see `put_many`."""
        self.put_many((Entry(key, content, kind, output),))

    def put_many(self, entries: Iterable[Entry], records: Iterable[Record] = ()) -> dict[str, bytes]:
        """Stores originals and records, all or nothing; the result are the records that were there before."""
        batch = [(entry, _Original(entry.content, self._clock())) for entry in entries]
        noted = [(record.name, _Record(record, self._clock())) for record in records]
        with self._lock:
            self._refuse_closed()
            new = {entry.key: original for entry, original in batch if not self._seen(entry.key)}
            earlier = {name: self._records[name].value for name, _ in noted if self._seen_record(name)}
            unknown = {name: record for name, record in reversed(noted) if name not in earlier}
            size_bytes = sum(original.size_bytes for original in new.values())
            self._make_room(size_bytes + sum(record.size_bytes for record in unknown.values()))
            for key, original in new.items():
                self._originals[key] = original
                self._used_bytes += original.size_bytes
            for entry, _ in batch:
                if entry.output is not None:
                    digest = output_digest(self._secret, self.tenant, self.key_of(entry.output))
                    self._originals[entry.key].outputs.add(digest)
                    self._outputs[digest] = entry.key
            for name, record in unknown.items():
                self._records[name] = record
                self._used_bytes += record.size_bytes
                if record.key in self._originals:
                    self._originals[record.key].records.add(name)
            return earlier

    def records(self, names: Sequence[str]) -> dict[str, bytes]:
        """The values of those of the names that are here, whose life is thereby renewed."""
        with self._lock:
            self._refuse_closed()
            return {name: self._records[name].value for name in names if self._seen_record(name)}

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
        """What is stored; looks at every original."""
        with self._lock:
            self._refuse_closed()
            original_bytes = sum(original.size_bytes for original in self._originals.values())
            return StoreStats(len(self._originals), original_bytes, self._used_bytes, self._max_bytes)

    def close(self) -> None:
        """Forgets everything; any later call raises StoreError."""
        with self._lock:
            self._closed = True
            self._originals.clear()
            self._outputs.clear()
            self._records.clear()

    def _seen(self, key: str) -> bool:
        """Whether the key names something here, which then counts as seen now."""
        original = self._originals.get(key)
        if original is None:
            return False
        original.last_seen = max(original.last_seen, self._clock())
        self._originals.move_to_end(key)
        return True

    def _seen_record(self, name: str) -> bool:
        """Whether there is a record of this name, which then counts as seen now, and so does its original."""
        record = self._records.get(name)
        if record is None:
            return False
        record.last_seen = max(record.last_seen, self._clock())
        self._records.move_to_end(name)
        self._seen(record.key)
        return True

    def _make_room(self, size_bytes: int) -> None:
        now = self._clock()

        def is_due(last_seen: float) -> bool:
            over = self._used_bytes + size_bytes > self._max_bytes
            return now - last_seen > (LEASE_S if over else self._ttl_s)

        while self._originals and is_due(next(iter(self._originals.values())).last_seen):
            self._give_up(next(iter(self._originals)))
        while self._records and is_due(next(iter(self._records.values())).last_seen):
            self._give_up_record(next(iter(self._records)))
        if self._used_bytes + size_bytes > self._max_bytes:
            raise StoreError(
                f"the store in memory cannot take {size_bytes:,} bytes: {self._used_bytes:,} of its"
                f" {self._max_bytes:,} are in use, all seen within the last hour; raise store_max_bytes"
            )

    def _give_up(self, key: str) -> None:
        original = self._originals.pop(key)
        self._used_bytes -= original.size_bytes
        for digest in original.outputs:
            if self._outputs.get(digest) == key:
                del self._outputs[digest]
        for name in original.records:
            self._give_up_record(name)

    def _give_up_record(self, name: str) -> None:
        record = self._records.pop(name, None)
        if record is not None:
            self._used_bytes -= record.size_bytes

    def _refuse_closed(self) -> None:
        if self._closed:
            raise StoreError("the store in memory is closed; open a new one")
