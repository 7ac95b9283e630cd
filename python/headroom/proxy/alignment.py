"""Mode `cache` in a request's body: what `aligner` does to a conversation, as changes of the body's bytes.

Texts of the prefix get names for the values that change from request to request, and messages that tell the values are
put behind the newest results: into the list of messages, each behind the message before it. Nothing else moves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from headroom.aligner import align
from headroom.places import compact_json
from headroom.providers import Provider
from headroom.segment import Place, Segment
from headroom.store import Store


class Prefix(NamedTuple):
    """What there is to know of a request whose prefix is to be stable: its messages and tools, which are below `base`
    in the body, and whether it is sent to be answered.
    """

    provider: Provider
    messages: Sequence[Any]
    tools: Any
    base: Place
    is_sent: bool


class Naming(NamedTuple):
    """The segments with names for their values, and the changes of the body: texts at places, and messages behind
    others, as JSON and as the texts they tell. `failed`: values stay where they are, since no store could be used.
    """

    segments: list[Segment]
    named: Mapping[Place, str]
    inserted: list[tuple[Place, str]]
    told: list[str]
    failed: bool = False


def aligned(segments: list[Segment], prefix: Prefix | None, open_store: Callable[[], Store]) -> Naming:
    """What mode `cache` makes of a request's texts, at places in the body; nothing without a prefix."""
    if prefix is None:
        return Naming(segments, {}, [], [])
    provider, messages = prefix.provider, prefix.messages
    inside = (*prefix.base, provider.messages_field)
    found = align(
        [_within(each, inside) for each in segments],
        prefix.tools,
        tuple(map(provider.part_of, messages)),
        open_store,
        is_sent=prefix.is_sent,
    )
    named = {(*inside, *place) if isinstance(place[0], int) else place: text for place, text in found.texts.items()}
    described = {(*prefix.base, "tools", *place): text for place, text in found.described.items()}
    return Naming(
        [each._replace(text=named[each.place]) if each.place in named else each for each in segments],
        {**named, **described},
        [((*inside, after - 1), compact_json(provider.say(text))) for after, text in found.blocks.items()],
        list(found.blocks.values()),
        any(step.failed for step in found.notices),
    )


def _within(segment: Segment, inside: Place) -> Segment:
    """A text of a message at its place from the messages; any other one where it is."""
    if segment.place[: len(inside)] != inside:
        return segment
    return segment._replace(place=segment.place[len(inside) :])
