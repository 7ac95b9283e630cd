from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

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
        kept = [other for other in weights if other in memo]
        assert len(kept) == len(memo) <= 5
        assert sum(weights[other] for other in kept) <= 60


def test_what_is_used_again_is_worth_as_much_as_what_is_new():
    memo: Memo[int] = Memo(max_entries=8, max_weight=100)
    for key in "abcd":
        memo.put(key, ord(key))
    memo.put("e", 1)  # the first four are the older half now
    assert memo.get("b") == ord("b")
    for key in "fg":
        memo.put(key, 2)
    memo.put("h", 3)  # and now what nobody used is forgotten
    assert [key for key in "abcdefgh" if key in memo] == list("befgh")


def test_what_was_taken_is_gone_whichever_half_it_was_in():
    memo: Memo[int] = Memo(max_entries=4, max_weight=100)
    for key in "abc":
        memo.put(key, ord(key))
    assert [memo.take(key) for key in "acx"] == [ord("a"), ord("c"), None]
    assert [key in memo for key in "abc"] == [False, True, False]


def test_what_is_put_anew_or_taken_weighs_no_longer():
    memo: Memo[int] = Memo(max_entries=64, max_weight=100)
    memo.put("idle", 0, 10)
    for turn in range(20):
        memo.put("busy", turn, 10)
    for turn in range(20):
        memo.take("busy")
        memo.put("busy", turn, 30)
    assert memo.get("idle") == 0


def test_what_is_used_stays_while_others_come_and_go():
    memo: Memo[int] = Memo(max_entries=8, max_weight=100)
    memo.put("used", 0)
    for each in range(100):
        memo.put(each, each)
        assert memo.get("used") == 0


def test_threads_that_get_put_and_take_at_once_find_what_was_put_or_nothing():
    memo: Memo[int] = Memo(max_entries=6, max_weight=40)

    def work(seed):
        random = Random(seed)
        for _ in range(3_000):
            key = random.randrange(9)
            assert memo.get(key) in (key, None)
            memo.put(key, key, random.randrange(12))
            assert memo.take(random.randrange(9)) in (*range(9), None)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert len(memo) <= 6 + 4  # each thread may have put one more than there was room for
