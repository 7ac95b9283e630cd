"""The pipeline: segments in; the same segments with their steps, and the texts to write back, out.

Each text is decided on (`decide.py`), all originals of a run go to the store in one transaction, and only then are the
new texts handed out. A text decided before is known again and costs a comparison. What always holds: no
text grows, a lossy form goes out only after its original is stored, and a compressor that fails costs its one text the
compression and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from headroom import _core
from headroom._core import Ahead
from headroom.compressors import Compressor
from headroom.decide import REPEAT, Decision, Policy, decide, left_as_it_is, refer
from headroom.earlier import Earlier
from headroom.errors import StoreError
from headroom.frozen import Frozen
from headroom.marker import parse_marker
from headroom.memo import Memo
from headroom.protection import Protection, is_eligible
from headroom.repeats import Repeats, texts_in
from headroom.report import report
from headroom.segment import Place, Segment, Step, ToolCall
from headroom.store import Entry, Record, Store
from headroom.tokens import TokenCounter, token_counter

if TYPE_CHECKING:
    from headroom.epochs import Fitted, Limit
    from headroom.eviction import Text

QUERY_CHARACTERS = 8_000
"""Of a longer question, or of longer arguments of a call, the first and last halves of this are looked at."""

REFERENCE_ENCODING = "o200k_base"
"""No text may grow in this encoding, whatever model it is compressed for: a conversation may change its model."""

_OWN_OUTPUT = "left alone: Headroom wrote it before"
_SHORT_TEXT = 2_000
_END_CHARACTERS = 64

CODE = "code"
"""The kind of which a lossless form has the text's own lines."""

_COUNTED = (CODE, "search")

_decisions: Memo[Decision] = Memo(max_entries=4_096, max_weight=8_000_000)
_counts: Memo[int] = Memo(max_entries=8_192, max_weight=8_000_000)
_keys: Memo[tuple[str, Store, str]] = Memo(max_entries=1_024, max_weight=8_000_000)
_process_secret = os.urandom(32)


class Outcome(NamedTuple):
    """The segments with their steps, the texts to write, the originals' keys, steps about the whole, and the messages
    to leave out. `known` are the places of texts that were decided on before; where all were, and nothing had to be
    written, `in_use` are the originals that must still be there for all this to be true again. `is_recorded` tells that
    the records which were to be written with it are.
    """

    segments: tuple[Segment, ...]
    replacements: Mapping[Place, str]
    keys: tuple[str, ...]
    notices: tuple[Step, ...]
    removed: frozenset[int] = frozenset()
    known: tuple[Place, ...] = ()
    in_use: frozenset[str] | None = None
    is_recorded: bool = True


@dataclass(slots=True)
class _Work:
    """One segment on its way. `memo_key` is None where nothing was decided here: left alone, or decided on before.

    `policy` is the one that it was, or would be, decided under; None where it is left alone.
    """

    segment: Segment
    decision: Decision
    key: str = ""
    memo_key: tuple[Any, ...] | None = None
    policy: Policy | None = None
    is_known: bool = False
    is_replayed: bool = False
    stored: Step | None = None
    ahead: Ahead | None = None


def _deep(policy: Policy) -> Policy | None:
    return replace(policy, level="deep") if policy.lossy else None


def _at_most(ratio: float, policy: Policy) -> Policy | None:
    deep = _deep(policy)
    return replace(deep, target_ratio=ratio) if deep is not None and ratio < (policy.target_ratio or 1.0) else None


_HARSHER = (_deep, partial(_at_most, 0.3), partial(_at_most, 0.1))
"""What a policy becomes where more must be left out, ever harsher; None where no more may be."""


