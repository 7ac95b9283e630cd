"""A bounded memory of decisions and counts, so that known content is not worked on again.

It holds pure results only: losing an entry costs time and never changes an output. Safe to use from several threads.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

Value = TypeVar("Value")

_memos: WeakSet[Memo[Any]] = WeakSet()


class Memo(Generic[Value]):
    """Recently used results, up to a number of entries and a total weight (of characters they hold).

    What is put goes to the younger of two halves. Once that is full, it becomes the older one, and what nobody has used
    since the last time is forgotten: getting and putting take a look-up each and no lock. Threads that put at the very
    same time may together go beyond the bounds by what they put.
    """

    _young: dict[Hashable, tuple[Value, int]]
    _old: dict[Hashable, tuple[Value, int]]
    _weight: int

    def __init__(self, max_entries: int, max_weight: int) -> None:
        self._most_entries = max(1, max_entries // 2)
        self._max_weight = max_weight
        self._lock = Lock()
        self.forget()
        _memos.add(self)

    def get(self, key: Hashable) -> Value | None:
        """The result remembered under `key`, which counts as used; None if there is none."""
        entry = self._young.get(key)
        if entry is None:
            return self._used_again(key) if self._old else None
        return entry[0]

    def _used_again(self, key: Hashable) -> Value | None:
        with self._lock:  # what another thread takes meanwhile must not come back
            entry = self._old.get(key)
            if entry is None:
                return None
            self.put(key, *entry)
        return entry[0]

    def take(self, key: Hashable) -> Value | None:
        """The result remembered under `key`, which is then forgotten; None if there is none."""
        with self._lock:
            old = self._old.pop(key, None)
            young = self._young.pop(key, None)
            if young is not None:
                self._weight -= young[1]
        entry = young or old
        return None if entry is None else entry[0]

    def __contains__(self, key: Hashable) -> bool:
        return key in self._young or key in self._old

    def put(self, key: Hashable, value: Value, weight: int = 0) -> None:
        """Remembers a result; one that is heavier than all that may be remembered is not."""
        if weight > self._max_weight:
            return
        if key in self._young:
            self._weight -= self._young.pop(key, (value, 0))[1]
        self._weight += weight
        if self._weight > self._room or len(self._young) >= self._most_entries:
            self._turn(weight)
        self._young[key] = (value, weight)
        if self._old:
            self._old.pop(key, None)

    def _turn(self, weight: int) -> None:
        """Makes room for a result of this weight, which is counted already."""
        kept = self._weight - weight
        is_light = kept + weight <= self._max_weight
        self._old = self._young if is_light else {}
        self._room = min(self._max_weight // 2, self._max_weight - (kept if is_light else 0))
        self._young, self._weight = {}, weight

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def forget(self) -> None:
        """Forgets everything."""
        self._young, self._old = {}, {}
        self._weight = 0
        self._room = self._max_weight // 2  # what the younger half may weigh

    def forget_others(self) -> None:
        """In a forked child: another thread of the parent may have held the lock."""
        self._lock = Lock()
        self.forget()


def forget_everything() -> None:
    """Empties all memories, as a new process finds them."""
    for memo in _memos:
        memo.forget_others()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_everything)
