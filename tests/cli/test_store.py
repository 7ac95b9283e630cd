"""`headroom store`, in a process of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from headroom.store import Entry, sqlite


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "originals.db"


@pytest.fixture
def headroom(place):
    def run(*arguments, **environment):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HEADROOM_")}
        own = {"HEADROOM_CONFIG": os.devnull, "HEADROOM_STORE_PATH": str(place)}
        code = "from headroom.cli import main; main()"
        command = [sys.executable, "-c", code, "store", *map(str, arguments)]
        return subprocess.run(
            command, input="", capture_output=True, text=True, env={**inherited, **own, **environment}
        )

    return run


@pytest.fixture
def keys(place) -> list[str]:
    """Of three texts: `text 0` to `text 2`."""
    store = sqlite.open(str(place))
    texts = [f"text {number}\r\n" for number in range(3)]
    store.put_many(Entry(store.key_of(text), text, "text") for text in texts)
    keys = [store.key_of(text) for text in texts]
    store.close()
    return keys


def stored(place: Path) -> set[str]:
    store = sqlite.open(str(place))
    keys = {each.key for each in store.listing()}
    store.close()
    return keys


def test_figures_are_shown(headroom, keys):
    done = headroom("stats")
    assert done.stdout.startswith("3 originals of 24 bytes in ")
    figures = json.loads(headroom("stats", "--json").stdout)
    assert (figures["entries"], figures["original_bytes"], figures["max_bytes"]) == (3, 24, 2 * 1024**3)


def test_what_is_whole_is_verified_and_what_is_damaged_is_named(headroom, keys, place):
    done = headroom("verify")
    assert (done.returncode, done.stdout) == (0, "3 read back, 0 damaged\n")
    connection = sqlite3.connect(place)
    connection.execute("UPDATE originals SET content = zeroblob(30) WHERE key = ?", (keys[1],))
    connection.commit()
    connection.close()
    done = headroom("verify")
    assert done.returncode == 1
    assert f"original {keys[1]} in {place} is damaged" in done.stdout
    assert done.stdout.endswith("3 read back, 1 damaged\n")
    assert list(json.loads(headroom("verify", "--json").stdout)["damaged"]) == [keys[1]]


def test_originals_are_purged_by_key(headroom, keys, place):
    done = headroom("purge", keys[0], keys[0], "--yes")
    assert (done.returncode, done.stdout) == (0, "1 originals erased\n")
    assert stored(place) == set(keys[1:])


def test_where_one_key_names_nothing_none_is_purged(headroom, keys, place):
    done = headroom("purge", keys[0], "Ab3dE5gH7jK", "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no original under 'Ab3dE5gH7jK', so nothing was erased" in done.stderr
    assert stored(place) == set(keys)


def test_originals_are_purged_by_age(headroom, keys, place):
    assert headroom("purge", "--unseen", "1h", "--yes").stdout == "0 originals erased\n"
    connection = sqlite3.connect(place)
    connection.execute("UPDATE originals SET last_seen = last_seen - 4000 WHERE key = ?", (keys[1],))
    connection.commit()
    connection.close()
    assert json.loads(headroom("purge", "--unseen", "1h", "--yes", "--json").stdout) == {"erased": 1}
    assert stored(place) == {keys[0], keys[2]}


def test_all_is_purged_of_one_tenant(headroom, keys, place):
    theirs = sqlite.open(str(place), tenant="theirs")
    theirs.put(theirs.key_of("text"), "text", kind="text")
    assert headroom("purge", "--all", "--yes").stdout == "3 originals erased\n"
    assert stored(place) == set()
    assert theirs.get(theirs.key_of("text")) == "text"
    assert headroom("purge", "--all", "--yes", "--tenant", "theirs").stdout == "1 originals erased\n"
    theirs.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "one of: KEYS, --unseen AGE, --all"),
        (("--all", "--unseen", "1d"), "one of: KEYS, --unseen AGE, --all"),
        (("--unseen", "soon", "--yes"), "'soon' is no age"),
        (("--all",), "add --yes"),
    ],
)
def test_nothing_is_purged_that_was_not_asked_for(headroom, keys, place, arguments, says):
    done = headroom("purge", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert stored(place) == set(keys)


def test_originals_are_exported_to_files_that_only_the_owner_may_read(headroom, keys, tmp_path):
    old = os.umask(0)
    try:
        directory, file = tmp_path / "out", tmp_path / "out.ndjson"
        assert headroom("export", directory).stdout == f"3 originals written to {directory}\n"
        assert headroom("export", file).returncode == 0
    finally:
        os.umask(old)
    texts = {key: f"text {number}\r\n" for number, key in enumerate(keys)}
    assert {each.stem: each.read_bytes().decode() for each in directory.iterdir()} == texts
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["key"]: line["text"] for line in lines} == texts
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (directory, file, *directory.iterdir())]
    assert modes == [0o700] + [0o600] * 4
    for each in (directory, file):
        done = headroom("export", each)
        assert (done.returncode, done.stdout) == (2, "")
        assert "exists; name a new directory" in done.stderr


def test_the_key_is_changed(headroom, keys, place):
    directory = Path(f"{place}.keys")
    [before] = directory.iterdir()
    assert headroom("rotate-key").returncode == 0
    [after] = directory.iterdir()
    assert before != after
    assert stored(place) == set(keys)


def test_a_store_whose_key_is_missing_says_where_it_was_looked_for(headroom, keys, place):
    [key] = Path(f"{place}.keys").iterdir()
    key.rename(place.with_suffix(".away"))
    done = headroom("stats")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"key {key} cannot be read: No such file or directory; put it back" in done.stderr
    place.with_suffix(".away").rename(key)
    assert headroom("verify").returncode == 0


def test_a_store_that_was_lost_as_a_whole_is_named_too(headroom, keys, place):
    raw = place.read_bytes()
    place.write_bytes(raw[:4096] + b"noise" * (len(raw) // 5))
    done = headroom("verify")
    assert done.returncode == 1
    assert f"the whole store was damaged; what it held is in {place}.damaged-1" in done.stdout
