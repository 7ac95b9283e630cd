"""`headroom mcp`: the MCP server, and its registration with agents."""

from __future__ import annotations

import gc
import json

import click

from headroom.agent_setup import Surroundings, file_edit, is_present, plan_setup, this_machine
from headroom.agents import Agent
from headroom.cli.edits import chosen, dry_run, ledger_of_user, make, records_of, take_back
from headroom.cli.streams import write_text
from headroom.diagnosis import LOOPBACK
from headroom.edits.documents import state, value_at
from headroom.edits.files import read_bytes
from headroom.errors import ConfigError, InputError
from headroom.mcp import require_installed

agent_option = click.option("--agent", "names", metavar="NAME", multiple=True, help="An agent; default: all found.")


@click.group("mcp")
def command() -> None:
    """Compression and retrieval as tools, for agents that speak the Model Context Protocol."""


@command.command("serve")
@click.option("--http", is_flag=True, help="Serve streamable HTTP instead of standard input and output.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="With --http: a loopback address.")
@click.option("--port", metavar="N", type=click.IntRange(1, 65_535), default=8788, help="With --http: the port.")
def serve(http: bool, host: str, port: int) -> None:
    """Serve the tools headroom_compress, headroom_retrieve and headroom_stats.

    Over HTTP the address is http://HOST:PORT/mcp, and only for programs on this machine: there is no log-in.
    """
    if host not in LOOPBACK:
        raise InputError(f"--host {host!r} is not this machine alone; use one of {', '.join(LOOPBACK)}")
    require_installed()
    # Agents ask a model before a slow server is up. The SDK takes over half a second to import, a fifth of which would
    # be spent on looking for garbage among types that stay.
    gc.disable()
    from headroom.mcp.server import serve_http, serve_stdio

    gc.freeze()
    gc.enable()
    if http:
        serve_http(host, port)
    else:
        serve_stdio()


@command.command("install")
@agent_option
@dry_run
def install(names: tuple[str, ...], dry_run: bool) -> None:
    """Register the MCP server with agents; `headroom mcp uninstall` takes it back without a trace."""
    require_installed()
    machine, ledger = this_machine(), ledger_of_user()
    found = chosen(names, "mcp", machine)
    for agent in found:
        # Whatever is refused is refused before anything is changed.
        plan_setup(ledger, agent, "mcp", machine)
    for agent in found:
        make(ledger, agent, "mcp", machine, dry=dry_run)
    if not found:
        raise InputError("no agent was found on this machine; name one: headroom mcp install --agent claude")


@command.command("uninstall")
@agent_option
@dry_run
def uninstall(names: tuple[str, ...], dry_run: bool) -> None:
    """Take the registration back, and hooks with it: what they leave out could not be had back without the server."""
    machine, ledger = this_machine(), ledger_of_user()
    records = [
        record for agent in chosen(names, "mcp", machine) for record in records_of(ledger, agent, ("hooks", "mcp"))
    ]
    for record in records:
        take_back(ledger, record, dry=dry_run)
    if not records:
        click.echo("nothing to take back: no registration was made by Headroom")


@command.command("status")
@agent_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(names: tuple[str, ...], as_json: bool) -> None:
    """Tell with which agents the MCP server is registered, and in which files."""
    machine = this_machine()
    rows = [_row(agent, machine) for agent in chosen(names, "mcp", machine)]
    if as_json:
        write_text(json.dumps(rows, indent=2) + "\n")
        return
    for row in rows:
        click.echo(f"{row['agent']:<10} {row['status']:<32} {row['file']}")
    if not rows:
        click.echo("no agent was found on this machine")


def _row(agent: Agent, machine: Surroundings) -> dict[str, str]:
    edit = file_edit(agent, "mcp", machine)
    return {
        "agent": agent.name,
        "status": registration(agent, machine),
        "file": edit.path,
        "evidence": agent.setups["mcp"].evidence,
    }


def registration(agent: Agent, machine: Surroundings) -> str:
    """Whether the MCP server is registered with an agent, in words."""
    file = file_edit(agent, "mcp", machine)
    [edit] = file.edits
    try:
        raw = read_bytes(file.path)
        if raw is None:
            return "not registered" if is_present(agent, machine) else "not installed"
        found = state(raw, file.format, edit, file.path)
        if found == "absent" and edit.in_list:
            elements = value_at(raw, file.format, edit.path, file.path)
            named = [each for each in elements if isinstance(each, dict)] if isinstance(elements, list) else []
            found = "different" if any(each.get("name") == "headroom" for each in named) else found
    except ConfigError as error:
        return f"unreadable: {error}"
    return {"present": "registered", "absent": "not registered", "different": "registered, with another command"}[found]