class Pipeline:
    """One run's collaborators: what decides, who compresses, what counts, where originals go.

    `open_store` is called when the first text is worth a decision. If it raises StoreError, only lossless forms go out.
    A pipeline is for one run, since `protection` learns from what it goes past.
    """

    def __init__(
        self,
        policy: Policy,
        counter: TokenCounter,
        compressors: Sequence[Compressor],
        open_store: Callable[[], Store],
        protection: Protection | None = None,
    ) -> None:
        self._policy = policy
        self._protection = protection or Protection()
        self._counter = counter
        self._counts = [counter.count]
        if counter.encoding != REFERENCE_ENCODING:
            self._counts.append(token_counter().count)
        self._compressors = compressors
        self._open_store = open_store
        self._store: Store | None = None
        self._store_error: StoreError | None = None

    def store(self) -> Store:
        """The store of this run, opened if it is not yet. Raises StoreError where it cannot be."""
        self._open()
        if self._store is None:
            raise self._store_error or StoreError("the store cannot be opened")
        return self._store

    def run(
        self,
        segments: Iterable[Segment],
        limit: Limit | None = None,
        *,
        is_conversation: bool = False,
        can_ask: bool | None = None,
        records: Sequence[Record] = (),
    ) -> Outcome:
        """Decides on every segment, and on what to leave out where the whole is over its limit; time is proportional to
        the texts not seen before, plus a look at the others.

        In a conversation decisions are recorded, and those that were recorded are used again; and a text may be written
        with references to what stands above it. `can_ask`: whether the reader has the retrieve tool, even if it may not
        be called this once; by default, what the policy says of now. `records` are written in the same transaction.
        """
        listed = list(segments)
        can_ask = self._policy.retrieval != "none" if can_ask is None else can_ask
        frozen = self._frozen(listed, can_ask, limit is not None) if is_conversation else None
        earlier, repeats = Earlier(), Repeats() if is_conversation else None
        works = []
        for index, segment in enumerate(listed):
            key = "" if frozen is None else frozen.keys.get(index, "")
            before = self._before(frozen, index, segment, repeats) if key else None
            work = self._plan(segment, key, earlier, repeats) if before is None else self._replayed(segment, before)
            work.key = work.key or key  # what is left alone once shall be from now on
            works.append(work)
            earlier.add(work.key, segment)
            self._protection.add(segment)
            if repeats is not None:
                self._show(repeats, work)
        if repeats is not None:
            repeats.keep()
        is_whole = frozen is not None and not frozen.has_epochs
        fitted = None if limit is None else self._fit(works, limit, is_whole)
        in_use = self._keep_originals(works, frozen, records)
        outcome = Outcome(
            segments=tuple([_account(work) for work in works]),
            replacements={work.segment.place: work.decision.text for work in works if work.decision.text is not None},
            keys=tuple(dict.fromkeys(filter(None, map(_named_key, works)))),
            notices=(),
            known=tuple([work.segment.place for work in works if work.is_known]),
            in_use=in_use,
            is_recorded=not records or self._store is not None,
        )
        return outcome if fitted is None else _fitting(outcome, fitted, works)

    def pass_by(self, segments: Iterable[Segment], records: Sequence[Record] = ()) -> Outcome:
        """Leaves every segment as it is, and counts; opens no store unless there are records to be written."""
        if records:
            self._open()
            self._put((), records, None, {}, ())
        passed = []
        for segment in segments:
            tokens = self._count(segment.text)
            passed.append(segment.after(Step("read", "left alone: bypassed", tokens, tokens)))
        return Outcome(tuple(passed), {}, (), (), is_recorded=not records or self._store is not None)

    def _frozen(self, segments: Sequence[Segment], can_ask: bool, has_limit: bool) -> Frozen | None:
        """The decisions on a conversation that were made before; None where no text could be compressed."""
        more = self._policy.compress_user or self._policy.compress_system
        if not more and all(segment.origin != "tool" for segment in segments):
            return None
        self._open()
        if self._store is None:
            return None
        try:
            frozen = Frozen(
                self._store,
                self._counter,
                segments,
                self._policy,
                self._key_or_none,
                is_eligible,
                can_ask=can_ask,
                has_limit=has_limit,
            )
        except StoreError as error:
            self._lose_store(error)
            return None
        self._policy = frozen.policy
        return frozen

    def _before(self, frozen: Frozen | None, index: int, segment: Segment, repeats: Repeats | None) -> Decision | None:
        if frozen is None or repeats is None or self._store is None:
            return None
        try:
            return frozen.decision(index, segment, repeats.keys)
        except StoreError as error:
            self._lose_store(error)
            return None

    def _replayed(self, segment: Segment, before: Decision) -> _Work:
        return _Work(segment, before, "", policy=self._policy, is_known=True, is_replayed=True)

    def _plan(self, segment: Segment, key: str, earlier: Earlier, repeats: Repeats | None) -> _Work:
        """What is to become of a text; `key` is its key in the store, if that is known already."""
        reason = self._protection.reason(segment, self._policy)
        if not reason:
            try:
                question = earlier.question(segment)
                asked = segment if question is segment.query else segment._replace(query=question)
                policy = self._protection.policy(segment, self._policy)
                key = key if key and self._store is not None else self._key(segment.text)
                work = self._decided(_clipped(asked), key, policy)
                return work if repeats is None else self._referring(work, repeats)
            except UnicodeEncodeError:
                reason = "left alone: it holds lone surrogates, which no encoding of an output could carry"
        tokens = self._count(segment.text)
        return _Work(segment, left_as_it_is(tokens, Step("read", reason, tokens, tokens)))

    def _show(self, repeats: Repeats, work: _Work) -> None:
        """Shows a result as it went out, or what a call says. Code whose lines were written without what stands before
        each counts as it was.
        """
        if work.segment.origin != "tool":
            if work.segment.origin == "assistant" and work.segment.frozen:
                for said in texts_in(work.segment.text):
                    repeats.add(self._key_or_none(said), said)
            return
        text, original, decision = work.decision.text, work.segment.text, work.decision
        key = work.key or self._key_or_none(original)
        if text is None or (decision.lossless and decision.kind == CODE):
            repeats.add(key, original, original=original, whole=True)
        else:
            refers = decision.kind == REPEAT
            repeats.add(key, text, hash(text), refers, original, whole=decision.lossless or refers)

    def _referring(self, work: _Work, repeats: Repeats) -> _Work:
        """The work with references to what stands above, where a model could ask for what they stand for."""
        if self._store is None or self._policy.retrieval == "none" or work.decision.steps[0].reason == _OWN_OUTPUT:
            return work
        # A view is better read as one, and lines that go without their numbers are counted from those before them.
        clearly = not work.decision.lossless or work.decision.kind in _COUNTED
        found = repeats.write(work.segment.text, work.key, work.decision.text, clearly)
        if found is not None:
            form, sources = found
            decision = refer(work.decision, work.segment.text, form, sources, work.key, self._counts)
            if decision is not work.decision:
                work.decision, work.is_known = decision, False
        return work

    def _decided(self, segment: Segment, key: str, policy: Policy) -> _Work:
        memo_key = (key, segment.query, segment.call, segment.content_type, policy, self._counter.name)
        known = _decisions.get(memo_key)
        if known is not None:
            return _Work(segment, known, key, memo_key, policy, is_known=True)
        if self._is_own_output(key):
            tokens = self._count_as(key, segment.text)
            marker = parse_marker(segment.text)
            step = Step("read", _OWN_OUTPUT, tokens, tokens)
            decision = left_as_it_is(tokens, step, seen_key=marker.key if marker else "")
            return _Work(segment, decision, key, memo_key, policy)
        ahead = None if (key, self._counter.name) in _counts else self._counter.begin(segment.text)
        allowed = policy if self._store is not None else replace(policy, level="lossless")
        count = partial(self._count_as, key, segment.text, ahead)
        decision = decide(segment, key, allowed, count, self._compressors, self._counts)
        return _Work(segment, decision, key, memo_key, policy, ahead=ahead)

    def _fit(self, works: list[_Work], limit: Limit, is_whole: bool) -> Fitted | None:
        if is_whole and limit.is_far(sum([work.decision.tokens_after for work in works])):
            return None
        # Imported here since most texts have no limit, and it takes milliseconds.
        from headroom.epochs import Fitting

        self._open()
        return Fitting(limit, _Ladder(works, self._policy, self._decided), self._count, self._store).fit()

    def stands(self, outcome: Outcome, store: Store) -> bool:
        """Whether what became of the same texts before would become of them again; their originals' life is renewed."""
        self._open()
        return self._store is store and outcome.in_use is not None and not self._missing(set(outcome.in_use))

    def _keep_originals(
        self, works: Sequence[_Work], frozen: Frozen | None, more: Sequence[Record]
    ) -> frozenset[str] | None:
        """Has everything written that must be, and `more`; where nothing had to, the originals that are in use."""
        in_use, decided = set(), {}
        for index, work in enumerate(works):
            if work.key:
                decided[index] = (work.key, work.decision)
                if work.is_known and work.decision.text is not None:
                    in_use.add(work.key)
            if work.decision.seen_key:
                in_use.add(work.decision.seen_key)
        missing = self._missing(in_use)
        unsafe = [
            work for work in works if work.decision.text is not None and (not work.is_known or work.key in missing)
        ]
        records = [*more, *(frozen.records(decided) if frozen is not None and self._store is not None else ())]
        for index, decision in self._put(unsafe, records, frozen, decided, works).items():
            works[index].decision, works[index].memo_key = decision, None
        for work in works:
            if work.decision.text is None:
                continue
            if self._store is not None:
                work.stored = Step("store", "the original is kept", key=work.key)
                continue
            # What was sent before is sent again, even if its original is lost: else the prefix would change.
            is_safe = work.decision.lossless or work.is_replayed or (work.is_known and work.key not in missing)
            if not is_safe:
                work.decision = self._without_loss(work)
            work.stored = Step("store", f"failed: {self._store_error}", failed=True)
        if frozen is not None and self._store is None:
            frozen.remember({index: (work.key, work.decision) for index, work in enumerate(works) if work.key})
        for work in works:
            if work.memo_key is not None and not work.is_known and work.decision.kind != REPEAT:
                weight = len(work.decision.text or "") + len(work.segment.query)
                _decisions.put(work.memo_key, work.decision, weight)
        return frozenset(in_use) if self._store is not None and not unsafe and not records else None

    def _without_loss(self, work: _Work) -> Decision:
        policy, tokens = replace(self._policy, level="lossless"), work.decision.tokens_before
        return decide(_clipped(work.segment), work.key, policy, lambda: tokens, self._compressors, self._counts)

    def _put(
        self,
        works: Sequence[_Work],
        records: Sequence[Record],
        frozen: Frozen | None,
        decided: Mapping[int, tuple[str, Decision]],
        everything: Sequence[_Work],
    ) -> dict[int, Decision]:
        """Stores originals and decisions; the result are the decisions that others recorded before us, by index."""
        if self._store is None or not (works or records):
            return {}
        entries = [
            Entry(work.key, work.segment.text, work.decision.kind, work.decision.text, work.ahead) for work in works
        ]
        try:
            earlier = self._store.put_many(entries, records)
        except StoreError as error:
            self._lose_store(error)
            return {}
        return frozen.settle(decided, earlier, [work.segment for work in everything]) if frozen is not None else {}

    def _missing(self, keys: set[str]) -> set[str]:
        """Those of the keys that are no longer in the store; the others count as seen."""
        if not keys or self._store is None:
            return set()
        try:
            return keys - self._store.touch(keys)
        except StoreError as error:
            # They were stored before, so the decisions stand: changing them would change a prefix already sent.
            report(f"the store could not note which originals are in use: {error}")
            return set()

    def _is_own_output(self, key: str) -> bool:
        if self._store is None:
            return False
        try:
            return self._store.is_output(key)
        except StoreError as error:
            self._lose_store(error)
            return False

    def _key_or_none(self, text: str) -> str:
        try:
            return self._key(text)
        except UnicodeEncodeError:
            return ""

    def _key(self, text: str) -> str:
        self._open()
        if self._store is None:
            return _core.content_key(_process_secret, "", text)
        # The history of a conversation is mostly the same texts on every turn: to compare one with what its length and
        # ends bring to mind takes a fraction of hashing it, and no time at all where it is the same object.
        sight = (len(text), text[:_END_CHARACTERS], text[-_END_CHARACTERS:])
        known = _keys.get(sight)
        if known is not None and known[1] is self._store and known[0] == text:
            return known[2]
        key = self._store.key_of(text)
        _keys.put(sight, (text, self._store, key), len(text))
        return key

    def _open(self) -> None:
        if self._store is None and self._store_error is None:
            try:
                self._store = self._open_store()
            except StoreError as error:
                self._lose_store(error)

    def _lose_store(self, error: StoreError) -> None:
        self._store, self._store_error = None, error
        report(f"originals cannot be stored, so only lossless forms go out: {error}")

    def _count(self, text: str) -> int:
        """The tokens of a text of the payload; remembered, since a conversation is sent again on every turn."""
        try:
            name = text if len(text) <= _SHORT_TEXT else _core.content_key(_process_secret, "", text)
            return self._count_as(name, text)
        except UnicodeEncodeError:
            return self._counter.count(text)

    def _count_as(self, name: str, text: str, ahead: Ahead | None = None) -> int:
        known = _counts.get((name, self._counter.name))
        if known is None:
            known = self._counter.count(text) if ahead is None else self._counter.scaled(ahead.tokens())
            _counts.put((name, self._counter.name), known, len(name))
        return known


