"""Nothing can be read from a store's files without its key, and nothing of what was erased with it."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headroom.errors import StoreError
from headroom.store import Entry, Record, _vault, sqlite

FORMAT_1 = Path(__file__).with_name("format_1.sqlite3")
"""A store of 70 texts of the tenant `local` and 3 of another, as a version wrote it that sealed nothing: `text_of`."""

API_KEY = "sk-tenant-0123456789abcdef"


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "data" / "ccr.sqlite3"


def put(store, content: str) -> str:
    key = store.key_of(content)
    store.put(key, content, kind="text", output=f"output of {content}")
    return key


def spellings(canary: str) -> list[bytes]:
    """Ways in which a text may stand in a file: as it is, in other encodings, and inside of base64."""
    raw = canary.encode()
    found = [raw, canary.encode("utf-16-le"), canary.encode("utf-16-be"), raw.hex().encode(), raw[::-1]]
    return found + [base64.b64encode(b"\0" * shift + raw)[4:-4] for shift in range(3)]


def traces(directory: Path, canaries: list[str], log: bytes = b"") -> list[tuple[str, bytes]]:
    """Files below a directory, or the log, that hold a canary, or a good part of one."""
    files = {str(each): each.read_bytes() for each in directory.rglob("*") if each.is_file()} | {"log": log}
    return [
        (name, spelling)
        for canary in canaries
        for spelling in spellings(canary)
        for name, content in files.items()
        if spelling in content
    ]


def canary(number: int) -> str:
    """A text that no compression shortens, so that it would stand in a file as it is."""
    return base64.b85encode(random.Random(f"canary {number}").randbytes(30)).decode()


def text_of(number: int) -> str:
    """What is long, but holds so little that a frame has it as it is."""
    return f"{number} {canary(number)} " * 40


CANARIES = [canary(number) for number in range(70)]

WRITE_CANARIES = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG)
import headroom
from headroom.errors import HeadroomError
from headroom.settings import Settings
from headroom.store import Record, open_store
path, canaries = sys.argv[1], json.loads(sys.stdin.readline())
secret, question, credential, written = canaries[:4]
store = open_store(Settings(store_path=path), tenant=credential)
rows = json.dumps([{"id": n, "state": "ok", "note": f"{secret} {n}"} for n in range(400)])
messages = [
    {"role": "user", "content": question},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "read", "arguments": json.dumps({"token": credential})}}]},
    {"role": "tool", "tool_call_id": "c", "content": rows},
]
result = headroom.compress(messages, store=store, query=question)
assert result.keys
assert secret in headroom.retrieve(result.keys[0], store=store).text
for wrong in (f"where {question} ==", question):
    try:
        headroom.retrieve(result.keys[0], wrong, store=store)
    except HeadroomError:
        pass
store.put_many([], [Record(store.name_of(question), written.encode(), result.keys[0])])
print("ready", flush=True)
number = 0
while True:
    number += 1
    text = f"{number} {canaries[4 + number % 16]} " * 40
    store.put(store.key_of(text), text, kind="text", output=text[:60])
"""


def test_no_text_query_or_credential_is_in_any_file_or_log(tmp_path, path):
    canaries = [canary(number) for number in range(20)]
    seen = traces(tmp_path, canaries)
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITE_CANARIES, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdin.write(json.dumps(canaries).encode() + b"\n")
        child.stdin.flush()
        ready = child.stdout.readline()
        if ready != b"ready\n":
            pytest.fail(child.stderr.read().decode())
        child.send_signal(signal.SIGKILL)
        log = child.stderr.read()
        child.communicate()
        seen += traces(tmp_path, canaries, log)
    run_commands(tmp_path, path, canaries, seen)
    with path.open("r+b") as stream:
        stream.write(b"no database")  # so that the next one puts it aside
    sqlite.open(str(path)).close()
    assert any(".damaged-1" in each.name for each in path.parent.iterdir())
    seen += traces(tmp_path, canaries)
    assert seen == []


def run_commands(tmp_path: Path, path: Path, canaries: list[str], seen: list[tuple[str, bytes]]) -> None:
    rows = json.dumps([{"id": n, "note": canaries[n % 20]} for n in range(400)])
    environment = {**os.environ, "HEADROOM_STORE_PATH": str(path)}
    headroom = [sys.executable, "-c", "from headroom.cli import main; main()"]
    done = subprocess.run(
        [*headroom, "compress", "-", "--query", canaries[1]], input=rows.encode(), capture_output=True, env=environment
    )
    assert done.returncode == 0, done
    seen += traces(tmp_path, canaries, done.stderr)
    for arguments in (["verify"], ["rotate-key"], ["purge", "--unseen", "1d", "--yes"], ["stats"]):
        done = subprocess.run([*headroom, "store", *arguments], capture_output=True, env=environment)
        assert done.returncode == 0, done
        seen += traces(tmp_path, canaries, done.stdout + done.stderr)


