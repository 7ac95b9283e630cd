"""Mistral Vibe (https://docs.mistral.ai/vibe/code/cli/mcp-servers)."""

from headroom.agents import Agent, Location, Setup
from headroom.edits import Edit

name = "vibe"

agent = Agent(
    name=name,
    title="Mistral Vibe",
    command="vibe",
    setups={
        "mcp": Setup(
            Location("~/.vibe/config.toml", "toml", variable="VIBE_HOME", replaces="~/.vibe"),
            (
                Edit(
                    ("mcp_servers",),
                    {"name": "headroom", "transport": "stdio", "command": "{command}", "args": "{arguments}"},
                    in_list=True,
                ),
            ),
        )
    },
    transcripts=("~/.vibe/logs/session/*/messages.jsonl",),
    wire_formats=("openai_chat",),
    note='Route it by hand: api_base = "BASE_URL/v1" in [[providers]] of ~/.vibe/config.toml (as documented)',
)
