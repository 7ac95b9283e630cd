"""Counts for tokenizers that nobody publishes are learnt from what their providers report."""

from __future__ import annotations

import pytest

from headroom.proxy.ledger import Ledger
from proxy.agent_sessions import turns_of
from proxy.till import Till, factored_tokens_of, tokens_of


def learnt(proxy, model):
    [path] = proxy.home.rglob("*-ledger.sqlite3")
    ledger = Ledger(str(path))
    sums = ledger.calibrations("0001-01-01", "9999-12-31")[model]
    ledger.close()
    return sums


def test_after_twenty_requests_estimates_are_off_by_one_percent_at_most(charged, billing):
    billing.till = Till(factored_tokens_of)
    proxy, sent = charged(), 0
    for session in range(2):
        for path, body in turns_of("anthropic", session, 10):
            proxy.post(path, body)
            sent += 1
    proxy.booked(sent)
    at_first = learnt(proxy, "claude-sonnet-4-5")
    proxy.stop()
    proxy = charged(home=proxy.home)
    for session in range(2, 7):
        for path, body in turns_of("anthropic", session, 10):
            proxy.post(path, body)
            sent += 1
    document = proxy.booked(sent)
    sums = learnt(proxy, "claude-sonnet-4-5")
    assert (sums.requests, sums.estimated - at_first.estimated) == (70, 50)
    assert (sums.error - at_first.error) / 50 <= 0.01
    [shown] = document["calibration"]
    assert shown["model"] == "claude-sonnet-4-5"
    assert 1.05 < shown["ratio"] < 1.45
    assert shown["error_share"] <= 0.01


@pytest.mark.parametrize("tokenizer", [tokens_of, factored_tokens_of])
def test_what_was_saved_lies_within_the_interval_that_is_shown(charged, billing, tokenizer):
    billing.till, without, sent = Till(tokenizer), Till(tokenizer), 0
    proxy = charged()
    for session in range(4):
        for path, body in turns_of("anthropic", session, 8):
            without.take(path, body)
            proxy.post(path, body)
            sent += 1
    tokens = proxy.booked(sent)["total"]["tokens"]
    saved = sum(without.inputs) - sum(billing.till.inputs)
    assert tokens["low"] < saved - tokens["rent"] < tokens["high"]
    assert tokens["high"] - tokens["low"] < 0.4 * saved