def test_canaries_would_be_found(tmp_path):
    """Else their absence would say nothing."""
    shutil.copy(FORMAT_1, tmp_path / "plain.sqlite3")
    assert len(traces(tmp_path, CANARIES)) == 70
    (tmp_path / "wide").write_bytes(canary(91).encode("utf-16-le"))
    (tmp_path / "base64").write_bytes(base64.b64encode(b"a text with " + canary(92).encode() + b" in it"))
    assert len(traces(tmp_path, [canary(91), canary(92)])) == 2


def test_a_store_that_was_not_sealed_is_sealed_when_it_is_opened(path):
    path.parent.mkdir()
    shutil.copy(FORMAT_1, path)
    store = sqlite.open(str(path), clock=lambda: 1_800_000_100)
    theirs = sqlite.open(str(path), tenant=API_KEY, clock=lambda: 1_800_000_100)
    texts = [text_of(number) for number in range(70)]
    assert store.key_of(texts[0]) == "UnODT1OlOZy"
    assert theirs.key_of(texts[0]) == "SANjBHQdZC2"
    assert [store.get(store.key_of(text)) for text in texts] == texts
    assert [theirs.get(theirs.key_of(text)) for text in texts[:3]] == texts[:3]
    assert store.is_output(store.key_of("out " + texts[0][:20]))
    assert {each.last_seen_s for each in store.listing()} == {1_800_000_000}
    assert store.verify() == (70, {})
    assert traces(path.parent, [*CANARIES, API_KEY]) == []
    store.close()
    theirs.close()
    assert traces(path.parent, [*CANARIES, API_KEY]) == []


SEAL_AND_WAIT = """
import os, sys
from headroom.store import _migrate, sqlite
seal, left = _migrate._sealed, int(sys.argv[2])
def count(*arguments):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    return seal(*arguments)
_migrate._sealed = count
sqlite.open(sys.argv[1])
"""


