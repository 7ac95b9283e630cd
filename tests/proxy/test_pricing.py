"""What a request cost and saved, worked out by hand."""

from __future__ import annotations

import random

import pytest

from headroom.errors import SettingsError
from headroom.models import Rates, Tariff, model_named
from headroom.providers import Usage
from headroom.proxy.calibration import Calibration, Ratios, Sample
from headroom.proxy.pricing import cost, price
from headroom.proxy.shares import Rent, Share, Shares

TARIFF = Tariff(Rates(10, 1, 12, 20, 50), Rates(20, 2, 24, 40, 75), above_tokens=10_000)


def shares(*listed, rent=(), only_retrieves=False):
    return Shares(tuple(listed), tuple(rent), 0, only_retrieves, (), False, 0)


def test_usage_is_priced_by_kind_and_by_the_length_of_the_input():
    assert cost(Usage(1, 2, 3, 4, 5), TARIFF) == 10 + 2 * 12 + 3 * 20 + 4 + 5 * 50
    assert cost(Usage(10_000, 0, 0, 0, 1), TARIFF) == 100_050
    assert cost(Usage(10_001, 0, 0, 0, 1), TARIFF) == 200_095


def test_a_saving_costs_what_stands_there_costs():
    usage = Usage(fresh=100, cache_write_5m=300, cache_write_1h=0, cache_read=600, output=10)
    done = price(
        [usage],
        TARIFF,
        shares(Share("Bash", 150, 50, 100), Share("Grep", 240, 200, 700)),
        1_000,
        Ratios(),
        is_applied=True,
    )
    rest = (100 * 10 + 300 * 12) / 400
    assert done.saved == 100 * 1 + 40 * rest
    assert done.without == Usage(100 + 10, 300 + 30, 0, 600 + 100, 10)
    assert {name: (bill.tokens_saved, bill.saved) for name, bill in done.tools.items()} == {
        "Bash": (100, 100),
        "Grep": (40, 40 * rest),
    }


def test_rent_costs_what_stands_there_costs_and_counts_against_savings():
    usage = Usage(fresh=400, cache_write_5m=0, cache_write_1h=0, cache_read=600, output=0)
    rent = [Rent("tool", 50, 0), Rent("retrieved", 100, 800)]
    done = price([usage], TARIFF, shares(Share("Bash", 90, 60, 10)), 1_000, Ratios(), rent, is_applied=True)
    assert (done.saved, done.rented) == (30, 50 + 1_000)
    assert done.rent == {"tool": 50, "retrieved": 100, "rounds": 0}
    assert done.without == Usage(300, 0, 0, 580, 0)


def test_hidden_rounds_are_rent_but_for_the_last_answer():
    rounds = [Usage(100, 0, 0, 0, 7), Usage(30, 0, 0, 100, 9)]
    done = price(rounds, TARIFF, shares(), 100, Ratios(), is_applied=True)
    assert done.usage == Usage(130, 0, 0, 100, 16)
    assert done.spent == 1_000 + 350 + 300 + 100 + 450
    assert done.rented == 300 + 100 + 7 * 50
    assert done.rent == {"rounds": 130}
    assert done.without == Usage(100, 0, 0, 0, 9)


def test_without_a_price_only_tokens_are_told():
    done = price([Usage(9, 0, 0, 0, 1)], None, shares(Share("Bash", 90, 60, 0)), 9, Ratios(), is_applied=True)
    assert (done.spent, done.saved, done.rented, done.tokens_saved) == (None, None, None, 30)


def test_prices_are_exact_integers_and_come_with_the_table():
    found = model_named("claude-sonnet-4-5-20250929")
    assert found is not None
    assert found.tariff is not None
    assert found.tariff.rates(1_000) == Rates(3_000_000, 300_000, 3_750_000, 6_000_000, 15_000_000)
    assert found.tariff.rates(200_001).fresh == 6_000_000
    small = model_named("deepseek-v3.2")
    assert small is not None
    assert small.tariff is not None
    assert small.tariff.base.fresh == 228_800


@pytest.mark.parametrize("more", ['"output": 1.1234567', '"output": 1, "long": {}', '"output": "1"', '"output": true'])
def test_prices_that_make_no_sense_are_refused(tmp_path, more):
    file = tmp_path / "models.json"
    file.write_text(f'{{"m": {{"window_tokens": 9, "input": 1, "cache_read": 1, "cache_write": 1, {more}}}}}')
    with pytest.raises(SettingsError, match="'m'"):
        model_named("m", str(file))


def test_ratios_of_results_and_of_the_rest_are_told_apart():
    chosen, known = random.Random(1), Calibration()
    for number in range(40):
        results, rest = chosen.uniform(1_000, 50_000), chosen.uniform(4_000, 9_000)
        known.learn(Sample(results, rest), number, round(1.3 * results + 0.9 * rest))
    assert known.ratios.results == pytest.approx(1.3, rel=0.005)
    assert known.ratios.rest == pytest.approx(0.9, rel=0.01)
    # What was taken out may be like either.
    assert known.ratios.interval == pytest.approx((1.3 - 0.9) / 2 / known.ratios.overall, abs=0.01)


def test_until_something_is_learnt_the_interval_is_wide_and_what_cannot_be_text_is_passed_over():
    known = Calibration()
    for number in range(4):
        known.learn(Sample(1_000, 1_000), number, 2_100)
    assert known.ratios.interval == 0.2
    known.learn(Sample(1_000, 1_000), 9, 90_000)
    assert known.take_new().requests == 4
    assert known.take_new().requests == 0


def test_sums_of_several_processes_add_up():
    one, two = Calibration(), Calibration()
    for number in range(20):
        sample = Sample(1_000 + number * 100, 3_000 - number * 50)
        for half, chosen in ((one, number % 2 == 0), (two, number % 2 == 1)):
            if chosen:
                half.learn(sample, number, round(1.2 * sample.results + sample.rest))
    both = Calibration(one.take_new().plus(two.take_new()))
    assert both.ratios.results == pytest.approx(1.2, rel=0.01)
