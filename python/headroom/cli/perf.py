"""`headroom perf`: how long requests waited for Headroom, and how well its counts of tokens agree with providers'."""

from __future__ import annotations

from typing import Any

import click

from headroom.cli.ledger_view import bar, days_option, json_option, nothing_yet, opened_days, table, write_json
from headroom.cli.streams import write_text
from headroom.proxy.figures import Days

_TITLES = {"added": "added by Headroom before a request goes on", "first_byte": "then until the provider's first byte"}
_MOST_BARS = 16


@click.command("perf")
@days_option(7)
@json_option
def command(days: int, as_json: bool) -> None:
    """Show latencies of the last days, as percentiles, and how exact counts of tokens are for each model."""
    with opened_days(days) as found:
        latency, calibration = found.latency(), found.calibration()
    if as_json:
        span = {"first_day": found.first, "last_day": found.last}
        write_json({"range": span, "latency_ms": latency, "calibration": calibration})
    else:
        write_text(_text(found, latency, calibration))


def _text(days: Days, latency: dict[str, Any], calibration: list[dict[str, Any]]) -> str:
    if not latency["added"]["count"]:
        return nothing_yet(days)
    rows = [
        (title, f"{found['count']:,}", *(_ms(found[name]) for name in ("p50", "p90", "p99", "max")))
        for title, found in ((title, latency[what]) for what, title in _TITLES.items())
    ]
    lines = [
        f"{days.first} to {days.last}, in milliseconds",
        "",
        *table(("", "requests", "p50", "p90", "p99", "max"), rows),
    ]
    lines += ["", *_histogram(latency["added"]["histogram"])]
    if calibration:
        learnt = [
            (
                each["model"],
                f"{each['requests']:,}",
                f"{each['ratio']:.3f}",
                "-" if each["error_share"] is None else f"{100 * each['error_share']:.2f} %",
                f"± {100 * each['interval']:.1f} %",
            )
            for each in calibration
        ]
        head = ("tokens of closed tokenizers", "requests", "per o200k token", "error a request", "savings")
        lines += ["", *table(head, learnt)]
    return "\n".join([*lines, ""])


def _histogram(counts: list[list[float]]) -> list[str]:
    """A chart of how many requests waited how long, neighbouring buckets together where there are many."""
    step = -(-len(counts) // _MOST_BARS)
    groups = [counts[at : at + step] for at in range(0, len(counts), step)]
    sums = [(group[-1][0], sum(count for _, count in group)) for group in groups]
    most = max(count for _, count in sums)
    rows = [(f"up to {_ms(upper)} ms", f"{count:,.0f}", bar(count, most)) for upper, count in sums]
    return table(("added", "requests", ""), rows)


def _ms(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "-"
    return f"{milliseconds:,.0f}" if milliseconds >= 100 else f"{milliseconds:.3g}"
