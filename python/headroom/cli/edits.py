"""What the commands that edit agents' configurations share: they say what they did, or, dry, what they would do."""

from __future__ import annotations

import click

from headroom.agent_setup import (
    PURPOSES,
    Surroundings,
    agent_named,
    file_edit,
    is_present,
    open_ledger,
    plan_setup,
    record_name,
    set_up,
)
from headroom.agents import Agent, Purpose
from headroom.edits.ledger import Ledger
from headroom.edits.records import Record
from headroom.registry import agents

WORDS: dict[Purpose, str] = {"mcp": "MCP server", "hooks": "hooks", "route": "address of the provider"}

dry_run = click.option("--dry-run", is_flag=True, help="Show the changes as a diff, and make none.")


def ledger_of_user() -> Ledger:
    """The user's ledger; what a crash had left, half done or of a run, is taken back, which is said."""
    ledger, recovered = open_ledger()
    for name in recovered:
        click.echo(f"headroom: {name} was left by a process that was killed, and was taken back", err=True)
    return ledger


def chosen(names: tuple[str, ...], purpose: Purpose, machine: Surroundings) -> list[Agent]:
    """The agents that were named, or, if none was, those with a place for the purpose that are on this machine."""
    if names:
        return [agent_named(name) for name in names]
    return [agent for agent in agents() if purpose in agent.setups and is_present(agent, machine)]


def make(
    ledger: Ledger, agent: Agent, purpose: Purpose, machine: Surroundings, base_url: str = "", *, dry: bool
) -> None:
    """Sets an agent up for a purpose, and says so."""
    if dry:
        earlier, plan = plan_setup(ledger, agent, purpose, machine, base_url)
        click.echo(("" if earlier is None else earlier.diff()) + plan.diff(), nl=False)
        verb = "would be set" if plan.is_needed else "is set already"
    else:
        plan = set_up(ledger, agent, purpose, machine, base_url)
        verb = "set" if plan.is_needed else "is set already"
    path = file_edit(agent, purpose, machine, base_url).path
    click.echo(f"{agent.title}: {WORDS[purpose]} {verb} in {path}", err=dry)


def take_back(ledger: Ledger, record: Record, *, dry: bool) -> None:
    """Takes a transaction back, and says so."""
    files = ", ".join(file.path for file in record.files)
    if dry:
        click.echo(ledger.plan_undo(record).diff(), nl=False)
        click.echo(f"{record.name}: would be taken back from {files}", err=True)
    else:
        ledger.undo(record)
        click.echo(f"{record.name}: taken back from {files}")


def records_of(ledger: Ledger, agent: Agent, purposes: tuple[Purpose, ...] = PURPOSES) -> list[Record]:
    """The transactions of an agent, newest first, as they are to be taken back."""
    names = {record_name(agent, purpose) for purpose in purposes}
    return [record for record in reversed(ledger.records()) if record.name in names]
