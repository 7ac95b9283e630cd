"""What the SQLite store costs: writing originals of 20 KB, and finding one among many.

    python benches/store.py write                              on two threads
    python benches/store.py look-up 10000 1000000 10000000     small entries; the last takes some minutes and 5 GB
    python benches/store.py forge 1000000                      keys and names that nobody was given

Everything is in the figures: the key, packing, sealing, the transaction; finding, opening, unpacking, comparing with
the key. Originals are rows of JSON, each different from all others. TMPDIR says on which disk.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from headroom.errors import KeyNotFoundError
from headroom.store import Entry, Record
from headroom.store.sqlite import SqliteStore

SIZE_BYTES = 20_000
LOOK_UPS = 20_000
ROWS_AT_ONCE = 20_000
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def original(seed: int) -> str:
    """Rows of JSON, 20 KB of them."""
    draw = random.Random(seed)
    rows: list[str] = []
    length = 0
    while length < SIZE_BYTES:
        row = {"id": draw.randrange(10**9), "user": f"user {draw.randrange(1_000)}", "zone": f"eu-{draw.randrange(3)}"}
        rows.append(
            json.dumps(row | {"ms": draw.randrange(10_000) / 10, "state": draw.choice(["ok", "late", "failed"])})
        )
        length += len(rows[-1]) + 2
    return "[" + ",\n".join(rows)[: SIZE_BYTES - 2] + "]"


def times_us(work: Callable[[str], object], inputs: Iterable[str]) -> list[float]:
    """Microseconds of each call, sorted."""
    times = []
    for each in inputs:
        start = time.perf_counter()
        work(each)
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)


def shown(times: list[float]) -> str:
    """Median and 99th percentile."""
    return f"p50 {times[len(times) // 2]:8.1f} µs   p99 {times[len(times) * 99 // 100]:8.1f} µs"


def write(path: Path) -> None:
    """One original at a time, as a caller waits for it; and many on two threads."""
    store = SqliteStore(str(path))
    texts = [original(seed) for seed in range(1_000)]
    times = times_us(lambda text: store.put(store.key_of(text), text, kind="json", output=text[:100]), texts)
    print(f"one original of {SIZE_BYTES:,} bytes put   {shown(times)}")

    def put_many(part: list[str]) -> None:
        for start in range(0, len(part), 50):
            store.put_many(Entry(store.key_of(text), text, "json") for text in part[start : start + 50])

    rates = []
    for attempt in range(5):
        texts = [original(10_000 * (attempt + 1) + seed) for seed in range(2_000)]
        start = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(put_many, (texts[::2], texts[1::2])))
        rates.append(len(texts) / (time.perf_counter() - start))
    print(f"originals put a second, two threads      best {max(rates):,.0f}, median {sorted(rates)[2]:,.0f}")
    before = store.stats()
    print(f"bytes kept of each byte put              {before.used_bytes / before.original_bytes:.2f}")
    records = [Record(store.name_of(str(number)), b'{"kept": 17}') for number in range(500)]
    store.put_many([], records)
    names = [record.name for record in records]
    print(f"500 records read                         {shown(times_us(lambda _: store.records(names), [''] * 100))}")
    store.close()


def fill(path: Path, entries: int) -> None:
    """Small entries, sealed as the store seals them, in the order of their keys, which spares the index most writes."""
    store = SqliteStore(str(path), max_bytes=2**50)
    store.put(store.key_of("first"), "first", kind="text")
    contents = sorted(store.key_of(f"entry {number}") + str(number) for number in range(entries))
    for start in range(0, entries, ROWS_AT_ONCE):
        part = contents[start : start + ROWS_AT_ONCE]
        store.put_many(Entry(each[:11], f"entry {each[11:]}", "text") for each in part)
    store.close()


def look_up(directory: Path, sizes: list[int]) -> None:
    """Looks entries up at random among ever more of them."""
    for entries in sizes:
        path = directory / f"{entries}.sqlite3"
        start = time.perf_counter()
        fill(path, entries)
        filled_s = time.perf_counter() - start
        store = SqliteStore(str(path), max_bytes=2**50, clock=lambda: 1_800_000_000)
        draw = random.Random(1)
        keys = [store.key_of(f"entry {draw.randrange(entries)}") for _ in range(2 * LOOK_UPS)]
        times_us(store.get, keys[:LOOK_UPS])
        times = times_us(store.get, keys[LOOK_UPS:])
        touched = times_us(lambda key, store=store: store.touch([key]), keys[LOOK_UPS : LOOK_UPS + 4_000])
        size = path.stat().st_size
        print(
            f"{entries:>11,} entries   get {shown(times)}   touch {shown(touched)}"
            f"   {size / 1e6:,.0f} MB, filled in {filled_s:.0f} s",
            flush=True,
        )
        store.close()
        path.unlink()


def forge(path: Path, guesses: int) -> None:
    """Resolves keys that were drawn at random, and those of another tenant."""
    store, theirs = SqliteStore(str(path)), SqliteStore(str(path), tenant="theirs")
    texts = [f"text {number}" for number in range(10_000)]
    for each in (store, theirs):
        each.put_many(Entry(each.key_of(text), text, "text") for text in texts)
    draw = random.Random(1)
    forged = ["".join(draw.choices(DIGITS, k=11)) for _ in range(guesses)] + [theirs.key_of(text) for text in texts]
    resolved = len(store.touch(forged))
    for key in forged[-20_000:]:
        try:
            store.get(key)
        except KeyNotFoundError:
            continue
        resolved += 1
    print(f"{len(forged):,} forged and foreign keys, {len(texts):,} originals: {resolved} resolved")
    store.close()
    theirs.close()


def main() -> None:
    """Runs what the arguments say."""
    with tempfile.TemporaryDirectory() as place:
        match sys.argv[1:]:
            case ["write"]:
                write(Path(place) / "store.sqlite3")
            case ["look-up", *sizes] if sizes:
                look_up(Path(place), [int(size) for size in sizes])
            case ["forge", guesses]:
                forge(Path(place) / "store.sqlite3", int(guesses))
            case _:
                sys.exit(__doc__)


if __name__ == "__main__":
    main()
