"""Whether and how far to rewrite a conversation that the provider may have cached: prices decide.

A text in the cache is read on every turn for a tenth of what it cost; a change makes the provider write all that
stands behind it anew. So a rewrite costs at once and saves on each turn that follows. How many follow is unknown: as
many again as there were is the guess that is least often far off. All sums are in units of one uncached input token.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from headroom.models import Prices

HIGH_WATER = 0.85
"""Share of a budget from which on a rewrite may pay before the budget is spent."""

LOW_WATERS = (0.7, 0.6, 0.5)
"""Shares of a budget down to which one rewrite may go, mildest first."""

MOST_TURNS_LEFT = 50


class Rewrite(NamedTuple):
    """A rewrite and what it would do: tokens cached before it, and behind its first change before and after it."""

    cached_tokens: int
    tail_tokens: int
    new_tail_tokens: int

    @property
    def saved_tokens(self) -> int:
        """What need not be read any more, on each turn."""
        return self.tail_tokens - self.new_tail_tokens


class Plan(NamedTuple):
    """What was decided, and its arithmetic in words."""

    rewrite: bool
    reason: str


def turns_left(turns: int) -> int:
    """How many turns are expected to follow so many."""
    return min(turns, MOST_TURNS_LEFT)


def plan(rewrite: Rewrite, turns: int, prices: Prices, turns_until_due: float = inf) -> Plan:
    """Whether a rewrite pays within the turns that are expected to follow `turns` ones, and before one is due anyway.

    >>> from headroom.models import RELATIVE_PRICES
    >>> plan(Rewrite(cached_tokens=100_000, tail_tokens=100_000, new_tail_tokens=30_000), 20, RELATIVE_PRICES).rewrite
    True
    """
    read, write = prices.cache_read / prices.input, prices.cache_write / prices.input
    cost = rewrite.new_tail_tokens * write - rewrite.tail_tokens * read
    saved = rewrite.saved_tokens * read
    left = int(min(turns_left(turns), turns_until_due))
    pays = saved * left > cost
    reason = (
        f"rewriting {rewrite.new_tail_tokens:,} tokens at {write:g} instead of reading {rewrite.tail_tokens:,} at "
        f"{read:g} costs {cost:,.0f}, then saves {saved:,.0f} a turn: {'pays' if pays else 'does not pay'} within the "
        f"{left} turns until it ends or is due"
    )
    return Plan(pays, reason)


def price_a_turn(low_tokens: int, budget_tokens: int, kept_tokens: int, growth_tokens: float, prices: Prices) -> float:
    """What a turn costs on average when each rewrite goes down to `low_tokens` and the next one comes when the budget
    is spent again: the writes of one rewrite, shared among the turns until the next, and the reads.

    `kept_tokens` stand before the first change and stay cached; a turn adds `growth_tokens`.
    """
    turns = max(1.0, (budget_tokens - low_tokens) / max(1.0, growth_tokens))
    rewritten = max(0, low_tokens - kept_tokens)
    write = prices.cache_write - prices.cache_read
    return (rewritten * write / turns + (low_tokens + budget_tokens) / 2 * prices.cache_read) / prices.input


def low_water(budget_tokens: int, kept_tokens: int, growth_tokens: float, prices: Prices) -> tuple[int, str]:
    """Down to how many tokens a rewrite should go, and why: the cheapest a turn, and of those about as cheap (within
    10 %) the one that keeps most.
    """
    levels = [int(budget_tokens * share) for share in LOW_WATERS]
    costs = [price_a_turn(level, budget_tokens, kept_tokens, growth_tokens, prices) for level in levels]
    best = next(at for at, cost in enumerate(costs) if cost <= 1.1 * min(costs))
    return levels[best], f"{_shares(costs)} a turn at {growth_tokens:,.0f} tokens of growth"


def _shares(costs: Sequence[float]) -> str:
    priced = (f"{share:.0%} costs {cost:,.0f}" for share, cost in zip(LOW_WATERS, costs, strict=True))
    return ", ".join(priced)
