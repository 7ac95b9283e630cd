from __future__ import annotations

import json
import os
import stat
import time

import pytest

from headroom.edits import Edit, FileEdit
from headroom.edits.ledger import Ledger
from headroom.errors import ConfigError

ROUTE = Edit(("env", "BASE_URL"), "http://127.0.0.1:8787")
SERVER = Edit(("servers", "headroom"), {"command": "/x/headroom"})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "settings.json"


@pytest.fixture
def ledger(tmp_path):
    return Ledger(str(tmp_path / "data"))


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())


def apply(ledger, path, *edits, name="test"):
    ledger.apply(ledger.plan(name, (FileEdit(str(path), "json", edits),)))
    return ledger.record_named(name)


def test_a_value_that_stood_there_is_put_back_in_a_file_that_others_changed(ledger, path):
    write(path, '{\n  "env": {"BASE_URL": "http://mine"}, // keep\n  "a": 1\n}\n')
    record = apply(ledger, path, ROUTE)
    write(path, path.read_text().replace('"a": 1', '"a": 2'))
    ledger.undo(record)
    assert path.read_text() == '{\n  "env": {"BASE_URL": "http://mine"}, // keep\n  "a": 2\n}\n'


def test_a_value_of_ours_that_somebody_changed_is_left_and_named(ledger, path):
    write(path, "{}")
    record = apply(ledger, path, ROUTE, SERVER)
    changed = path.read_text().replace("8787", "9999")
    write(path, changed)
    with pytest.raises(ConfigError, match=r"env\.BASE_URL in .*settings\.json was changed .* by hand"):
        ledger.undo(record)
    assert path.read_text() == changed
    assert ledger.record_named("test") is not None


def test_a_value_of_ours_that_somebody_removed_is_no_obstacle(ledger, path):
    write(path, '{"a": 1}')
    record = apply(ledger, path, ROUTE)
    write(path, '{"a": 2}')
    ledger.undo(record)
    assert path.read_text() == '{"a": 2}'
    assert ledger.records() == []


def test_set_ups_of_one_file_are_taken_back_in_either_order(tmp_path, path):
    for order in (0, -1):
        ledger = Ledger(str(tmp_path / f"data{order}"))
        write(path, '{\n\t"a": 1 // one\n}\n')
        apply(ledger, path, ROUTE, name="first")
        apply(ledger, path, SERVER, name="second")
        while records := ledger.records():
            ledger.undo(records[order])
        assert path.read_text() == '{\n\t"a": 1 // one\n}\n'


def test_a_file_that_changes_between_plan_and_apply_is_not_overwritten(ledger, path):
    write(path, "{}")
    plan = ledger.plan("test", (FileEdit(str(path), "json", (ROUTE,)),))
    write(path, '{"theirs": 1}')
    with pytest.raises(ConfigError, match=r"changed by another program meanwhile"):
        ledger.apply(plan)
    assert path.read_text() == '{"theirs": 1}'
    assert ledger.records() == []


def test_of_several_files_all_are_changed_or_none(ledger, path, tmp_path):
    write(path, "{}")
    other = tmp_path / "home" / "file" / "below.json"
    (tmp_path / "home" / "file").write_text("no directory")
    files = (FileEdit(str(path), "json", (ROUTE,)), FileEdit(str(other), "json", (ROUTE,)))
    with pytest.raises(ConfigError, match=r"cannot be written: Not a directory"):
        ledger.apply(ledger.plan("test", files))
    assert path.read_text() == "{}"
    assert ledger.records() == []


def test_what_is_in_the_way_is_named(ledger, path):
    for text, message in (
        ('{"env": 3}', r"holds a int at env, where a table is expected"),
        ('{"env": }', r"cannot be read as JSON: line 1: '}' is not expected"),
        ("[1]", r"holds a list where settings are expected"),
        ('{"a": 1} x', r"something follows the value"),
    ):
        write(path, text)
        with pytest.raises(ConfigError, match=message):
            ledger.plan("test", (FileEdit(str(path), "json", (ROUTE,)),))
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ConfigError, match=r"not UTF-8 text \(byte 7\)"):
        ledger.plan("test", (FileEdit(str(path), "json", (ROUTE,)),))


def test_a_read_only_file_is_refused_with_what_to_do(ledger, path):
    write(path, "{}")
    path.chmod(0o444)
    with pytest.raises(ConfigError, match=r"is read-only; make it writable \(chmod u\+w"):
        ledger.plan("test", (FileEdit(str(path), "json", (ROUTE,)),))


def test_the_journal_and_its_backups_are_for_their_owner_alone(ledger, path, tmp_path):
    write(path, '{"key": "secret"}')
    path.chmod(0o640)
    apply(ledger, path, ROUTE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    for name in os.listdir(tmp_path / "data"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600


def test_a_journal_that_cannot_be_read_is_no_reason_to_guess(ledger, path, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "test.json").write_text("{")
    with pytest.raises(ConfigError, match=r"is no record of edits .* move it away"):
        ledger.recover()


def test_without_a_place_for_the_journal_nothing_is_changed(path, tmp_path):
    write(path, "{}")
    (tmp_path / "data").write_text("a file")
    ledger = Ledger(str(tmp_path / "data" / "edits"))
    with pytest.raises(ConfigError, match=r"the journal in .* cannot be used: Not a directory"):
        apply(ledger, path, ROUTE)
    assert path.read_text() == "{}"


def test_a_value_that_the_journal_could_not_keep_is_not_replaced(ledger, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[env]\nBASE_URL = 2026-01-01\n")
    with pytest.raises(ConfigError, match=r"cannot be kept .* by hand"):
        ledger.apply(ledger.plan("test", (FileEdit(str(path), "toml", (ROUTE,)),)))
    assert path.read_text() == "[env]\nBASE_URL = 2026-01-01\n"


def test_a_link_that_leads_in_a_circle_is_refused(ledger, path):
    path.parent.mkdir()
    path.symlink_to(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        ledger.plan("test", (FileEdit(str(path), "json", (ROUTE,)),))


def test_a_plan_shows_its_change_as_a_diff_and_writes_nothing(ledger, path, tmp_path):
    write(path, '{\n  "a": 1\n}\n')
    plan = ledger.plan("test", (FileEdit(str(path), "json", (ROUTE,)),))
    assert '-  "a": 1\n+  "a": 1,\n+  "env": {\n+    "BASE_URL": "http://127.0.0.1:8787"\n+  }\n' in plan.diff()
    assert path.read_text() == '{\n  "a": 1\n}\n'
    assert not (tmp_path / "data").exists()


def test_a_file_of_megabytes_is_planned_in_some_times_what_reading_it_takes(ledger, path):
    rows = ",\n".join(f'  "project{n}": {{"history": ["{"x" * 60}"], "cost": {n}}}' for n in range(20_000))
    write(path, "{\n" + rows + "\n}\n")
    before = path.read_bytes()
    start = time.process_time()
    json.loads(before)
    reading_s = time.process_time() - start
    plan = ledger.plan("test", (FileEdit(str(path), "json", (SERVER,)),))
    assert time.process_time() - start < 200 * reading_s + 0.5
    ledger.apply(plan)
    record = ledger.record_named("test")
    assert path.read_bytes().startswith(before[:-3])
    ledger.undo(record)
    assert path.read_bytes() == before
