"""A conversation that is sent again as it was: what became of it the last time, without reading it again.

It is the same if the same bytes would be written of it, kinds of values and the order of fields included. What stands
in the store is not taken for granted: whoever uses what is found here has the store say that it is still there.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from headroom.memo import Memo

if TYPE_CHECKING:
    from headroom.pipeline import Outcome
    from headroom.store import Store

_MOST_MESSAGES = 64
_VERSION = 2
"""The last one of marshal's formats that writes equal values alike."""


class _Sent(NamedTuple):
    """The messages as bytes, everything else that decides on them, and what became of them in which store."""

    raw: bytes
    given: tuple[Any, ...]
    outcome: Outcome
    store: Store


_sent: Memo[_Sent] = Memo(max_entries=128, max_weight=4_000_000)


def sent_before(messages: Sequence[Any], given: tuple[Any, ...]) -> tuple[Outcome, Store] | None:
    """What became of the messages when they were sent with the same arguments, and the store that has the originals."""
    sent = _sent.get(_sight(messages))
    if sent is None or sent.given != given or sent.raw != _raw(messages):
        return None
    return sent.outcome, sent.store


def remember(messages: Sequence[Any], given: tuple[Any, ...], outcome: Outcome, store: Store) -> None:
    """Remembers what became of messages of which everything was known."""
    sight, raw = _sight(messages), _raw(messages)
    if sight and raw:
        _sent.put(sight, _Sent(raw, given, outcome, store), len(raw))


def _sight(messages: Sequence[Any]) -> tuple[int, ...]:
    """What tells most messages from others at once; nothing of those that are not remembered."""
    last = messages[-1] if 0 < len(messages) <= _MOST_MESSAGES else None
    if not isinstance(last, Mapping):
        return ()
    return (len(messages), *[len(value) for value in last.values() if isinstance(value, (str, list))])


def _raw(messages: Sequence[Any]) -> bytes:
    """The messages as bytes; none of such as hold other objects than JSON has."""
    try:
        return marshal.dumps(messages, _VERSION)  # type: ignore[arg-type]  # what it cannot write, it refuses
    except ValueError:
        return b""
