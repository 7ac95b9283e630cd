"""Mode `cache`: what changes from request to request is moved out of the prefix, so that the prefix can be cached.

Times, ids, paths of temporary files and the like in the system prompt, in descriptions of tools, and in what an agent
says of its surroundings before the model's first answer, are replaced by names such as `[[timestamp 1]]`. Their values
stand in a small message of their own after the newest results:

    [current values]
    timestamp 1: 2026-11-30T05:42:47Z

It holds the values that the conversation has not been told yet, and is not written where there are none; nor while a
model thinks between calls, since a message would end that: then the user's next message is waited for. What was
written is recorded, and stands on every later turn where it first stood. Conversations that begin with the same words
are not told apart until the model has answered: what was told last before an answer is bound to that answer.

Which values change could be learnt by comparing with earlier requests, but then the first one would already have been
sent with them inside, and its prefix would be lost. So they are told by their kind and by the words around them
(`_core.volatile_values`): the first request is treated as the last, and the same text always gives the same names. A
value that would never have changed costs its name and one line.

Nothing is reordered, no `cache_control` is added or moved, and a billing header is never touched.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from headroom import _core
from headroom.errors import StoreError
from headroom.memo import Memo
from headroom.places import as_mapping, readable
from headroom.providers import Part
from headroom.segment import Place, Segment, Step
from headroom.store import Record, Store

_BILLING = "x-anthropic-billing-header"
_HEAD = "[current values]"
_VERSIONS_AT_ONCE = 16

_found: Memo[list[tuple[str, int, int]]] = Memo(max_entries=1_024, max_weight=4_000_000)
_CONTEXT_TAGS = ("<system-reminder>", "<env>", "<environment", "<context>", "<user_info>")
"""How texts of the user begin that an agent wrote for itself."""


class Aligned(NamedTuple):
    """Texts of the prefix with names for their values, the tools' likewise, and messages to insert after others.

    `described` are texts at places within the tools; `blocks` maps how many messages stand before a block to its text.
    """

    texts: Mapping[Place, str]
    described: Mapping[Place, str]
    blocks: Mapping[int, str]
    notices: tuple[Step, ...] = ()


def align(
    segments: Sequence[Segment],
    tools: Any,
    parts: Sequence[Part],
    open_store: Callable[[], Store],
    *,
    is_sent: bool = True,
) -> Aligned:
    """The prefix with names for its values; nothing changes where there are none, or where no store can keep them.

    `segments` are those beside the messages first, then those of the messages, of which `parts` tells what each is.
    Nothing is recorded of what is not sent to be answered, such as a request that is only counted.
    """
    named = _Names()
    described = {place: new for place, text in _descriptions(tools, ()) if (new := named.replace(text)) != text}
    prefix = [(each, named.replace(each.text)) for each in _prefix(segments, parts)]
    texts = {each.place: text for each, text in prefix if text != each.text}
    if not named.values:
        return Aligned({}, {}, {})
    try:
        blocks, fresh = _blocks(segments, texts, named.values, parts, open_store(), is_sent)
    except StoreError as error:
        reason = f"failed: values stay in the prefix, since what is told of them cannot be kept: {error}"
        return Aligned({}, {}, {}, (Step("store", reason, failed=True),))
    told = f"; {fresh} of them told" if fresh else ""
    notice = Step("align", f"{len(named.values)} values of the prefix have names{told}")
    return Aligned(texts, described, blocks, (notice,))


class _Names:
    """Gives each value its kind and a number, in order; `values` maps the names to the values."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._numbers: Counter[str] = Counter()

    def replace(self, text: str) -> str:
        pieces, at = [], 0
        for kind, start, end in _values(text):
            self._numbers[kind] += 1
            name = f"{kind} {self._numbers[kind]}"
            self.values[name] = readable(text[start:end])
            pieces += [text[at:start], f"[[{name}]]"]
            at = end
        return "".join((*pieces, text[at:])) if pieces else text


def _values(text: str) -> list[tuple[str, int, int]]:
    """The values of a text of the prefix, which comes again on every turn."""
    found = _found.get(text)
    if found is None:
        found = _core.volatile_values(readable(text))
        _found.put(text, found, len(text))
    return found


def _prefix(segments: Sequence[Segment], parts: Sequence[Part]) -> Iterator[Segment]:
    """The texts that stand before the model's first answer and are not what the user asks for."""
    answered = next((at for at, part in enumerate(parts) if part.is_models), len(parts))
    for each in segments:
        at = each.place[0] if isinstance(each.place[0], int) else -1
        is_context = each.origin == "user" and each.text.lstrip().startswith(_CONTEXT_TAGS)
        is_own = each.origin == "system" or is_context
        if is_own and at < answered and not each.frozen and not each.text.startswith(_BILLING):
            yield each


