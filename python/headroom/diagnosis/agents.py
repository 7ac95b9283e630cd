"""Agents' configurations: what was set up in them and still holds, what is stale, and what leads nowhere."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from typing import Any

from headroom import launchers
from headroom.agent_run import addresses_in_settings
from headroom.agent_setup import PURPOSES, Surroundings, file_edit, is_present, locate, open_ledger, record_name
from headroom.agents import Agent, Purpose
from headroom.diagnosis.finding import Finding, is_answered
from headroom.edits.documents import MISSING, value_at
from headroom.edits.files import read_bytes, temporary_of
from headroom.edits.ledger import Ledger
from headroom.edits.records import Record
from headroom.errors import ConfigError
from headroom.mcp import is_installed
from headroom.registry import agents


def examined(machine: Surroundings) -> Iterator[Finding]:
    """What there is to say of every agent that is here or was set up."""
    ledger, recovered = open_ledger()
    for name in recovered:
        yield Finding(
            name, "note", "an edit that a crash had left, of a run or half done, was taken back", "set it up again"
        )
    records = {record.name: record for record in ledger.records()}
    for agent in agents():
        mine = [(purpose, records.pop(record_name(agent, purpose), None)) for purpose in PURPOSES]
        held = {purpose: record for purpose, record in mine if record is not None}
        for purpose, record in held.items():
            yield from _record(ledger, agent, purpose, record)
        yield from _launcher(agent, machine)
        if is_present(agent, machine):
            yield from _configuration(agent, machine, held)
            if not held and launchers.read(agent.command) is None:
                cure = f"if you want it: headroom init {agent.name}"
                yield Finding(agent.name, "note", "is here, and is not set up", cure)
    for name in records:
        yield Finding(name, "problem", "edits of an agent that is not known here", "headroom unwrap --all")


def _record(ledger: Ledger, agent: Agent, purpose: Purpose, record: Record) -> Iterator[Finding]:
    undo, redo = f"headroom unwrap {agent.name}", f"headroom init {agent.name}"
    redo += {"mcp": "", "hooks": " --hooks", "route": " --route"}[purpose]
    gone = list(ledger.missing(record))
    for path, where in gone:
        yield Finding(record.name, "problem", f"{where} in {path} is no longer as it was set", f"{undo}, then {redo}")
    for value in (edit.value for file in record.files for edit in file.edits):
        program = _program(value)
        if program is not None and not os.path.exists(program):
            yield Finding(record.name, "problem", f"{program}, which the agent starts, is gone", redo)
            return
        if purpose == "mcp" and not is_installed():
            cure = f"pip install 'headroom-ai[mcp]', or: {undo}"
            yield Finding(record.name, "problem", "the server is registered and cannot run: no extra mcp", cure)
            return
        if purpose == "route" and isinstance(value, str) and not is_answered(value.rpartition("=")[2]):
            cure = f"start the proxy, or: {undo}; a launcher would start it: {redo}"
            yield Finding(record.name, "problem", f"requests go to {value}, where nothing answers", cure)
            return
    if not gone:
        yield Finding(record.name, "good", f"set in {', '.join(file.path for file in record.files)}")


def _launcher(agent: Agent, machine: Surroundings) -> Iterator[Finding]:
    text = launchers.read(agent.command) if agent.command else None
    if text is None:
        return
    subject, redo = f"{agent.name}-launcher", f"headroom init {agent.name} --route"
    if text != launchers.script(agent.name, agent.command, machine.launcher, sys.executable):
        text = "was made by another installation of Headroom; without that one it starts the agent by itself"
        yield Finding(subject, "note", text, redo)
    elif not launchers.is_first(agent.command, machine.environment.get("PATH", "")):
        cure = f'in your shell\'s profile: export PATH="{launchers.launchers_directory()}:$PATH"'
        yield Finding(subject, "problem", f"{agent.command} in PATH is not the launcher, so nothing is routed", cure)
    else:
        yield Finding(subject, "good", f"set in {launchers.launcher_path(agent.command)}")


def _configuration(agent: Agent, machine: Surroundings, held: dict[Purpose, Record]) -> Iterator[Finding]:
    """Files that we could not edit, drafts that a crash left, and what nobody's record tells of but leads nowhere."""
    for path in dict.fromkeys(locate(setup.file, machine) for setup in agent.setups.values()):
        draft = temporary_of(os.path.realpath(path))
        if os.path.exists(draft):
            yield Finding(agent.name, "note", f"{draft} was left by a process that was killed", f"rm {draft}")
    try:
        if "route" not in held:
            for where, value in addresses_in_settings(agent, machine, ""):
                if isinstance(value, str) and not is_answered(value):
                    cure = "start the proxy that belongs there, or remove it"
                    yield Finding(agent.name, "problem", f"{where} is {value}, where nothing answers", cure)
        if "mcp" not in held and "mcp" in agent.setups:
            yield from _unrecorded_server(agent, machine)
    except ConfigError as error:
        yield Finding(
            agent.name, "note", f"its settings cannot be edited: {error}", "mend the file, or edit it by hand"
        )


def _unrecorded_server(agent: Agent, machine: Surroundings) -> Iterator[Finding]:
    file = file_edit(agent, "mcp", machine)
    raw = read_bytes(file.path)
    for edit in file.edits:
        value = MISSING if raw is None else value_at(raw, file.format, edit.path, file.path)
        named = [value] if not edit.in_list else value if isinstance(value, list) else []
        for server in named:
            is_ours = not edit.in_list or (isinstance(server, dict) and server.get("name") == "headroom")
            program = _program(server) if is_ours else None
            if program is not None and os.path.isabs(program) and not os.path.exists(program):
                text = f"{edit} in {file.path} starts {program}, which is gone"
                yield Finding(agent.name, "problem", text, "remove it by hand, or install Headroom there again")


def _program(value: Any) -> str | None:
    """The program that a server or a hook starts, as agents write it; None for what starts none."""
    if not isinstance(value, dict):
        return None
    for hook in value.get("hooks", ()):
        return _program(hook)
    command = value.get("command", value.get("cmd", value.get("bash")))
    if isinstance(command, list):
        return command[0] if command else None
    if isinstance(command, str) and " hook " in command:
        # Of a hook it is a line for a shell.
        return shlex.split(command)[0]
    return command if isinstance(command, str) else None
