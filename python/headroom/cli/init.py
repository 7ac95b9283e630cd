"""`headroom init AGENT`: a durable set-up of an agent, which `headroom unwrap` takes back without a trace."""

from __future__ import annotations

import click

from headroom.agent_setup import agent_named, this_machine
from headroom.cli.edits import dry_run, ledger_of_user, make
from headroom.errors import InputError


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
    if "mcp" in chosen.setups:
        make(ledger, chosen, "mcp", machine, dry=dry_run)
    elif not hooks and base_url is None:
        raise InputError(f"{chosen.title} takes no MCP server; give --base-url. {chosen.note}".strip())
    if hooks:
        make(ledger, chosen, "hooks", machine, dry=dry_run)
    if base_url is not None:
        make(ledger, chosen, "route", machine, base_url, dry=dry_run)
    if chosen.note and base_url is None:
        click.echo(f"note: {chosen.note}", err=True)