def _fitting(outcome: Outcome, fitted: Fitted, works: Sequence[_Work]) -> Outcome:
    """The outcome with what was left out to fit."""
    written = {**outcome.replacements, **{place: text for place, (text, _) in fitted.texts.items()}}
    accounted = zip(outcome.segments, works, strict=True)
    return outcome._replace(
        segments=tuple(fitted.account(segment, work.decision.tokens_after) for segment, work in accounted),
        replacements={place: text for place, text in written.items() if not fitted.removes(place)},
        keys=tuple(dict.fromkeys((*outcome.keys, *fitted.keys))),
        notices=fitted.notices,
        removed=fitted.removed,
        in_use=None,
    )


class _Ladder:
    """The works as texts to fit into a limit, and what makes one of them smaller: ever harsher policies.

    What others refer to, and what refers to others, stays as it is.
    """

    def __init__(self, works: list[_Work], policy: Policy, redecide: Callable[[Segment, str, Policy], _Work]) -> None:
        self._works, self._redecide = works, redecide
        self._sources = {key for work in works for key in work.decision.sources}
        self.rungs = len(_HARSHER) if policy.lossy else 0

    def texts(self) -> list[Text]:
        from headroom.eviction import Text

        return [
            Text(
                work.segment,
                work.decision.tokens_after,
                work.decision.sources,
            )
            for work in self._works
        ]

    def stand_alone(self, index: int) -> None:
        work = self._works[index]
        if work.policy is not None:
            self._works[index] = self._redecide(_clipped(work.segment), work.key, work.policy)

    def shrink(self, index: int, rung: int) -> int:
        work = self._works[index]
        policy = work.policy and _HARSHER[rung](work.policy)
        if policy is not None and work.key not in self._sources and work.decision.kind != REPEAT:
            smaller = self._redecide(_clipped(work.segment), work.key, policy)
            if smaller.decision.tokens_after < work.decision.tokens_after:
                self._works[index] = work = smaller
        return work.decision.tokens_after


def _clipped(segment: Segment) -> Segment:
    """The segment with a question and a call that can be searched quickly and hold no lone surrogates."""
    call, query = segment.call, _clip(segment.query)
    if call is not None:
        name, arguments = _clip(call.name), _clip(call.arguments)
        if name is not call.name or arguments is not call.arguments:
            return segment._replace(query=query, call=ToolCall(name, arguments))
    return segment if query is segment.query else segment._replace(query=query)


def _clip(text: str) -> str:
    if len(text) > QUERY_CHARACTERS:
        text = f"{text[: QUERY_CHARACTERS // 2]}\n{text[-QUERY_CHARACTERS // 2 :]}"
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _account(work: _Work) -> Segment:
    steps = work.decision.steps
    if work.stored is None:
        return work.segment.after(*steps)
    if work.decision.text is None:
        return work.segment.after(*steps, work.stored)
    return work.segment.after(*steps[:-1], work.stored, steps[-1])


def _named_key(work: _Work) -> str:
    if work.decision.seen_key:
        return work.decision.seen_key
    if work.stored is None or (work.stored.failed and work.decision.lossless):
        return ""
    return work.key
