"""Gemini CLI (https://github.com/google-gemini/gemini-cli/tree/main/docs): routing tried with 0.61.0."""

from headroom.agents import Agent, Location, Setup, stdio_server

name = "gemini"

agent = Agent(
    name=name,
    title="Gemini CLI",
    command="gemini",
    environment={"GOOGLE_GEMINI_BASE_URL": "{base_url}", "GOOGLE_VERTEX_BASE_URL": "{base_url}"},
    setups={
        "mcp": Setup(
            Location("~/.gemini/settings.json", variable="GEMINI_CLI_HOME", replaces="~"),
            (stdio_server("mcpServers"),),
            "tested",
        )
    },
    transcripts=("~/.gemini/tmp/*/chats/session-*.jsonl",),
    user_agents=("GeminiCLI",),
    wire_formats=("gemini",),
    routing="tested",
    note="Routing needs an API key and security.auth.selectedType = gemini-api-key in its settings.",
)
