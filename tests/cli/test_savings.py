"""`headroom savings`, `stats` and `perf`: what the ledger says, without a proxy that runs."""

from __future__ import annotations

import datetime
import json

import pytest

from headroom.cli import group
from headroom.errors import InputError
from headroom.library import default_settings
from headroom.proxy.calibration import Sums
from headroom.proxy.latency import bucket_of
from headroom.proxy.ledger import Batch, Key, Ledger

TODAY = datetime.date.today()
DOLLAR = 10**12


def day(ago):
    return (TODAY - datetime.timedelta(days=ago)).isoformat()


def row(ago=0, model="gpt-4o", agent="claude", project="shop", kind="live"):
    return Key(day(ago), "openai_chat", model, agent, project, kind)


def sums(saved, money, **more):
    used = {"fresh": 1_000, "cache_read": 3_000, "output": 50, "tokens_after": 4_000}
    without = {"without_fresh": 1_000 + saved, "without_cache_read": 3_000, "without_output": 50}
    counts = {"requests": 1, "metered": 1, "texts": 5, "compressed_texts": 2}
    amounts = {"tokens_saved": saved, "saved": int(money * DOLLAR), "spent": DOLLAR}
    return {**counts, **used, **without, **amounts, **more}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A store of this test's own."""
    monkeypatch.setenv("HEADROOM_STORE_PATH", str(tmp_path / "originals.db"))
    default_settings.cache_clear()
    yield tmp_path
    default_settings.cache_clear()


@pytest.fixture
def booked(place):
    """A ledger with some days in it."""
    ledger, batch = Ledger(str(place / "originals-ledger.sqlite3")), Batch()
    batch.add_traffic(row(), sums(6_000, 2, rent_tool=100, rent=DOLLAR // 4))
    batch.add_traffic(row(1, agent="codex", project="till"), sums(3_000, 1))
    batch.add_traffic(row(1, model="claude-sonnet-4-5"), sums(1_000, 1))
    batch.add_traffic(row(200), sums(500, 0.5))
    batch.add_traffic(row(model="house"), sums(0, 0, unpriced=1, spent=0))
    batch.add_traffic(row(), {"requests": 2, "failed": 1, "unmetered": 1, "unmetered_saved": 77})
    batch.add_traffic(row(kind="observed"), sums(2_000, 1))
    tool = {"texts": 5, "compressed_texts": 2, "tokens_before": 9_000, "priced_texts": 5}
    batch.add_tool(row(), "Bash", {**tool, "tokens_saved": 6_000, "saved": 2 * DOLLAR})
    batch.add_tool(row(1), "Grep", {**tool, "tokens_saved": 3_000, "saved": DOLLAR})
    for ms in (1, 1, 1, 40):
        batch.add_duration(day(0), "added", bucket_of(ms))
    batch.add_calibration(day(0), "claude-sonnet-4-5", Sums(30, 20, 10, 15, 6, 4, 0.15, 25))
    ledger.add(batch)
    ledger.close()


@pytest.fixture
def run(capfd):
    """Runs a command and gives what it wrote to standard output."""

    def run(*arguments):
        group.main(list(arguments), standalone_mode=False)
        return capfd.readouterr().out

    return run


@pytest.fixture
def rows(run):
    return lambda *arguments: json.loads(run(*arguments, "--json"))["rows"]


@pytest.mark.usefixtures("booked")
def test_savings_are_told_by_day_net_of_rent(run):
    text = run("savings")
    assert text.splitlines()[1].startswith("tokens  25,900 -> 16,000: 9,900 saved (38.2 %), ")
    assert text.splitlines()[2].startswith("money   $6.75 -> $3.00: $3.75 saved (55.6 %), ")
    assert "rent    100 tokens, $0.25: already subtracted" in text
    assert "77 tokens in 1 requests whose answers do not say what they took" in text
    assert "no price for house" in text
    assert "measured: 1 requests" in text
    lines = [line.split() for line in text.splitlines() if line.startswith("20") and " to " not in line]
    assert [line[0] for line in lines] == [day(1), day(0)]
    assert [line[1] for line in lines] == ["4,000", "5,900"]
    assert len(lines[1][-1]) == 30 > len(lines[0][-1])


@pytest.mark.usefixtures("booked")
def test_savings_are_told_by_month_of_a_year(rows):
    found = rows("savings", "--monthly")
    assert found[0]["month"] == day(200)[:7]
    assert sum(each["tokens"]["net"] for each in found) == 10_400


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("agent", {"claude": 6_900, "codex": 3_000}),
        ("project", {"shop": 6_900, "till": 3_000}),
        ("model", {"gpt-4o": 8_900, "claude-sonnet-4-5": 1_000, "house": 0}),
        ("provider", {"openai_chat": 9_900}),
    ],
)
@pytest.mark.usefixtures("booked")
def test_savings_are_told_by_who_and_what(run, rows, by, names):
    assert {each["name"]: each["tokens"]["net"] for each in rows("savings", "--by", by)} == names
    text = run("savings", "--by", by)
    assert [line.split()[0] for line in text.splitlines()[-len(names) - 2 : -2]] == list(names)


