"""`headroom settings`: every setting, its value, and where that came from."""

from __future__ import annotations

import json

import click

from headroom.cli.streams import write_text
from headroom.in_force import resolve_settings
from headroom.nearest import did_you_mean
from headroom.settings import environment_name


@click.command("settings")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def command(as_json: bool) -> None:
    """Show each setting and where its value came from.

    A value is taken from a flag, else from the environment, else from the file headroom.toml, else it is the default.
    """
    resolved = resolve_settings()
    if as_json:
        values = {each.name: {"value": each.value, "from": each.source} for each in resolved.origins}
        write_text(json.dumps(values, indent=2) + "\n")
    else:
        rows = [(each.name, _shown(each.value), each.source, each.about) for each in resolved.origins]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
        lines = ["  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows]
        write_text("\n".join([f"settings file: {resolved.file}", *lines, ""]))
    known = [environment_name(each.name) for each in resolved.origins]
    for name in resolved.unknown:
        click.echo(f"headroom: {name} in the environment is no setting{did_you_mean(name, known)}", err=True)


def _shown(value: object) -> str:
    return "unset" if value is None else json.dumps(value)
