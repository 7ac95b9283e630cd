"""kill -9 of a real process at random moments, in the midst of writes: the next start makes it good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from random import Random

import pytest

from configurations import configuration, snapshot
from headroom.edits import Edit, FileEdit
from headroom.edits.ledger import Ledger

KILLS = int(os.environ.get("EDIT_KILLS", "8"))

AT_WORK = """
import sys
from headroom.edits import Edit, FileEdit
from headroom.edits.ledger import Ledger

ledger = Ledger(sys.argv[1])
files = (
    FileEdit(sys.argv[2], "json", (Edit(("mcpServers", "headroom"), {"command": "x"}),)),
    FileEdit(sys.argv[3], "toml", (Edit(("base_url",), "http://x"),)),
    FileEdit(sys.argv[4], "json", (Edit(("hooks", "on"), "x", in_list=True),)),
)
print("ready", flush=True)
while True:
    ledger.apply(ledger.plan("test", files))
    ledger.undo(ledger.record_named("test"))
"""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_process_killed_at_work_leaves_everything_as_it_was_or_as_it_meant_it(tmp_path, seed):
    random = Random(seed)
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    paths = [home / "a.json", home / "b.toml", home / "new" / "deep" / "c.json"]
    edits = FileEdit(str(paths[0]), "json", (Edit(("mcpServers", "headroom"), {"command": "x"}),))
    paths[0].write_bytes(configuration(random, edits))
    paths[1].write_text('# settings\nbase_url = "http://old" # mine\n')
    before = snapshot(home)
    worker = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, str(data), *map(str, paths)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"ready\n"
    time.sleep(random.uniform(0.0, 0.15))
    worker.send_signal(signal.SIGKILL)
    _, errors = worker.communicate()
    assert (worker.returncode, errors) == (-signal.SIGKILL, b"")
    ledger = Ledger(str(data))
    ledger.recover()
    for record in ledger.records():
        assert record.phase == "applied"
        assert list(ledger.missing(record)) == []
        ledger.undo(record)
    assert snapshot(home) == before
    assert [path.name for path in data.rglob("*") if path.is_file()] in ([], ["lock"])


STEPS = 9


@pytest.mark.parametrize("step", range(STEPS))
def test_a_process_that_kills_itself_at_a_step_is_made_good(tmp_path, step):
    code = f"""
import os, signal, sys
from headroom.edits import Edit, FileEdit
from headroom.edits.ledger import Ledger

left = {step}
def checkpoint(name):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

ledger = Ledger(sys.argv[1], checkpoint)
file = FileEdit(sys.argv[2], "yaml", (Edit(("servers",), {{"name": "headroom"}}, in_list=True),))
ledger.apply(ledger.plan("test", (file,)))
ledger.undo(ledger.record_named("test"))
"""
    path, data = tmp_path / "home" / "made" / "c.yaml", tmp_path / "data"
    (tmp_path / "home").mkdir()
    done = subprocess.run([sys.executable, "-c", code, str(data), str(path)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, "every step up to the last is one at which it can be killed"
    ledger = Ledger(str(data))
    ledger.recover()
    for record in ledger.records():
        ledger.undo(record)
    assert snapshot(tmp_path / "home") == {}
