"""One run of an agent through Headroom: what it is given, what its files say meanwhile, and the process itself.

What is changed in files is changed for the run alone: the last run that relies on a transaction takes it back, and the
next start of Headroom does when that one was killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from shutil import which
from types import FrameType
from typing import Any

from headroom.agent_setup import Surroundings, file_edit, record_name, search_path, wished_edits
from headroom.agents import Agent, Purpose
from headroom.edits.documents import MISSING, value_at
from headroom.edits.files import read_bytes
from headroom.edits.ledger import Ledger, Plan
from headroom.errors import ConfigError, InputError
from headroom.registry import providers
from headroom.routed_copy import bare, copy_for_run, copy_path, rewritten

_ADDRESS = "{base_url}"
_PROJECT = "x-headroom-project"
_PATIENCE_S = 10.0
_PASSED_ON = ("SIGTERM", "SIGHUP")
_LEFT_TO_THE_AGENT = ("SIGINT", "SIGQUIT")


@dataclass(frozen=True, slots=True)
class AgentRun:
    """What one run is made of: the program, what it is given beside its own, and what its files are to say."""

    agent: Agent
    program: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    purposes: tuple[Purpose, ...]
    base_url: str
    known: frozenset[str] = frozenset()


def find_program(agent: Agent, machine: Surroundings) -> str:
    """The path of an agent's program. Raises InputError when it has none, or none is found."""
    if not agent.command:
        raise InputError(f"{agent.title} is not started from a command line; set it up: headroom init {agent.name}")
    found = which(agent.command, path=search_path(machine))
    if found is None:
        raise InputError(f"{agent.command!r}, the program of {agent.title}, is not in PATH; install it first")
    return found


def can_ask(agent: Agent) -> bool:
    """Whether the model of an agent whose requests go through the proxy can have the retrieve tool."""
    return "mcp" in agent.setups and not agent.defers_mcp


def routed_run(
    agent: Agent, machine: Surroundings, base_url: str, targets: Mapping[str, str], *, with_mcp: bool
) -> AgentRun:
    """A run whose requests go to the proxy at `base_url`, with the retrieve tool if there is a place for it.

    `targets` are the addresses that the proxy sends to, by upstream. Raises InputError for an agent that cannot be
    routed, and where requests went to another address until now: the proxy would send them, and their keys, elsewhere.
    """
    program = find_program(agent, machine)
    purposes: tuple[Purpose, ...] = ("mcp",) if with_mcp and can_ask(agent) else ()
    known = frozenset(bare(address) for address in (*targets.values(), base_url))
    arguments = tuple(word.replace(_ADDRESS, base_url) for word in agent.arguments)
    if agent.copy is not None:
        # Refused before anything is changed; what is used is made when the edits of the run are in it.
        rewritten(agent, agent.copy, machine, base_url, known)
        arguments += (agent.copy.argument, copy_path(agent))
    elif not (agent.environment or agent.arguments):
        # Raises, with what to do instead, where there is no place in its settings either.
        file_edit(agent, "route", machine, base_url)
    environment = {name: value.replace(_ADDRESS, base_url) for name, value in agent.environment.items()}
    _refuse_detour(agent, machine, base_url, targets, known)
    # Some prefer what their settings say to their environment.
    is_by_settings = _is_set(agent, machine, base_url) if environment else not arguments
    if is_by_settings:
        purposes += ("route",)
    return AgentRun(agent, program, arguments, environment, purposes, base_url, known)


def unrouted_run(agent: Agent, machine: Surroundings) -> AgentRun:
    """A run with the MCP server and hooks alone. Raises InputError for an agent that has a place for neither."""
    program = find_program(agent, machine)
    offered: tuple[Purpose, ...] = ("mcp", "hooks")
    purposes = tuple(purpose for purpose in offered if purpose in agent.setups)
    if not purposes:
        raise InputError(f"{agent.title} takes neither an MCP server nor hooks, so --no-proxy leaves nothing to do")
    return AgentRun(agent, program, (), {}, purposes, "")


def plan_edits(ledger: Ledger, run: AgentRun, machine: Surroundings) -> list[Plan]:
    """What the agent's files are to say during a run; one plan for each purpose, some of which may change nothing."""
    return [
        ledger.plan(record_name(run.agent, purpose), (file_edit(run.agent, purpose, machine, run.base_url),))
        for purpose in run.purposes
    ]


@contextmanager
def edits_for_run(ledger: Ledger, run: AgentRun, machine: Surroundings) -> Iterator[None]:
    """Keeps an agent's files as a run needs them while it is open. Raises ConfigError, also when they stay changed."""
    with ExitStack() as stack:
        for purpose in run.purposes:
            stack.enter_context(_edit_for_run(ledger, run, purpose, machine))
        if run.agent.copy is not None and run.base_url:
            document = rewritten(run.agent, run.agent.copy, machine, run.base_url, run.known)
            stack.enter_context(copy_for_run(copy_path(run.agent), document))
        yield


@contextmanager
def _edit_for_run(ledger: Ledger, run: AgentRun, purpose: Purpose, machine: Surroundings) -> Iterator[None]:
    name = record_name(run.agent, purpose)
    lease = ledger.lease(name)
    lease.share(_PATIENCE_S)
    try:
        try:
            # Of runs that begin at the same time one makes the edits.
            with ledger.lease(f"{name}.begin").alone(_PATIENCE_S):
                _make(ledger, run, purpose, machine)
            yield
        finally:
            # An interrupt may have come behind the edits, so it is the journal that says what was done.
            record = ledger.record_named(name)
            if record is not None and record.owner and lease.try_alone():
                ledger.undo(record)
    finally:
        lease.release()


