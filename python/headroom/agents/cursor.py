"""Cursor (https://cursor.com/docs/context/mcp, .../agent/hooks). Its calls come from its own servers."""

from headroom.agents import Agent, Location, Setup, stdio_server
from headroom.edits import Edit

name = "cursor"

agent = Agent(
    name=name,
    title="Cursor",
    command="cursor",
    setups={
        "mcp": Setup(Location("~/.cursor/mcp.json"), (stdio_server("mcpServers"),)),
        "hooks": Setup(
            Location("~/.cursor/hooks.json"),
            (
                Edit(("version",), 1),
                Edit(
                    ("hooks", "postToolUse"),
                    {"command": "{command_line}", "matcher": "MCP:.*", "timeout": 20},
                    in_list=True,
                ),
            ),
        ),
    },
    transcripts=("~/.config/Cursor/User/globalStorage/state.vscdb",),
    hook_event="cursor-post-tool-use",
    note="Cursor's servers call the provider, so it cannot be routed; the MCP server and hooks for MCP tools work.",
)
