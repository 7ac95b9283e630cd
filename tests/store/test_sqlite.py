"""The SQLite store among processes, crashes and bad disks. What all backends do is in tests/conformance."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from headroom.errors import KeyNotFoundError, StoreCorruptError, StoreError
from headroom.store import open_store, sqlite
from headroom.store._schema import SCHEMA_VERSION

DAY_S = 86_400


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "data" / "ccr.sqlite3"


def put(store, content: str, output: str | None = None) -> str:
    key = store.key_of(content)
    store.put(key, content, kind="text", output=output)
    return key


def refusal_of(store, key: str) -> tuple[str, str] | None:
    try:
        store.get(key)
    except StoreCorruptError as error:
        return key, str(error)
    return None


def run(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Runs a script in a process of its own, whose standard output is read."""
    command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output_of(script: str, *arguments: object) -> str:
    output, errors = run(script, *arguments).communicate(timeout=60)
    assert errors == ""
    return output


def tree(directory: Path) -> dict[str, bytes]:
    return {str(each): each.read_bytes() for each in directory.rglob("*") if each.is_file()}


PUT_FOR_EVER = """
import random, sys
from headroom.store import Entry, sqlite
store = sqlite.open(sys.argv[1])
seed = int(sys.argv[2])
while True:
    contents = [random.Random(seed + n).randbytes(20_000).hex() for n in range(3)]
    store.put_many([Entry(store.key_of(text), text, "text", text[:20]) for text in contents])
    for n in range(3):
        print(seed + n, store.key_of(contents[n]), flush=True)
    seed += 3
"""


@pytest.mark.parametrize("puts", [1, 2, 5, 100, 300])
def test_what_was_put_survives_kill_9(path, puts):
    import random

    child = run(PUT_FOR_EVER, path, 1_000 * puts)
    assert child.stdout is not None
    acknowledged = [child.stdout.readline().split() for _ in range(puts)]
    child.send_signal(signal.SIGKILL)
    acknowledged += [line.split() for line in child.stdout.read().splitlines()]
    child.wait()
    child.stdout.close()
    child.stderr.close()

    store = sqlite.open(str(path))
    for seed, key in acknowledged[:-1]:  # the last line may be cut
        content = random.Random(int(seed)).randbytes(20_000).hex()
        assert store.get(key) == content
        assert store.is_output(store.key_of(content[:20]))
    assert len(acknowledged) >= puts
    store.close()


def test_processes_that_start_at_once_share_one_store(path):
    script = """
import sys
from headroom.store import Entry, sqlite
sys.stdin.readline()
store = sqlite.open(sys.argv[1])
for number in range(25):
    text = f"{sys.argv[2]}: {number}" * 100
    store.put_many([Entry(store.key_of(text), text, "text"), Entry(store.key_of("shared"), "shared", "text")])
print(store.key_of("shared"))
"""
    children = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script, path, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    outputs = {child.communicate(timeout=60)[0] for child in children}
    assert [child.returncode for child in children] == [0] * 8

    store = sqlite.open(str(path))
    assert outputs == {store.key_of("shared") + "\n"}
    for number in range(8):
        for each in range(25):
            text = f"{number}: {each}" * 100
            assert store.get(store.key_of(text)) == text
    assert store.stats().entries == 8 * 25 + 1
    store.close()


def test_another_process_reads_what_this_one_wrote(path):
    store = sqlite.open(str(path))
    key = put(store, "text", output="output")
    script = """
import sys
from headroom.store import sqlite
store = sqlite.open(sys.argv[1])
print(store.get(sys.argv[2]), store.is_output(store.key_of("output")))
"""
    assert output_of(script, path, key) == "text True\n"
    store.close()


