"""What the commands that read the ledger have in common: which days, and how amounts and charts are written."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from headroom.cli.streams import write_text
from headroom.library import default_settings
from headroom.proxy.figures import Days, last_days
from headroom.proxy.ledger import Kind, Ledger, ledger_path

_BAR_CELLS = 30
_EIGHTHS = " ▏▎▍▌▋▊▉"
_MOST_NAME_CHARACTERS = 48

_LEFT_ALONE: tuple[tuple[str, Kind], ...] = (("measured", "observed"), ("held out", "held_out"))

json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


def days_option(default: int) -> Callable[[Any], Any]:
    """The option for how many days are looked at."""
    shown = f"How many days, today included; default: {default}."
    return click.option("--days", metavar="N", type=click.IntRange(1, 36_600), default=default, help=shown)


@contextmanager
def opened_days(count: int) -> Iterator[Days]:
    """The ledger's last days. Raises StoreError when it cannot be read."""
    ledger = Ledger(ledger_path(default_settings()))
    try:
        yield Days(ledger, *last_days(count, datetime.date.today()))
    finally:
        ledger.close()


def write_json(document: Mapping[str, Any]) -> None:
    """Writes a document to standard output."""
    write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def money(dollars: float | None) -> str:
    """An amount of US dollars.

    >>> money(1234.5), money(0.00312), money(-0.5), money(0), money(None)
    ('$1,234.50', '$0.0031', '-$0.50', '$0.00', 'no price')
    """
    if dollars is None:
        return "no price"
    digits = 2 if abs(dollars) >= 0.1 or not dollars else 4
    return f"{'-' if dollars < 0 else ''}${abs(dollars):,.{digits}f}"


def share(part: float, whole: float) -> str:
    """A part in percent.

    >>> share(1, 3), share(1, 0)
    ('33.3 %', '-')
    """
    return f"{100 * part / whole:.1f} %" if whole else "-"


def bar(amount: float, most: float) -> str:
    """A bar as long as an amount is, beside the largest one; empty for nothing and less.

    >>> bar(1, 2), bar(-1, 2), bar(0, 0)
    ('███████████████', '', '')
    """
    eighths = round(max(0.0, amount) / most * _BAR_CELLS * 8) if most > 0 else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Lines of a table: the first `left` columns and a bar at the end are flush left, numbers flush right."""
    cells = [list(head), *([_cut(row[0]), *row[1:]] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    last = len(head) - 1

    def line(row: Sequence[str]) -> str:
        parts = (
            cell.ljust(width) if at < left or (at == last and not head[at]) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(parts).rstrip()

    return [line(row) for row in cells]


def _cut(name: str) -> str:
    return name if len(name) <= _MOST_NAME_CHARACTERS else name[: _MOST_NAME_CHARACTERS - 1] + "…"


def nothing_yet(days: Days) -> str:
    """What is said where nothing is recorded."""
    return (
        f"no requests from {days.first} to {days.last}: those that go through headroom proxy or headroom wrap are "
        "recorded\n"
    )


def left_alone(days: Days) -> str:
    """What would have been saved in requests that were only measured, or held out; empty where there are none."""
    told = []
    for name, kind in _LEFT_ALONE:
        figures = days.beside(kind)
        tokens = figures["tokens"]
        if figures["requests"]:
            part = share(tokens["saved"], tokens["before"])
            told.append(
                f"\n{name}: {figures['requests']:,} requests left as they were; {tokens['saved']:,} of "
                f"{tokens['before']:,} tokens ({part}) would have been saved\n"
            )
    return "".join(told)
