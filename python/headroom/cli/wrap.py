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
from headroom.errors import HeadroomError, InputError
from headroom.in_force import settings_without_options
from headroom.mcp import is_installed
from headroom.mcp import require_installed as require_mcp
from headroom.proxy import require_installed as require_proxy


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
@click.option("--subscription", is_flag=True, help="On a plan that cannot be routed, as Copilot's: as --no-proxy.")
@click.option("--port", metavar="N", type=click.IntRange(1, 65_535), help="The proxy's port, by default 8787.")
@click.option("--or-direct", is_flag=True, help="Run the agent by itself where this cannot be done.")
@dry_run
def command(
    agent: str,
    arguments: tuple[str, ...],
    no_proxy: bool,
    subscription: bool,
    port: int | None,
    or_direct: bool,
    dry_run: bool,
) -> int:
    """Run AGENT with smaller tool results, and leave no trace.

    What follows -- is the agent's own: headroom wrap claude -- -p "why does it fail?". Its requests go through a proxy
    on this machine, which is started for the run, or found there; the tool that gives back what was left out is
    registered where the agent takes one. When the agent ends, its settings are as they were, and the exit code is its
    own. After a kill the next start restores them.
    """
    if sys.platform == "win32":
        raise InputError("wrap does not run on Windows yet; a durable set-up does: headroom init AGENT --base-url URL")
    chosen, machine = agent_named(agent), this_machine()
    program = find_program(chosen, machine)
    if subscription:
        click.echo(f"headroom: {_why_unrouted(chosen)}; the MCP server and hooks are there for the run", err=True)
        no_proxy = True
    with Signals() as signals:
        try:
            if no_proxy:
                require_mcp()
                run = unrouted_run(chosen, machine)
                return _run(signals, ledger_of_user(), run, machine, arguments, dry=dry_run)
            return _run_through_proxy(signals, machine, chosen, arguments, port, dry=dry_run)
        except HeadroomError as error:
            if not or_direct or signals.has_run:
                raise
            click.echo(f"headroom: {chosen.title} runs without Headroom: {error}", err=True)
            return signals.run([program, *arguments], machine.environment)


def _why_unrouted(agent: Agent) -> str:
    if not agent.subscription:
        raise InputError(f"{agent.title} is routed whatever pays for it; leave --subscription out")
    return agent.subscription


def _run_through_proxy(
    signals: Signals,
    machine: Surroundings,
    agent: Agent,
    arguments: tuple[str, ...],
    port: int | None,
    *,
    dry: bool,
) -> int:
    require_proxy()
    # Here, since what the proxy needs is an extra.
    from headroom.proxy.process import address_of, proxy_for_run

    ledger, settings = ledger_of_user(), settings_without_options(flags(port=port))
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
    with proxy_for_run(settings, machine.launcher) as proxy:
        how = "started for this run" if proxy.is_own else "which was running"
        basis = "; as its documentation says, not tried" if agent.routing == "documented" else ""
        click.echo(f"headroom: {agent.title} through the proxy on {base_url}, {how}{basis}", err=True)
        code = _run(signals, ledger, run, machine, arguments, dry=False)
        if troubles := proxy.troubles():
            click.echo(f"headroom: {troubles}; its log: {proxy.log}", err=True)
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
