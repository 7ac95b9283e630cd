"""Cline (https://docs.cline.bot/getting-started/config): its command line, routing tried with 3.0.65.

Its command refuses an address for Anthropic's provider, and its settings take one, to which it adds `/messages`.
"""

from headroom.agents import Agent, Location, Setup, stdio_server
from headroom.edits import Edit

name = "cline"

agent = Agent(
    name=name,
    title="Cline",
    command="cline",
    setups={
        "mcp": Setup(
            Location("~/.cline/data/settings/cline_mcp_settings.json", variable="CLINE_DIR", replaces="~/.cline"),
            (stdio_server("mcpServers", disabled=False, autoApprove=["headroom_retrieve"], timeout=30),),
            "tested",
        ),
        "route": Setup(
            Location("~/.cline/data/settings/providers.json", variable="CLINE_DIR", replaces="~/.cline"),
            tuple(
                Edit(("providers", provider, "settings", "baseUrl"), "{base_url}/v1")
                for provider in ("anthropic", "openai-compatible")
            ),
            "tested",
            needs=3,
        ),
    },
    transcripts=("~/.cline/data/sessions/*/*.messages.json",),
    wire_formats=("openai_chat", "anthropic_messages"),
    routing="tested",
    note="Routing needs a key of your own: cline auth -p anthropic -k KEY -m MODEL (or -p openai).",
)
