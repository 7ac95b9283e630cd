"""The ledger says what the provider billed, and that so much was saved as would have been billed besides."""

from __future__ import annotations

import http.client
import json
import sqlite3
from decimal import Decimal
from itertools import product

import pytest

from headroom.proxy.callers import Names, name_of
from headroom.proxy.ledger import Batch, Ledger
from payloads import FORMATS, big_table
from proxy.agent_sessions import PATHS, request, turns_of
from proxy.conftest import Answer
from proxy.till import Till

KINDS = {
    "fresh": "fresh",
    "write": "cache_write_5m",
    "hour": "cache_write_1h",
    "read": "cache_read",
    "output": "output",
}
AGENT = {"User-Agent": "claude-cli/2.1.329 (external, cli)", "x-headroom-project": "shop"}
TABLE = big_table()


def assert_booked(document, till):
    """The ledger has the provider's bill to the token, and to a millionth of a cent."""
    total = document["total"]
    assert {kind: total["usage"][name] for kind, name in KINDS.items()} == till.bill
    assert Decimal(total["money"]["spent"]) == pytest.approx(till.money, rel=Decimal("1e-9"))


def one_turn(name="openai", *, streams=False, table=TABLE, **more):
    path, body = request(name, "You help.", [("which failed?", "orders", table)], streams=streams)
    return path, {**body, **more}


def test_a_mixed_session_with_restarts_and_a_kill_is_billed_to_the_token(charged, billing):
    proxy, without, sent = charged(), Till(), 0
    sessions = [turns_of(name, seed, 8) for seed, name in enumerate(PATHS)]
    for turn in range(8):
        billing.is_packed = turn % 3 == 0
        for session in sessions:
            path, body = next(session)
            without.take(path.partition("?")[0], body)
            assert proxy.post(path, body, AGENT).status == 200
            sent += 1
        if turn == 2:
            proxy.stop()
            proxy = charged(home=proxy.home)
        if turn == 5:
            proxy.booked(sent)
            proxy.process.kill()
            proxy.process.wait()
            proxy = charged(home=proxy.home)
    document = proxy.booked(sent)
    assert_booked(document, billing.till)
    assert document["total"]["metered"] == sent
    assert [row["name"] for row in document["by"]["agent"]] == ["claude"]
    assert [row["name"] for row in document["by"]["project"]] == ["shop"]
    assert {row["name"] for row in document["by"]["model"]} == {
        *("gpt-4o", "gpt-5.5", "claude-sonnet-4-5", "gemini-2.5-flash-lite")
    }
    assert all("x-headroom-project" not in seen.headers for seen in billing.seen)
    # Without Headroom: of models whose tokenizer is closed within some percent after so few requests, of the others as
    # o200k has it, of which this provider's has up to 1.4 times as many.
    assert document["total"]["money"]["without"] == pytest.approx(float(without.money), rel=0.1)
    for name in ("model", "agent", "project"):
        parts = sum(row["money"]["net"] for row in document["by"][name])
        assert parts == pytest.approx(document["total"]["money"]["net"])
    [tool] = document["by"]["tool"]
    assert tool["tokens"]["saved"] == pytest.approx(document["total"]["tokens"]["saved"], rel=0.001)
    assert tool["money"]["saved"] == pytest.approx(document["total"]["money"]["saved"], rel=0.001)


def test_replayed_savings_cost_what_reading_a_cache_costs(till_proxy):
    said = [("which failed?", "orders", TABLE), ("and now?", "orders", big_table(300, 9))]
    for count in (1, 2):
        till_proxy.post(
            *request("anthropic", "You help.", said[:count], streams=False), {"x-headroom-project": "cache"}
        )
    till_proxy.booked(2, "cache")
    second, first = rows_of(till_proxy, "cache")
    assert (first["usage"]["cache_read"], second["usage"]["cache_read"] > 0) == (0, True)
    new, more = first["tokens"]["saved"], second["tokens"]["saved"] - first["tokens"]["saved"]
    assert min(new, more) > 1_000
    # At first all was written for an hour. Later the same tokens would have been read, for a twentieth of that.
    assert first["money"]["saved"] == pytest.approx(new * 6e-6, rel=0.02)
    assert second["money"]["saved"] == pytest.approx(more * 6e-6 + new * 0.3e-6, rel=0.1)


