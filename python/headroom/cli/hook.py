"""`headroom hook`: what an agent's hook runs, with the event on standard input."""

from __future__ import annotations

import sys

import click

from headroom.cli.streams import read_text, write_text
from headroom.errors import InputError


@click.command("hook")
@click.argument("event")
def command(event: str) -> int:
    """Answer EVENT of an agent's hooks, which `headroom init AGENT --hooks` sets up.

    EVENT is claude-post-tool-use, copilot-post-tool-use or cursor-post-tool-use; what happened is read from standard
    input.

    Fails open: whatever goes wrong, the agent goes on with the tool's output as it was, and shows its user the reason.
    """
    try:
        from headroom.agent_hooks import EVENTS

        if event not in EVENTS:
            raise InputError(f"no event {event!r}; there are {', '.join(EVENTS)}")
        answer = EVENTS[event](read_text("-"))
    except Exception as error:
        print(f"headroom: the tool's output was left as it is: {error}", file=sys.stderr)
        # Any code but 2 lets the agent go on.
        return 1
    if answer:
        write_text(answer)
    return 0
