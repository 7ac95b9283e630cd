"""What a model takes and costs: its context window, and the prices of input that is new, cached, or written to a cache,
and of output.

The table is `models.json` beside this file: for the beginning of a model's name the window in tokens, and prices in US
dollars a million tokens. It holds the prices of genai-prices 0.2.3 of November 2026
(https://github.com/pydantic/genai-prices, MIT); where a provider charges nothing extra to write its cache, that price
is the one of input. The setting `models_file` names a file of the same form whose entries come first.

An entry may say more: `output`, without which its requests have no price; `cache_write_1h`, the price of a cache that
lives an hour (else twice `input` where writing costs extra, as with Anthropic); and `long`, the same prices for
requests whose input has more than `above_tokens` tokens.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeGuard

from headroom.errors import SettingsError
from headroom.tokens import names_of

_TABLE = os.path.join(os.path.dirname(__file__), "models.json")
_FIELDS = ("window_tokens", "input", "cache_read", "cache_write")
_MOST_RESERVED_TOKENS = 32_000
_RESERVED_SHARE = 0.25


class Prices(NamedTuple):
    """What input costs, in one unit for all: `input` neither read from a cache nor written to one."""

    input: float
    cache_read: float
    cache_write: float


RELATIVE_PRICES = Prices(1.0, 0.1, 1.25)
"""Where the model is unknown: Anthropic's prices of a cache that lives five minutes, in units of uncached input."""


PICODOLLARS = 10**12
"""Units of money in a US dollar: with them prices of up to six decimals a million tokens are exact integers a token."""


class Rates(NamedTuple):
    """Exact prices in picodollars a token. `fresh` is input that is neither read from a cache nor written to one."""

    fresh: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int


class Tariff(NamedTuple):
    """A model's rates, and those for requests whose input has more than `above_tokens` tokens, where they differ."""

    base: Rates
    long: Rates | None = None
    above_tokens: int = 0

    def rates(self, input_tokens: int) -> Rates:
        """The rates of a request with so much input, cached or not."""
        return self.long if self.long is not None and input_tokens > self.above_tokens else self.base


class Model(NamedTuple):
    """A model's window in tokens, its prices in US dollars a million tokens, and its exact rates, None if unknown."""

    window_tokens: int
    prices: Prices
    tariff: Tariff | None = None

    @property
    def budget_tokens(self) -> int:
        """What the input may take of the window: the rest is for the answer, which shares it."""
        return self.window_tokens - min(_MOST_RESERVED_TOKENS, int(self.window_tokens * _RESERVED_SHARE))


def model_named(name: str | None, models_file: str | None = None) -> Model | None:
    """What is known of a model, by its name at any provider; None if nothing is.

    Raises SettingsError when the file cannot be used.

    >>> model_named("us.anthropic.claude-sonnet-4-5-20250929-v1:0").window_tokens
    200000
    """
    if name is None:
        return None
    table = _table(models_file)
    for known_as in names_of(name):
        # The longest beginning is the most particular one.
        for end in range(len(known_as), 0, -1):
            model = table.get(known_as[:end])
            if model is not None and not known_as[end : end + 1].isalnum():
                return model
    return None


@lru_cache(maxsize=8)
def _table(models_file: str | None) -> Mapping[str, Model]:
    table = _read(_TABLE)
    return table if models_file is None else {**table, **_read(models_file)}


def _read(path: str) -> dict[str, Model]:
    try:
        with open(path, "rb") as stream:
            raw = json.load(stream, parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise SettingsError(f"models_file={path!r} cannot be read as JSON ({error}); correct or unset it") from None
    if not isinstance(raw, dict):
        raise SettingsError(f"models_file={path!r} holds no object of models by name; see headroom/models.json")
    return {name.lower(): _model(name, entry, path) for name, entry in raw.items()}


def _model(name: str, entry: Any, path: str) -> Model:
    given = entry if isinstance(entry, dict) else {}
    found = (given.get(field) for field in _FIELDS)
    values = [value for value in found if _is_amount(value)]
    if len(values) < len(_FIELDS) or values[0] < 1 or not values[1]:
        raise SettingsError(f"models_file={path!r}: {name!r} needs numbers for {', '.join(_FIELDS)}")
    window, *prices = values
    return Model(int(window), Prices(*map(float, prices)), _tariff(name, given, path))


def _tariff(name: str, entry: Mapping[str, Any], path: str) -> Tariff | None:
    if "output" not in entry:
        return None
    base = _rates(name, entry, path)
    if "long" not in entry:
        return Tariff(base)
    above = entry["long"].get("above_tokens") if isinstance(entry["long"], dict) else None
    if not isinstance(above, int) or above < 1:
        raise SettingsError(f"models_file={path!r}: {name!r} has a `long` without a number of above_tokens")
    return Tariff(base, _rates(name, {**entry, **entry["long"]}, path), above)


def _rates(name: str, entry: Mapping[str, Any], path: str) -> Rates:
    fresh, write = entry["input"], entry["cache_write"]
    prices = [fresh, entry["cache_read"], write, entry.get("cache_write_1h", 0), entry["output"]]
    units = [Decimal(price) * (PICODOLLARS // 10**6) for price in prices if _is_amount(price)]
    if len(units) < len(prices) or any(unit != int(unit) for unit in units):
        raise SettingsError(f"models_file={path!r}: prices of {name!r} must be numbers with at most six decimals")
    rates = Rates(*map(int, units))
    if "cache_write_1h" in entry:
        return rates
    return rates._replace(cache_write_1h=rates.fresh * 2 if write > fresh else rates.cache_write_5m)


def _is_amount(value: object) -> TypeGuard[int | Decimal]:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and value >= 0
