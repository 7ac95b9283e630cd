"""Frozen decisions: what became of a result when it first entered a conversation, kept in the store and used again.

Decisions are pure, but what they depend on changes: settings, versions, a caller's question. So each is recorded when
it is made, under a name made of the conversation (its first text), the id of the tool call, the content, and, where a
conversation has the same ones more than once, which one it is. Ids that say nothing (none, `call_0`) may be those of
another conversation that began alike, so with them goes all that was asked and called before. On later turns, after a
restart, and in other processes that share the store, the recorded text goes out as it was; whoever decides second uses
what was written first.

A record holds the text, its tier and its tokens, or that the text stays as it is. Texts smaller than `min_tokens` need
none: how small a text may be, and whether texts of the user and the system are compressed, is recorded once for a
conversation, when its first result is seen. In this process decisions are remembered with all their steps, so that a
turn asks the store about its new texts alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from headroom.decide import Decision, Policy, left_as_it_is
from headroom.marker import parse_marker
from headroom.memo import Memo
from headroom.places import readable
from headroom.report import report
from headroom.segment import Segment, Step
from headroom.store import Record, Store
from headroom.tokens import TokenCounter

_VERSION = b"1"
_TELLING_ID = re.compile(r"(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{8,}$")
"""The end of an id that was drawn at random, such as `toolu_01A09q90qw90lq917835lq9`."""

_LATER_VERSION = "a later version of Headroom wrote the record of a decision, so that it is made anew"


class _Remembered(NamedTuple):
    """A decision of a store's conversation, and whether it is recorded there."""

    store: Store
    decision: Decision
    is_recorded: bool


_Eligibility = tuple[int, bool, bool]
"""The least tokens of a text, and whether texts of the user and of the system are compressed."""

_decisions: Memo[_Remembered] = Memo(max_entries=4_096, max_weight=24_000_000)
_eligibilities: Memo[tuple[Store, _Eligibility]] = Memo(max_entries=1_024, max_weight=1_000_000)
_without_epochs: Memo[tuple[object, ...]] = Memo(max_entries=1_024, max_weight=1_000_000)


