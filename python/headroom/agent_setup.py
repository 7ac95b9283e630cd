"""From agents' values to edits of their files on this machine, in transactions that can be taken back.

One transaction is one purpose of one agent, and is named after them, as in `claude-mcp`. What it needs to know of the
machine is passed in as `Surroundings`.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headroom.agents import Agent, Location, Purpose
from headroom.edits import Edit, FileEdit, Path
from headroom.edits.documents import MISSING, value_at
from headroom.edits.files import read_bytes
from headroom.edits.ledger import Ledger, Plan
from headroom.errors import ConfigError, InputError
from headroom.launchers import without_launchers
from headroom.nearest import did_you_mean
from headroom.registry import agents
from headroom.settings import surroundings, user_directory

PURPOSES: tuple[Purpose, ...] = ("mcp", "hooks", "route")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A machine as seen by one user: home directory, environment, `sys.platform`, and how Headroom is run on it."""

    home: str
    environment: Mapping[str, str]
    platform: str
    launcher: tuple[str, ...]


def this_machine() -> Surroundings:
    """The surroundings of this process."""
    return Surroundings(os.path.expanduser("~"), surroundings(), sys.platform, _launcher())


def open_ledger() -> tuple[Ledger, list[str]]:
    """The ledger of this user, in the platform's data directory, and what a crash had left half done.

    That has been taken back by then.
    """
    ledger = Ledger(os.path.join(user_directory("data"), "edits"))
    return ledger, ledger.recover()


def agent_named(name: str) -> Agent:
    """The agent of this name. Raises InputError, which lists them and says how to add one."""
    known = agents()
    for agent in known:
        if agent.name == name:
            return agent
    names = [agent.name for agent in known]
    raise InputError(
        f"no agent {name!r}{did_you_mean(name, names)}; known are {', '.join(names)}. To add one, write "
        f"python/headroom/agents/{name}.py like the others, or a package with the entry point group headroom.agents"
    )


def record_name(agent: Agent, purpose: Purpose) -> str:
    """The name of the transaction that sets an agent up for a purpose."""
    return f"{agent.name}-{purpose}"


def search_path(machine: Surroundings) -> str:
    """Where agents' programs are looked for: PATH, without our launchers, which would run us again."""
    return without_launchers(machine.environment.get("PATH", os.defpath))


def is_present(agent: Agent, machine: Surroundings) -> bool:
    """Whether an agent seems to be installed: its program is found, or the directory of its settings is there."""
    from shutil import which

    if agent.command and which(agent.command, path=search_path(machine)):
        return True
    files = [locate(setup.file, machine) for setup in agent.setups.values()]
    return any(
        os.path.exists(file) or (os.path.dirname(file) != machine.home and os.path.isdir(os.path.dirname(file)))
        for file in files
    )


def locate(location: Location, machine: Surroundings) -> str:
    """Where a file of an agent is on this machine."""
    own = {"darwin": location.darwin, "win32": location.win32}.get(machine.platform)
    path = _expanded(own or location.path, location, machine)
    if location.otherwise and not os.path.exists(path):
        otherwise = _expanded(location.otherwise, location, machine)
        return otherwise if os.path.exists(otherwise) else path
    return path


def _expanded(path: str, location: Location, machine: Surroundings) -> str:
    directory = machine.environment.get(location.variable) if location.variable else None
    if directory and (path + "/").startswith(location.replaces + "/"):
        path = os.path.join(directory, path[len(location.replaces) + 1 :])
    if path.startswith("~/"):
        path = os.path.join(machine.home, path[2:])
    return os.path.normpath(path)


def file_edit(agent: Agent, purpose: Purpose, machine: Surroundings, base_url: str = "") -> FileEdit:
    """The edits that set an agent up for a purpose, as far as its file has a place for them.

    Raises InputError when there is none.
    """
    file = wished_edits(agent, purpose, machine, base_url)
    needs = agent.setups[purpose].needs
    edits = tuple(edit for edit in file.edits if _is_there(edit.path[:needs], file))
    if not edits:
        raise InputError(f"nothing stands in {file.path} that could be set for {purpose}. {agent.note}")
    return FileEdit(file.path, file.format, edits)


