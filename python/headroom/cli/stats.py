"""`headroom stats`: what went through the proxy, what the provider took for it, and what went wrong."""

from __future__ import annotations

from typing import Any

import click

from headroom.cli.ledger_view import (
    days_option,
    json_option,
    left_alone,
    money,
    nothing_yet,
    opened_days,
    share,
    table,
    write_json,
)
from headroom.cli.streams import write_text
from headroom.proxy.figures import Days

_MOST_ROWS = 8


@click.command("stats")
@days_option(30)
@json_option
def command(days: int, as_json: bool) -> None:
    """Show requests, what providers took for them, cache hits, retrievals and failures of the last days.

    The figures are those of all proxies that keep originals in this store, running or not.
    """
    with opened_days(days) as found:
        document = found.document()
    if as_json:
        write_json(document)
    else:
        write_text(_text(found, document))


def _text(days: Days, document: dict[str, Any]) -> str:
    total = document["total"]
    aside = left_alone(days)
    if not total["requests"]:
        return nothing_yet(days) + aside
    usage, hits, asked = total["usage"], total["cache_read_share"], total["retrievals"]
    written = usage["cache_write_5m"] + usage["cache_write_1h"]
    lines = [
        f"{days.first} to {days.last}",
        f"requests    {total['requests']:,}: {total['failed']:,} failed, {total['unmetered']:,} whose answers do not "
        "say what they took",
        f"results     {total['texts']:,} of tools, {total['compressed_texts']:,} of them compressed",
        f"input       {usage['fresh']:,} fresh, {written:,} written to caches, {usage['cache_read']:,} read from them",
        f"output      {usage['output']:,}",
        f"cache       {_percent(hits['with'])} of input read from it; without Headroom {_percent(hits['without'])}",
        f"spent       {money(total['money']['spent'])}; without Headroom {money(total['money']['without'])}",
        f"retrievals  {asked['hidden']:,} answered by the proxy, {asked['visible']:,} by tools; {asked['failed']:,} "
        "failed",
    ]
    return "\n".join([*lines, *_tables(document), ""]) + aside


def _tables(document: dict[str, Any]) -> list[str]:
    lines = []
    for group in ("model", "agent", "project", "tool"):
        rows = [
            (
                row["name"] or "others",
                f"{row.get('requests', row['texts']):,}",
                f"{row['tokens']['before']:,}",
                share(row["tokens"].get("net", row["tokens"]["saved"]), row["tokens"]["before"]),
            )
            for row in document["by"][group][:_MOST_ROWS]
        ]
        if rows:
            lines += ["", *table((group, "results" if group == "tool" else "requests", "tokens", "saved"), rows)]
    return lines


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.1f} %"