def _make(ledger: Ledger, run: AgentRun, purpose: Purpose, machine: Surroundings) -> None:
    plan = ledger.plan(
        record_name(run.agent, purpose), (file_edit(run.agent, purpose, machine, run.base_url),), os.getpid()
    )
    if not plan.is_needed:
        return
    earlier = ledger.record_named(plan.record.name)
    if earlier is not None:
        raise ConfigError(_in_force(run.agent, earlier.name, earlier.owner))
    ledger.apply(plan)


def _in_force(agent: Agent, name: str, owner: int) -> str:
    if owner:
        return f"{name} is in use by another run (process {owner}) with other values; end it, or use the same --port"
    return f"{name} was set up with other values; take it back first: headroom unwrap {agent.name}"


def _refuse_detour(
    agent: Agent, machine: Surroundings, base_url: str, targets: Mapping[str, str], known: Collection[str]
) -> None:
    for name, template in agent.environment.items():
        value = machine.environment.get(name)
        if value and _ADDRESS in template and bare(value) not in known:
            raise InputError(_detour(agent, name, value, targets))
        if value and _ADDRESS not in template and value != template:
            raise InputError(f"{name} is {value!r}, but a run through the proxy needs {template!r}; unset {name}")
    for where, value in addresses_in_settings(agent, machine, base_url):
        if isinstance(value, str) and bare(value) not in known:
            raise InputError(_detour(agent, where, value, targets))


def _detour(agent: Agent, where: str, value: str, targets: Mapping[str, str]) -> str:
    upstreams = {each.endpoint.upstream for each in providers() if each.name in agent.wire_formats}
    names = " or ".join(sorted(f"{name.upper()}_TARGET_API_URL" for name in upstreams & set(targets)))
    return f"{where} is {value}, and the proxy would send requests elsewhere; set {names}={value}, or unset {where}"


def addresses_in_settings(agent: Agent, machine: Surroundings, base_url: str) -> Iterator[tuple[str, Any]]:
    """What an agent's own settings say where the route of a durable set-up would go, and where that is."""
    if "route" not in agent.setups:
        return
    file = wished_edits(agent, "route", machine, base_url)
    raw = read_bytes(file.path)
    for edit in file.edits:
        value = MISSING if raw is None or edit.in_list else value_at(raw, file.format, edit.path, file.path)
        if value is not MISSING:
            yield f"{edit} in {file.path}", value


def _is_set(agent: Agent, machine: Surroundings, base_url: str) -> bool:
    """Whether an agent's settings name an address."""
    return any(True for _ in addresses_in_settings(agent, machine, base_url))


class Signals:
    """What the signals of a terminal and of a supervisor do during a run; installed while it is open.

    Before the agent runs they end the preparations. While it runs, Ctrl-C is its own affair, since the terminal tells
    it too, and a request to end is passed on. Afterwards nothing interrupts the restoring.
    """

    def __init__(self) -> None:
        self._agent: subprocess.Popen[bytes] | None = None
        self._is_starting = self._is_over = False
        self._early: list[int] = []
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Signals:
        for name in (*_PASSED_ON, *_LEFT_TO_THE_AGENT):
            number = getattr(signal, name, None)
            # What the parent had ignored, as `nohup` does, stays so.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._received)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def has_run(self) -> bool:
        """Whether the agent was started, or that was tried."""
        return self._is_starting

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Runs the agent in the foreground; its exit code, or 128 and the number of the signal that ended it."""
        self._is_starting = True
        try:
            # The handlers above go when it starts: to an agent, signals are what they are to any program.
            self._agent = subprocess.Popen(list(command), env=dict(environment))  # noqa: S603  (the user's own agent)
        except OSError as error:
            raise InputError(f"{command[0]} cannot be started: {error.strerror}; reinstall it") from None
        for number in self._early:
            self._agent.send_signal(number)
        try:
            code = self._agent.wait()
        finally:
            self._is_over = True
        return code if code >= 0 else 128 - code

    def _received(self, number: int, frame: FrameType | None) -> None:
        if self._is_over:
            return
        if self._agent is None and self._is_starting:
            # It may have begun: told as soon as it is known.
            self._early.append(number)
        elif self._agent is None:
            self._is_over = True
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            sys.exit(128 + number)
        elif signal.Signals(number).name in _PASSED_ON:
            self._agent.send_signal(number)


def environment_of(run: AgentRun, machine: Surroundings) -> dict[str, str]:
    """The environment in which an agent is run; where it can, it says for which project its requests are."""
    environment = {**machine.environment, **run.environment}
    variable, project = run.agent.headers_variable, project_of(os.getcwd())
    fields = environment.get(variable, "")
    # Only the proxy is told, and only by those who do not tell it already.
    if variable and run.base_url and project and _PROJECT not in fields.lower():
        environment[variable] = "\n".join(filter(None, (fields, f"{_PROJECT}: {project}")))
    return environment


def project_of(directory: str) -> str:
    """The name of the repository that a directory is in, else the directory's own, as far as a header can hold it."""
    at = directory
    while not os.path.exists(os.path.join(at, ".git")) and os.path.dirname(at) != at:
        at = os.path.dirname(at)
    root = at if os.path.dirname(at) != at else directory
    return "".join(each for each in os.path.basename(root) if " " <= each <= "~").strip()


def command_of(run: AgentRun, arguments: Collection[str]) -> list[str]:
    """The command line of a run, with the arguments that its user gave."""
    return [run.program, *run.arguments, *arguments]
