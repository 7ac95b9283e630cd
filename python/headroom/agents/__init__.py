"""Agents as data: one module each, whose `agent` says how it is run, routed, set up, and where its transcripts are.

A module of this package has a `name` (what the command line calls it) and an `agent` of that name; installed packages
join by the entry point group `headroom.agents`. Nothing here does anything: `headroom.agent_setup` makes edits from
these values, and `headroom.edits` applies them.

In texts, `{command}` stands for the program that runs Headroom, `{command_line}` for it and its arguments as a shell
would take them, and `{base_url}` for the address of a proxy without a path. A list element `{arguments}` stands for the
arguments one by one, and a value that is `{arguments}` for the list of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from headroom.edits import Edit, Format

Evidence = Literal["tested", "documented"]
"""How sure a fact is: tried with the agent itself, or taken from its documentation."""

Purpose = Literal["mcp", "hooks", "route"]
"""What a set-up is for: the MCP server, hooks that compress tool outputs, or the way to the provider."""


@dataclass(frozen=True, slots=True)
class Location:
    """A file of an agent's. `path` may begin with `~`.

    If the environment has `variable`, its value stands for the directory `replaces`. `darwin` and `win32` are the paths
    on those systems, where they differ. Where there is no such file and one at `otherwise`, that is taken.
    """

    path: str
    format: Format = "json"
    variable: str = ""
    replaces: str = ""
    darwin: str = ""
    win32: str = ""
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """Edits of one file that serve one purpose.

    `needs`: how many keys of an edit's path must be there for it to be made; the agent's own words say the rest.
    """

    file: Location
    edits: tuple[Edit, ...]
    evidence: Evidence = "documented"
    needs: int = 0


@dataclass(frozen=True, slots=True)
class RoutedCopy:
    """A configuration that names an address at each of its models, so that a run gets a copy of it with others.

    In the list `models` of `file`, an entry whose `kind` is one of `addresses` has its `address` replaced. `argument`
    is the option by which the agent is told of the copy.
    """

    file: Location
    argument: str
    models: str
    kind: str
    address: str
    addresses: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent.

    - `title`: as its makers write it; `command`: the program, or "" if it is none.
    - `environment` and `arguments`: what routes a run of it to `{base_url}`, beside what it is given.
    - `copy`: what routes a run instead, where neither can.
    - `setups`: the durable edits for each purpose that it has a place for.
    - `transcripts`: globs of the files that hold its conversations.
    - `wire_formats`: names of the providers that it speaks to; none for one whose calls never pass this machine.
    - `routing`: how sure `environment`, `arguments` and `wire_formats` are.
    - `defers_mcp`: its requests hold the tools of MCP servers only once the model has searched for them, so a run
      through the proxy cannot count on the retrieve tool.
    - `hook_event`: the event of `headroom hook` that its hooks name, if it has a set-up for hooks.
    - `subscription`: why a run on its maker's subscription cannot be routed, if that is so.
    - `user_agents`: how the `User-Agent` of its requests begins.
    - `headers_variable`: what in its environment holds further header fields of its requests, a line each.
    - `note`: what a user should know.
    """

    name: str
    title: str
    command: str
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    copy: RoutedCopy | None = None
    setups: Mapping[Purpose, Setup] = field(default_factory=dict)
    transcripts: tuple[str, ...] = ()
    wire_formats: tuple[str, ...] = ()
    routing: Evidence = "documented"
    defers_mcp: bool = False
    hook_event: str = ""
    subscription: str = ""
    user_agents: tuple[str, ...] = ()
    headers_variable: str = ""
    note: str = ""


def stdio_server(*path: str, **more: object) -> Edit:
    """The edit that registers the MCP server as most agents have it: an object with `command` and `args`."""
    return Edit((*path, "headroom"), {**more, "command": "{command}", "args": "{arguments}"})
