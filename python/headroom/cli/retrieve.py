"""`headroom retrieve`: an original, or a part of it, to standard output."""

from __future__ import annotations

import click

from headroom.cli.streams import write_text
from headroom.library import retrieve


@click.command("retrieve")
@click.argument("key")
@click.argument("query", default="")
@click.option("--lines", metavar="RANGE", help="Lines, from 1: 120-180, 7, 120- or 3,7,12-20.")
@click.option("--rows", metavar="RANGE", help="Records of the main collection, from 1.")
@click.option("--path", metavar="PATH", help="Values at a JSON path, such as $.items[*].name.")
@click.option("--grep", metavar="REGEX", help="Lines or records that match.")
@click.option("--context", metavar="N", type=click.IntRange(min=0), help="Lines around each match of --grep.")
@click.option("--where", metavar="CONDITION", help='Rows that meet it: "status = failed and ms > 100".')
@click.option("--columns", metavar="NAMES", help="Columns to show: id, owner.login.")
@click.option("--sort", metavar="NAMES", help='Columns to sort by: "ms desc, id".')
@click.option("--limit", metavar="N", type=click.IntRange(min=0), help="Most rows to show.")
@click.option("--max-tokens", metavar="N", type=click.IntRange(min=1), help="Most tokens to print; default: no limit.")
def command(
    key: str,
    query: str,
    lines: str | None,
    rows: str | None,
    path: str | None,
    grep: str | None,
    context: int | None,
    where: str | None,
    columns: str | None,
    sort: str | None,
    limit: int | None,
    max_tokens: int | None,
) -> None:
    """Print the original that KEY names, byte for byte, or the part of it that QUERY asks for.

    QUERY is what a model would write: "lines 120-180", "rows 5-20", "$.items[3].error", "grep -i timeout -C 2", "where
    status = failed", "count by status", "top 5 by ms", "symbol Class.method", several joined by " | ", or SQL. The
    options are other words for it. What is not shown is told on standard error, with the query for the next part.
    """
    part = retrieve(
        key,
        query,
        lines=lines,
        rows=rows,
        path=path,
        grep=grep,
        context=context,
        where=where,
        columns=columns,
        sort=sort,
        limit=limit,
        max_tokens=max_tokens,
    )
    write_text(part.text)
    if not part.text:
        click.echo(f"headroom: nothing matches ({part.total:,} in all)", err=True)
    if part.next is not None:
        click.echo(f"headroom: {part.shown:,} of {part.total:,} shown; for more: {part.next}", err=True)
