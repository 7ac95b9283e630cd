"""`headroom settings`: every setting, its value, and where that came from."""

from __future__ import annotations

import json

import click

from headroom.cli.streams import write_text
from headroom.library import resolve_settings
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
        rows = {each.name: {"value": each.value, "from": each.source} for each in resolved.origins}
        write_text(json.dumps(rows, indent=2) + "\n")
    else:
        width = max(len(each.name) for each in resolved.origins)
        lines = [f"settings file: {resolved.file}"]
        for each in resolved.origins:
            value = "unset" if each.value is None else json.dumps(each.value)
            lines.append(f"{each.name:<{width}}  {value:<12} {each.source:<10} {each.about}")
        write_text("\n".join(lines) + "\n")
    known = [environment_name(each.name) for each in resolved.origins]
    for name in resolved.unknown:
        click.echo(f"headroom: {name} in the environment is no setting{did_you_mean(name, known)}", err=True)