class _Before:
    """What was asked and called up to some point, told apart by a digest, which is worked out where it is wanted."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        self._texts.append(text)

    def digest(self) -> str:
        for text in self._texts:
            self._hash.update(text.encode("utf-8", "surrogatepass") + b"\0")
        self._texts.clear()
        return self._hash.hexdigest()


class Frozen:
    """The decisions of one conversation that were made before, and those of this run, to be recorded.

    `key_of` gives the key of a text, empty for one that no store can hold. `can_ask`: whether the reader can ask for
    what is left out. Raises StoreError.
    """

    def __init__(
        self,
        store: Store,
        counter: TokenCounter,
        segments: Sequence[Segment],
        policy: Policy,
        key_of: Callable[[str], str],
        is_eligible: Callable[[Segment, Policy], bool],
        *,
        can_ask: bool,
        has_limit: bool = False,
    ) -> None:
        self._store = store
        self._can_ask = can_ask
        self._counter = counter
        conversation = key_of(first_text(segments))
        self._eligibility = conversation_name(store, conversation)
        self._new_eligibility: _Eligibility | None = None
        self.policy = self._frozen_policy(policy)
        self.keys: dict[int, str] = {}
        """The keys of the texts whose decisions are recorded, by index."""
        self._names: dict[int, str] = {}
        self._known: dict[int, _Remembered] = {}
        missing: dict[str, int] = {}
        times: dict[tuple[str, str, str], int] = {}
        before = _Before()
        for index, segment in enumerate(segments):
            if segment.origin in ("user", "assistant"):
                before.add(segment.text)
            key = key_of(segment.text) if is_eligible(segment, self.policy) else ""
            if key:
                self.keys[index] = key
                same = (segment.call_id, key, "" if _TELLING_ID.search(segment.call_id) else before.digest())
                times[same] = ordinal = times.get(same, 0) + 1
                self._names[index] = name = store.name_of("decision", conversation, *same, str(ordinal))
                found = self._remembered(name)
                if found is None:
                    missing[name] = index
                else:
                    self._known[index] = found
        flag = name_of_epochs(store, segments) if has_limit and not self.is_new else ""
        # That there is none is taken to be true only of the very texts of which it was found.
        state: tuple[object, ...] = (store, before.digest(), len(segments), *self._names.values()) if flag else ()
        is_flag_known = not flag or _without_epochs.get(flag) == state
        self.has_epochs = False
        """Whether something may have been left out of the conversation before, where it `has_limit`."""
        if (missing or not is_flag_known) and not self.is_new:
            # The conversation's own record is looked up with the others, so that it lives as long.
            values = store.records([*missing, self._eligibility, *([flag] if flag else ())])
            for name, value in values.items():
                if name in missing:
                    self._learn(missing[name], segments[missing[name]], value)
            self.has_epochs = flag in values
            if flag and not self.has_epochs:
                _without_epochs.put(flag, state)

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever recorded of the conversation: its own record is written with the first decisions."""
        return self._new_eligibility is not None

    def decision(self, index: int, segment: Segment, standing: Collection[str]) -> Decision | None:
        """What was decided on the segment of this index before; `standing` are the keys of the texts before it.

        Where a text that the decision refers to is gone (a client dropped it, or the conversation took another way),
        what the provider may hold ends there anyway. So it is decided on anew, for good, under a name of its own. It
        is so, too, for a reader who cannot ask for what was left out for another one, who began in the same way.
        """
        while (known := self._known.get(index)) is not None:
            sources = known.decision.sources
            may_show = self._can_ask or known.decision.lossless or known.decision.text is None
            if may_show and (not sources or all(source in standing for source in sources)):
                return known.decision
            del self._known[index]
            self._names[index] = name = self._store.name_of("without", self._names[index])
            remembered = self._remembered(name)
            if remembered is not None:
                self._known[index] = remembered
            elif (value := self._store.records([name]).get(name)) is not None:
                self._learn(index, segment, value)
        return None

    def is_recorded(self, index: int) -> bool:
        """Whether the store has the decision on the segment of this index."""
        known = self._known.get(index)
        return known is not None and known.is_recorded

    def records(self, decisions: Mapping[int, tuple[str, Decision]]) -> list[Record]:
        """The records to be written of decisions, by index with the key of the original: those the store lacks."""
        records = [
            Record(self._names[index], _written(decision, self._counter), key if decision.text is not None else "")
            for index, (key, decision) in decisions.items()
            if index in self._names and not self.is_recorded(index)
        ]
        if self._new_eligibility is not None:
            records.append(Record(self._eligibility, _VERSION + _as_json(self._new_eligibility).encode()))
        return records

    def settle(
        self, decisions: Mapping[int, tuple[str, Decision]], earlier: Mapping[str, bytes], segments: Sequence[Segment]
    ) -> dict[int, Decision]:
        """Takes it that the records are written; `earlier` are those that somebody else wrote first. The result are the
        decisions, by index, that stand instead of ours.
        """
        others: dict[int, Decision] = {}
        for index, (_, decision) in decisions.items():
            name = self._names.get(index, "")
            if name in earlier and not self.is_recorded(index) and self._learn(index, segments[index], earlier[name]):
                others[index] = self._known[index].decision
            elif name:
                self._remember(index, decision, is_recorded=True)
        if self._eligibility in earlier:
            self._learn_eligibility(earlier[self._eligibility])
        elif self._new_eligibility is not None:
            self._remember_eligibility(self._new_eligibility)
        return others

    def remember(self, decisions: Mapping[int, tuple[str, Decision]]) -> None:
        """Remembers decisions that could not be recorded, for as long as this process lives."""
        for index, (_, decision) in decisions.items():
            if index in self._names and not self.is_recorded(index):
                self._remember(index, decision, is_recorded=False)

    def _remembered(self, name: str) -> _Remembered | None:
        known = _decisions.get((name, self._counter.name))
        return known if known is not None and known.store is self._store else None

    def _remember(self, index: int, decision: Decision, *, is_recorded: bool) -> None:
        known = self._known.get(index)
        if known is None or known.decision is not decision or known.is_recorded != is_recorded:
            self._known[index] = remembered = _Remembered(self._store, decision, is_recorded)
            _decisions.put((self._names[index], self._counter.name), remembered, len(decision.text or ""))

    def _learn(self, index: int, segment: Segment, value: bytes) -> bool:
        decision = _read(value, segment, self._counter)
        if decision is not None:
            self._remember(index, decision, is_recorded=True)
        return decision is not None

    def _frozen_policy(self, policy: Policy) -> Policy:
        own = (policy.min_tokens, policy.compress_user, policy.compress_system)
        known = _eligibilities.get(self._eligibility)
        recorded = known[1] if known is not None and known[0] is self._store else None
        if recorded is None:
            value = self._store.records([self._eligibility]).get(self._eligibility)
            if value is None:
                self._new_eligibility = own
                return policy
            recorded = self._learn_eligibility(value)
        if recorded is None or recorded == own:
            return policy
        min_tokens, user, system = recorded
        return replace(policy, min_tokens=min_tokens, compress_user=user, compress_system=system)

    def _learn_eligibility(self, value: bytes) -> _Eligibility | None:
        if not value.startswith(_VERSION):
            report(_LATER_VERSION)
            return None
        min_tokens, user, system = json.loads(value[len(_VERSION) :])
        recorded = (min_tokens, user, system)
        self._remember_eligibility(recorded)
        return recorded

    def _remember_eligibility(self, recorded: _Eligibility) -> None:
        _eligibilities.put(self._eligibility, (self._store, recorded), 1)


