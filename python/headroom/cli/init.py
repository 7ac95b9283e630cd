"""`headroom init AGENT`: a durable set-up of an agent, which `headroom unwrap` takes back without a trace."""

from __future__ import annotations

import click

from headroom.agent_setup import agent_named, plan_setup, this_machine
from headroom.agents import Purpose
from headroom.cli.edits import dry_run, ledger_of_user, make
from headroom.diagnosis import is_answered
from headroom.errors import InputError
from headroom.mcp import require_installed


@click.command("init")
@click.argument("agent")
@click.option("--hooks", is_flag=True, help="Compress tool outputs before they enter the agent's own history.")
@click.option("--base-url", metavar="URL", help="Send the agent's requests to this address, such as a proxy's.")
@dry_run
def command(agent: str, hooks: bool, base_url: str | None, dry_run: bool) -> None:
    """Set AGENT up: the MCP server, and what else is asked for.

    Its configuration is edited in place, comments and all kept; `headroom unwrap AGENT` brings it back byte for byte.
    """
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise InputError(f"--base-url {base_url!r} is no address; it begins with http:// or https://")
    chosen, machine, ledger = agent_named(agent), this_machine(), ledger_of_user()
    wanted: dict[Purpose, bool] = {"mcp": "mcp" in chosen.setups, "hooks": hooks, "route": base_url is not None}
    purposes = [purpose for purpose, is_wanted in wanted.items() if is_wanted]
    if not purposes:
        raise InputError(f"{chosen.title} takes no MCP server; give --base-url. {chosen.note}".strip())
    if "mcp" in purposes:
        require_installed()
    for purpose in purposes:
        # Whatever is refused is refused before anything is changed.
        plan_setup(ledger, chosen, purpose, machine, base_url or "")
    for purpose in purposes:
        make(ledger, chosen, purpose, machine, base_url or "", dry=dry_run)
    if chosen.note and base_url is None:
        click.echo(f"note: {chosen.note}", err=True)
    if base_url is not None and not is_answered(base_url):
        undo = f"`headroom unwrap {chosen.name}` takes it back"
        click.echo(
            f"note: nothing answers at {base_url}, so {chosen.title} cannot work until it does; {undo}", err=True
        )