def test_without_usage_in_the_answer_nothing_is_claimed(till_proxy):
    path, body = one_turn(streams=True)
    del body["stream_options"]
    assert till_proxy.post(path, body, {"x-headroom-project": "silent"}).status == 200
    row = till_proxy.booked(1, "silent")
    assert (row["unmetered"], row["metered"], row["tokens"]["saved"]) == (1, 0, 0)
    assert row["tokens"]["unmetered_saved"] > 1_000
    assert row["money"]["saved"] is None


def test_refused_requests_and_counts_of_tokens_cost_nothing(till_proxy, billing):
    before = till_proxy.dashboard()["health"]["provider_errors"].get("429", 0)
    path, body = one_turn("anthropic")
    assert till_proxy.post(f"{path}/count_tokens", body, {"x-headroom-project": "errors"}).json() == {
        "input_tokens": 42
    }
    for billing.fault in ("429", ""):
        till_proxy.post(path, body, {"x-headroom-project": "errors"})
    row = till_proxy.booked(2, "errors")
    assert (row["failed"], row["metered"]) == (1, 1)
    assert till_proxy.dashboard()["health"]["provider_errors"]["429"] == before + 1
    assert sum(row["usage"].values()) == sum(billing.till.bill.values())


def test_what_was_only_measured_is_kept_apart(charged):
    proxy = charged("--mode", "observe")
    path, body = one_turn()
    proxy.post(path, body)
    proxy.post(path, body, {"x-headroom-mode": "token"})
    document = proxy.booked(1)
    observed, live = document["observed"], document["total"]
    assert (observed["requests"], live["requests"]) == (1, 1)
    assert observed["tokens"]["saved"] == live["tokens"]["saved"] > 1_000
    assert observed["money"]["saved"] > 0


def test_held_out_conversations_are_kept_apart(charged):
    proxy = charged("--holdout-ratio", "1")
    proxy.post(*one_turn())
    proxy.post(*one_turn(), {"x-headroom-mode": "off"})
    document = proxy.booked(1)
    assert document["held_out"]["requests"] == 1
    assert document["held_out"]["tokens"]["saved"] > 1_000
    assert document["total"]["tokens"]["saved"] == 0
    assert document["total"]["money"]["spent"] > 0


def test_a_request_that_only_brings_an_original_back_is_rent(till_proxy, billing):
    path, body = one_turn(table=big_table(333, 5))
    project = {"x-headroom-project": "rent"}
    till_proxy.post(path, body, project)
    key = billing.last().body.decode().partition("key=")[2][:11]
    call = {"name": "headroom_retrieve", "arguments": json.dumps({"key": key})}
    asked = {"role": "assistant", "content": None, "tool_calls": [{"id": "r1", "type": "function", "function": call}]}
    brought = {"role": "tool", "tool_call_id": "r1", "content": big_table(333, 5)}
    till_proxy.post(path, {**body, "messages": [*body["messages"], asked, brought]}, project)
    row = till_proxy.booked(2, "rent")
    last, first = rows_of(till_proxy, "rent")
    assert first["money"]["net"] > 0
    assert last["tokens"]["saved"] == 0
    assert last["tokens"]["rent"] == row["rent"]["rounds"] == billing.till.inputs[-1]
    assert last["money"]["rent"] == pytest.approx(last["money"]["spent"] - last["usage"]["output"] * 10e-6)
    assert row["retrievals"] == {"hidden": 0, "visible": 1, "failed": 0}
    assert row["money"]["net"] == pytest.approx(first["money"]["net"] - last["money"]["rent"])


def test_a_model_without_a_price_is_counted_and_not_priced_until_the_user_gives_one(charged, billing, tmp_path):
    path, body = one_turn(model="house-model")
    billing.answer = {"Content-Type": "application/json"}, json.dumps({"usage": {"prompt_tokens": 9}}).encode()
    proxy = charged()
    proxy.post(path, body)
    document = proxy.booked(1)
    assert document["unpriced_models"] == ["house-model"]
    assert document["total"]["money"]["spent"] is None
    assert document["total"]["unpriced"] == 1
    prices = {"window_tokens": 9_000, "input": 2, "cache_read": 1, "cache_write": 2, "output": 8}
    (tmp_path / "models.json").write_text(json.dumps({"house-model": prices}))
    priced = charged(HEADROOM_MODELS_FILE=str(tmp_path / "models.json"))
    priced.post(path, body)
    assert priced.booked(1)["total"]["money"]["spent"] == pytest.approx(18e-6)


