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
    """Edits of one file that serve one purpose."""

    file: Location
    edits: tuple[Edit, ...]
    evidence: Evidence = "documented"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent.

    - `title`: as its makers write it; `command`: the program, or "" if it is none.
    - `environment` and `arguments`: what routes a run of it to `{base_url}`, beside what it is given.
    - `setups`: the durable edits for each purpose that it has a place for.
    - `transcripts`: globs of the files that hold its conversations.
    - `wire_formats`: names of the providers that it speaks to; none for one whose calls never pass this machine.
    - `routing`: how sure `environment`, `arguments` and `wire_formats` are.
    - `defers_mcp`: its requests hold the tools of MCP servers only once the model has searched for them, so a run
      through the proxy cannot count on the retrieve tool.
    - `hook_event`: the event of `headroom hook` that its hooks name, if it has a set-up for hooks.
    - `user_agents`: how the `User-Agent` of its requests begins.
    - `headers_variable`: what in its environment holds further header fields of its requests, a line each.
    - `note`: what a user should know.
    """

    name: str
    title: str
    command: str
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    setups: Mapping[Purpose, Setup] = field(default_factory=dict)
    transcripts: tuple[str, ...] = ()
    wire_formats: tuple[str, ...] = ()
    routing: Evidence = "documented"
    defers_mcp: bool = False
    hook_event: str = ""
    user_agents: tuple[str, ...] = ()
    headers_variable: str = ""
    note: str = ""


def stdio_server(*path: str, **more: object) -> Edit:
    """The edit that registers the MCP server as most agents have it: an object with `command` and `args`."""
    return Edit((*path, "headroom"), {**more, "command": "{command}", "args": "{arguments}"})
