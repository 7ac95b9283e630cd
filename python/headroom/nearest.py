"""What somebody probably meant: the nearest known name to a mistaken one."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """A clause to append to an error, such as `; did you mean 'query'?`, or nothing if no known name is near."""
    from difflib import get_close_matches

    close = get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
