"""What each request took and brought, from its first byte to its row in the ledger.

A `Bill` is open while its request is worked on; it only notes. What was noted is read, priced and added up in a thread
of its own, which writes it to the ledger in batches: no request waits for it, and a process that is killed loses what
came within the last half second.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from headroom.errors import HeadroomError
from headroom.models import PICODOLLARS, model_named
from headroom.providers import Usage
from headroom.proxy.calibration import Calibration, Ratios, Sample
from headroom.proxy.callers import UNKNOWN, Names, agent_of, name_of
from headroom.proxy.latency import bucket_of
from headroom.proxy.ledger import Batch, Key, Kind, Ledger, ledger_path
from headroom.proxy.pricing import INPUT_KINDS, Figures, price
from headroom.proxy.shares import Change
from headroom.proxy.transform import Account
from headroom.proxy.upstreams import Destination
from headroom.proxy.usage import Tee
from headroom.report import report
from headroom.settings import Settings
from headroom.tokens import token_counter

AGENT, PROJECT = "x-headroom-agent", "x-headroom-project"

_EVERY_S = 0.5
_RETRY_S = 5.0
_MANY = 256
"""So many bills are settled at once, since each holds its answer."""

_MOST_PENDING = 50_000
"""Bills that wait while the ledger cannot be written; later ones are counted as lost."""

_LEARNT_DAYS = 14
_DAY_S = 86_400
_LISTED_REQUESTS = 50


class Bill:
    """One client's request. Everything but `close` is told as it happens, on the event loop."""

    def __init__(self, books: Books, destination: Destination, path: str, headers: Mapping[str, str]) -> None:
        self._books = books
        self._open = 1
        self.at = time.time()
        self._began = time.perf_counter()
        self.destination = destination
        self.path = path
        self.user_agent = headers.get("User-Agent", "")
        self.agent = headers.get(AGENT, "")
        self.project = headers.get(PROJECT, "")
        self.mode = ""
        self.account: Account | None = None
        self.is_observed = False
        self.answers: list[Tee] = []
        self.added_ms: float | None = None
        self.first_byte_ms: float | None = None
        self.total_ms = 0.0
        self.retrieved = self.failed_retrievals = 0

    def body_read(self) -> None:
        """The client has sent all; what is added counts from here."""
        self._began = time.perf_counter()

    def sent(self) -> None:
        """The first request goes to the provider now."""
        if self.added_ms is None:
            self.added_ms = (time.perf_counter() - self._began) * 1e3

    def answered(self, status: int, headers: Mapping[str, str]) -> Tee:
        """The provider's headers are there; the answer's bytes are to be fed to what this gives."""
        if self.first_byte_ms is None and self.added_ms is not None:
            self.first_byte_ms = (time.perf_counter() - self._began) * 1e3 - self.added_ms
        tee = Tee(self.destination.provider, status, headers, is_read=self.destination.is_billed)
        self.answers.append(tee)
        return tee

    def add_retrievals(self, count: int, failed: int = 0) -> None:
        """So many calls of the retrieve tool were answered within this request, and so many of them in vain."""
        self.retrieved += count
        self.failed_retrievals += failed

    def measure(self) -> None:
        """What would have been saved is still being measured: the bill stays open until `measured`."""
        self.is_observed = True
        self._open += 1

    def measured(self, account: Account | None) -> None:
        """The measurement is there."""
        self.account = account
        self._end()

    def close(self) -> None:
        """The client has its answer, or has gone."""
        self.total_ms = (time.perf_counter() - self._began) * 1e3
        self._end()

    @property
    def kind(self) -> Kind:
        """What sort of row it belongs to."""
        if self.account is not None and self.account.is_held_out:
            return "held_out"
        return "observed" if self.is_observed else "live"

    def _end(self) -> None:
        self._open -= 1
        if not self._open:
            self._books.settle(self)


class Settled(NamedTuple):
    """A finished request. `row` is what people see of it, `changes` the texts it changed, if they are kept."""

    name: str
    number: int
    bill: Bill
    key: Key
    status: int | None
    figures: Figures | None
    changes: tuple[Change, ...]

    @property
    def row(self) -> dict[str, Any]:
        """Its figures."""
        bill, figures = self.bill, self.figures
        return {
            "id": self.name,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(bill.at)),
            "provider": self.key.provider,
            "model": self.key.model,
            "agent": self.key.agent,
            "project": self.key.project,
            "path": bill.path,
            "status": self.status,
            "mode": bill.mode,
            "stream": any(answer.is_stream for answer in bill.answers),
            **_shown(figures),
            "added_ms": _rounded(bill.added_ms),
            "first_byte_ms": _rounded(bill.first_byte_ms),
            "total_ms": _rounded(bill.total_ms),
            "tools": [] if figures is None else sorted(figures.tools),
            "retrievals": bill.retrieved,
            "has_texts": bool(self.changes),
        }


