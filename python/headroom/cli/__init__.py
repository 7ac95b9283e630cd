"""The command line: `headroom COMMAND`.

Standard output carries results only, standard error everything else. A command that cannot do what was asked says so
in one line that names the value and the next step, and exits with 2. Each command is a module of this package that is
imported when it is called.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from headroom.errors import HeadroomError, InputError
from headroom.nearest import did_you_mean

_COMMANDS = (
    "audit",
    "compress",
    "dashboard",
    "doctor",
    "hook",
    "init",
    "mcp",
    "model",
    "outline",
    "perf",
    "proxy",
    "retrieve",
    "savings",
    "settings",
    "stats",
    "store",
    "unwrap",
    "wrap",
)


class _LazyCommands(click.Group):
    """A group whose commands are modules of this package, found by name when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            raise InputError(f"no command {cmd_name!r}, see headroom --help{did_you_mean(cmd_name, _COMMANDS)}")
        command: click.Command = import_module(f"headroom.cli.{cmd_name}").command
        return command


def _print_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from headroom import __version__

        click.echo(f"headroom {__version__}")
        ctx.exit()


@click.group(cls=_LazyCommands, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
@click.pass_context
def group(ctx: click.Context) -> None:
    """Make what an agent reads smaller, with the facts still in it and the original one call away."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Runs the command line of this process and exits: 0 done, 2 not done."""
    try:
        code = group.main(standalone_mode=False)
    except click.exceptions.Abort:
        _fail("interrupted; nothing was changed")
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message())
    except HeadroomError as error:
        _fail(str(error))
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> None:
    line = " ".join(message.split("\n"))
    print(f"headroom: {line}", file=sys.stderr)
    sys.exit(2)


def flags(**given: Any) -> Mapping[str, Any]:
    """The settings among a command's options: those that were given."""
    return {name: value for name, value in given.items() if value is not None}
