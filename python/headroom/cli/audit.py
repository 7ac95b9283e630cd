"""`headroom audit`: recorded requests in; where their prefix changed, what did it and what it cost, out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from headroom.audit import Break, Conversation, audit, read_bodies
from headroom.cli.streams import write_text
from headroom.errors import InputError
from headroom.library import default_settings


@click.command("audit")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(path: str, as_json: bool) -> None:
    """Tell where recorded requests broke the provider's prompt cache.

    PATH is a file with one request's JSON body a line, or a directory of such files, in order. For each request whose
    beginning differs from the request before it in the same conversation: the place, the value that did it, how many
    tokens behind it were billed again, and what that cost.
    """
    if not Path(path).exists():
        raise InputError(f"{path!r} does not exist; name a file of requests, one JSON body a line, or a directory")
    found = audit(read_bodies(path), default_settings().models_file)
    if as_json:
        write_text(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
    else:
        write_text("\n".join(_report(found)))


def _report(conversations: Sequence[Conversation]) -> Iterator[str]:
    for each in conversations:
        model = f", {each.model}" if each.model else ""
        yield f"{each.name or '(no text of the user)'}: {each.requests} requests{model}, {each.tokens:,} tokens sent"
        if not each.breaks:
            yield "  the prefix never changed"
        for one in each.breaks:
            yield f"  {one.request}: {one.place}, character {one.character:,}: {one.kind}: {one.old!r} -> {one.new!r}"
            yield f"    {one.tokens:,} tokens billed again, {_cost([one])}"
        if each.volatile:
            kinds = ", ".join(f"{count} {kind}" for kind, count in each.volatile.items())
            yield f"  values in its prefix that may change: {kinds}"
    breaks = [one for each in conversations for one in each.breaks]
    requests = sum(each.requests for each in conversations)
    if breaks:
        tokens = sum(one.tokens for one in breaks)
        yield f"{len(breaks)} of {requests} requests broke the cache: {tokens:,} tokens billed again, {_cost(breaks)}"
    else:
        yield f"none of {requests} requests broke the cache"


def _cost(breaks: Sequence[Break]) -> str:
    dollars = sum(each.cost for each in breaks if each.currency == "USD")
    tokens = sum(each.cost for each in breaks if each.currency != "USD")
    told = [f"${dollars:,.4f} more"] if dollars else []
    return " and ".join([*told, *([f"{tokens:,.0f} tokens' price more"] if tokens or not told else [])])