def test_a_forked_child_and_its_parent_both_go_on(path):
    script = """
import os, sys
from headroom.store import sqlite
store = sqlite.open(sys.argv[1])
def put(text):
    store.put(store.key_of(text), text, kind="text")
put("before")
child = os.fork()
for number in range(100):
    put(f"{child > 0} {number}")
if child:
    assert os.waitpid(child, 0)[1] == 0
    put("after")
    print(all(store.get(store.key_of(f"{whose} {number}")) for whose in (True, False) for number in range(100)))
store.close()
"""
    assert output_of(script, path) == "True\n"
    store = sqlite.open(str(path))
    assert store.stats().entries == 202
    store.close()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_modes_are_private_whatever_the_umask(tmp_path, umask):
    script = """
import os, sys
from headroom.store import sqlite
os.umask(int(sys.argv[2]))
store = sqlite.open(sys.argv[1])
store.put(store.key_of("text"), "text", kind="text")
for directory, _, names in os.walk(os.path.dirname(os.path.dirname(sys.argv[1]))):
    for name in [".", *names]:
        print(name, oct(os.stat(os.path.join(directory, name)).st_mode & 0o777))
"""
    lines = output_of(script, tmp_path / "new" / "deeper" / "ccr.sqlite3", umask).splitlines()
    files = [line for line in lines if line != ". 0o700"]
    assert [line.split()[1] for line in files] == ["0o600"] * 4
    assert len([line for line in files if line.endswith(".key 0o600")]) == 1
    assert len(lines) == 4 + 3


def test_a_file_that_others_may_read_is_made_private(path):
    sqlite.open(str(path)).close()
    for each in path.parent.rglob("*.*"):
        each.chmod(0o755 if each.is_dir() else 0o644)
    path.parent.chmod(0o755)
    store = sqlite.open(str(path))
    put(store, "text")
    files = [each for each in path.parent.rglob("*") if each.is_file()]
    assert len(files) == 4
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    store.close()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755  # not ours, for all we know


def test_keys_are_the_same_after_a_restart(path):
    first = sqlite.open(str(path))
    key = put(first, "text")
    first.close()
    second = sqlite.open(str(path))
    assert second.key_of("text") == key
    second.close()


def test_what_is_past_its_life_time_is_collected_when_a_store_is_opened(path):
    first = sqlite.open(str(path), ttl_s=DAY_S, clock=lambda: 1_000_000)
    key = put(first, "text", output="output")
    first.close()
    sqlite.open(str(path), ttl_s=DAY_S, clock=lambda: 1_000_002 + DAY_S).close()
    second = sqlite.open(str(path), ttl_s=DAY_S, clock=lambda: 1_000_002 + DAY_S + 3_600)
    with pytest.raises(KeyNotFoundError):
        second.get(key)
    assert not second.is_output(second.key_of("output"))
    second.close()


def test_settings_say_where_the_store_is(path):
    class Settings:
        store_path = str(path)
        store_max_bytes = 1_000_000
        store_ttl_s = 60
        store_key_place = "file"
        store_key_path = str(path.parent / "elsewhere")

    store = open_store(Settings())
    put(store, "text")
    assert path.exists()
    assert [each.suffix for each in (path.parent / "elsewhere").iterdir()] == [".key"]
    assert store.stats().max_bytes == 1_000_000
    assert store.tenant == "local"
    store.close()


def test_the_default_place_is_in_the_data_directory_and_its_key_is_elsewhere(tmp_path):
    script = """
import os, sys
os.environ["HOME"] = sys.argv[1]
os.environ["XDG_DATA_HOME"], os.environ["XDG_CONFIG_HOME"] = sys.argv[1] + "/data", sys.argv[1] + "/config"
from headroom.store import sqlite
print(sqlite.open().path)
"""
    place = Path(output_of(script, tmp_path).strip())
    assert place.name == "ccr.sqlite3"
    assert tmp_path in place.parents
    [key] = tmp_path.rglob("*.key")
    assert key.parent.name == "keys"
    assert key.parent.parent != place.parent or sys.platform != "linux"
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def write_garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, and was here before" * 1_000)


def write_overwritten(path: Path) -> None:
    sqlite.open(str(path)).close()
    write_garbage(path)


def write_truncated(path: Path) -> None:
    store = sqlite.open(str(path))
    for number in range(50):
        put(store, f"text {number}" * 1_000)
    store.close()
    path.write_bytes(path.read_bytes()[:5_000])


def write_foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()


def write_newer(path: Path) -> None:
    sqlite.open(str(path)).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()