def test_processes_share_a_ledger(charged, billing):
    first = charged()
    second = charged(home=first.home)
    for proxy in (first, second, second):
        assert proxy.post(*one_turn()).status == 200
    assert_booked(first.booked(3), billing.till)
    assert second.booked(3)["total"] == first.dashboard()["total"]


def test_whoever_reads_meanwhile_takes_nothing_away(till_proxy):
    till_proxy.dashboard()
    [path] = till_proxy.home.rglob("*-ledger.sqlite3")
    for count in range(1, 4):
        till_proxy.post(*one_turn(table="short"), {"x-headroom-project": "read"})
        till_proxy.booked(count, "read")
        reader = Ledger(str(path))
        rows = reader.traffic("0001-01-01", "9999-12-31")
        reader.close()
        assert sum(row.sums["requests"] for row in rows if row.key.project == "read") == count


def test_a_ledger_that_cannot_be_opened_costs_no_request(charged):
    first = charged()
    first.booked(0)
    first.stop()
    [path] = first.home.rglob("*-ledger.sqlite3")
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    proxy = charged(home=first.home)
    assert proxy.post(*one_turn()).status == 200
    for path in ("/dashboard/stats", "/dashboard/events", "/metrics"):
        answer = proxy.send("GET", path, headers={"x-headroom-token": proxy.token})
        assert answer.status == 503
        assert "newer Headroom" in answer.json()["error"]
    assert "newer Headroom" in proxy.stop()[1]


def test_a_damaged_ledger_is_put_aside_and_a_new_one_begun(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"no database" * 1_000)
    ledger = Ledger(str(path))
    batch = Batch()
    batch.add_duration("2026-11-30", "added", 3)
    ledger.add(batch)
    ledger.add(batch)
    assert ledger.durations("added", "2026-11-01", "2026-11-30") == {3: 2}
    ledger.close()
    assert (tmp_path / "ledger.sqlite3.damaged-1").read_bytes().startswith(b"no database")


def test_callers_cannot_fill_the_ledger_with_names():
    names = Names()
    assert [names.known("project", f"p{number}") for number in range(300)][199:] == ["p199"] + ["others"] * 100
    assert names.known("project", "p5") == "p5"
    assert names.known("agent", "p299") == "p299"
    assert len(name_of("x" * 500)) == 80
    assert name_of("\x00\n") == "unknown"


def test_nothing_of_a_conversation_is_in_the_ledger(till_proxy):
    path, body = request("openai", "You help.", [("my secret question", "orders", TABLE)], streams=False)
    till_proxy.post(path, body, {"x-headroom-project": "private"})
    till_proxy.booked(1, "private")
    files = list(till_proxy.home.rglob("*-ledger.sqlite3*"))
    raw = b"".join(file.read_bytes() for file in files)
    assert b"private" in raw
    assert b"secret" not in raw
    assert b"upstream timed out" not in raw


def test_the_bytes_of_answers_stay_as_they_are(till_proxy, billing):
    ways = list(product(FORMATS, (False, True), (False, True)))
    for name, billing.is_packed, streams in ways:
        path, body = one_turn(name, streams=streams, table="short")
        billing.till = Till()
        direct = asked_directly(billing, path, body)
        billing.till = Till()
        through = till_proxy.post(path, body, {"x-headroom-project": "bytes"})
        assert through.body == direct.body
        assert through.headers.get("Content-Encoding") == direct.headers.get("Content-Encoding")
    assert till_proxy.booked(len(ways), "bytes")["metered"] == len(ways)


def rows_of(proxy, project):
    """The last requests of a project, newest first."""
    return [row for row in proxy.dashboard("/dashboard/requests")["requests"] if row["project"] == project]


def asked_directly(provider, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", provider.port, timeout=30)
    connection.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    answer = Answer(connection.getresponse())
    connection.close()
    return answer
