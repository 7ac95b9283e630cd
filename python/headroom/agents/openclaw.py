"""OpenClaw (https://docs.openclaw.ai/cli/mcp, .../gateway/configuration-reference); its file is JSON5."""

from headroom.agents import Agent, Location, Setup, stdio_server

name = "openclaw"

agent = Agent(
    name=name,
    title="OpenClaw",
    command="openclaw",
    setups={"mcp": Setup(Location("~/.openclaw/openclaw.json"), (stdio_server("mcp", "servers"),))},
    transcripts=("~/.openclaw/agents/*/agent/openclaw-agent.sqlite",),
    wire_formats=("anthropic_messages", "openai_chat"),
    note="Route it by hand: models.providers.NAME.baseUrl is BASE_URL in ~/.openclaw/openclaw.json (as documented)",
)
