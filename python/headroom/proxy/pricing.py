"""What one request cost, what compression saved of it, and what Headroom itself cost: in tokens and exact money.

Pure. A saved token costs what the provider would have taken for it where it stood: within what it read from its cache
the price of reading, behind that the price, or mix of prices, at which the rest was billed. The rates are those of the
request as it was: that a longer one might have cost more a token is not claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from headroom.models import Rates, Tariff
from headroom.providers import Usage
from headroom.proxy.calibration import Ratios
from headroom.proxy.shares import Rent, Shares

INPUT_KINDS = ("fresh", "cache_write_5m", "cache_write_1h", "cache_read")


@dataclass(slots=True)
class ToolBill:
    """What was done to a tool's results in one request, in the model's tokens; money is None without prices."""

    texts: int = 0
    compressed_texts: int = 0
    tokens_before: float = 0.0
    tokens_saved: float = 0.0
    saved: float = 0.0


@dataclass(slots=True)
class Figures:
    """One request's figures. Tokens are the model's own; money is in picodollars, None where there is no price."""

    usage: Usage
    without: Usage
    tokens_after: int
    tokens_saved: int
    rent: dict[str, int]
    spent: int | None = None
    saved: int | None = None
    rented: int | None = None
    tools: dict[str, ToolBill] = field(default_factory=dict)


def price(
    rounds: Sequence[Usage],
    tariff: Tariff | None,
    shares: Shares | None,
    counted: int,
    ratios: Ratios,
    added: Sequence[Rent] = (),
    *,
    is_applied: bool,
) -> Figures:
    """The figures of a request that took some rounds (at least one) at the provider.

    `counted` are our tokens of what `shares` tells of, as it was forwarded. `added` is rent. Without `is_applied` the
    shares were only measured: what went out was the longer form.
    """
    first, later = rounds[0], rounds[1:]
    total = first
    for usage in later:
        total = Usage(*((mine or 0) + (its or 0) for mine, its in zip(total, usage, strict=True)))
    rates = None if tariff is None else tariff.rates(first.input_tokens)
    place = _Place(first, counted if counted else 1, rates, ratios)
    saved, tools = _savings(shares, place, is_applied=is_applied)
    rent_tokens, rent_at = _rent(added if is_applied else (), place)
    only_retrieves = shares is not None and shares.only_retrieves and is_applied
    if only_retrieves:
        # Without Headroom there would have been no such request: all of its input is rent, and nothing was saved.
        saved, tools = (0.0, 0.0), {name: ToolBill(bill.texts, 0, bill.tokens_before) for name, bill in tools.items()}
        rent_tokens, rent_at = {"rounds": float(first.input_tokens)}, (float(first.cache_read or 0), _rest_of(first))
    extra = sum(usage.input_tokens for usage in later)
    rent = {kind: round(tokens) for kind, tokens in rent_tokens.items()}
    rent["rounds"] = rent.get("rounds", 0) + extra
    figures = Figures(
        usage=total,
        without=_without(first, rounds[-1].output or 0, saved[0] - rent_at[0], saved[1] - rent_at[1]),
        tokens_after=first.input_tokens,
        tokens_saved=round(sum(saved)),
        rent=rent,
        tools=tools,
    )
    if tariff is None or rates is None:
        return figures
    figures.spent = sum(cost(usage, tariff) for usage in rounds)
    figures.saved = round(saved[0] * rates.cache_read + saved[1] * place.rest_rate)
    figures.rented = round(rent_at[0] * rates.cache_read + rent_at[1] * place.rest_rate)
    # Outputs before the last round's only called the tool, and input behind the first round's was read for its answer.
    figures.rented += sum(cost(usage._replace(output=0), tariff) for usage in later)
    figures.rented += sum((usage.output or 0) * tariff.rates(usage.input_tokens).output for usage in rounds[:-1])
    return figures


def cost(usage: Usage, tariff: Tariff) -> int:
    """What a request's usage costs, in picodollars."""
    rates = tariff.rates(usage.input_tokens)
    counts = (usage.fresh, usage.cache_read, usage.cache_write_5m, usage.cache_write_1h, usage.output)
    return sum((count or 0) * rate for count, rate in zip(counts, rates, strict=True))


