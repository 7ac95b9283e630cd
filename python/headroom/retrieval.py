"""Retrieval: a key and a query go in, an exact part of the original comes out, under a ceiling of tokens.

A query is a list of stages joined by ` | `, each working on what the one before it gave:

- nothing: the whole text
- `lines 120-180`, `lines 7`, `lines 120-`, `lines 3,7,12-20`: lines, from 1, both ends included
- `rows 5-20`: records of the main collection: elements of the top-level or the largest array of JSON, else lines
- `chars 1-4000`: characters, for texts with huge lines
- `$.items[*].name`: the values at a JSON path, as they are written; a string that is piped on is its text
- `grep -i REGEX -C 2`: matching lines, or records of JSON that is written on one line, with their numbers;
  flags: -i -v -w -F -A n -B n -C n; syntax of Rust's regex crate

What does not fit is not cut silently: `next` is the query for the next part, and the parts together are the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headroom import _core
from headroom.errors import InputError, QueryError

if TYPE_CHECKING:
    from headroom.store import Store

DEFAULT_MAX_TOKENS = 4_000

Range = int | str | tuple[int, int | None]
"""One number, a range as in a query (`"5-20"`), or its two ends, both included; None as the second: no end."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What a query gave: `shown` of `total` lines, rows, values, matches or characters, and the query for more.

    For a grep, `shown` and `total` count matches. `next` is None when everything asked for is in `text`.
    """

    text: str
    shown: int
    total: int
    next: str | None


def retrieve(
    key: str,
    query: str = "",
    *,
    store: Store,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    lines: Range | None = None,
    rows: Range | None = None,
    path: str | None = None,
    grep: str | None = None,
    context: int | None = None,
) -> Retrieved:
    """What the query gives of the original that `key` names, in at most `max_tokens` o200k tokens.

    The keywords are other words for a query: `path`, `rows`, `lines`, `grep` are piped in this order after `query`, and
    `context` is how many lines to show around each match of `grep`.

    Raises KeyNotFoundError, QueryError (its message shows the nearest valid form), InputError or StoreError.
    """
    if isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 1:
        raise InputError(f"max_tokens={max_tokens!r} must be a whole number, 1 or more")
    stages = [query.strip(), path, _window("rows", rows), _window("lines", lines), _grep(grep, context)]
    whole = " | ".join(stage for stage in stages if stage)
    original = store.get(key)
    try:
        return Retrieved(*_core.retrieve(original, whole, max_tokens))
    except _core.QueryError as error:
        raise QueryError(str(error)) from None


def _window(word: str, wanted: Range | None) -> str | None:
    if wanted is None:
        return None
    if isinstance(wanted, tuple):
        first, last = wanted
        return f"{word} {first}-{'' if last is None else last}"
    return f"{word} {wanted}"


def _grep(pattern: str | None, context: int | None) -> str | None:
    if pattern is None:
        if context is not None:
            raise InputError(
                f"context={context!r} is of no meaning without grep: give the pattern to look for as grep=…"
            )
        return None
    flag = "" if context is None else f"-C {context} "
    return f"grep {flag}-- {_quoted(pattern)}"


def _quoted(pattern: str) -> str:
    # A backslash guards the next character, in the query as in the pattern, so that pairs must stay together.
    quoted = []
    guarded = False
    for character in pattern:
        quoted.append('\\"' if character == '"' and not guarded else character)
        guarded = character == "\\" and not guarded
    return f'"{"".join(quoted)}"'
