"""What Prometheus is told."""

from __future__ import annotations

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from proxy.agent_sessions import turns_of


@pytest.fixture
def scraped(till_proxy):
    """Reads all metrics as Prometheus would, with the token as a bearer's: by name and labels."""

    def scrape():
        answer = till_proxy.send("GET", "/metrics", headers={"Authorization": f"Bearer {till_proxy.token}"})
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        families = text_string_to_metric_families(answer.body.decode())
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    return scrape


def of_project(metrics, name, project, **labels):
    wanted = {"project": project, **labels}.items()
    return sum(value for (found, *pairs), value in metrics.items() if found == name and wanted <= set(pairs))


def test_metrics_are_the_ledgers_sums(till_proxy, billing, scraped):
    for name in ("anthropic", "gemini"):
        for path, body in turns_of(name, 3, 3):
            till_proxy.post(path, body, {"x-headroom-project": 'odd "name"\\'})
    row = till_proxy.booked(6, 'odd "name"\\')
    metrics = scraped()
    project = 'odd "name"\\'
    assert of_project(metrics, "headroom_requests_total", project, outcome="metered") == 6
    assert of_project(metrics, "headroom_tokens_total", project) == sum(billing.till.bill.values())
    assert of_project(metrics, "headroom_tokens_total", project, kind="cache_read") == billing.till.bill["read"]
    assert of_project(metrics, "headroom_saved_tokens_total", project) == row["tokens"]["saved"]
    spent = of_project(metrics, "headroom_spent_dollars_total", project)
    assert math.isclose(spent, float(billing.till.money), rel_tol=1e-9)
    count = metrics[("headroom_added_seconds_count",)]
    assert count == metrics[("headroom_added_seconds_bucket", ("le", "+Inf"))] >= 6
    buckets = [value for key, value in metrics.items() if key[0] == "headroom_added_seconds_bucket"]
    assert buckets == sorted(buckets)
    assert metrics[("headroom_active_requests",)] == 1
    assert scraped()[("headroom_added_seconds_count",)] == count


def test_metrics_are_for_those_with_a_token(till_proxy):
    assert till_proxy.send("GET", "/metrics").status == 401
