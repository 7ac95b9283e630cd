"""Whatever an agent's configuration looks like, a set-up leaves no trace when it is taken back."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from random import Random

import pytest

from configurations import place, snapshot
from headroom.agent_setup import PURPOSES, Surroundings, record_name, set_up, wished_edits
from headroom.edits.documents import state, value_at
from headroom.edits.ledger import Ledger
from headroom.errors import ConfigError, InputError
from headroom.registry import agents

CONFIGURATIONS = int(os.environ.get("EDIT_CONFIGURATIONS", "25"))
SETUPS = [(agent, purpose) for agent in agents() for purpose in PURPOSES if purpose in agent.setups]
BASE_URL = "http://127.0.0.1:8787"


class Killed(BaseException):
    """The process ends here: nothing catches it."""


class Countdown:
    """A checkpoint that kills at the step of this number."""

    def __init__(self, steps):
        self.left = steps

    def __call__(self, step):
        self.left -= 1
        if self.left < 0:
            raise Killed(step)


@pytest.fixture
def fast_path(tmp_path):
    """A directory in memory where there is one: every write here is made durable, of which disks make a wait."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    directory = Path(tempfile.mkdtemp(dir=memory))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(params=SETUPS, ids=lambda setup: record_name(*setup))
def cases(request, fast_path):
    """Some random machines for a set-up, each with the agent's file in it: (random, apply, file, way, roots)."""
    agent, purpose = request.param

    def each():
        for seed in range(CONFIGURATIONS):
            random = Random(f"{record_name(agent, purpose)} {seed}")
            home, elsewhere, data = (fast_path / name for name in ("home", "elsewhere", "data"))
            for directory in (home, elsewhere, data):
                shutil.rmtree(directory, ignore_errors=True)
                directory.mkdir()
            machine = Surroundings(str(home), {}, "linux", ("/opt/headroom",))
            file = wished_edits(agent, purpose, machine, BASE_URL)
            way = place(random, file, elsewhere)

            def apply(ledger, agent=agent, purpose=purpose, machine=machine):
                return set_up(ledger, agent, purpose, machine, BASE_URL)

            yield random, apply, file, way, (home, elsewhere), str(data / "edits")

    return each


def is_refused(apply, ledger, way, roots):
    """Applies; True where it was refused, which read-only files are, and then nothing may have changed."""
    before = snapshot(*roots)
    try:
        apply(ledger)
    except (ConfigError, InputError):
        assert snapshot(*roots) == before
        assert ledger.records() == []
        return True
    assert way != "read-only" or snapshot(*roots) == before
    return False


def test_what_was_applied_and_undone_is_byte_identical(cases, request):
    refused = 0
    for _, apply, file, way, roots, data in cases():
        ledger, before = Ledger(data), snapshot(*roots)
        if is_refused(apply, ledger, way, roots):
            refused += way != "read-only"
            continue
        with open(file.path, "rb") as stream:
            raw = stream.read()
        made = [edit for record in ledger.records() for edit in record.files[0].edits]
        assert {state(raw, file.format, edit, file.path) for edit in made} <= {"present"}
        for record in reversed(ledger.records()):
            ledger.undo(record)
        assert snapshot(*roots) == before
        assert ledger.records() == []
    agent, purpose = request.node.callspec.params["cases"]
    # Some edits wait for what the agent itself has to say first.
    most = 1.0 if agent.setups[purpose].needs else 0.1
    assert refused <= CONFIGURATIONS * most, "edits are refused only where there is no sound way to make them"


def test_a_kill_at_any_step_of_applying_is_made_good(cases):
    for random, apply, _file, way, roots, data in cases():
        before = snapshot(*roots)
        try:
            is_refused(apply, Ledger(data, Countdown(random.randint(0, 4))), way, roots)
        except Killed:
            Ledger(data).recover()
            assert snapshot(*roots) == before
            assert Ledger(data).records() == []


def test_a_kill_at_any_step_of_undoing_is_made_good(cases):
    for random, apply, _file, way, roots, data in cases():
        before = snapshot(*roots)
        if is_refused(apply, Ledger(data), way, roots):
            continue
        for record in Ledger(data).records():
            try:
                Ledger(data, Countdown(random.randint(0, 3))).undo(record)
            except Killed:
                Ledger(data).recover()
        for record in Ledger(data).records():  # killed before it had begun
            Ledger(data).undo(record)
        assert snapshot(*roots) == before


def test_what_others_change_meanwhile_is_kept(cases):
    for _, apply, file, way, roots, data in cases():
        ledger = Ledger(data)
        if is_refused(apply, ledger, way, roots) or not ledger.records():
            continue
        [record] = ledger.records()
        with open(file.path, "ab") as stream:
            stream.write(b"\n// theirs\n" if file.format == "json" else b"\n# theirs\n")
        ledger.undo(record)
        with open(file.path, "rb") as stream:
            raw = stream.read()
        assert raw.endswith(b"theirs\n")
        for edit, was in zip(record.files[0].edits, record.files[0].before, strict=True):
            if edit.in_list:
                left = value_at(raw, file.format, edit.path, file.path)
                assert edit.value not in (left if isinstance(left, list) else []) or was.value == edit.value
            else:
                assert value_at(raw, file.format, edit.path, file.path) == was.value
