"""`headroom hook`: what an agent's hook runs, with the event on standard input."""

from __future__ import annotations

import sys

import click

from headroom.cli.streams import read_text, write_text

_EVENTS = ("claude-post-tool-use",)


@click.command("hook")
@click.argument("event", type=click.Choice(_EVENTS))
def command(event: str) -> int:
    """Answer a hook of an agent; `headroom init claude --hooks` sets it up.

    Fails open: whatever goes wrong, the agent goes on with the tool's output as it was, and shows its user the reason.
    """
    try:
        from headroom.agent_hooks import claude_post_tool_use

        answer = claude_post_tool_use(read_text("-"))
    except Exception as error:
        print(f"headroom: the tool's output was left as it is: {error}", file=sys.stderr)
        # Any code but 2 lets the agent go on.
        return 1
    if answer:
        write_text(answer)
    return 0
