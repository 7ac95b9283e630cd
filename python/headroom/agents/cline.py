"""Cline (https://docs.cline.bot/getting-started/config): one directory for its command line and its extensions."""

from headroom.agents import Agent, Location, Setup, stdio_server

name = "cline"

agent = Agent(
    name=name,
    title="Cline",
    command="cline",
    setups={
        "mcp": Setup(
            Location("~/.cline/data/settings/cline_mcp_settings.json", variable="CLINE_DIR", replaces="~/.cline"),
            (stdio_server("mcpServers", disabled=False, autoApprove=["headroom_retrieve"]),),
        )
    },
    transcripts=("~/.cline/data/sessions/*/*.messages.json",),
    wire_formats=("openai_chat",),
    routing="tested",
    note="Route it with: cline auth -p openai -k KEY -m MODEL -b BASE_URL/v1",
)