def wished_edits(agent: Agent, purpose: Purpose, machine: Surroundings, base_url: str = "") -> FileEdit:
    """All edits that an agent has for a purpose, whatever its file says. Raises InputError when it has none."""
    setup = agent.setups.get(purpose)
    if setup is None:
        raise InputError(_instead(agent, purpose, base_url))
    program, *prefix = machine.launcher
    arguments = (*prefix, *_arguments(agent, purpose))
    words = {
        "{command}": program,
        "{command_line}": shlex.join((program, *arguments)),
        "{base_url}": base_url.rstrip("/"),
    }
    edits = tuple(Edit(edit.path, _filled(edit.value, words, arguments), edit.in_list) for edit in setup.edits)
    return FileEdit(locate(setup.file, machine), setup.file.format, edits)


def _is_there(needed: Path, file: FileEdit) -> bool:
    """Whether what an edit needs stands in a file."""
    if not needed:
        return True
    raw = read_bytes(file.path)
    return raw is not None and value_at(raw, file.format, needed, file.path) is not MISSING


def _instead(agent: Agent, purpose: Purpose, base_url: str) -> str:
    """What to do where an agent has no settings for a purpose."""
    if purpose == "route" and (agent.environment or agent.arguments):
        words = [f"{name}={value}" for name, value in agent.environment.items()] + [agent.command, *agent.arguments]
        line = shlex.join(word.replace("{base_url}", base_url.rstrip("/")) for word in words)
        return f"{agent.title} keeps no address in its settings; run it as: {line}. {agent.note}".strip()
    if purpose == "route":
        note = agent.note.replace("BASE_URL", base_url.rstrip("/"))
        return f"{agent.title} keeps no address that could be set here. {note}".strip()
    possible = [each.name for each in agents() if purpose in each.setups]
    return f"{agent.title} has no settings for {purpose}; these have: {', '.join(possible)}"


def _arguments(agent: Agent, purpose: Purpose) -> tuple[str, ...]:
    """What a set-up runs, behind the program's name."""
    if purpose == "mcp":
        return ("mcp", "serve")
    return ("hook", agent.hook_event) if purpose == "hooks" else ()


def plan_setup(
    ledger: Ledger, agent: Agent, purpose: Purpose, machine: Surroundings, base_url: str = ""
) -> tuple[Plan | None, Plan]:
    """What setting an agent up would change: what is taken back of an earlier set-up first, and what is then made.

    The first is None if there is no earlier one, or it is as it should be. Raises ConfigError while a run has its own.
    """
    edit = file_edit(agent, purpose, machine, base_url)
    plan = ledger.plan(record_name(agent, purpose), (edit,))
    earlier = ledger.record_named(plan.record.name)
    if earlier is not None and earlier.owner:
        raise ConfigError(
            f"{earlier.name} is set for a run of {agent.title} (process {earlier.owner}) and goes with it; end it first"
        )
    if earlier is None or not plan.is_needed:
        return None, plan
    return ledger.plan_undo(earlier), plan


def set_up(ledger: Ledger, agent: Agent, purpose: Purpose, machine: Surroundings, base_url: str = "") -> Plan:
    """Sets an agent up for a purpose, in place of an earlier set-up; the plan that was applied tells what changed."""
    earlier, plan = plan_setup(ledger, agent, purpose, machine, base_url)
    if earlier is not None:
        ledger.undo(earlier.record)
        plan = ledger.plan(plan.record.name, (file_edit(agent, purpose, machine, base_url),))
    if plan.is_needed:
        ledger.apply(plan)
    return plan


def _filled(value: Any, words: Mapping[str, str], arguments: tuple[str, ...]) -> Any:
    if value == "{arguments}":
        return list(arguments)
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(name, word)
        return value
    if isinstance(value, Mapping):
        return {key: _filled(inner, words, arguments) for key, inner in value.items()}
    if isinstance(value, list):
        filled = [arguments if inner == "{arguments}" else (_filled(inner, words, arguments),) for inner in value]
        return [element for elements in filled for element in elements]
    return value


def _launcher() -> tuple[str, ...]:
    # An absolute path, since programs that are started from a desktop have another PATH than a shell.
    beside = os.path.join(os.path.dirname(sys.executable), "headroom.exe" if sys.platform == "win32" else "headroom")
    return (beside,) if os.path.isfile(beside) else (sys.executable, "-m", "headroom")