@pytest.mark.parametrize("rows", [0, 1, 64, 72])
def test_sealing_a_store_that_was_interrupted_is_begun_again(path, rows):
    path.parent.mkdir()
    shutil.copy(FORMAT_1, path)
    done = subprocess.run([sys.executable, "-c", SEAL_AND_WAIT, path, str(rows)], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    store = sqlite.open(str(path), clock=lambda: 1_800_000_100)
    assert store.verify() == (70, {})
    store.close()
    assert traces(path.parent, CANARIES) == []


def test_what_another_process_keeps_in_use_is_overwritten_the_next_time(path):
    path.parent.mkdir()
    shutil.copy(FORMAT_1, path)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM originals").fetchone() == (73,)
    store = sqlite.open(str(path), clock=lambda: 1_800_000_100)
    assert store.verify() == (70, {})
    store.close()
    assert traces(path.parent, CANARIES)
    reader.close()
    sqlite.open(str(path), clock=lambda: 1_800_000_100).close()
    assert traces(path.parent, CANARIES) == []


def column(path: Path, what: str) -> list[bytes]:
    connection = sqlite3.connect(path)
    values = [value for (value,) in connection.execute(f"SELECT {what}")]
    connection.close()
    return values


def test_to_change_the_master_key_writes_no_original_again(path):
    store = sqlite.open(str(path))
    keys = [put(store, f"text {number}") for number in range(10)]
    theirs = sqlite.open(str(path), tenant="theirs")
    their_key = put(theirs, "theirs")
    sealed, wrapped = ("wrapped FROM originals", "content FROM originals"), "wrapped FROM tenant_keys"
    before = [column(path, each) for each in sealed], column(path, wrapped)
    store.rotate_key()
    assert [column(path, each) for each in sealed] == before[0]
    assert not set(column(path, wrapped)) & set(before[1])
    assert len(list(Path(f"{path}.keys").iterdir())) == 1
    assert theirs.get(their_key) == "theirs"  # another process, so to speak, that has the key before
    assert theirs.get(put(theirs, "more")) == "more"
    newcomer = sqlite.open(str(path), tenant="newcomer")
    assert newcomer.get(put(newcomer, "new")) == "new"
    assert [store.get(key) for key in keys] == [f"text {number}" for number in range(10)]
    for each in (store, theirs, newcomer):
        each.close()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_changing_the_master_key_may_be_interrupted_at_any_moment(path, moment):
    store = sqlite.open(str(path))
    key = put(store, "text")
    script = """
import os, sys
from headroom.store import _upkeep, _vault, sqlite
store = sqlite.open(sys.argv[1])
kill = lambda *_: os.kill(os.getpid(), 9)
if sys.argv[2] == "before":
    made = _vault._new_master
    _vault._new_master = lambda *arguments: (made(*arguments), kill())
else:
    _vault.Vault.destroy_master = kill
store.rotate_key()
"""
    done = subprocess.run([sys.executable, "-c", script, path, moment], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert len(list(Path(f"{path}.keys").iterdir())) == 2
    again = sqlite.open(str(path))
    assert again.get(key) == "text"
    again.rotate_key()
    assert again.get(key) == store.get(key) == "text"
    assert len(list(Path(f"{path}.keys").iterdir())) == 1
    again.close()
    store.close()


@pytest.mark.parametrize("erase", ["purge", "purge_unseen", "purge_all"])
def test_what_is_erased_cannot_be_had_from_a_copy_of_the_disk(tmp_path, path, erase):
    store = sqlite.open(str(path), clock=lambda: 1_000_000)
    erased = put(store, "erased " * 50)
    store.put_many([], [Record(store.name_of("decision"), b"of what is erased", erased)])
    if erase == "purge":
        kept = put(store, "kept")
    remains = column(path, "content FROM originals WHERE size_bytes > 100") + column(path, "value FROM records")
    wrapped = column(path, "wrapped FROM originals WHERE size_bytes > 100") + column(path, "wrapped FROM tenant_keys")
    copy = tmp_path / "copy.sqlite3"
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    [master] = Path(f"{path}.keys").iterdir()
    before = master.read_bytes()

    count = {"purge": lambda: store.purge([erased]), "purge_unseen": lambda: store.purge_unseen(-1)}
    assert count.get(erase, store.purge_all)() == 1
    left = b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file() and each != copy)
    assert not [each for each in (*remains, *wrapped, before[:64]) if each in left]

    # With all the keys that there are now, whoever kept a copy of the file opens nothing of it.
    with pytest.raises(StoreError, match=f"{master.name} cannot be read"):
        sqlite.open(str(copy), key_directory=f"{path}.keys")
    if erase == "purge":
        assert store.get(kept) == "kept"
    store.close()


def test_others_go_on_writing_while_something_is_erased(path):
    script = """
import sys
from headroom.store import sqlite
store = sqlite.open(sys.argv[1])
for number in range(300):
    text = f"{sys.argv[2]}: {number}" * 20
    key = store.key_of(text)
    store.put(key, text, kind="text")
    assert store.touch([key]) == {key}
    assert store.get(key) == text
print("done")
"""
    store = sqlite.open(str(path))
    mine = [put(store, f"mine {number}") for number in range(30)]
    kept = [put(store, f"kept {number}") for number in range(30)]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, path, str(number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    while any(child.poll() is None for child in children):
        store.purge([mine.pop()] if mine else [])
        time.sleep(0.02)
    assert [child.communicate() for child in children] == [("done\n", "")] * 3
    assert [store.get(key) for key in kept] == [f"kept {number}" for number in range(30)]
    assert store.verify() == (930 + len(mine), {})
    store.close()


def test_what_one_process_has_erased_another_does_not_take_for_there(path):
    store, other = sqlite.open(str(path)), sqlite.open(str(path))
    key = put(store, "text")
    assert other.touch([key]) == {key}
    assert other.is_output(other.key_of("output of text"))
    assert store.purge([key]) == 1
    assert other.touch([key]) == set()
    assert not other.is_output(other.key_of("output of text"))
    store.close()
    other.close()


def test_what_is_damaged_can_be_put_again_after_something_was_erased(path):
    store = sqlite.open(str(path))
    keys = [put(store, f"text {number}") for number in range(3)]
    connection = sqlite3.connect(path)
    connection.execute("UPDATE originals SET wrapped = zeroblob(72) WHERE key = ?", (keys[0],))
    connection.commit()
    connection.close()
    assert store.purge([keys[1]]) == 1
    assert store.touch(keys) == {keys[2]}
    assert put(store, "text 0") == keys[0]
    assert [store.get(keys[0]), store.get(keys[2])] == ["text 0", "text 2"]
    assert store.verify() == (2, {})
    store.close()


def test_a_row_in_the_place_of_another_does_not_open(path):
    store = sqlite.open(str(path))
    first, second = store.name_of("first"), store.name_of("second")
    store.put_many([], [Record(first, b"yes"), Record(second, b"no")])
    connection = sqlite3.connect(path)
    connection.execute("UPDATE records SET name = name || 'x'")
    connection.execute("UPDATE records SET name = ? WHERE name = ?", (second, first + "x"))
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=f"record {second} .* is damaged"):
        store.records([second])
    assert second in store.verify().damaged
    store.close()


def test_equal_texts_of_two_tenants_look_different(path):
    sealed = []
    for tenant in ("mine", "theirs"):
        store = sqlite.open(str(path), tenant=tenant)
        store.put_many([Entry(store.key_of("text" * 99), "text" * 99, "text")])
        store.close()
    sealed = column(path, "content FROM originals")
    assert len(set(sealed)) == 2
    assert {len(each) for each in sealed} == {len(sealed[0])}
    assert not any(b"mine" in each.read_bytes() for each in path.parent.rglob("*") if each.is_file())


def test_a_wrong_key_is_told_from_a_missing_one(path):
    store = sqlite.open(str(path))
    key = put(store, "text")
    store.close()
    [master] = Path(f"{path}.keys").iterdir()
    right = master.read_bytes()
    for wrong, says in ((b"0" * 64, "does not open with its key"), (b"no key", "is no key of 32 bytes")):
        master.write_bytes(wrong)
        with pytest.raises(StoreError, match=says):
            sqlite.open(str(path))
    master.write_bytes(right)
    store = sqlite.open(str(path))
    assert store.get(key) == "text"
    store.close()


@pytest.fixture
def keyring(tmp_path):
    """The package's own interface over a backend that keeps passwords in a file."""
    import keyring
    from keyrings.alt.file import PlaintextKeyring

    backend = PlaintextKeyring()
    backend.file_path = str(tmp_path / "keyring.cfg")
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    yield keyring
    keyring.set_keyring(before)


def failing_keyring():
    from keyring.backends.fail import Keyring

    return Keyring()


def test_the_master_key_may_be_in_the_keyring(path, keyring, caplog):
    store = sqlite.open(str(path), key_place="keyring")
    assert "the keyring here (PlaintextKeyring) keeps the store's key in the clear" in caplog.text
    key = put(store, "text")
    store.rotate_key()
    store.close()
    assert not Path(f"{path}.keys").exists()
    again = sqlite.open(str(path), key_place="keyring")
    assert again.get(key) == "text"
    again.close()


def test_a_changed_setting_moves_the_key_when_it_is_changed(path, keyring):
    store = sqlite.open(str(path))
    key = put(store, "text")
    store.close()
    moving = sqlite.open(str(path), key_place="keyring")
    assert len(list(Path(f"{path}.keys").iterdir())) == 1
    moving.rotate_key()
    moving.close()
    assert list(Path(f"{path}.keys").iterdir()) == []
    back = sqlite.open(str(path), key_place="file")
    assert back.get(key) == "text"
    back.rotate_key()
    back.close()
    keyring.set_keyring(failing_keyring())
    store = sqlite.open(str(path))
    assert store.get(key) == "text"
    store.close()


def test_a_keyring_that_fails_is_reported_with_the_next_step(path, keyring):
    sqlite.open(str(path), key_place="keyring").close()
    keyring.delete_password("headroom", column(path, "value FROM meta WHERE name = 'master'")[0])
    with pytest.raises(StoreError, match=r"the keyring has no key .*; unlock it"):
        sqlite.open(str(path), key_place="keyring")
    keyring.set_keyring(failing_keyring())
    with pytest.raises(StoreError, match=r"the keyring cannot be used: .*set store_key_place to 'file'"):
        sqlite.open(str(path.with_name("new")), key_place="keyring")


def test_without_the_package_the_keyring_is_refused_with_the_next_step(path):
    script = """
import sys
sys.modules["keyring"] = None
from headroom.errors import StoreError
from headroom.store import sqlite
try:
    sqlite.open(sys.argv[1], key_place="keyring")
except StoreError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert "pip install headroom-ai[keyring]" in done.stdout


@pytest.mark.parametrize("look", ["_open_master", "_read_tenant_keys"])
def test_a_store_whose_keys_change_while_they_are_looked_up_is_not_damaged(path, monkeypatch, look):
    store, other = sqlite.open(str(path)), sqlite.SqliteStore(str(path))
    kept = put(store, "kept")
    gone = [put(store, f"gone {number}") for number in range(4)]
    other.purge([gone.pop()])
    real = getattr(_vault.Vault, look)

    def interrupted(self, connection):
        if gone and not connection.in_transaction:
            other.purge([gone.pop()])
        real(self, connection)

    monkeypatch.setattr(_vault.Vault, look, interrupted)
    assert store.touch([kept]) == {kept}
    assert len(gone) < 3
    assert store.get(kept) == "kept"
    gone += [put(store, f"gone {number}") for number in range(4)]
    opened = sqlite.SqliteStore(str(path))
    assert opened.get(kept) == "kept"
    opened.close()
    other.close()
