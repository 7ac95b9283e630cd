"""The program's log: what went wrong, once, in a line that never holds content."""

from __future__ import annotations

_MOST_LINES = 1_000
_reported: set[str] = set()


def report(message: str) -> None:
    """Warns through the logger `headroom`, the first time only: a failing disk must not fill it."""
    if message not in _reported and len(_reported) < _MOST_LINES:
        _reported.add(message)
        import logging

        logging.getLogger("headroom").warning(message)
