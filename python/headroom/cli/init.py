"""`headroom init AGENT`: a durable set-up of an agent, which `headroom unwrap` takes back without a trace."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import click

from headroom import launchers
from headroom.agent_run import find_program
from headroom.agent_setup import Surroundings, agent_named, plan_setup, this_machine
from headroom.agents import Agent, Purpose
from headroom.cli.edits import dry_run, ledger_of_user, make
from headroom.diagnosis import LOOPBACK, is_answered
from headroom.errors import InputError
from headroom.mcp import require_installed
from headroom.proxy import require_installed as require_proxy


@click.command("init")
@click.argument("agent")
@click.option("--hooks", is_flag=True, help="Compress tool outputs before they enter the agent's own history.")
@click.option("--route", is_flag=True, help="Send its requests through the proxy, by a launcher that starts it.")
@click.option("--base-url", metavar="URL", help="Write this address of a proxy elsewhere into its configuration.")
@click.option("--no-launcher", is_flag=True, help="Let --base-url be of this machine, where the proxy may be down.")
@dry_run
def command(agent: str, hooks: bool, route: bool, base_url: str | None, no_launcher: bool, dry_run: bool) -> None:
    """Set AGENT up: the MCP server, and what else is asked for.

    Its configuration is edited in place, comments and all kept; `headroom unwrap AGENT` brings it back byte for byte.
    """
    chosen, machine = agent_named(agent), this_machine()
    if base_url is not None:
        _check_address(chosen, base_url, no_launcher=no_launcher)
    ledger = ledger_of_user()
    wanted: dict[Purpose, bool] = {"mcp": "mcp" in chosen.setups, "hooks": hooks, "route": base_url is not None}
    purposes = [purpose for purpose, is_wanted in wanted.items() if is_wanted]
    if not purposes and not route:
        raise InputError(f"{chosen.title} takes no MCP server; give --route. {chosen.note}".strip())
    if "mcp" in purposes:
        require_installed()
    for purpose in purposes:
        # Whatever is refused is refused before anything is changed.
        plan_setup(ledger, chosen, purpose, machine, base_url or "")
    if route:
        _check_route(chosen, machine)
    for purpose in purposes:
        make(ledger, chosen, purpose, machine, base_url or "", dry=dry_run)
    if route:
        _launch(chosen, machine, dry=dry_run)
    if chosen.note and base_url is None:
        click.echo(f"note: {chosen.note}", err=True)
    if base_url is not None and not is_answered(base_url):
        undo = f"`headroom unwrap {chosen.name}` takes it back"
        click.echo(
            f"note: nothing answers at {base_url}, so {chosen.title} cannot work until it does; {undo}", err=True
        )


def _check_address(agent: Agent, base_url: str, *, no_launcher: bool) -> None:
    if not base_url.startswith(("http://", "https://")):
        raise InputError(f"--base-url {base_url!r} is no address; it begins with http:// or https://")
    if urlsplit(base_url).hostname in LOOPBACK and not no_launcher and sys.platform != "win32":
        raise InputError(
            f"--base-url {base_url} is this machine, and with its proxy down {agent.title} would have no provider; "
            f"use headroom init {agent.name} --route, or add --no-launcher"
        )


def _check_route(agent: Agent, machine: Surroundings) -> None:
    if machine.platform == "win32":
        raise InputError("launchers do not run on Windows yet; give --base-url with --no-launcher")
    require_proxy()
    find_program(agent, machine)
    if not (agent.environment or agent.arguments or agent.copy or "route" in agent.setups):
        raise InputError(f"{agent.title} cannot be routed by a launcher. {agent.note}".strip())


def _launch(agent: Agent, machine: Surroundings, *, dry: bool) -> None:
    path = launchers.launcher_path(agent.command)
    text = launchers.script(agent.name, agent.command, machine.launcher, sys.executable)
    if dry:
        click.echo(text, nl=False)
        click.echo(f"{agent.title}: launcher would be written to {path}", err=True)
        return
    verb = "set" if launchers.install(agent.command, text) else "is set already"
    click.echo(f"{agent.title}: launcher {verb} in {path}")
    if not launchers.is_first(agent.command, machine.environment.get("PATH", "")):
        directory = launchers.launchers_directory()
        click.echo(f'note: put it first in PATH, in your shell\'s profile: export PATH="{directory}:$PATH"', err=True)