@pytest.mark.usefixtures("booked")
def test_savings_are_told_by_tool(run, rows):
    assert [(each["name"], each["money"]["saved"]) for each in rows("savings", "--by", "tool")] == [
        ("Bash", 2.0),
        ("Grep", 1.0),
    ]
    assert [line.split()[:3] for line in run("savings", "--by", "tool").splitlines()[-4:-2]] == [
        ["Bash", "6,000", "66.7"],
        ["Grep", "3,000", "33.3"],
    ]


@pytest.mark.usefixtures("booked")
def test_estimates_come_with_an_interval_and_exact_counts_without(rows):
    [estimated] = [each for each in rows("savings", "--by", "model") if each["name"] == "claude-sonnet-4-5"]
    assert estimated["tokens"]["low"] < 1_000 < estimated["tokens"]["high"]
    [exact] = [each for each in rows("savings", "--by", "model") if each["name"] == "gpt-4o"]
    assert exact["tokens"]["low"] == exact["tokens"]["high"] == 8_900


@pytest.mark.usefixtures("booked")
def test_a_price_that_is_unknown_is_no_price_of_nothing(run):
    [line] = [line for line in run("savings", "--by", "model").splitlines() if line.startswith("house ")]
    assert line.split() == ["house", "0", "0.0", "%", "no", "price"]


@pytest.mark.usefixtures("booked")
def test_stats_tell_what_providers_took_and_what_went_wrong(run):
    text = run("stats")
    assert "requests    6: 1 failed, 1 whose answers do not say what they took" in text
    assert "cache       75.0 % of input read from it" in text
    assert "measured: 1 requests left as they were; 2,000 of 4,000 tokens (50.0 %) would have been saved" in text
    document = json.loads(run("stats", "--json"))
    assert document["observed"]["tokens"]["saved"] == 2_000
    assert document["total"]["usage"]["cache_read"] == 12_000


@pytest.mark.usefixtures("booked")
def test_perf_tells_percentiles_and_how_exact_counts_are(run):
    text = run("perf")
    [added] = [line for line in text.splitlines() if line.startswith("added by Headroom")]
    assert added.split()[-5:] == ["4", "1", "41.1", "41.1", "41.1"]
    assert "0.60 %" in text
    found = json.loads(run("perf", "--json"))["latency_ms"]["added"]
    assert (found["count"], found["p50"]) == (4, 1.0)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("name", ["savings", "stats", "perf"])
def test_an_empty_ledger_says_how_to_fill_it(run, name):
    assert "headroom proxy or headroom wrap" in run(name)
    json.loads(run(name, "--json"))


@pytest.mark.usefixtures("place")
def test_one_grouping_at_a_time(run):
    with pytest.raises(InputError, match="--daily, --monthly and --by"):
        run("savings", "--daily", "--monthly")