class _Place:
    """Where in a prompt the provider's cache ended, in our tokens, and what stood behind it cost."""

    def __init__(self, usage: Usage, counted: int, rates: Rates | None, ratios: Ratios) -> None:
        # Our count leaves out what only the provider counts, taken to be spread over the whole prompt.
        scale = counted / usage.input_tokens if usage.input_tokens else 1.0
        self.cached_until = (usage.cache_read or 0) * scale
        self.ratios = ratios
        rest = _rest_of(usage)
        self.rest_rate = 0.0
        if rates is not None:
            billed = (
                (usage.fresh or 0) * rates.fresh
                + (usage.cache_write_5m or 0) * rates.cache_write_5m
                + (usage.cache_write_1h or 0) * rates.cache_write_1h
            )
            self.rest_rate = billed / rest if rest else float(rates.cache_read)
        self.read_rate = 0.0 if rates is None else float(rates.cache_read)

    def is_cached(self, at: float, tokens: float) -> bool:
        """Whether most of what stands there was read from the cache."""
        return at + tokens / 2 < self.cached_until


def _rest_of(usage: Usage) -> float:
    return float(usage.input_tokens - (usage.cache_read or 0))


def _savings(
    shares: Shares | None, place: _Place, *, is_applied: bool
) -> tuple[tuple[float, float], dict[str, ToolBill]]:
    """The saved tokens that were cached and those that were not, and the figures of each tool."""
    cached = rest = 0.0
    tools: dict[str, ToolBill] = {}
    listed = shares.shares if shares is not None else ()
    # Where only the longer form went out, places are behind by what would have been saved before them.
    shifts = accumulate((share.tokens_before - share.tokens_after for share in listed), initial=0)
    for share, shift in zip(listed, shifts, strict=False):
        bill = tools.setdefault(share.tool, ToolBill())
        tokens = (share.tokens_before - share.tokens_after) * place.ratios.overall
        bill.texts += 1
        bill.tokens_before += share.tokens_before * place.ratios.overall
        if not share.is_changed:
            continue
        bill.compressed_texts += 1
        bill.tokens_saved += tokens
        at, size = (
            (share.at_tokens, share.tokens_after) if is_applied else (share.at_tokens + shift, share.tokens_before)
        )
        if place.is_cached(at, size):
            cached += tokens
            bill.saved += tokens * place.read_rate
        else:
            rest += tokens
            bill.saved += tokens * place.rest_rate
    return (cached, rest), tools


def _rent(added: Sequence[Rent], place: _Place) -> tuple[dict[str, float], tuple[float, float]]:
    """Tokens of rent by kind, and how many of all were cached and how many not."""
    kinds: dict[str, float] = {}
    cached = rest = 0.0
    for each in added:
        tokens = each.tokens * place.ratios.overall
        kinds[each.kind] = kinds.get(each.kind, 0.0) + tokens
        if place.is_cached(each.at_tokens, each.tokens):
            cached += tokens
        else:
            rest += tokens
    return kinds, (cached, rest)


def _without(usage: Usage, output: int, cached: float, rest: float) -> Usage:
    """What the provider would have reported without Headroom: net savings added where they stood."""
    behind = _rest_of(usage)
    shares: Mapping[str, float] = {
        name: (getattr(usage, name) or 0) / behind if behind else float(name == "fresh") for name in INPUT_KINDS[:3]
    }
    counts = {name: max(0, round((getattr(usage, name) or 0) + rest * share)) for name, share in shares.items()}
    return Usage(**counts, cache_read=max(0, round((usage.cache_read or 0) + cached)), output=output)