def write_without(what: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        store = sqlite.open(str(path))
        put(store, "text")
        store.close()
        connection = sqlite3.connect(path)
        connection.execute(what)
        connection.commit()
        connection.close()

    return write


@pytest.mark.parametrize(
    ("write", "error", "says"),
    [
        (Path.mkdir, StoreError, "it is a directory.*store_path"),
        (write_foreign, StoreError, "another program's database.*store_path"),
        (write_newer, StoreError, "newer Headroom.*upgrade"),
        (write_garbage, StoreError, "is no store of Headroom; set store_path to another file"),
    ],
)
def test_a_file_that_is_no_store_is_named_and_left_as_it_is(tmp_path, write, error, says):
    path = tmp_path / "ccr.sqlite3"
    write(path)
    path.chmod(0o755)
    before = tree(tmp_path)
    with pytest.raises(error, match=says) as caught:
        sqlite.open(str(path))
    assert str(path) in str(caught.value)
    assert tree(tmp_path) == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (write_overwritten, "file is not a database; it is put aside"),
        (write_truncated, "malformed; it is put aside"),
        (write_without("DELETE FROM meta"), "lost the name of its key; it is put aside"),
        (write_without("DROP TABLE tenant_keys"), "no such table: tenant_keys; it is put aside"),
        (write_without("UPDATE tenant_keys SET wrapped = zeroblob(72)"), "key in store .* is damaged: .* put aside"),
    ],
)
def test_a_damaged_file_is_put_aside_and_reported_and_a_new_one_started(tmp_path, write, says, caplog):
    path = tmp_path / "ccr.sqlite3"
    write(path)
    damaged = path.read_bytes()
    for number in (1, 2):
        if number == 2:
            store.close()  # noqa: F821
            path.write_bytes(damaged)
        store = sqlite.open(str(path))
        assert store.get(put(store, "new")) == "new"
        assert (tmp_path / f"ccr.sqlite3.damaged-{number}").read_bytes() == damaged
        assert re.search(says, caplog.messages[-1])
        assert f"now in {path}.damaged-{number}" in caplog.messages[-1]
    store.close()
    again = sqlite.open(str(path))
    assert again.get(again.key_of("new")) == "new"
    again.close()
    assert not (tmp_path / "ccr.sqlite3.damaged-3").exists()


def test_a_store_whose_file_is_damaged_while_it_is_open_is_put_aside(path, caplog):
    store = sqlite.open(str(path))
    keys = [put(store, f"text {number}" * 500) for number in range(200)]
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as stream:
        stream.seek(4_096)
        stream.write(b"\xff" * (path.stat().st_size - 4_096))
    with pytest.raises(StoreCorruptError, match="malformed; it is put aside"):
        [store.get(key) for key in keys]
    assert store.is_closed
    new = sqlite.open(str(path))
    assert new.get(put(new, "new")) == "new"
    new.close()
    assert Path(f"{path}.damaged-1").exists()
    assert "damaged-1" in caplog.text


def test_nothing_is_written_to_a_file_that_was_moved_away(path):
    store = sqlite.open(str(path))
    put(store, "before")
    for ending in ("", "-wal", "-shm"):
        os.rename(f"{path}{ending}", f"{path}.elsewhere{ending}")
    with pytest.raises(StoreError, match="moved or replaced while it was open; open it again"):
        put(store, "lost")
    assert store.is_closed
    new = sqlite.open(str(path))
    assert new.get(put(new, "new")) == "new"
    new.close()


def test_a_store_that_a_newer_version_changes_meanwhile_is_left_alone(path):
    store = sqlite.open(str(path))
    key = put(store, "text")
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE originals RENAME TO sealed_texts")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="another version of Headroom has changed it since: start this process again"):
        store.get(key)
    with pytest.raises(StoreError, match="start this process again"):
        put(store, "more")
    store.close()
    with pytest.raises(StoreError, match="newer Headroom"):
        sqlite.open(str(path))
    assert not [each for each in path.parent.iterdir() if "damaged" in each.name]


def test_a_process_whose_store_was_moved_away_goes_on_with_a_new_one(path):
    script = """
import json, os, sys
import headroom
path = sys.argv[1]
def compress(turn):
    rows = json.dumps([{"id": n, "state": f"turn {turn}", "note": "x" * 40} for n in range(400)])
    return rows, headroom.compress(rows, settings={"store_path": path})
def is_kept(rows, result):
    from headroom.settings import Settings
    from headroom.library import default_store
    return [headroom.retrieve(key, store=default_store(Settings(store_path=path))).text == rows for key in result.keys]
print(is_kept(*compress(1)))
for ending in ("", "-wal", "-shm"):
    os.rename(path + ending, path + ".away" + ending)
rows, result = compress(2)
print(result.store_failures, result.keys, json.loads(headroom.expand(result.text)) == json.loads(rows))
print(is_kept(*compress(2)), is_kept(*compress(1)))
"""
    output, errors = run(script, path).communicate(timeout=60)
    assert output == "[True]\n1 () True\n[True] [True]\n"
    assert "was moved or replaced while it was open" in errors


