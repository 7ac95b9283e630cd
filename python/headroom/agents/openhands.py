"""OpenHands CLI (https://docs.openhands.dev/openhands/usage/cli/mcp-servers)."""

from headroom.agents import Agent, Location, Setup, stdio_server

name = "openhands"

agent = Agent(
    name=name,
    title="OpenHands",
    command="openhands",
    environment={"LLM_BASE_URL": "{base_url}/v1"},
    arguments=("--override-with-envs",),
    setups={"mcp": Setup(Location("~/.openhands/mcp.json"), (stdio_server("mcpServers"),))},
    transcripts=("~/.openhands/conversations/*",),
    wire_formats=("openai_chat",),
)
