"""A bounded memory of decisions and counts, so that known content is not worked on again.

It holds pure results only: losing an entry costs time and never changes an output. Safe to use from several threads.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

Value = TypeVar("Value")

_memos: WeakSet[Memo[Any]] = WeakSet()


class Memo(Generic[Value]):
    """The most recently used results, up to a number of entries and a total weight (of characters they hold).

    Getting and putting take constant time. Which were used most recently is noted once half of the bounds is taken:
    before, nothing is about to be forgotten.
    """

    def __init__(self, max_entries: int, max_weight: int) -> None:
        self._max_entries = max_entries
        self._max_weight = max_weight
        self._weight = 0
        self._is_half_full = False
        self._entries: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()
        _memos.add(self)

    def get(self, key: Hashable) -> Value | None:
        """The result remembered under `key`, which becomes the most recent one; None if there is none."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if self._is_half_full:
            with self._lock:
                if key in self._entries:  # another thread may have taken it
                    self._entries.move_to_end(key)
        return entry[0]

    def take(self, key: Hashable) -> Value | None:
        """The result remembered under `key`, which is then forgotten; None if there is none."""
        with self._lock:
            value, weight = self._entries.pop(key, (None, 0))
            self._weight -= weight
            return value

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries

    def put(self, key: Hashable, value: Value, weight: int = 0) -> None:
        """Remembers a result, forgetting the least recently used ones beyond the bounds."""
        if weight > self._max_weight:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            self._weight += weight - (old[1] if old else 0)
            self._entries[key] = (value, weight)
            while len(self._entries) > self._max_entries or self._weight > self._max_weight:
                _, (_, forgotten) = self._entries.popitem(last=False)
                self._weight -= forgotten
            self._is_half_full = 2 * len(self._entries) > self._max_entries or 2 * self._weight > self._max_weight

    def __len__(self) -> int:
        return len(self._entries)

    def forget_others(self) -> None:
        """In a forked child: another thread of the parent may have held the lock, and been changing the entries."""
        self._lock = Lock()
        self._entries = OrderedDict()
        self._weight = 0
        self._is_half_full = False


def forget_everything() -> None:
    """Empties all memories, as a new process finds them."""
    for memo in _memos:
        memo.forget_others()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_everything)
