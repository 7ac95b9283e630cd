"""Goose (https://block.github.io/goose/docs/guides/config-files)."""

from headroom.agents import Agent, Location, Setup
from headroom.edits import Edit

name = "goose"

_CONFIG = Location(
    "~/.config/goose/config.yaml",
    "yaml",
    variable="XDG_CONFIG_HOME",
    replaces="~/.config",
    win32="~/AppData/Roaming/Block/goose/config/config.yaml",
)

agent = Agent(
    name=name,
    title="Goose",
    command="goose",
    environment={"OPENAI_HOST": "{base_url}", "ANTHROPIC_HOST": "{base_url}"},
    setups={
        "mcp": Setup(
            _CONFIG,
            (
                Edit(
                    ("extensions", "headroom"),
                    {
                        "enabled": True,
                        "type": "stdio",
                        "name": "headroom",
                        "cmd": "{command}",
                        "args": "{arguments}",
                        "timeout": 60,
                    },
                ),
            ),
        ),
        "route": Setup(_CONFIG, (Edit(("OPENAI_HOST",), "{base_url}"), Edit(("ANTHROPIC_HOST",), "{base_url}"))),
    },
    wire_formats=("openai_chat", "anthropic_messages"),
)
