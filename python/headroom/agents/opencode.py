"""OpenCode (https://opencode.ai/docs/config): base URLs of built-in providers tried with 1.18.33."""

from headroom.agents import Agent, Location, Setup
from headroom.edits import Edit

name = "opencode"

_CONFIG = Location(
    "~/.config/opencode/opencode.json",
    variable="XDG_CONFIG_HOME",
    replaces="~/.config",
    otherwise="~/.config/opencode/opencode.jsonc",
)

agent = Agent(
    name=name,
    title="OpenCode",
    command="opencode",
    setups={
        "mcp": Setup(
            _CONFIG,
            (
                Edit(
                    ("mcp", "headroom"),
                    {"type": "local", "command": ["{command}", "{arguments}"], "enabled": True},
                ),
            ),
            "tested",
        ),
        "route": Setup(
            _CONFIG,
            (
                Edit(("provider", "anthropic", "options", "baseURL"), "{base_url}/v1"),
                Edit(("provider", "openai", "options", "baseURL"), "{base_url}/v1"),
            ),
            "tested",
        ),
    },
    transcripts=("~/.local/share/opencode/opencode.db",),
    user_agents=("opencode/",),
    wire_formats=("openai_chat", "openai_responses", "anthropic_messages"),
    routing="tested",
)
