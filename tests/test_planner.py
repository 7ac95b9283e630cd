from __future__ import annotations

import json

import pytest

from headroom.errors import SettingsError
from headroom.models import RELATIVE_PRICES, Prices, model_named
from headroom.planner import LOW_WATERS, Rewrite, low_water, plan, price_a_turn

TAIL = Rewrite(cached_tokens=0, tail_tokens=100_000, new_tail_tokens=70_000)


@pytest.mark.parametrize(("saved_share", "turns"), [(0.3, 26), (0.5, 11), (0.7, 4)])
def test_rewriting_a_cached_tail_pays_back_after_as_many_turns_as_it_should(saved_share, turns):
    tail = Rewrite(0, 100_000, round(100_000 * (1 - saved_share)))
    assert plan(tail, turns, Prices(1.0, 0.1, 1.25)).rewrite
    assert not plan(tail, turns // 2, Prices(1.0, 0.1, 1.25)).rewrite


def test_the_arithmetic_is_told():
    reason = plan(TAIL, 30, RELATIVE_PRICES).reason
    assert "70,000 tokens at 1.25" in reason
    assert "100,000 at 0.1" in reason
    assert "costs 77,500, then saves 3,000 a turn" in reason


def test_a_rewrite_that_is_due_soon_anyway_does_not_pay_before():
    assert plan(TAIL, 50, RELATIVE_PRICES).rewrite
    assert not plan(TAIL, 50, RELATIVE_PRICES, turns_until_due=5).rewrite


def test_where_writing_costs_nothing_extra_rewriting_pays_at_once():
    assert plan(TAIL, 1, Prices(1.0, 1.0, 1.0)).rewrite


def test_the_price_of_a_turn_has_a_least_and_more_growth_goes_lower():
    slow, _ = low_water(100_000, 10_000, 100, RELATIVE_PRICES)
    fast, reason = low_water(100_000, 10_000, 20_000, RELATIVE_PRICES)
    assert fast <= slow
    assert {slow, fast} <= {int(100_000 * share) for share in LOW_WATERS}
    assert "70% costs" in reason
    assert price_a_turn(50_000, 100_000, 0, 1_000, RELATIVE_PRICES) < price_a_turn(
        99_000, 100_000, 0, 1_000, RELATIVE_PRICES
    )


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("gpt-4o-2024-11-20", 128_000),
        ("azure/gpt-4.1-mini", 1_000_000),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", 200_000),
        ("claude-sonnet-4-20250514", 200_000),
        ("gemini-2.5-flash", 1_048_576),
    ],
)
def test_known_models_have_a_window_by_any_name(name, window):
    model = model_named(name)
    assert model is not None
    assert model.window_tokens == window
    assert model.budget_tokens < window
    assert 0 <= model.prices.cache_read <= model.prices.input <= model.prices.cache_write


def test_unknown_models_have_none():
    assert model_named("llama-of-mine") is None
    assert model_named("gpt-4ooo") is None
    assert model_named(None) is None


def test_a_file_of_the_user_comes_first_and_the_table_stays(tmp_path):
    entry = {"window_tokens": 1_000, "input": 2, "cache_read": 1, "cache_write": 3}
    file = tmp_path / "models.json"
    file.write_text(json.dumps({"GPT-4o": entry}))
    assert model_named("gpt-4o", str(file)).window_tokens == 1_000
    assert model_named("gpt-4.1", str(file)) == model_named("gpt-4.1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "holds no object"),
        ('{"m": 3}', "'m' needs numbers for window_tokens"),
        ('{"m": {"window_tokens": 0, "input": 1, "cache_read": 1, "cache_write": 1}}', "'m' needs numbers"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, text, message):
    file = tmp_path / "models.json"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        model_named("m", str(file))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        model_named("m", str(tmp_path / "none.json"))
