"""`GET /metrics`: the ledger's sums and this process's counts in Prometheus' text format.

Sums of the ledger are of all processes and all time, so they never go back. Label values come from callers and are
bounded in number and length where they enter the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from headroom import __version__
from headroom.errors import InputError
from headroom.models import PICODOLLARS
from headroom.proxy.figures import Days
from headroom.proxy.latency import middle_ms
from headroom.proxy.ledger import DURATIONS, Row

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, Metric

_LABELS = ("provider", "model", "agent", "project")
_USED = ("fresh", "cache_write_5m", "cache_write_1h", "cache_read", "output")
_RENTS = ("tool", "retrieved", "hidden", "volatile", "rounds")
_BOUNDS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_FAMILIES = (
    ("requests", "Requests by outcome; of unmetered ones the answer does not say what they took.", "outcome"),
    ("tokens", "Tokens that providers report, by kind.", "kind"),
    ("saved_tokens", "Tokens that compression took out of metered requests.", ""),
    ("rent_tokens", "Tokens that were read because of Headroom alone, by kind.", "kind"),
    ("spent_dollars", "What providers bill, by the table of prices.", ""),
    ("saved_dollars", "What providers would have billed besides, priced as cached where it would have been.", ""),
    ("rent_dollars", "What Headroom itself cost; savings are net without it.", ""),
    ("retrievals", "Originals that models asked for, by who answered.", "by"),
)


def metrics_text(days: Days, health: Mapping[str, Any]) -> tuple[bytes, str]:
    """The metrics of a ledger, and of this process's health as the dashboard shows it; and their content type.

    Raises InputError where prometheus-client is missing.
    """
    # Here, since it takes 60 ms, and most proxies are never asked.
    try:
        from prometheus_client.core import CollectorRegistry
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
        from prometheus_client.registry import Collector
    except ImportError:
        raise InputError("metrics need prometheus-client; install it with: pip install 'headroom-ai[proxy]'") from None

    class Ours(Collector):
        def collect(self) -> Iterator[Metric]:
            yield from _of_ledger(days)
            yield from _of_process(health)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Ours())
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _of_ledger(days: Days) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    families = {
        name: CounterMetricFamily(f"headroom_{name}", about, labels=[*_LABELS, *filter(None, [more])])
        for name, about, more in _FAMILIES
    }
    for labels, sums in _by_labels(days.traffic("live")).items():
        for name, more, amount in _samples(sums):
            families[name].add_metric([*labels, *more], amount)
    yield from families.values()
    tools = CounterMetricFamily("headroom_tool_saved_tokens", "Tokens taken out of a tool's results.", labels=["tool"])
    for tool, total in sorted(days.by_tool().items()):
        tools.add_metric([tool], total.net_tokens)
    yield tools
    abouts = {"added": "before a request goes on", "first_byte": "from then until the provider's headers"}
    for what in DURATIONS:
        about = abouts[what]
        counts = days.durations(what)
        seconds = {bucket: middle_ms(bucket) / 1e3 for bucket in counts}
        bounds: list[tuple[str, float]] = [
            (str(bound), sum(count for bucket, count in counts.items() if seconds[bucket] <= bound))
            for bound in _BOUNDS_S
        ]
        total_s = sum(count * seconds[bucket] for bucket, count in counts.items())
        histogram = HistogramMetricFamily(f"headroom_{what}_seconds", f"Time {about}.")
        histogram.add_metric([], [*bounds, ("+Inf", sum(counts.values()))], round(total_s, 6))
        yield histogram


def _by_labels(rows: list[Row]) -> dict[tuple[str, ...], dict[str, int]]:
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault(tuple(getattr(row.key, label) for label in _LABELS), {})
        for name, amount in row.sums.items():
            sums[name] = sums.get(name, 0) + amount
    return dict(sorted(found.items()))


def _samples(sums: Mapping[str, int]) -> Iterator[tuple[str, tuple[str, ...], float]]:
    """Of one row: the family, further labels, and the amount."""
    for outcome in ("metered", "unmetered", "failed"):
        yield "requests", (outcome,), sums[outcome]
    for kind in _USED:
        yield "tokens", (kind,), sums[kind]
    yield "saved_tokens", (), sums["tokens_saved"]
    for kind in _RENTS:
        yield "rent_tokens", (kind,), sums[f"rent_{kind}"]
    for name, column in (("spent_dollars", "spent"), ("saved_dollars", "saved"), ("rent_dollars", "rent")):
        yield name, (), sums[column] / PICODOLLARS
    for by in ("hidden", "visible"):
        yield "retrievals", (by,), sums[f"retrievals_{by}"]


def _of_process(health: Mapping[str, Any]) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

    yield InfoMetricFamily("headroom", "This proxy.", value={"version": __version__})
    yield GaugeMetricFamily("headroom_active_requests", "Requests under way.", value=health["active_requests"])
    for name, about in (
        ("refused", "Requests that were not let in."),
        ("clients_gone", "Clients that went before their answer ended."),
        ("upstream_failures", "Requests without a whole answer of the provider."),
    ):
        yield _counter(name, about, {"": health[name]}, "")
    yield _counter(
        "provider_errors", "Answers of providers that refuse, by status.", health["provider_errors"], "status"
    )
    yield _counter(
        "fail_opens", "Failures of ours that cost compression alone, by cause.", health["fail_opens"], "cause"
    )
    ledger = health["ledger"]
    yield _counter(
        "ledger_failures", "Writes of the ledger that failed and are tried again.", {"": ledger["failures"]}, ""
    )
    yield _counter("ledger_lost", "Requests that are missing in the ledger.", {"": ledger["lost"]}, "")


def _counter(name: str, about: str, amounts: Mapping[str, float], label: str) -> CounterMetricFamily:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(f"headroom_{name}", about, labels=[label] if label else [])
    for value, amount in sorted(amounts.items()):
        family.add_metric([value] if label else [], amount)
    return family
