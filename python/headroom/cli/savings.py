"""`headroom savings`: tokens and money that were saved, net, by day, month, agent, project, tool or model."""

from __future__ import annotations

from typing import Any

import click

from headroom.cli.ledger_view import (
    bar,
    days_option,
    json_option,
    left_alone,
    money,
    nothing_yet,
    opened_days,
    share,
    table,
)
from headroom.cli.ledger_view import write_json as write
from headroom.cli.streams import write_text
from headroom.errors import InputError
from headroom.proxy.figures import Days, ToolTotal, Total

_GROUPS = ("agent", "project", "tool", "model", "provider")
_MONTHS_DAYS = 365


@click.command("savings")
@click.option("--daily", is_flag=True, help="By day; this is the default.")
@click.option("--monthly", is_flag=True, help="By month, of the last year unless --days says otherwise.")
@click.option(
    "--by", metavar="WHAT", type=click.Choice(_GROUPS), help=f"By {', '.join(_GROUPS[:-1])} or {_GROUPS[-1]}."
)
@days_option(30)
@json_option
@click.pass_context
def command(ctx: click.Context, daily: bool, monthly: bool, by: str | None, days: int, as_json: bool) -> None:
    """Show what was saved, less what Headroom itself cost, in tokens and in money.

    Money is what the provider would have billed besides: tokens that it would have read from its cache count as read.
    It is counted for requests whose answer told what they took, at the prices of headroom/models.json or models_file.
    """
    if daily + monthly + (by is not None) > 1:
        raise InputError("say one of --daily, --monthly and --by WHAT")
    is_given = ctx.get_parameter_source("days") is not click.core.ParameterSource.DEFAULT
    group = by or ("month" if monthly else "day")
    with opened_days(_MONTHS_DAYS if monthly and not is_given else days) as found:
        totals: dict[str, Any] = found.by_tool() if group == "tool" else found.by(group)
        total = found.total()
    # Time runs downwards, all else from the most to the least.
    by_time = group in ("day", "month")
    listed = sorted(totals.items(), key=lambda item: item[0] if by_time else (-item[1].net_tokens, item[0]))
    if as_json:
        span = {"first_day": found.first, "last_day": found.last}
        name = group if by_time else "name"
        write(
            {"range": span, "total": total.as_json(), "rows": [{name: key, **each.as_json()} for key, each in listed]}
        )
    else:
        write_text(_text(found, total, group, listed))


def _text(days: Days, total: Total, group: str, listed: list[tuple[str, Total | ToolTotal]]) -> str:
    if not listed:
        return nothing_yet(days) + left_alone(days)
    return "\n".join([*_head(days, total), "", *_rows(group, listed), ""]) + left_alone(days)


def _head(days: Days, total: Total) -> list[str]:
    figures = total.as_json()
    tokens, amounts = figures["tokens"], figures["money"]
    lines = [
        f"{days.first} to {days.last}, net of what Headroom itself cost",
        f"tokens  {tokens['before']:,} -> {tokens['after']:,}: {tokens['net']:,} saved "
        f"({share(tokens['net'], tokens['before'])}){_span(tokens['low'], tokens['high'], '{:,}'.format)}",
        f"money   {money(amounts['without'])} -> {money(amounts['spent'])}: {money(amounts['net'])} saved "
        f"({share(amounts['net'] or 0, amounts['without'] or 0)}){_span(amounts['low'], amounts['high'], money)}",
        f"rent    {tokens['rent']:,} tokens, {money(amounts['rent'])}: already subtracted",
    ]
    if figures["unmetered"]:
        lines.append(
            f"and     {tokens['unmetered_saved']:,} tokens in {figures['unmetered']:,} requests whose answers do not "
            "say what they took: not in these sums"
        )
    if days.unpriced_models():
        lines.append(f"no price for {', '.join(days.unpriced_models())}: see the setting models_file")
    return lines


def _span(low: float | None, high: float | None, write: Any) -> str:
    """An interval, where an amount is an estimate."""
    return "" if low is None or low == high else f", {write(low)} to {write(high)}"


def _rows(group: str, listed: list[tuple[str, Total | ToolTotal]]) -> list[str]:
    most = max(each.net_tokens for _, each in listed)
    rows = []
    for name, each in listed:
        figures = each.as_json()
        tokens, amounts = figures["tokens"], figures["money"] or {}
        saved = amounts.get("net", amounts.get("saved"))
        rows.append(
            (
                name,
                f"{each.net_tokens:,}",
                share(each.net_tokens, tokens["before"]),
                money(saved),
                bar(each.net_tokens, most),
            )
        )
    return table((group, "tokens saved", "of all", "money saved", ""), rows)