def test_a_file_in_the_place_of_a_directory_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"file/deep/ccr\.sqlite3 cannot be opened: .*/file is not a directory; .*"):
        sqlite.open(str(tmp_path / "file" / "deep" / "ccr.sqlite3"))


AS_ANOTHER_USER = """
import os, sys
from headroom.errors import StoreError
from headroom.store import sqlite
path, key = sys.argv[1:]
if os.geteuid() == 0:
    os.setuid(65534)
try:
    store = sqlite.open(path)
    print(store.get(key))
    store.put(store.key_of("new"), "new", kind="text")
except StoreError as error:
    print(error)
"""


@pytest.fixture
def reachable(tmp_path):
    """A directory that another user may pass through, with a store that holds one text; and the key."""
    for directory in [tmp_path, *tmp_path.parents]:
        if directory.owner() != "root" or os.geteuid() == 0:
            directory.chmod(directory.stat().st_mode | 0o055)
        if directory.name.startswith("pytest-of-"):
            break
    store = sqlite.open(str(tmp_path / "ccr.sqlite3"))
    key = put(store, "text")
    store.close()
    for each in (tmp_path / "ccr.sqlite3.keys", *(tmp_path / "ccr.sqlite3.keys").iterdir()):
        each.chmod(0o755)
    return tmp_path / "ccr.sqlite3", key


def test_a_store_that_cannot_be_written_says_so_and_can_still_be_read(reachable):
    path, key = reachable
    path.chmod(0o444)
    path.parent.chmod(0o777)
    if os.geteuid() == 0:
        os.chown(path, 0, 0)
    answer = output_of(AS_ANOTHER_USER, path, key).splitlines()
    assert answer[0] == "text"
    assert answer[1].startswith(
        f"store {path} cannot be written: attempt to write a readonly database; make it writable"
    )


def test_a_directory_that_cannot_be_written_is_named(reachable):
    path, key = reachable
    path.parent.chmod(0o555)
    answer = output_of(AS_ANOTHER_USER, path.with_name("new.sqlite3"), key)
    path.parent.chmod(0o755)
    assert answer.startswith(f"store {path.with_name('new.sqlite3')} cannot be opened: Permission denied; check that")


def test_a_full_disk_is_reported_and_takes_nothing_that_was_there(path):
    script = """
import random, resource, sys
from headroom.errors import StoreError
from headroom.store import sqlite
store = sqlite.open(sys.argv[1])
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
texts = [random.Random(seed).randbytes(50_000).hex() for seed in range(100)]
stored = []
for text in texts:
    try:
        store.put(store.key_of(text), text, kind="text")
        stored.append(text)
    except StoreError as error:
        message = str(error)
        break
print(message)
assert 5 < len(stored) < 100
assert all(store.get(store.key_of(text)) == text for text in stored)
assert store.touch([store.key_of(texts[len(stored)])]) == set()
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
for text in texts:
    store.put(store.key_of(text), text, kind="text")
assert all(store.get(store.key_of(text)) == text for text in texts)
"""
    message = output_of(script, path)
    assert message.startswith(f"store {path} cannot be written: ")
    assert "set store_path to another disk" in message


@pytest.mark.parametrize(
    "damage",
    [
        "content = x'00'",
        "content = zeroblob(length(content))",
        "size_bytes = 3",
        "content = (SELECT max(content) FROM o)",
        "content = (SELECT max(content) FROM o), wrapped = (SELECT wrapped FROM o ORDER BY content DESC LIMIT 1)",
        "wrapped = zeroblob(72)",
    ],
)
def test_an_original_that_is_damaged_is_never_handed_out(path, damage):
    store = sqlite.open(str(path))
    keys = [put(store, f"{letter} text of some length, " * 20) for letter in "ab"]
    connection = sqlite3.connect(path)
    connection.execute("CREATE TEMP TABLE o AS SELECT wrapped, content FROM originals")
    connection.execute(f"UPDATE originals SET {damage}")
    connection.commit()
    connection.close()
    refusals = [refusal for key in keys if (refusal := refusal_of(store, key))]
    assert refusals  # the one whose content was copied to the other may be whole
    for key, message in refusals:
        assert message.startswith(f"original {key} in {path} is damaged: ")
        assert "run the tool again" in message
    assert store.stats().entries == 2
    store.close()
