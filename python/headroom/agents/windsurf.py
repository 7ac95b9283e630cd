"""Windsurf (https://docs.windsurf.com/windsurf/cascade/mcp). Its calls come from its own servers."""

from headroom.agents import Agent, Location, Setup, stdio_server

name = "windsurf"

agent = Agent(
    name=name,
    title="Windsurf",
    command="windsurf",
    setups={"mcp": Setup(Location("~/.codeium/windsurf/mcp_config.json"), (stdio_server("mcpServers"),))},
    note="Windsurf's servers call the provider, so it cannot be routed; the MCP server works.",
)
