"""Findings about an installation, each with its cure. Only what a crash left half done is mended on the way."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from headroom import __version__
from headroom.agent_setup import PURPOSES, Surroundings, is_present, open_ledger, record_name, this_machine
from headroom.agents import Agent, Purpose
from headroom.edits.ledger import Ledger
from headroom.edits.records import Record
from headroom.errors import HeadroomError
from headroom.library import default_store, resolve_settings
from headroom.mcp import is_installed
from headroom.registry import agents, compressors, providers

# What an extra brings, by the module that shows it is there.
_EXTRAS = {"mcp": ("mcp", "ruamel.yaml"), "ml": ("onnxruntime", "numpy")}
_CONNECT_TIMEOUT_S = 1.0


class Finding(NamedTuple):
    """One thing that was looked at: what, how it is, in words, and what to do about it."""

    subject: str
    verdict: Literal["good", "note", "problem"]
    text: str
    cure: str = ""


def examine() -> list[Finding]:
    """Everything that can be looked at without a network beyond this machine."""
    machine = this_machine()
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("version", _version),
        ("settings", _settings),
        ("store", _store),
        ("parts", _families),
        ("extras", _extras),
        ("agents", lambda: _agents(machine)),
    )
    findings = []
    for subject, check in checks:
        try:
            findings += list(check())
        except HeadroomError as error:
            findings.append(Finding(subject, "problem", str(error), "do what the message says, then run this again"))
    return findings


def _version() -> Iterator[Finding]:
    yield Finding("version", "good", f"headroom {__version__}, Python {platform.python_version()}, {platform.system()}")


def _settings() -> Iterator[Finding]:
    resolved = resolve_settings()
    yield Finding("settings", "good", f"{len(resolved.origins)} settings; file {resolved.file}")
    for name in resolved.unknown:
        yield Finding("settings", "note", f"{name} in the environment is no setting", "see: headroom settings")


def _store() -> Iterator[Finding]:
    stats = default_store(resolve_settings().settings).stats()
    text = f"{stats.entries:,} originals, {stats.used_bytes:,} of {stats.max_bytes:,} bytes"
    if stats.used_bytes > 0.9 * stats.max_bytes:
        yield Finding("store", "note", f"nearly full: {text}", "set store_max_bytes higher, or let old originals go")
    else:
        yield Finding("store", "good", text)


def _families() -> Iterator[Finding]:
    text = f"{len(compressors())} compressors, {len(providers())} providers, {len(agents())} agents"
    yield Finding("parts", "good", text)


def _extras() -> Iterator[Finding]:
    for extra, modules in _EXTRAS.items():
        missing = [module for module in modules if not _is_importable(module)]
        if missing:
            cure = f"if you want it: pip install 'headroom-ai[{extra}]'"
            yield Finding("extras", "note", f"{extra} is not installed ({', '.join(missing)} missing)", cure)
        else:
            yield Finding("extras", "good", f"{extra} is installed")


def _is_importable(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _agents(machine: Surroundings) -> Iterator[Finding]:
    ledger, recovered = open_ledger()
    for name in recovered:
        yield Finding(
            name, "note", "an edit that a crash had left, of a run or half done, was taken back", "set it up again"
        )
    records = {record.name: record for record in ledger.records()}
    for agent in agents():
        mine = [(purpose, records.pop(record_name(agent, purpose), None)) for purpose in PURPOSES]
        held = [(purpose, record) for purpose, record in mine if record is not None]
        for purpose, record in held:
            yield from _record(ledger, agent, purpose, record)
        if not held and is_present(agent, machine):
            yield Finding(
                agent.name, "note", "is here, and is not set up", f"if you want it: headroom init {agent.name}"
            )
    for name in records:
        yield Finding(name, "problem", "edits of an agent that is not known here", "headroom unwrap --all")


def _record(ledger: Ledger, agent: Agent, purpose: Purpose, record: Record) -> Iterator[Finding]:
    undo, redo = f"headroom unwrap {agent.name}", f"headroom init {agent.name}"
    gone = list(ledger.missing(record))
    for path, where in gone:
        yield Finding(record.name, "problem", f"{where} in {path} is no longer as it was set", f"{undo}, then {redo}")
    for value in (edit.value for file in record.files for edit in file.edits):
        program = _program(value) if purpose == "mcp" else None
        if program is not None and not os.path.exists(program):
            yield Finding(record.name, "problem", f"{program}, which the agent starts, is gone", redo)
            return
        if purpose == "mcp" and not is_installed():
            cure = f"pip install 'headroom-ai[mcp]', or: {undo}"
            yield Finding(record.name, "problem", "the server is registered and cannot run: no extra mcp", cure)
            return
        if purpose == "route" and isinstance(value, str) and not is_answered(value.rpartition("=")[2]):
            cure = f"start the proxy, or: {undo}"
            yield Finding(record.name, "problem", f"requests go to {value}, where nothing answers", cure)
            return
    if not gone:
        yield Finding(record.name, "good", f"set in {', '.join(file.path for file in record.files)}")


def _program(value: Any) -> str | None:
    command = value.get("command", value.get("cmd")) if isinstance(value, dict) else None
    return command[0] if isinstance(command, list) else command


def is_answered(address: str) -> bool:
    """Whether something listens at an address on this machine; of another machine it is taken for granted."""
    import socket

    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return True
    try:
        socket.create_connection((parts.hostname, port), _CONNECT_TIMEOUT_S).close()
    except OSError:
        return False
    return True
