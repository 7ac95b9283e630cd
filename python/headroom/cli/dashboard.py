"""`headroom dashboard`: the page that shows what the proxy saves, opened in a browser."""

from __future__ import annotations

import sys
import time
import webbrowser

import click

from headroom.cli import flags
from headroom.errors import InputError
from headroom.in_force import resolve_settings
from headroom.proxy import require_installed
from headroom.store import data_directory


@click.command("dashboard")
@click.option("--host", metavar="ADDRESS", help="Where the proxy listens; by default 127.0.0.1.")
@click.option("--port", metavar="N", type=int, help="The proxy's port, by default 8787.")
@click.option("--print", "only_print", is_flag=True, help="Print the address, and open no browser.")
def command(host: str | None, port: int | None, only_print: bool) -> None:
    """Open the page on which the proxy shows, live, what it saves and what that costs.

    The address that it prints opens the page once, within a minute; the page then stays open for twelve hours.
    """
    require_installed()
    from headroom.proxy.dashboard import PATH
    from headroom.proxy.process import address_of, is_there
    from headroom.proxy.sessions import one_time_code
    from headroom.proxy.token_file import local_token

    settings = resolve_settings(flags(host=host, port=port)).settings
    where = address_of(settings)
    if not is_there(settings):
        raise InputError(f"no proxy listens on {where}; start one with `headroom proxy`, or name its --port")
    # In the part of an address that browsers send to nobody.
    address = f"{where}{PATH}#open={one_time_code(local_token(data_directory()), time.time())}"
    click.echo(address)
    if not only_print and not webbrowser.open(address):
        print("headroom: found no browser to open; open this address yourself, within a minute", file=sys.stderr)
