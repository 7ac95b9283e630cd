"""What the ledger says of some days, as the dashboard, `/metrics` and the command line show it.

Rows are added up by what they are about. Money is added exactly and becomes a number of US dollars at the end; it is
None where no request in a row had a price. Savings of models whose tokenizer is closed are shown with an interval.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headroom.models import PICODOLLARS
from headroom.proxy.calibration import Ratios, fit
from headroom.proxy.latency import summary
from headroom.proxy.ledger import DURATIONS, TRAFFIC, Duration, Kind, Ledger, Row
from headroom.proxy.pricing import INPUT_KINDS
from headroom.tokens import token_counter

_MOST_ROWS = 50
_USED = (*INPUT_KINDS, "output")
_RENTS = ("tool", "retrieved", "hidden", "volatile", "rounds")
_LEARNT_DAYS = 14


@dataclass(slots=True)
class Total:
    """Rows of traffic, added up; `margin` is how far off its savings may be, in tokens and in money."""

    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TRAFFIC, 0))
    margin_tokens: float = 0.0
    margin_money: float = 0.0

    def add(self, row: Row, interval: float) -> None:
        """Adds a row whose savings may be off by a share of `interval`."""
        for name, amount in row.sums.items():
            self.sums[name] += amount
        self.margin_tokens += row.sums["tokens_saved"] * interval
        self.margin_money += row.sums["saved"] * interval

    @property
    def net_tokens(self) -> int:
        """Tokens saved, less those that were read only because of Headroom."""
        return self.sums["tokens_saved"] - sum(self.sums[f"rent_{kind}"] for kind in _RENTS)

    def as_json(self) -> dict[str, Any]:
        """The figures under the names that everybody sees."""
        sums, net = self.sums, self.net_tokens
        used = {name: sums[name] for name in _USED}
        without = {name: sums[f"without_{name}"] for name in _USED}
        counts = ("requests", "metered", "unmetered", "failed", "unpriced", "texts", "compressed_texts")
        return {
            **{name: sums[name] for name in counts},
            "tokens": {
                "before": sums["tokens_after"] + net,
                "after": sums["tokens_after"],
                "saved": sums["tokens_saved"],
                "rent": sums["tokens_saved"] - net,
                "net": net,
                "low": round(net - self.margin_tokens),
                "high": round(net + self.margin_tokens),
                "unmetered_saved": sums["unmetered_saved"],
            },
            "rent": {kind: sums[f"rent_{kind}"] for kind in _RENTS},
            "usage": used,
            "usage_without": without,
            "cache_read_share": {"with": _read_share(used), "without": _read_share(without)},
            "money": self._money(),
            "retrievals": {kind: sums[f"retrievals_{kind}"] for kind in ("hidden", "visible", "failed")},
        }

    def _money(self) -> dict[str, float | None]:
        sums = self.sums
        net = sums["saved"] - sums["rent"]
        amounts = {
            "spent": sums["spent"],
            "without": sums["spent"] + net,
            "saved": sums["saved"],
            "rent": sums["rent"],
            "net": net,
            "low": net - self.margin_money,
            "high": net + self.margin_money,
        }
        has_price = sums["metered"] > sums["unpriced"]
        return {name: dollars(amount) if has_price else None for name, amount in amounts.items()}


@dataclass(slots=True)
class ToolTotal:
    """Rows of tools, added up."""

    sums: dict[str, int] = field(default_factory=dict)
    margin_tokens: float = 0.0
    margin_money: float = 0.0

    def add(self, row: Row, interval: float) -> None:
        """Adds a row whose savings may be off by a share of `interval`."""
        for name, amount in row.sums.items():
            self.sums[name] = self.sums.get(name, 0) + amount
        self.margin_tokens += row.sums["tokens_saved"] * interval
        self.margin_money += row.sums["saved"] * interval

    @property
    def net_tokens(self) -> int:
        """Tokens saved: rent belongs to no tool."""
        return self.sums["tokens_saved"]

    def as_json(self) -> dict[str, Any]:
        """The figures under the names that everybody sees."""
        sums = self.sums
        before, saved, money = sums["tokens_before"], sums["tokens_saved"], sums["saved"]
        tokens = {
            "before": before,
            "after": before - saved,
            "saved": saved,
            "low": round(saved - self.margin_tokens),
            "high": round(saved + self.margin_tokens),
        }
        priced = {
            "saved": dollars(money),
            "low": dollars(money - self.margin_money),
            "high": dollars(money + self.margin_money),
        }
        return {
            "texts": sums["texts"],
            "compressed_texts": sums["compressed_texts"],
            "tokens": tokens,
            "money": priced if sums["priced_texts"] else None,
        }


class Days:
    """What the ledger says of the days from `first` to `last`, local dates, both included. Raises StoreError."""

    def __init__(self, ledger: Ledger, first: str, last: str) -> None:
        self.first, self.last = first, last
        self._traffic = ledger.traffic(first, last)
        self._tools = ledger.tools(first, last)
        self._durations = {what: ledger.durations(what, first, last) for what in DURATIONS}
        learnt_since = (datetime.date.fromisoformat(last) - datetime.timedelta(_LEARNT_DAYS)).isoformat()
        self._sums = ledger.calibrations(min(first, learnt_since), last)
        self._ratios = {model: fit(sums) for model, sums in self._sums.items()}

    def traffic(self, kind: Kind) -> list[Row]:
        """The rows of one sort of requests."""
        return [row for row in self._traffic if row.key.kind == kind]

    def durations(self, what: Duration) -> dict[int, int]:
        """How many durations fell into each bucket."""
        return self._durations[what]

    def total(self) -> Total:
        """All requests that were compressed or passed on."""
        return self._added("live")

    def by(self, name: str) -> dict[str, Total]:
        """The same by `day`, `month`, `provider`, `model`, `agent` or `project`."""
        grouped: dict[str, Total] = {}
        for row in self.traffic("live"):
            grouped.setdefault(getattr(row.key, name), Total()).add(row, self._interval(row.key.model))
        return grouped

    def by_tool(self) -> dict[str, ToolTotal]:
        """The savings of each tool."""
        grouped: dict[str, ToolTotal] = {}
        for row in self._tools:
            if row.key.kind == "live":
                grouped.setdefault(row.tool, ToolTotal()).add(row, self._interval(row.key.model))
        return grouped

    def beside(self, kind: Kind) -> dict[str, Any]:
        """What would have been saved in requests that were only measured, or left alone."""
        sums = self._added(kind).sums
        after, saved = sums["tokens_after"] - sums["tokens_saved"], sums["tokens_saved"]
        has_price = sums["metered"] > sums["unpriced"]
        return {
            **{name: sums[name] for name in ("requests", "texts", "compressed_texts")},
            "tokens": {"before": sums["tokens_after"], "after": after, "saved": saved},
            "money": {"spent": dollars(sums["spent"]), "saved": dollars(sums["saved"])} if has_price else None,
        }

    def latency(self) -> dict[str, Any]:
        """How long requests waited for us, and then for the provider."""
        return {what: summary(counts) for what, counts in self._durations.items()}

    def calibration(self) -> list[dict[str, Any]]:
        """What is known of each model's tokenizer."""
        return [
            {
                "model": model,
                "requests": int(sums.requests),
                "ratio": round(self._ratios[model].overall * token_counter(model).ratio, 4),
                "interval": round(self._ratios[model].interval, 4),
                "error_share": round(sums.error / sums.estimated, 5) if sums.estimated else None,
                "is_exact": False,
            }
            for model, sums in sorted(self._sums.items())
        ]

    def unpriced_models(self) -> list[str]:
        """Models whose requests are counted and not priced."""
        return sorted({row.key.model for row in self._traffic if row.sums["unpriced"]})

    def document(self) -> dict[str, Any]:
        """The part of the dashboard's document that stands in the ledger."""
        listed = {name: self.by(name) for name in ("model", "agent", "project")}
        return {
            "currency": "USD",
            "range": {
                "days": (datetime.date.fromisoformat(self.last) - datetime.date.fromisoformat(self.first)).days + 1,
                "first_day": self.first,
                "last_day": self.last,
            },
            "total": self.total().as_json(),
            "by": {
                **{name: _listed(grouped, Total) for name, grouped in listed.items()},
                "tool": _listed(self.by_tool(), ToolTotal),
            },
            "days": [{"day": day, **total.as_json()} for day, total in sorted(self.by("day").items())],
            "observed": self.beside("observed"),
            "held_out": self.beside("held_out"),
            "latency_ms": self.latency(),
            "calibration": self.calibration(),
            "unpriced_models": self.unpriced_models(),
        }

    def _added(self, kind: Kind) -> Total:
        total = Total()
        for row in self.traffic(kind):
            total.add(row, self._interval(row.key.model))
        return total

    def _interval(self, model: str) -> float:
        # Of a model on which nothing was learnt yet only exact counts can be trusted.
        if not token_counter(model).is_estimate:
            return 0.0
        return self._ratios.get(model, _NOT_LEARNT).interval


