"""`headroom outline`: a map of files or of a repository to standard output."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from headroom.cli.streams import write_text
from headroom.repository_map import Outline, outline

_MOST_FAILURES = 5


@click.command("outline")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--budget", metavar="N", type=click.IntRange(min=1), default=2000, help="Most tokens; default: 2000.")
@click.option("--query", metavar="TEXT", default="", help="Words, names and paths that rank higher.")
@click.option("--json", "as_json", is_flag=True, help="Print the map with its figures as JSON.")
def command(paths: tuple[str, ...], budget: int, query: str, as_json: bool) -> None:
    """Print what is defined in files or folders, the most referenced first, in at most so many tokens.

    Each definition is a line of its file behind its number. In folders, what .gitignore or .headroomignore names is
    passed over. One line on standard error tells the tokens and what was not looked at.
    """
    made = outline(paths, budget=budget, query=query)
    write_text(json.dumps(asdict(made), ensure_ascii=False, indent=2) if as_json else made.text)
    for failure in made.failures[:_MOST_FAILURES]:
        click.echo(f"headroom: {failure}", err=True)
    click.echo(_summary(made), err=True)


def _summary(made: Outline) -> str:
    passed_over = "".join(f"; {count:,} {reason}" for reason, count in made.passed_over.items())
    failures = f"; {len(made.failures):,} cannot be read" if made.failures else ""
    return (
        f"headroom: {made.tokens:,} tokens; {len(made.files):,} of {made.total_files:,} files, "
        f"{made.definitions:,} of {made.total_definitions:,} definitions{passed_over}{failures}"
    )