def _descriptions(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every description in the definitions of tools, of the tools and of their parameters, in order."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _descriptions(inner, (*place, index))
        return
    for name, inner in as_mapping(value).items():
        if name == "description" and isinstance(inner, str):
            yield (*place, name), inner
        elif isinstance(inner, (dict, list)):
            yield from _descriptions(inner, (*place, name))


def _blocks(
    segments: Sequence[Segment],
    texts: Mapping[Place, str],
    values: Mapping[str, str],
    parts: Sequence[Part],
    store: Store,
    is_sent: bool,
) -> tuple[dict[int, str], int]:
    """What was told of values before, where it was told, and what is told now; and how many values that is."""
    names = _chain(segments, texts, parts, store)
    place = _place(parts)
    blocks: dict[int, str] = {}
    told: dict[str, str] = {}
    is_answered = any(part.is_models for part in parts[place:])
    for at, block in _earlier(names, place + 1 if is_answered else place, store, is_sent).items():
        blocks[at] = block.text
        told |= block.values
    changed = {name: value for name, value in values.items() if told.get(name) != value}
    if not changed or not place or place in blocks:
        return blocks, 0
    text = "\n".join((_HEAD, *(f"{name}: {value}" for name, value in changed.items())))
    if is_sent:
        _write(_Block(text, changed), names[place], store)
    blocks[place] = text
    return blocks, len(changed)


class _Block(NamedTuple):
    """A message that tells of values, and the values by name."""

    text: str
    values: dict[str, str]

    def encoded(self) -> bytes:
        return json.dumps(self, ensure_ascii=False).encode()


def _decoded(value: bytes) -> _Block:
    return _Block(*json.loads(value))


def _earlier(names: Sequence[str], place: int, store: Store, is_sent: bool) -> dict[int, _Block]:
    """The blocks that stand before a place, by how many messages stand before each."""
    bound = [store.name_of("bound values", names[at + 1]) for at in range(1, place)]
    first = [_version(names[at], 0, store) for at in range(1, place)]
    known = store.records([*bound, *first])
    blocks = {}
    for at, (name, version) in enumerate(zip(bound, first, strict=True), 1):
        if name in known:
            blocks[at] = _decoded(known[name])
        elif version in known:
            value = _versions(names[at], store)[-1]
            blocks[at] = _decoded(store.put_many((), [Record(name, value)]).get(name, value) if is_sent else value)
    return blocks


def _write(block: _Block, name: str, store: Store) -> None:
    """Records a block as the last one written at its place."""
    value = block.encoded()
    versions = _versions(name, store)
    while not versions or versions[-1] != value:
        record = Record(_version(name, len(versions), store), value)
        versions.append(store.put_many((), [record]).get(record.name, value))


def _versions(name: str, store: Store) -> list[bytes]:
    """All blocks that were written at a place, in order: one for each conversation that begins alike."""
    found: list[bytes] = []
    while True:
        names = [_version(name, len(found) + more, store) for more in range(_VERSIONS_AT_ONCE)]
        known = store.records(names)
        found += [known[each] for each in names if each in known]
        if len(known) < _VERSIONS_AT_ONCE:
            return found


def _version(name: str, number: int, store: Store) -> str:
    return store.name_of("values", name, str(number))


def _chain(segments: Sequence[Segment], texts: Mapping[Place, str], parts: Sequence[Part], store: Store) -> list[str]:
    """For each number of messages, a name of what they say, with the ids of calls: those tell conversations apart in
    which the same is asked, called and found.
    """
    said = [[*map(readable, part.ids)] for part in parts]
    for each in segments:
        if isinstance(each.place[0], int):
            said[each.place[0]] += [each.origin, readable(texts.get(each.place, each.text))]
    names = [store.name_of("said")]
    for message in said:
        names.append(store.name_of("said", names[-1], *message))
    return names


def _place(parts: Sequence[Part]) -> int:
    """After how many messages a block may stand: behind the newest results, where no call waits for its own.

    Between signed thoughts and what the user says next it may not: providers forget, and no longer find in their
    caches, what a model thought before a message of the user.
    """
    place, waiting, is_thinking = 0, Counter[str](), False
    for at, part in enumerate(parts, 1):
        if part.is_models:
            is_thinking |= part.is_signed
            waiting.update(part.ids if part.kind == "call" else ())
        else:
            is_thinking &= part.kind == "result"
            waiting.subtract(part.ids)
            waiting = +waiting
            if not waiting and not is_thinking:
                place = at
    return place
