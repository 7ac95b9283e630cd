"""Checks of what a caller passed: an error names the argument, the value, and what would do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headroom.errors import InputError, UnknownOptionError
from headroom.nearest import did_you_mean

_LONGEST_SHOWN = 60


def refuse_unknown(function: str, unknown: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raises UnknownOptionError for the first keyword in `unknown`, naming the nearest known one."""
    for name in unknown:
        raise UnknownOptionError(f"{function}() takes no {name!r}{did_you_mean(name, known)}")


def check_text(name: str, value: Any) -> None:
    """Refuses a value that is neither a text nor None."""
    if value is not None and not isinstance(value, str):
        raise InputError(f"{name}={shown(value)} is a {type(value).__name__}; it must be a text")


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Refuses a value that is neither one of the choices nor None."""
    known = list(choices)
    if value is not None and value not in known:
        raise InputError(f"{name}={shown(value)} is not one of {', '.join(known)}{did_you_mean(value, known)}")


def check_count(name: str, value: Any) -> None:
    """Refuses a value that is neither a whole number of at least 1 nor None."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise InputError(f"{name}={shown(value)} must be a whole number, 1 or more")


def shown(value: Any) -> str:
    """A value as an error shows it: cut short."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
