"""`headroom unwrap AGENT`: takes back whatever Headroom changed in an agent's configuration."""

from __future__ import annotations

import click

from headroom import launchers
from headroom.agent_setup import agent_named
from headroom.cli.edits import dry_run, ledger_of_user, records_of, take_back
from headroom.errors import InputError


@click.command("unwrap")
@click.argument("agent", required=False)
@click.option("--all", "everything", is_flag=True, help="Every agent's.")
@dry_run
def command(agent: str | None, everything: bool, dry_run: bool) -> None:
    """Take back what Headroom changed in AGENT's configuration.

    A file that nobody has changed since comes back byte for byte; from another one only Headroom's values are taken.
    Where somebody changed those, nothing is done, and the message says where.
    """
    if (agent is None) is not everything:
        raise InputError("name one agent, or give --all: headroom unwrap claude")
    ledger = ledger_of_user()
    records = list(reversed(ledger.records())) if agent is None else records_of(ledger, agent_named(agent))
    for record in records:
        take_back(ledger, record, dry=dry_run)
    if agent is None and not dry_run:
        ledger.vacate()
    wanted = launchers.installed() if agent is None else [agent_named(agent).command]
    removed = [command for command in wanted if command and _remove_launcher(command, dry=dry_run)]
    if not records and not removed:
        click.echo(f"nothing to take back{'' if agent is None else f' for {agent}'}")


def _remove_launcher(command: str, *, dry: bool) -> bool:
    is_there = launchers.read(command) is not None if dry else launchers.remove(command)
    if is_there:
        path = launchers.launcher_path(command)
        click.echo(f"{path}: would be removed" if dry else f"{path}: removed", err=dry)
    return is_there
