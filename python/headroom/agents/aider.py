"""Aider (https://aider.chat/docs/config): routing tried with 0.86.2. It has no MCP client."""

from headroom.agents import Agent, Location, Setup
from headroom.edits import Edit

name = "aider"

agent = Agent(
    name=name,
    title="Aider",
    command="aider",
    environment={"OPENAI_API_BASE": "{base_url}/v1", "ANTHROPIC_API_BASE": "{base_url}"},
    setups={
        "route": Setup(
            Location("~/.aider.conf.yml", "yaml"),
            (
                Edit(("openai-api-base",), "{base_url}/v1"),
                Edit(("set-env",), "ANTHROPIC_API_BASE={base_url}", in_list=True),
            ),
        )
    },
    transcripts=(".aider.chat.history.md",),
    wire_formats=("openai_chat", "anthropic_messages"),
    routing="tested",
)
