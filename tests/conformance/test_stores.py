"""What every store backend must do. A new module in headroom.store is tested by being there."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headroom import store as family
from headroom.errors import InputError, KeyNotFoundError, StoreError
from headroom.store import Entry, Record, Store

BACKENDS = [
    import_module(f"{family.__name__}.{found.name}")
    for found in iter_modules(family.__path__)
    if not found.name.startswith("_")
]
DAY_S = 86_400
HOUR_S = 3_600
ENOUGH_TO_COLLECT = 130  # puts; a backend may collect as seldom as every 64

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def backend(request) -> ModuleType:
    return request.param


@pytest.fixture
def open_store(backend, tmp_path, clock):
    opened = []

    def open_one(**options: Any) -> Store:
        options.setdefault("clock", clock)
        opened.append(backend.open(str(tmp_path / "store"), **options))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store) -> Store:
    return open_store()


def put(store: Store, content: str, output: str | None = None) -> str:
    key = store.key_of(content)
    store.put(key, content, kind="text", output=output)
    return key


def incompressible(seed: int, size: int) -> str:
    return random.Random(seed).randbytes(size // 2).hex()


def holds(store: Store, key: str) -> bool:
    try:
        return bool(store.get(key))
    except KeyNotFoundError:
        return False


def test_names_are_unique():
    assert len({backend.name for backend in BACKENDS}) == len(BACKENDS) > 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=texts)
def test_any_text_comes_out_as_it_went_in(store, text):
    key = put(store, text)
    assert store.get(key) == text
    assert len(key) == 11
    assert key.isascii()
    assert key.isalnum()


def test_texts_of_any_size_come_out_as_they_went_in(store):
    for text in ("", "\0", "x" * 5_000_000, incompressible(1, 2_000_000), "\r\n\ufeff\U0010ffff" * 1_000):
        assert store.get(put(store, text)) == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=texts)
def test_a_key_is_good_for_one_tenant_only(open_store, text):
    mine, theirs = open_store(tenant="mine"), open_store(tenant="theirs")
    key = put(mine, text, output="written")
    assert theirs.key_of(text) != key
    with pytest.raises(KeyNotFoundError):
        theirs.get(key)
    assert theirs.touch([key]) == set()
    assert not theirs.is_output(theirs.key_of("written"))
    mine.close()
    theirs.close()


@pytest.mark.parametrize("tenant", ["", "local\0output"])
def test_a_tenant_that_could_pass_for_something_else_is_refused(backend, tmp_path, tenant):
    with pytest.raises(InputError, match="tenant"):
        backend.open(str(tmp_path / "store"), tenant=tenant)


def test_keys_of_stores_with_other_secrets_differ(backend, tmp_path):
    first, second = (backend.open(str(tmp_path / name)) for name in ("first", "second"))
    assert first.key_of("text") != second.key_of("text")
    first.close()
    second.close()


@pytest.mark.parametrize("key", ["", "Ab3dE5gH7jK", "x" * 1_000, "'; DROP TABLE originals; --", "\0", "ключ"])
def test_an_unknown_key_is_named_with_the_next_step(store, key):
    put(store, "text")
    with pytest.raises(KeyNotFoundError) as caught:
        store.get(key)
    assert repr(key) in str(caught.value)
    assert "run the tool again" in str(caught.value)
    assert isinstance(caught.value, KeyError)


def test_many_entries_are_put_at_once(store):
    entries = [Entry(store.key_of(str(number)), str(number), "text", f"output {number}") for number in range(50)]
    store.put_many(iter(entries))
    store.put_many([])
    assert [store.get(entry.key) for entry in entries] == [entry.content for entry in entries]
    assert all(store.is_output(store.key_of(entry.output)) for entry in entries)


def test_putting_again_changes_nothing(store):
    key = put(store, "text" * 100)
    before = store.stats()
    assert put(store, "text" * 100) == key
    store.put_many([Entry(key, "text" * 100, "text")] * 3)
    assert store.stats() == before
    assert before.entries == 1
    assert before.original_bytes == 400


def test_outputs_are_recognised_and_nothing_else(store):
    put(store, "original", output="output")
    put(store, "original", output="another output")
    put(store, "original of the same", output="output")
    assert store.is_output(store.key_of("output"))
    assert store.is_output(store.key_of("another output"))
    assert not store.is_output(store.key_of("original"))
    assert not store.is_output(store.key_of("output "))
    assert not store.is_output(store.key_of(""))


def test_touching_tells_which_keys_name_something(store):
    key = put(store, "text")
    assert store.touch([key, "Ab3dE5gH7jK", ""]) == {key}
    assert store.touch([]) == set()


@pytest.mark.parametrize("see", ["nothing", "get", "touch", "put"])
def test_originals_are_kept_for_their_life_time_since_last_seen(open_store, clock, see):
    store = open_store(ttl_s=7 * DAY_S)
    key = put(store, "text", output="output")
    sights: dict[str, Callable[[], Any]] = {
        "nothing": lambda: None,
        "get": lambda: store.get(key),
        "touch": lambda: store.touch([key]),
        "put": lambda: put(store, "text"),
    }
    clock.now_s += 6 * DAY_S
    sights[see]()
    clock.now_s += 2 * DAY_S
    for number in range(ENOUGH_TO_COLLECT):
        put(store, f"another {number}")
    assert holds(store, key) == store.is_output(store.key_of("output")) == (see != "nothing")


def test_a_clock_that_goes_back_takes_nothing(open_store, clock):
    store = open_store(ttl_s=7 * DAY_S)
    key = put(store, "text")
    clock.now_s -= 30 * DAY_S
    for number in range(ENOUGH_TO_COLLECT):
        put(store, f"another {number}")
    assert holds(store, key)


def test_over_the_cap_the_longest_unseen_go_first(open_store, clock):
    store = open_store(max_bytes=1_000_000)
    keys = []
    for number in range(40):
        keys.append(put(store, incompressible(number, 100_000)))
        clock.now_s += HOUR_S
        holds(store, keys[0])
    kept = [key for key in keys if holds(store, key)]
    assert keys[0] in kept
    assert kept[1:] == keys[-len(kept) + 1 :]
    assert 2 < len(kept) < 40
    assert store.stats().used_bytes < 1_500_000


def test_what_was_seen_within_the_hour_is_not_given_up_but_more_is_refused(open_store, clock):
    store = open_store(max_bytes=1_000_000)
    keys: list[str] = []

    def fill() -> None:
        for number in range(1_000):
            text = incompressible(number, 50_000)
            keys.append(store.key_of(text))
            store.put_many([Entry(keys[-1], text, "text"), Entry(store.key_of("small"), "small", "text")])

    with pytest.raises(StoreError, match="store_max_bytes"):
        fill()
    assert [holds(store, key) for key in keys] == [True] * (len(keys) - 1) + [False]
    put(store, incompressible(0, 50_000))  # known content needs no room

    clock.now_s += 2 * HOUR_S
    assert holds(store, put(store, incompressible(2_000, 50_000)))


def test_more_than_the_cap_at_once_is_refused(open_store):
    store = open_store(max_bytes=1_000_000)
    with pytest.raises(StoreError, match="1,000,000"):
        put(store, incompressible(1, 3_000_000))


def test_several_threads_may_use_a_store(store):
    def work(thread: int) -> bool:
        own = [f"{thread}: {number}" * 50 for number in range(30)]
        keys = [put(store, text, output=text[:10]) for text in own]
        shared = put(store, "shared", output="shared output")
        return [store.get(key) for key in keys] == own and store.get(shared) == "shared"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert store.stats().entries == 8 * 30 + 1


def test_a_closed_store_says_so(open_store):
    store = open_store()
    key = put(store, "text")
    store.close()
    store.close()
    uses: list[Callable[[], Any]] = [
        lambda: store.get(key),
        lambda: put(store, "more"),
        lambda: store.touch([key]),
        lambda: store.is_output(store.key_of("text")),
        store.stats,
    ]
    for use in uses:
        with pytest.raises(StoreError, match="closed"):
            use()


def test_records_come_out_as_they_went_in(store):
    names = [store.name_of("decision", str(number)) for number in range(1_200)]
    assert len(set(names)) == 1_200
    assert {len(name) for name in names} == {22}
    values = {name: f"value of {name}\0".encode() * (number % 5) for number, name in enumerate(names)}
    assert store.put_many([], [Record(name, value) for name, value in values.items()]) == {}
    assert store.records([*names, store.name_of("another"), ""]) == values
    assert store.records([]) == {}
    assert store.stats().entries == 0


def test_names_differ_wherever_their_parts_end(store, open_store):
    other = open_store(tenant="theirs")
    names = [each.name_of(*parts) for each in (store, other) for parts in (("a", "bc"), ("ab", "c"), ("abc",), ())]
    assert len(set(names)) == len(names)
    assert names[0] == store.name_of("a", "bc")


def test_a_record_is_good_for_one_tenant_only(open_store):
    mine, theirs = open_store(tenant="mine"), open_store(tenant="theirs")
    name = mine.name_of("decision")
    mine.put_many([], [Record(name, b"value")])
    assert theirs.records([name]) == {}
    assert theirs.name_of("decision") != name


def test_what_is_written_first_under_a_name_stays(store):
    first, second, third = (store.name_of(part) for part in ("first", "second", "third"))
    store.put_many([], [Record(first, b"1"), Record(second, b"2")])
    lost = store.put_many([], [Record(first, b"other"), Record(third, b"3"), Record(second, b"2")])
    assert lost == {first: b"1", second: b"2"}
    assert store.records([first, second, third]) == {first: b"1", second: b"2", third: b"3"}
    store.put_many([], [Record(store.name_of("twice"), b"a"), Record(store.name_of("twice"), b"b")])
    assert store.records([store.name_of("twice")]) == {store.name_of("twice"): b"a"}


def test_of_racing_writers_all_learn_who_was_first(store):
    names = [store.name_of(str(number)) for number in range(200)]

    def write(thread: int) -> dict[str, bytes]:
        own = f"thread {thread}".encode()
        lost: dict[str, bytes] = {}
        for name in names:
            lost.update(store.put_many([], [Record(name, own)]))
        return dict.fromkeys(names, own) | lost

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(write, range(4)))
    assert all(result == store.records(names) for result in results)


def test_originals_and_records_are_put_together_or_not_at_all(open_store):
    store = open_store(max_bytes=1_000_000)
    text = incompressible(1, 3_000_000)
    name, key = store.name_of("decision"), store.key_of(text)
    with pytest.raises(StoreError):
        store.put_many([Entry(key, text, "text")], [Record(name, b"value", key)])
    assert store.records([name]) == {}
    assert not holds(store, key)


@pytest.mark.parametrize("see", ["nothing", "records", "put"])
def test_records_are_kept_for_their_life_time_since_last_seen_and_so_is_what_they_tell_of(open_store, clock, see):
    store = open_store(ttl_s=7 * DAY_S)
    name, key = store.name_of("decision"), store.key_of("text")
    store.put_many([Entry(key, "text", "text")], [Record(name, b"value", key), Record(store.name_of("free"), b"free")])
    sights: dict[str, Callable[[], Any]] = {
        "nothing": lambda: None,
        "records": lambda: store.records([name]),
        "put": lambda: store.put_many([], [Record(name, b"another", key)]),
    }
    clock.now_s += 6 * DAY_S
    sights[see]()
    clock.now_s += 2 * DAY_S
    for number in range(ENOUGH_TO_COLLECT):
        put(store, f"another {number}")
    assert holds(store, key) == (store.records([name]) == {name: b"value"}) == (see != "nothing")
    assert store.records([store.name_of("free")]) == {}


def test_records_count_for_the_cap(open_store, clock):
    store = open_store(max_bytes=1_000_000)

    def value(number: int) -> bytes:
        return random.Random(number).randbytes(20_000)

    def fill(numbers: range) -> None:
        for number in numbers:
            store.put_many([], [Record(store.name_of(str(number)), value(number))])

    with pytest.raises(StoreError, match="store_max_bytes"):
        fill(range(1_000))
    clock.now_s += 2 * HOUR_S
    fill(range(1_000, 1_020))
    kept = {store.name_of(str(number)): value(number) for number in range(1_000, 1_020)}
    assert store.records(list(kept)) == kept
    assert store.stats().used_bytes < 1_500_000