class Books:
    """All bills of a process, and what writes them to its ledger, which is opened when there is something to write."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ledger: Ledger | None = None
        self._pending: deque[Bill] = deque()
        self._unwritten = Batch()
        self._wake = threading.Condition()
        self._ends = False
        self._names = Names()
        self._calibrations: dict[str, Calibration] | None = None
        self._number = 0
        self._origin = f"{os.getpid():x}"
        self._last: deque[Settled] = deque(maxlen=_LISTED_REQUESTS)
        self.requests: tuple[Settled, ...] = ()
        self.failures = self.lost = 0
        self.error: str | None = None
        self.provider_errors: dict[str, int] = {}
        self._thread = threading.Thread(target=self._work, name="headroom-books", daemon=True)
        self._thread.start()

    def reload(self, settings: Settings) -> None:
        """Goes on by other settings: prices, and how many requests' texts are kept."""
        self._settings = settings

    def open(self, destination: Destination, path: str, headers: Mapping[str, str]) -> Bill:
        """The bill of a request that came for a path."""
        return Bill(self, destination, path, headers)

    @property
    def pending(self) -> int:
        """Requests that are not in the ledger yet."""
        return len(self._pending)

    def settle(self, bill: Bill) -> None:
        """Takes a bill to which nothing will be added."""
        if not bill.mode:
            return  # it was refused here
        with self._wake:
            if len(self._pending) >= _MOST_PENDING:
                self.lost += 1
            else:
                self._pending.append(bill)
            if len(self._pending) in (1, _MANY):
                self._wake.notify()

    def close(self) -> None:
        """Writes what there is and ends the thread."""
        with self._wake:
            self._ends = True
            self._wake.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._pending or self._ends, _RETRY_S if self.error else None)
                # What comes within this time is written together.
                self._wake.wait_for(lambda: self._ends or len(self._pending) >= _MANY, _EVERY_S)
                ends = self._ends
            self._settle_pending()
            self._write()
            if ends:
                break
        if self._ledger is not None:
            self._ledger.close()

    def _settle_pending(self) -> None:
        calibrations = self._known_calibrations()
        while self._pending:
            bill = self._pending.popleft()
            try:
                self._settle(bill, self._unwritten, calibrations)
            except Exception as error:
                # A bill that cannot be read must not cost the others their rows.
                self.lost += 1
                name = bill.destination.provider.name
                report(f"a request is missing in the ledger: {type(error).__name__} in {name}")
        for model, calibration in calibrations.items():
            new = calibration.take_new()
            if new.requests:
                self._unwritten.add_calibration(_day(time.time()), model, new)
        for at in range(self._settings.record_requests, len(self._last)):
            if self._last[at].changes:
                self._last[at] = self._last[at]._replace(changes=())
        self.requests = tuple(self._last)

    def _write(self) -> None:
        """Adds to the ledger what is not in it; after a failure that is kept, as sums, for the next time."""
        try:
            if self._unwritten != Batch():
                self._open_ledger().add(self._unwritten)
        except HeadroomError as error:
            self.failures += 1
            self.error = str(error)
            report(str(error))
        else:
            self._unwritten, self.error = Batch(), None

    def _open_ledger(self) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger(ledger_path(self._settings))
        return self._ledger

    def _known_calibrations(self) -> dict[str, Calibration]:
        if self._calibrations is None:
            now = time.time()
            try:
                known = self._open_ledger().calibrations(_day(now - _LEARNT_DAYS * _DAY_S), _day(now))
            except HeadroomError:
                # It is reported when there is something to write; until then we begin anew.
                return {}
            self._calibrations = {model: Calibration(sums) for model, sums in known.items()}
        return self._calibrations

    def _settle(self, bill: Bill, batch: Batch, calibrations: dict[str, Calibration]) -> None:
        rounds, named = [], None
        for answer in bill.answers:
            usage, model = answer.read()
            named = named or model
            if usage is not None:
                rounds.append(usage)
        status = bill.answers[-1].status if bill.answers else None
        if status is None or status >= 400:
            word = "none" if status is None else str(status)
            self.provider_errors[word] = self.provider_errors.get(word, 0) + 1
        if not bill.destination.is_billed:
            return
        account = bill.account
        asked = (account.model if account is not None else None) or bill.destination.model
        key = self._key(bill, asked or named)
        is_billed = bool(rounds)
        figures = self._figures(bill, rounds, key, calibrations) if is_billed else None
        has_failed = status is None or (status >= 400 and not is_billed)
        batch.add_traffic(key, dict(_sums(bill, figures, has_failed=has_failed)))
        if figures is not None:
            for tool, done in figures.tools.items():
                sums = {
                    "texts": done.texts,
                    "compressed_texts": done.compressed_texts,
                    "tokens_before": round(done.tokens_before),
                    "tokens_saved": round(done.tokens_saved),
                    "saved": round(done.saved),
                    "priced_texts": done.texts if figures.spent is not None else 0,
                }
                batch.add_tool(key, self._names.known("tool", name_of(tool)), sums)
        if bill.added_ms is not None:
            batch.add_duration(key.day, "added", bucket_of(bill.added_ms))
        if bill.first_byte_ms is not None and not has_failed:
            batch.add_duration(key.day, "first_byte", bucket_of(bill.first_byte_ms))
        self._number += 1
        shares = account.shares if account is not None else None
        changes = shares.changes if shares is not None else ()
        # What was read is let go of: answers and texts may be large.
        bill.account = None
        for answer in bill.answers:
            answer.forget()
        self._last.appendleft(
            Settled(f"{self._origin}-{self._number}", self._number, bill, key, status, figures, changes)
        )

    def _key(self, bill: Bill, model: str | None) -> Key:
        known = self._names.known
        agent = name_of(bill.agent) if bill.agent else agent_of(bill.user_agent)
        return Key(
            _day(bill.at),
            bill.destination.provider.name,
            known("model", name_of(model or UNKNOWN)),
            known("agent", agent),
            known("project", name_of(bill.project)),
            bill.kind,
        )

    def _figures(self, bill: Bill, rounds: list[Usage], key: Key, calibrations: dict[str, Calibration]) -> Figures:
        account = bill.account
        found = model_named(key.model, self._settings.models_file)
        tariff = None if found is None else found.tariff
        shares = None if account is None else account.shares
        is_applied = key.kind == "live"
        if account is None or shares is None:
            return price(rounds, tariff, None, 0, Ratios(), is_applied=is_applied)
        ratios = Ratios()
        forwarded = account.tokens_after if is_applied else account.tokens_before
        if token_counter(key.model).is_estimate:
            # The model's own count stands for its name, whose tokens other models of the name have too.
            calibration = calibrations.setdefault(key.model, Calibration())
            results = sum(each.tokens_after if is_applied else each.tokens_before for each in shares.shares)
            sample = Sample(results, forwarded - results)
            if not shares.is_partial:
                calibration.learn(sample, shares.conversation, rounds[0].input_tokens)
            ratios = calibration.ratios
        return price(rounds, tariff, shares, forwarded, ratios, account.rent, is_applied=is_applied)


