"""Cursor (https://cursor.com/docs/context/mcp). Its calls come from its own servers, so none can be routed."""

from headroom.agents import Agent, Location, Setup, stdio_server

name = "cursor"

agent = Agent(
    name=name,
    title="Cursor",
    command="cursor",
    setups={"mcp": Setup(Location("~/.cursor/mcp.json"), (stdio_server("mcpServers"),))},
    transcripts=("~/.config/Cursor/User/globalStorage/state.vscdb",),
    note="Cursor's servers call the provider, so it cannot be routed; the MCP server works.",
)
