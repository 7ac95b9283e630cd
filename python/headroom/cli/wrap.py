"""`headroom wrap AGENT`: one run of an agent through Headroom, after which everything is as it was."""

from __future__ import annotations

import shlex
import sys

import click

from headroom.agent_run import (
    AgentRun,
    Signals,
    can_ask,
    command_of,
    edits_for_run,
    environment_of,
    find_program,
    plan_edits,
    routed_run,
    unrouted_run,
)
from headroom.agent_setup import Surroundings, agent_named, this_machine
from headroom.agents import Agent
from headroom.cli import flags
from headroom.cli.edits import dry_run, ledger_of_user
from headroom.edits.ledger import Ledger
from headroom.errors import InputError
from headroom.library import resolve_settings
from headroom.mcp import is_installed
from headroom.mcp import require_installed as require_mcp
from headroom.proxy import require_installed as require_proxy
from headroom.settings import Settings


class _Command(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name
            raise InputError(
                f"no option {name}; an agent's own stand behind --: headroom wrap claude -- {name}"
            ) from None


@click.command("wrap", cls=_Command)
@click.argument("agent")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--no-proxy", is_flag=True, help="Only the MCP server and hooks; requests go where they always go.")
@click.option("--port", metavar="N", type=click.IntRange(1, 65_535), help="The proxy's port, by default 8787.")
@dry_run
def command(agent: str, arguments: tuple[str, ...], no_proxy: bool, port: int | None, dry_run: bool) -> int:
    """Run AGENT with smaller tool results, and leave no trace.

    What follows -- is the agent's own: headroom wrap claude -- -p "why does it fail?". Its requests go through a proxy
    on this machine, which is started for the run, or found there; the tool that gives back what was left out is
    registered where the agent takes one. When the agent ends, its settings are as they were, and the exit code is its
    own. After a kill the next start restores them.
    """
    if sys.platform == "win32":
        raise InputError("wrap does not run on Windows yet; a durable set-up does: headroom init AGENT --base-url URL")
    chosen, machine = agent_named(agent), this_machine()
    find_program(chosen, machine)
    with Signals() as signals:
        ledger = ledger_of_user()
        if no_proxy:
            require_mcp()
            run = unrouted_run(chosen, machine)
            return _run(signals, ledger, run, machine, arguments, dry=dry_run)
        require_proxy()
        settings = resolve_settings(flags(port=port)).settings
        return _run_through_proxy(signals, ledger, settings, machine, chosen, arguments, dry=dry_run)


def _run_through_proxy(
    signals: Signals,
    ledger: Ledger,
    settings: Settings,
    machine: Surroundings,
    agent: Agent,
    arguments: tuple[str, ...],
    *,
    dry: bool,
) -> int:
    # Here, since what the proxy needs is an extra.
    from headroom.proxy.process import address_of, proxy_for_run

    base_url = address_of(settings)
    targets = {name: getattr(settings, f"{name}_target_api_url") for name in ("anthropic", "gemini", "openai")}
    run = routed_run(agent, machine, base_url, targets, with_mcp=is_installed())
    if not dry and "mcp" not in run.purposes:
        cure = "; with pip install 'headroom-ai[mcp]' it would have one" if can_ask(agent) else ""
        where = "the proxy offers one where tools are sent, and elsewhere nothing is left out"
        click.echo(f"headroom: {agent.title} has no retrieve tool of its own: {where}{cure}", err=True)
    if dry:
        click.echo(f"a proxy would listen on {base_url}", err=True)
        return _run(signals, ledger, run, machine, arguments, dry=True)
    with proxy_for_run(settings, machine.launcher) as started:
        how = "started for this run" if started else "which was running"
        click.echo(f"headroom: {agent.title} through the proxy on {base_url}, {how}", err=True)
        code = _run(signals, ledger, run, machine, arguments, dry=False)
        if started is not None and (ended := started.ended()) is not None:
            click.echo(f"headroom: the proxy ended before {agent.title} did: {ended}; its log: {started.log}", err=True)
        return code


def _run(
    signals: Signals,
    ledger: Ledger,
    run: AgentRun,
    machine: Surroundings,
    arguments: tuple[str, ...],
    *,
    dry: bool,
) -> int:
    command = command_of(run, arguments)
    if dry:
        for plan in plan_edits(ledger, run, machine):
            click.echo(plan.diff(), nl=False)
        click.echo(shlex.join([*(f"{name}={value}" for name, value in run.environment.items()), *command]))
        return 0
    with edits_for_run(ledger, run, machine):
        code = signals.run(command, environment_of(run, machine))
    return code
