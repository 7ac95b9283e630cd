"""The store under faults, with real processes and real disks: killed at any moment, no space left, damaged anywhere.

KILLS=5000 DAMAGES=2000 make test      the long version
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from headroom.errors import KeyNotFoundError, StoreError
from headroom.store import Entry, Record
from headroom.store.sqlite import open as open_store

KILLS = int(os.environ.get("KILLS", "50"))
DAMAGES = int(os.environ.get("DAMAGES", "40"))


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "data" / "ccr.sqlite3"


KILL_AGAIN_AND_AGAIN = """
import os, random, signal, sys, time
from headroom.store import Entry, Record, sqlite

path, kills = sys.argv[1], int(sys.argv[2])
draw = random.Random(int(sys.argv[3]))

def text_of(seed):
    return random.Random(seed).randbytes(random.Random(-seed).choice([30, 3_000, 30_000])).hex()

def child(seed, pipe):
    store = sqlite.open(path)
    while True:
        texts = [text_of(seed), text_of(seed + 1)]
        entries = [Entry(store.key_of(text), text, "text", text[:20]) for text in texts]
        store.put_many(entries, [Record(store.name_of(str(seed)), text_of(seed)[:50].encode(), entries[0].key)])
        os.write(pipe, b"%d\\n" % seed)
        seed += 2
        if seed % 64 == 0:
            store.rotate_key()
        if seed % 40 == 0:
            store.purge(["Ab3dE5gH7jK"])

acknowledged = []
for attempt in range(kills):
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reader)
        try:
            child((attempt + 1) * 10_000, writer)
        finally:
            os._exit(1)
    os.close(writer)
    if attempt % 3:
        first = os.read(reader, 1)
        rest = [first]
    else:
        rest = []
    time.sleep(draw.random() * 0.015)
    os.kill(process, signal.SIGKILL)
    while part := os.read(reader, 65_536):
        rest.append(part)
    os.close(reader)
    assert os.waitpid(process, 0)[1] == signal.SIGKILL, "the child ended by itself"
    acknowledged += [int(seed) for seed in b"".join(rest).split()]

store = sqlite.open(path)
for seed in acknowledged:
    for each in (seed, seed + 1):
        text = text_of(each)
        assert store.get(store.key_of(text)) == text, each
        assert store.is_output(store.key_of(text[:20])), each
    name = store.name_of(str(seed))
    assert store.records([name]) == {name: text_of(seed)[:50].encode()}, seed
assert store.verify().damaged == {}
assert not [each for each in os.listdir(os.path.dirname(path)) if "damaged" in each]
print(len(acknowledged))
"""


def test_nothing_acknowledged_is_lost_however_often_writers_are_killed(path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", KILL_AGAIN_AND_AGAIN, path, str(KILLS), "1"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > KILLS / 2
    connection = sqlite3.connect(path)
    [(store_id,)] = connection.execute("SELECT value FROM meta WHERE name = 'store'")
    connection.close()
    assert 1 <= len(list(Path(f"{path}.keys").glob(f"{store_id}*"))) <= 4


FILL = """
import random, sys
from headroom.errors import StoreError
from headroom.store import Entry, Record, sqlite
store = sqlite.open(sys.argv[1])
stored, message = [], ""
for seed in range(1000):
    text = random.Random(seed).randbytes(50_000).hex()
    record = Record(store.name_of(str(seed)), text[:100].encode())
    try:
        store.put_many([Entry(store.key_of(text), text, "text")], [record])
        stored.append(text)
    except StoreError as error:
        message = str(error)
        break
assert 5 < len(stored) < 1000
assert all(store.get(store.key_of(text)) == text for text in stored)
assert len(store.records([store.name_of(str(seed)) for seed in range(1000)])) == len(stored)
store.close()
again = sqlite.open(sys.argv[1])
assert all(again.get(again.key_of(text)) == text for text in stored)
assert again.verify().damaged == {}
print(message)
"""


def test_a_disk_that_is_full_loses_nothing_and_is_named(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("the right to mount is needed; test_sqlite.py has the like with files that may not grow")
    try:
        done = subprocess.run([sys.executable, "-c", FILL, disk / "ccr.sqlite3"], capture_output=True, text=True)
    finally:
        subprocess.run(["umount", disk], check=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"store {disk / 'ccr.sqlite3'} cannot be written: database or disk is full; free some space" in done.stdout


def test_a_file_that_is_damaged_anywhere_gives_errors_and_never_another_text(path):
    store = open_store(str(path))
    texts = [f"{number} " + random.Random(number).randbytes(3_000).hex() for number in range(60)]
    names = [store.name_of(text) for text in texts]
    store.put_many(
        [Entry(store.key_of(text), text, "text", text[:30]) for text in texts],
        [Record(name, text.encode(), store.key_of(text)) for name, text in zip(names, texts, strict=True)],
    )
    keys = [store.key_of(text) for text in texts]
    store.close()
    whole = path.read_bytes()
    unharmed = 0
    for seed in range(DAMAGES):
        damaged = damage(whole, random.Random(seed))
        path.write_bytes(damaged)
        for _ in range(3):
            try:
                store = open_store(str(path))
            except StoreError:
                continue
            for key, name, text in zip(keys, names, texts, strict=True):
                with suppress(StoreError, KeyNotFoundError):
                    assert store.get(key) == text
                    unharmed += 1
                with suppress(StoreError):
                    assert store.records([name]) in ({}, {name: text.encode()})
            with suppress(StoreError):
                store.put(store.key_of("new"), "new", kind="text")
                assert store.get(store.key_of("new")) == "new"
                break
            store.close()
        else:
            pytest.fail(f"no store can be had from damage {seed}")
        store.close()
        clear_away(path, damaged)
    assert unharmed > DAMAGES


def damage(whole: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(whole))
    kind = draw.choice(["cut", "page", "bytes", "zeros"])
    if kind == "cut":
        return whole[:at]
    length = {"page": 4_096, "bytes": 8, "zeros": 16_384}[kind]
    if kind == "page":
        at -= at % length
    part = bytes(length) if kind == "zeros" else draw.randbytes(length)
    return (whole[:at] + part + whole[at + length :])[: len(whole)]


def clear_away(path: Path, damaged: bytes) -> None:
    """Removes everything but the keys, after a look at whether a file that was put aside is as it was."""
    aside = Path(f"{path}.damaged-1")
    if aside.exists():
        assert len(aside.read_bytes()) >= min(len(damaged), 1)
    for each in path.parent.iterdir():
        if each.is_file():
            each.unlink()