def _sums(bill: Bill, figures: Figures | None, *, has_failed: bool) -> Iterator[tuple[str, int]]:
    """A request's part in its row of traffic."""
    account = bill.account
    shares = account.shares if account is not None else None
    yield "requests", 1
    yield "failed", int(has_failed)
    yield "retrievals_hidden", bill.retrieved
    yield "retrievals_failed", bill.failed_retrievals
    if has_failed:
        return
    if shares is not None:
        yield "texts", len(shares.shares)
        yield "compressed_texts", sum(share.is_changed for share in shares.shares)
        yield "retrievals_visible", shares.retrievals
    if figures is None:
        yield "unmetered", 1
        if account is not None:
            yield "unmetered_saved", account.tokens_before - account.tokens_after
        return
    yield "metered", 1
    yield "unpriced", int(figures.spent is None)
    yield "tokens_after", figures.tokens_after
    yield "tokens_saved", figures.tokens_saved
    yield from ((f"rent_{kind}", tokens) for kind, tokens in figures.rent.items())
    for name in (*INPUT_KINDS, "output"):
        yield name, getattr(figures.usage, name) or 0
        yield f"without_{name}", getattr(figures.without, name) or 0
    for name, amount in (("spent", figures.spent), ("saved", figures.saved), ("rent", figures.rented)):
        yield name, amount or 0


def _shown(figures: Figures | None) -> dict[str, Any]:
    if figures is None:
        return {"tokens": None, "usage": None, "money": None}
    rent = sum(figures.rent.values())
    net = figures.tokens_saved - rent
    tokens = {
        "before": figures.tokens_after + net,
        "after": figures.tokens_after,
        "saved": figures.tokens_saved,
        "rent": rent,
        "net": net,
    }
    money = None
    if figures.spent is not None and figures.saved is not None and figures.rented is not None:
        amounts = {"spent": figures.spent, "saved": figures.saved, "rent": figures.rented}
        amounts["net"] = figures.saved - figures.rented
        money = {name: amount / PICODOLLARS for name, amount in amounts.items()}
    usage = {name: getattr(figures.usage, name) or 0 for name in (*INPUT_KINDS, "output")}
    return {"tokens": tokens, "usage": usage, "money": money}


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds))
