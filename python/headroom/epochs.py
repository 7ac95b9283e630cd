"""A conversation under a budget of tokens: what is left out, from which turn on, and the same ever after.

An epoch begins with a request that is over budget, or nearly so where the planner finds that a rewrite pays. Then much
is left out at once, so that the provider's cache breaks rarely: whole exchanges go (`eviction.py`), and one of them
bears a summary (`summary.py`). Where that is not enough, large results are made smaller, oldest first and ever harsher.
Until the next epoch begins, every request replays the same form.

An epoch is a pure function of the messages up to the request that began it, the budget and the prices, so a
conversation that is given whole comes out as it would have turn by turn. It is recorded all the same, under what those
messages say, so that neither another budget nor another version changes what was sent. What comes after an epoch refers
to nothing that it left out; of a conversation given whole that is known only once all of it was decided on, so there a
result that would have referred to something else stands alone, and is a little longer than it would have been.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple, Protocol

from headroom.errors import StoreError
from headroom.eviction import NEWEST_EXCHANGES, Candidate, Text, dependents, free, goal_of, rank
from headroom.exchanges import Exchange, exchanges_of, request_ends
from headroom.frozen import name_of_epochs, tell_of_epochs
from headroom.marker import parse_marker
from headroom.models import RELATIVE_PRICES, Prices
from headroom.places import readable
from headroom.planner import HIGH_WATER, Rewrite, low_water, plan
from headroom.providers import Part
from headroom.repeats import texts_in
from headroom.segment import Place, Segment, Step
from headroom.store import Entry, Record, Store
from headroom.summary import Bundle, bundle, stand_in, summary

_SUMMARY_TOKENS = 60
_CONTENTS_TOKENS = 35
_KIND = "evicted"


@dataclass(frozen=True)
class Limit:
    """What a conversation may take, in tokens, why, and what its provider charges; and how to read its messages' parts,
    which most conversations, being well below it, need not.
    """

    max_tokens: int
    name: str
    prices: Prices = RELATIVE_PRICES
    read_parts: Callable[[], tuple[Part, ...]] = tuple

    def reading(self, parts: Callable[[], tuple[Part, ...]]) -> Limit:
        """The same limit for messages of which `parts` reads the parts."""
        return Limit(self.max_tokens, self.name, self.prices, parts)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What each message is in an exchange."""
        return self.read_parts()

    def is_far(self, tokens: int) -> bool:
        """Whether so many tokens are so far below it that nothing need be left out."""
        return tokens <= self.max_tokens * HIGH_WATER


class Epoch(NamedTuple):
    """What was left out from message `stop` on: exchanges, the summary at its place, and how harshly others were cut.

    `gone` exchanges have no messages any more; of `emptied` ones the messages stay. `rungs` are steps of the ladder of
    ever harsher policies.
    """

    stop: int
    gone: tuple[tuple[int, int], ...] = ()
    emptied: tuple[tuple[int, int], ...] = ()
    bearer: Place = ()
    summary: str = ""
    rungs: tuple[tuple[Place, int], ...] = ()


class Fitted(NamedTuple):
    """Messages that go, texts that stand for others with the tokens of each, keys, and what was done and why."""

    removed: frozenset[int] = frozenset()
    texts: Mapping[Place, tuple[str, int]] = {}
    keys: tuple[str, ...] = ()
    notices: tuple[Step, ...] = ()

    def removes(self, place: Place) -> bool:
        """Whether the message goes in which a text stands."""
        return bool(self.removed) and _message(place) in self.removed

    def account(self, segment: Segment, tokens: int) -> Segment:
        """The segment with what became of it noted; `tokens` are those it had before."""
        if segment.place in self.texts:
            after = self.texts[segment.place][1]
            return segment.after(Step("write", "left out to fit, behind a marker", tokens, after))
        if self.removes(segment.place):
            return segment.after(Step("write", "left out to fit, told in the summary", tokens, 0))
        return segment


class Ladder(Protocol):
    """The texts as they would go out, and the means to make one of them smaller."""

    rungs: int
    """How many steps there are; none where nothing may be left out."""

    def texts(self) -> list[Text]:
        """Every text as it is now."""

    def stand_alone(self, index: int) -> None:
        """Writes a text without references to others."""

    def shrink(self, index: int, rung: int) -> int:
        """Makes a text smaller by a step of the ladder where that is possible; its tokens then."""


