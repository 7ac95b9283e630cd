"""Retrieval: a key and a query go in, an exact part of the original comes out, under a ceiling of tokens.

A query is a list of stages joined by ` | `, each working on what the one before it gave:

- nothing: the whole text
- `lines 120-180`, `lines 7`, `lines 120-`, `lines 3,7,12-20`: lines, from 1, both ends included
- `rows 5-20`: records of the main collection: elements of the top-level or the largest array of JSON, rows of a table,
  else lines
- `chars 1-4000`: characters, for texts with huge lines
- `$.items[*].name`: the values at a JSON path, as they are written; a string that is piped on is its text
- `grep -i REGEX -C 2`: matching lines, or records of JSON that is written on one line, with their numbers;
  flags: -i -v -w -F -A n -B n -C n; syntax of Rust's regex crate
- `symbol Class.method`: the lines of every definition of that name in source code
- rows with columns:
  `where status = failed and ms > 100`, `columns id, owner.login`, `sort ms desc, id`, `limit 5`, `tail 5`, `count`,
  `group by status: count, sum(ms), avg(ms), p95(ms)`, `count by status`, `top 5 by ms`, `top 5 status` (the most
  frequent), `distinct status`; or as SQL: `select status, count(*) from t where ms > 100 group by status order by
  count desc limit 5`. Of one stage the order is SQL's, of several that in which they stand.

**Columns.** Of records of JSON (an array, one record a line, members of an object as `key` and `value`), YAML, TOML,
XML and INI: their fields, those inside others by paths (`owner.login`, or `login` where that is the only one). Of
CSV, TSV, Markdown, boxes of databases and columns of `ps`, `ls -l` and their like: the headings, or `column 1`,
`column 2`. Of search results: `file`, `line`, `text`. Of any other text: `line`, `text`, `level`, `time`, `message`,
`template`. All rows have their numbers as `row` (lines: `line`). A name is found whatever its case and what stands
between its letters (`us_gross` is `US Gross`), and goes in quotes where it has signs.

**Conditions.** `=` `!=` `<` `<=` `>` `>=`, `in (a, b)`, `between a and b`, `contains`, `startswith`, `endswith`,
`like 'a%'`, `ilike`, `~ /regex/` or `matches`, `is null`, `is not null`, joined by `and`, `or`, `not` and brackets. A
value needs quotes only for signs, or to be text though it looks like a number; of `=` and `!=` the right side may be
another column, in backquotes. Nothing but `is null` and what is negated holds where there is no value. Of an array
holds what holds for one of its elements.

**Values.** Numbers compare and add up as exact decimals, thousands apart or not; where a column has nothing but
quantities (`1.5K`, `350ms`, `4d12h`, `$3`, `12%`) they do as bytes, seconds and so on. What has zeros in front is a
code and no number. `avg` is rounded to three places more than the values have, half to even; `median` is exact; `p95`
is the least value that 95 % do not exceed. Other texts compare by their letters, so that ISO's dates are in order.
Sorting keeps the order of equal rows and puts what is missing last.

**Answers** begin with how many (`42 of 1,318 rows`), then the names of the columns, then a row a line with its
number. A cell with a comma, a quote or a line break in it is a string of JSON; objects and arrays are JSON; null is
`null`, and a field that a record lacks is empty. Values are spelled as in the original. Lines are shown as grep shows
them.

What does not fit is not cut silently: `next` is the query for the next part, and the parts together are the whole
(each repeats what stands above the rows). A query that cannot be understood is an error that shows the nearest valid
form.
"""

from __future__ import annotations

from collections.abc import Sequence
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

    For a grep, `shown` and `total` count matches; both are 1 where the answer is one number. `next` is None when
    everything asked for is in `text`.
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
    where: str | None = None,
    columns: str | Sequence[str] | None = None,
    sort: str | None = None,
    limit: int | None = None,
) -> Retrieved:
    """What the query gives of the original that `key` names, in at most `max_tokens` o200k tokens.

    The keywords are other words for a query: `path`, `rows`, `lines`, `grep`, `where`, `sort`, `limit`, `columns` are
    piped in this order after `query`; `context` is how many lines to show around each match of `grep`; `columns` may
    be a list of names, as they are.

    Raises KeyNotFoundError, QueryError (its message shows the nearest valid form), InputError or StoreError.
    """
    if isinstance(max_tokens, bool) or not isinstance(max_tokens, int) or max_tokens < 1:
        raise InputError(f"max_tokens={max_tokens!r} must be a whole number, 1 or more")
    stages = [query.strip(), path, _window("rows", rows), _window("lines", lines), _grep(grep, context)]
    stages += [_stage("where", where), _stage("sort", sort), _stage("limit", limit), _columns(columns)]
    whole = " | ".join(stage for stage in stages if stage)
    try:
        f"{key}{whole}".encode()
    except UnicodeEncodeError:
        raise InputError(
            "the key or the query holds a lone surrogate, which no original holds; write it anew"
        ) from None
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


def _stage(word: str, wanted: str | int | None) -> str | None:
    return None if wanted is None else f"{word} {wanted}"


def _columns(wanted: str | Sequence[str] | None) -> str | None:
    if wanted is None or isinstance(wanted, str):
        return _stage("columns", wanted)
    names = (name.replace('"', '""') for name in wanted)
    return _stage("columns", ", ".join(f'"{name}"' for name in names))


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
