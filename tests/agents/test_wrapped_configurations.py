"""`headroom wrap` itself on generated configurations of every agent: afterwards all is as it was, also after kill -9.

Each run is a process of its own, forked so that it need not import everything anew. `WRAP_CONFIGURATIONS` says how many
of each agent; every step that changes a file is one at which the kill may come.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401  (imported only to address a host)
import gc
import importlib
import os
import pkgutil
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import pytest

import headroom as package
from configurations import place, snapshot
from headroom.agent_setup import Surroundings, wished_edits
from headroom.cli import group
from headroom.edits import FileEdit
from headroom.errors import HeadroomError
from headroom.registry import agents
from proxy.conftest import wait_until

CONFIGURATIONS = int(os.environ.get("WRAP_CONFIGURATIONS", "2"))
REFUSED = 2
RUN_MAIN = "__main__"
STEPS = 60
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.posix_spawn", "subprocess.Popen")
# What a generated configuration may have as the address of a provider; wrap replaces it, since the proxy sends there.
TARGETS = {f"{name}_TARGET_API_URL": "http://old" for name in ("ANTHROPIC", "OPENAI", "GEMINI")}


@pytest.fixture(scope="module")
def machine():
    """A user's environment with every agent in PATH and a proxy that runs, in memory where there is such a place."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith(RUN_MAIN):
            importlib.import_module(module.name)
    gc.freeze()
    directory = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    programs = directory / "bin"
    programs.mkdir()
    for agent in agents():
        (programs / agent.command).symlink_to(shutil.which("true"))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "XDG_DATA_HOME": str(directory / "data"),
        "HEADROOM_CONFIG": os.devnull,
        "HEADROOM_PORT": str(port),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        **TARGETS,
    }
    log = directory / "log"
    with open(log, "wb") as stream:
        proxy = subprocess.Popen(
            [sys.executable, "-m", "headroom", "proxy"], env={**environment, "HOME": str(directory)}, stderr=stream
        )
    wait_until(lambda: b"listening" in log.read_bytes())
    yield directory, environment
    proxy.terminate()
    proxy.wait()
    shutil.rmtree(directory)


def kill_at(step):
    """Makes this process kill itself before the change of a file of this number."""
    left = step

    def watch(event, arguments):
        nonlocal left
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in _CHANGES:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def headroom(environment, *arguments, killed_at=None):
    """The exit code of a command, or the negative number of the signal that ended it."""
    child = os.fork()
    if not child:
        code = 70
        try:
            gc.disable()
            silence = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(silence, descriptor)
            os.environ.clear()
            os.environ.update(environment)
            if killed_at is not None:
                kill_at(killed_at)
            code = group.main(list(arguments), standalone_mode=False) or 0
        except HeadroomError:
            code = REFUSED
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture(params=agents(), ids=lambda agent: agent.name)
def cases(request, machine):
    """Random machines of one agent, each with its files: (random, environment, options of wrap, roots)."""
    agent = request.param
    directory, environment = machine

    def each():
        for seed in range(CONFIGURATIONS):
            random = Random(f"{agent.name} {seed}")
            home, elsewhere = directory / "home", directory / "elsewhere"
            for root in (home, elsewhere):
                shutil.rmtree(root, ignore_errors=True)
                root.mkdir()
            files = {}
            for purpose in agent.setups:
                file = wished_edits(agent, purpose, Surroundings(str(home), {}, "linux", ("/x",)), "http://127.0.0.1")
                files.setdefault(file.path, []).append(file)
            for number, (path, parts) in enumerate(files.items()):
                edits = tuple(edit for part in parts for edit in part.edits)
                place(random, FileEdit(path, parts[0].format, edits), elsewhere / str(number))
            options = random.choice([(), (), ("--no-proxy",)])
            yield random, {**environment, "HOME": str(home)}, options, (home, elsewhere)

    return each


def wrap(name, environment, options, killed_at=None):
    code = headroom(environment, "wrap", name, *options, killed_at=killed_at)
    if code == REFUSED and not options:
        # Not every agent can be routed, nor every configuration of one that can.
        code = headroom(environment, "wrap", name, "--no-proxy", killed_at=killed_at)
    return code


def test_wrap_leaves_no_trace(cases, request):
    name, done = request.node.callspec.id, 0
    for _, environment, options, roots in cases():
        before = snapshot(*roots)
        code = wrap(name, environment, options)
        assert code in (0, REFUSED)
        done += code == 0
        assert snapshot(*roots) == before
        assert headroom(environment, "unwrap", "--all") == 0
        assert snapshot(*roots) == before
    assert done >= max(1, CONFIGURATIONS // 2), "wrap is refused only where there is no sound way"


def test_a_kill_at_any_step_of_wrap_is_made_good_by_unwrap(cases, request):
    name = request.node.callspec.id
    for random, environment, options, roots in cases():
        before = snapshot(*roots)
        assert wrap(name, environment, options, random.randrange(STEPS)) in (0, REFUSED, -signal.SIGKILL)
        assert headroom(environment, "unwrap", "--all") == 0
        assert snapshot(*roots) == before


def test_a_durable_set_up_survives_wrap_and_kills_and_is_taken_back_whole(cases, request):
    name = request.node.callspec.id
    for random, environment, options, roots in cases():
        before = snapshot(*roots)
        if headroom(environment, "init", name):
            continue
        set_up = snapshot(*roots)
        assert wrap(name, environment, options) in (0, REFUSED)
        assert snapshot(*roots) == set_up
        headroom(environment, "unwrap", name, killed_at=random.randrange(20))
        assert headroom(environment, "unwrap", "--all") == 0
        assert snapshot(*roots) == before
