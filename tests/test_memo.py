from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headroom.memo import Memo


def test_what_was_put_last_under_a_key_is_what_one_gets():
    memo: Memo[str] = Memo(max_entries=4, max_weight=100)
    memo.put("k", "one", 10)
    memo.put("k", "two", 10)
    assert memo.get("k") == "two"
    assert memo.get("other") is None


def test_the_least_recently_used_is_forgotten_first():
    memo: Memo[int] = Memo(max_entries=2, max_weight=100)
    memo.put("a", 1)
    memo.put("b", 2)
    memo.get("a")
    memo.put("c", 3)
    assert (memo.get("a"), memo.get("b"), memo.get("c")) == (1, None, 3)


def test_something_heavier_than_the_whole_memo_is_not_kept():
    memo: Memo[int] = Memo(max_entries=2, max_weight=100)
    memo.put("a", 1, 50)
    memo.put("b", 2, 101)
    assert (memo.get("a"), memo.get("b")) == (1, None)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), max_size=60))
def test_the_bounds_hold_whatever_is_put(puts):
    memo: Memo[int] = Memo(max_entries=5, max_weight=60)
    weights = {}
    for key, weight in puts:
        memo.put(key, key, weight)
        weights[key] = weight
        kept = [other for other in weights if memo.get(other) is not None]
        assert len(kept) == len(memo) <= 5
        assert sum(weights[other] for other in kept) <= 60