class Fitting:
    """One run's fitting of a conversation to its limit."""

    def __init__(self, limit: Limit, ladder: Ladder, count: Callable[[str], int], store: Store | None) -> None:
        self._limit, self._ladder, self._count, self._store = limit, ladder, count, store
        self._texts = ladder.texts()
        self._of_message: dict[int, list[int]] = {}
        for index, text in enumerate(self._texts):
            self._of_message.setdefault(_message(text.segment.place), []).append(index)
        self._messages = max(len(limit.parts), max(self._of_message, default=-1) + 1)
        self._found: list[Exchange] | None = None
        self._keys: dict[str, str] = {}
        self._refers = any(text.sources for text in self._texts)
        self._sums: tuple[Epoch, list[int]] | None = None
        self._notices: list[Step] = []

    def fit(self) -> Fitted:
        """What must change; nothing where the whole fits and nothing was left out before."""
        total = sum(text.tokens for text in self._texts)
        may_evict = self._ladder.rungs > 0 and self._store is not None
        recorded = self._recorded() if may_evict else None
        if self._limit.is_far(total) and recorded is None:
            return Fitted()
        epoch = recorded or Epoch(0)
        self._replay(epoch)
        for stop in request_ends(self._limit.parts) if self._limit.parts else [self._messages]:
            if stop > epoch.stop:
                self._stand_alone(epoch, stop)
                epoch = self._next(epoch, stop, may_evict, is_last=stop == self._messages)
        return self._applied(epoch)

    def _stand_alone(self, epoch: Epoch, stop: int) -> None:
        """Texts that came after the epoch began, before message `stop`, refer to nothing that it left out."""
        referring = [
            index
            for index, text in enumerate(self._texts)
            if text.sources and epoch.stop <= _message(text.segment.place) < stop
        ]
        if not referring or not epoch.stop:
            return
        self._name_what_is_referred_to()
        indexes = (index for span in epoch.gone for at in range(*span) for index in self._at(at))
        left_out = [self._texts[index] for index in indexes] + [
            text for span in epoch.emptied for text in self._results(span)
        ]
        gone = {key for text in left_out for key in text.keys}
        for index in referring:
            if gone.intersection(self._texts[index].sources):
                self._ladder.stand_alone(index)
                self._texts[index] = self._ladder.texts()[index]._replace(keys=self._texts[index].keys)
                self._sums = None

    def _name_what_is_referred_to(self) -> None:
        """Finds the keys by which texts refer to others, where any does: of results, and of what calls wrote."""
        if not self._refers or any(text.keys for text in self._texts):
            return
        for index, text in enumerate(self._texts):
            segment = text.segment
            said = [segment.text] if segment.origin == "tool" else []
            if segment.origin == "assistant" and segment.frozen:
                said += texts_in(segment.text)
            keys = tuple(self._key(each) for each in said if readable(each) == each)
            self._texts[index] = text._replace(keys=keys)

    def _next(self, epoch: Epoch, stop: int, may_evict: bool, is_last: bool) -> Epoch:
        """The epoch in force for the request that ends at `stop`: this one, or a new one."""
        total = self._total(epoch, stop)
        limit = self._limit.max_tokens
        if total <= limit * HIGH_WATER:
            return epoch
        candidates = self._candidates(epoch, stop) if may_evict else []
        turns = sum(part.kind == "result" for part in self._limit.parts[:stop])
        if candidates:
            kept = self._total(epoch, candidates[0].exchange.start)
            growth = sum(text.tokens for text in self._texts if 0 <= _message(text.segment.place) < stop)
            growth_a_turn = max(1.0, growth / max(1, turns))
            low, water = low_water(limit, kept, growth_a_turn, self._limit.prices)
            low = max(low, total - sum(each.saved_tokens for each in candidates))
            rewrite = Rewrite(kept, total - kept, max(0, low - kept))
            planned = plan(rewrite, turns, self._limit.prices, max(0, limit - total) / growth_a_turn)
            reason = f"{planned.reason}; down to {low:,} of {limit:,} tokens, since to go down to {water}"
            if total > limit or planned.rewrite:
                return self._opened(epoch, stop, candidates, low, reason)
            if is_last:
                self._notices.append(Step("budget", f"nothing was left out: {planned.reason}", total, total))
        return self._opened(epoch, stop, (), limit, "") if total > limit else epoch

    def _opened(self, epoch: Epoch, stop: int, candidates: Sequence[Candidate], low: int, reason: str) -> Epoch:
        before = self._total(epoch, stop)
        chosen = self._choose(candidates, stop, before - low)
        opened = self._evicting(epoch, stop, chosen) if chosen else epoch
        entries: list[Entry] = []
        if opened is not epoch:
            after = self._total(opened, stop)
            if after >= before:
                opened = epoch
            else:
                evicted = f"a new epoch: {len(chosen):,} exchanges left out; {reason}"
                self._notices.append(Step("budget", evicted, before, after))
                entries = self._entries(opened)
        opened = self._shrunk(opened, stop)
        total = self._total(opened, stop)
        name = self._limit.name
        if total > self._limit.max_tokens:
            over = f"{total - self._limit.max_tokens:,} tokens over {name}: nothing more could be left out"
            self._notices.append(Step("budget", over, before, total, failed=True))
        elif total < before:
            self._notices.append(Step("budget", f"made to fit {name}", before, total))
        return self._kept(opened, epoch, entries) if opened is not epoch else epoch

    def _choose(self, candidates: Sequence[Candidate], stop: int, excess: int) -> list[Candidate]:
        """The least wanted of the candidates, as many as save the excess."""
        if not candidates or excess <= 0:
            return []
        newest = range(candidates[-1].exchange.stop, stop)
        said = [self._said(range(each.exchange.start, each.exchange.stop)) for each in candidates] + [
            self._said(newest)
        ]
        goal = goal_of([text for text in self._texts if _message(text.segment.place) < stop])
        chosen: list[Candidate] = []
        saved = -_SUMMARY_TOKENS
        for each in rank(candidates, said, goal):
            if saved >= excess:
                break
            chosen.append(each)
            saved += each.saved_tokens - _CONTENTS_TOKENS
        return chosen + dependents({each.exchange for each in chosen}, candidates)

    def _candidates(self, epoch: Epoch, stop: int) -> list[Candidate]:
        """What may be left out of the messages before `stop`, in order."""
        parts = self._limit.parts[:stop]
        turn = self._turn(stop)
        everything = [each for each in self._exchanges() if each.stop <= stop][:-NEWEST_EXCHANGES]
        answered = max((at for at, part in enumerate(parts) if part.is_models), default=0)
        evicted = {start for start, _ in (*epoch.gone, *epoch.emptied)}
        open_ones = (each for each in everything if each.start not in evicted and each.stop <= answered)
        self._name_what_is_referred_to()
        found = (self._candidate(each, turn) for each in open_ones)
        kept = [each for each in found if each.saved_tokens > _CONTENTS_TOKENS and _may_be_kept(each)]
        if not self._refers:
            return kept
        gone = self._effects(epoch)
        others = {text.segment.place for each in kept for text in each.texts} | gone.texts.keys()
        sent = [text for text in self._texts if _message(text.segment.place) < stop]
        staying = [each for each in sent if not gone.removes(each.segment.place) and each.segment.place not in others]
        return free(kept, staying)

    def _exchanges(self) -> list[Exchange]:
        """All exchanges, and all other messages that hold results, in order; found once."""
        if self._found is None:
            whole = exchanges_of(self._limit.parts)
            covered = {index for each in whole for index in range(each.start, each.stop)}
            loose = [
                Exchange(at, at + 1, is_whole=False)
                for at in range(self._messages)
                if at not in covered and any(self._texts[index].segment.origin == "tool" for index in self._at(at))
            ]
            self._found = sorted([*whole, *loose])
        return self._found

    def _turn(self, stop: int) -> int:
        """Where the turn of message `stop` begins: at the last message of the user that answers no call."""
        for at in range(stop - 1, -1, -1):
            origins = {self._texts[index].segment.origin for index in self._at(at)}
            if "user" in origins and "tool" not in origins:
                return at
        return -1

    def _candidate(self, exchange: Exchange, turn: int) -> Candidate:
        texts = tuple(self._texts[index] for at in range(exchange.start, exchange.stop) for index in self._at(at))
        if _may_go(exchange, turn):
            return Candidate(exchange, texts, sum(text.tokens for text in texts))
        emptied = tuple(text for text in texts if text.segment.origin == "tool" and not text.segment.frozen)
        return Candidate(exchange, emptied, sum(max(0, text.tokens - _CONTENTS_TOKENS) for text in emptied))

    def _evicting(self, epoch: Epoch, stop: int, chosen: Sequence[Candidate]) -> Epoch:
        """An epoch in which the chosen exchanges are left out beside those that were before."""
        turn = self._turn(stop)
        fresh = {(each.exchange.start, each.exchange.stop): _may_go(each.exchange, turn) for each in chosen}
        gone = sorted({*epoch.gone, *(span for span, may_go in fresh.items() if may_go)})
        emptied = sorted({*epoch.emptied, *(span for span, may_go in fresh.items() if not may_go)})
        spans = sorted([*gone, *emptied])
        bearer = next((text.segment.place for span in spans for text in self._results(span)), None)
        if bearer is None:
            return epoch
        # The exchange that bears the summary keeps its messages.
        bearing = next(span for span in spans if span[0] <= _message(bearer) < span[1])
        gone, emptied = [span for span in gone if span != bearing], sorted({*emptied, bearing})
        made = self._bundle(spans)
        text = summary(made, self._key(made.text))
        rungs = tuple(each for each in epoch.rungs if not _within(_message(each[0]), spans))
        return Epoch(stop, tuple(gone), tuple(emptied), bearer, text, rungs)

    def _entries(self, epoch: Epoch) -> list[Entry]:
        """What must be in the store before the epoch's texts are used."""
        made = self._bundle(sorted([*epoch.gone, *epoch.emptied]))
        entries = [Entry(self._key(made.text), made.text, _KIND, epoch.summary)]
        for span in epoch.emptied:
            for text in self._results(span):
                if text.segment.place != epoch.bearer:
                    own = text.segment.text
                    key = self._key(own)
                    entries.append(Entry(key, own, _KIND, stand_in(own, key)))
        return entries

    def _bundle(self, spans: Sequence[tuple[int, int]]) -> Bundle:
        return bundle([[self._texts[index].segment for at in range(*span) for index in self._at(at)] for span in spans])

    def _shrunk(self, epoch: Epoch, stop: int) -> Epoch:
        """The epoch with large results made smaller, oldest first and ever harsher, until the whole fits."""
        total = self._total(epoch, stop)
        rungs = dict(epoch.rungs)
        effects = self._effects(epoch)
        for rung in range(self._ladder.rungs):
            for index, text in enumerate(self._texts):
                place = text.segment.place
                if total <= self._limit.max_tokens:
                    break
                if place in effects.texts or _message(place) in effects.removed or _message(place) >= stop:
                    continue
                tokens = self._ladder.shrink(index, rung)
                if tokens < self._texts[index].tokens:
                    total -= self._texts[index].tokens - tokens
                    rungs[place] = rung
                    self._texts[index] = text._replace(tokens=tokens)
                    self._sums = None
        changed = tuple(rungs.items())
        return epoch if changed == epoch.rungs else epoch._replace(stop=stop, rungs=changed)

    def _replay(self, epoch: Epoch) -> None:
        rungs = dict(epoch.rungs)
        for index, text in enumerate(self._texts):
            if text.segment.place in rungs:
                self._ladder.shrink(index, rungs[text.segment.place])
        if rungs:
            self._texts = self._ladder.texts()

    def _effects(self, epoch: Epoch) -> Fitted:
        removed = frozenset(at for span in epoch.gone for at in range(*span))
        texts: dict[Place, tuple[str, int]] = {}
        keys = []
        for span in epoch.emptied:
            for text in self._results(span):
                is_bearer = text.segment.place == epoch.bearer
                own = text.segment.text
                mark = epoch.summary if is_bearer else stand_in(own, self._key(own))
                texts[text.segment.place] = (mark, self._count(mark))
                keys += [marker.key] if (marker := parse_marker(mark)) is not None else []
        return Fitted(removed, texts, tuple(keys))

    def _total(self, epoch: Epoch, stop: int) -> int:
        """Tokens of the request that ends at message `stop`, with what stands beside the messages."""
        if self._sums is None or self._sums[0] is not epoch:
            effects = self._effects(epoch)
            tokens = [0] * (self._messages + 1)
            for text in self._texts:
                at = _message(text.segment.place)
                if at not in effects.removed:
                    _, own = effects.texts.get(text.segment.place, ("", text.tokens))
                    tokens[at + 1] += own
            self._sums = (epoch, list(accumulate(tokens)))
        return self._sums[1][stop]

    def _applied(self, epoch: Epoch) -> Fitted:
        return self._effects(epoch)._replace(notices=tuple(self._notices))

    def _results(self, span: tuple[int, int]) -> list[Text]:
        """The texts of an exchange that others may stand for."""
        texts = (self._texts[index] for at in range(*span) for index in self._at(at))
        return [text for text in texts if text.segment.origin == "tool" and not text.segment.frozen]

    def _said(self, messages: range) -> str:
        texts = (self._texts[index] for at in messages for index in self._at(at))
        return "\n".join(text.segment.text for text in texts if text.segment.origin == "assistant")

    def _at(self, message: int) -> Sequence[int]:
        return self._of_message.get(message, ())

    def _key(self, text: str) -> str:
        known = self._keys.get(text)
        if known is None:
            assert self._store is not None
            known = self._keys[text] = self._store.key_of(text)
        return known

    def _names(self) -> list[str]:
        """For each number of messages the name of the record of an epoch that begins after so many."""
        assert self._store is not None
        names = [""]
        for at in range(self._messages):
            segments = [self._texts[index].segment for index in self._at(at)]
            said = [part for each in segments for part in (each.origin, readable(each.text))]
            names.append(self._store.name_of("epoch", names[-1], *said))
        return names[1:]

    def _flag(self) -> str:
        assert self._store is not None
        return name_of_epochs(self._store, (text.segment for text in self._texts))

    def _recorded(self) -> Epoch | None:
        """The last epoch that was recorded for these messages or the first of them."""
        if self._store is None or not self._limit.parts:
            return None
        try:
            if not self._store.records([self._flag()]):
                return None
            names = self._names()
            known = self._store.records(names)
        except StoreError as error:
            self._notices.append(Step("store", f"failed: earlier epochs cannot be read: {error}", failed=True))
            return None
        last = next((name for name in reversed(names) if name in known), None)
        return _decoded(known[last]) if last is not None else None

    def _kept(self, opened: Epoch, before: Epoch, entries: Sequence[Entry]) -> Epoch:
        """Stores what was left out, then records the epoch; the one that another process recorded first counts."""
        if self._store is None:
            return opened
        name = self._names()[opened.stop - 1]
        owner = entries[0].key if entries else ""
        records = [Record(name, _encoded(opened), owner), Record(self._flag(), b"1", owner)]
        try:
            written = self._store.put_many(entries, records if self._limit.parts else ())
        except StoreError as error:
            self._notices.append(Step("store", f"failed: nothing was left out: {error}", failed=True))
            return before
        tell_of_epochs(self._flag())
        if name not in written:
            return opened
        epoch = _decoded(written[name])
        self._replay(epoch)
        return epoch


def _message(place: Place) -> int:
    """The message in which a text stands; -1 for what stands beside the messages."""
    if not place:
        return 0
    return place[0] if isinstance(place[0], int) else -1


def _may_go(exchange: Exchange, turn: int) -> bool:
    """Whether the messages may go too: signed thinking stays until the turn that it belongs to is over."""
    return exchange.is_whole and (not exchange.is_signed or exchange.stop <= turn)


def _may_be_kept(candidate: Candidate) -> bool:
    """Whether a store takes the texts: none holds lone surrogates."""
    return all(readable(text.segment.text) == text.segment.text for text in candidate.texts)


def _within(message: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= message < stop for start, stop in spans)


def _encoded(epoch: Epoch) -> bytes:
    return json.dumps(epoch._asdict(), ensure_ascii=False, separators=(",", ":")).encode()


def _decoded(value: bytes) -> Epoch:
    fields = json.loads(value)

    def pairs(name: str) -> tuple[tuple[int, int], ...]:
        return tuple((start, stop) for start, stop in fields[name])

    rungs = tuple((tuple(place), rung) for place, rung in fields["rungs"])
    return Epoch(fields["stop"], pairs("gone"), pairs("emptied"), tuple(fields["bearer"]), fields["summary"], rungs)