_NOT_LEARNT = Ratios(interval=0.2)


ALL_DAYS = ("0001-01-01", "9999-12-31")
"""The first and the last day that there can be."""


def last_days(count: int, today: datetime.date) -> tuple[str, str]:
    """The first and the last of so many days that end today."""
    return (today - datetime.timedelta(days=count - 1)).isoformat(), today.isoformat()


def dollars(picodollars: float) -> float:
    """An amount as it is shown."""
    return picodollars / PICODOLLARS


def _listed(grouped: Mapping[str, Any], make: Callable[[], Any]) -> list[dict[str, Any]]:
    """Rows by what they saved, the smallest of many in one row without a name."""
    ordered = sorted(grouped.items(), key=lambda item: (-item[1].net_tokens, item[0]))
    rows = [{"name": name, **total.as_json()} for name, total in ordered[:_MOST_ROWS]]
    if len(ordered) > _MOST_ROWS:
        others = make()
        for _, total in ordered[_MOST_ROWS:]:
            for name, amount in total.sums.items():
                others.sums[name] = others.sums.get(name, 0) + amount
            others.margin_tokens += total.margin_tokens
            others.margin_money += total.margin_money
        rows.append({"name": None, **others.as_json()})
    return rows


def _read_share(usage: Mapping[str, int]) -> float | None:
    total = sum(usage[name] for name in INPUT_KINDS)
    return round(usage["cache_read"] / total, 4) if total else None