def name_of_epochs(store: Store, segments: Iterable[Segment]) -> str:
    """The name of the record which tells that something was left out of a conversation to fit into a budget."""
    first = next((segment.text for segment in segments if segment.origin == "user"), "")
    return store.name_of("epochs", readable(first))


def tell_of_epochs(name: str) -> None:
    """Takes it that the record of this name was written."""
    _without_epochs.take(name)


def conversation_name(store: Store, key: str) -> str:
    """The name of the record that a conversation has, by the key of its first text, once a result in it was seen."""
    return store.name_of("conversation", key)


def first_text(segments: Iterable[Segment]) -> str:
    """What tells a conversation from others, whatever follows: its first text of the user, or its first result, if that
    comes before one.
    """
    return next((segment.text for segment in segments if segment.origin in ("user", "tool")), "")


_as_json = lru_cache(maxsize=256, typed=True)(json.dumps)
"""JSON of values that are mostly the same ones."""


def _written(decision: Decision, counter: TokenCounter) -> bytes:
    tokens = f'{{"tokens": [{decision.tokens_before}, {decision.tokens_after}], "counter": {_as_json(counter.name)}'
    if decision.text is None:
        return _VERSION + f"{tokens}}}\n".encode()
    how = f'"kind": {_as_json(decision.kind)}, "lossless": {_as_json(decision.lossless)}'
    head = f'{tokens}, {how}, "sources": {_as_json(decision.sources)}}}\n'
    return _VERSION + head.encode() + decision.text.encode()


def _read(value: bytes, segment: Segment, counter: TokenCounter) -> Decision | None:
    if not value.startswith(_VERSION):
        report(_LATER_VERSION)
        return None
    line, _, raw = value[len(_VERSION) :].partition(b"\n")
    head = json.loads(line)
    text = raw.decode() if raw else None
    before, after = head["tokens"]
    if head["counter"] != counter.name:
        before = counter.count(segment.text)
        after = before if text is None else counter.count(text)
    read = Step("read", segment.origin, before, before)
    if text is None:
        marker = parse_marker(segment.text)
        stays = Step("choose", "left alone, as was decided when it first came")
        return left_as_it_is(before, read, stays, seen_key=marker.key if marker else "")
    replayed = Step("choose", "written as it was when it first came")
    written = Step("write", f"{head['kind']}, {'lossless' if head['lossless'] else 'lossy'}", before, after)
    return Decision(
        text, head["lossless"], head["kind"], before, after, (read, replayed, written), "", tuple(head["sources"])
    )
