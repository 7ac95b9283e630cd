"""GitHub Copilot CLI (https://docs.github.com/copilot/how-tos/copilot-cli): all tried with 1.0.102."""

from headroom.agents import Agent, Location, Setup, stdio_server
from headroom.edits import Edit

name = "copilot"

agent = Agent(
    name=name,
    title="GitHub Copilot CLI",
    command="copilot",
    environment={"COPILOT_PROVIDER_BASE_URL": "{base_url}/v1", "COPILOT_PROVIDER_TYPE": "openai"},
    setups={
        "mcp": Setup(
            Location("~/.copilot/mcp-config.json", variable="COPILOT_HOME", replaces="~/.copilot"),
            (stdio_server("mcpServers", type="local", tools=["*"]),),
            "tested",
        ),
        "hooks": Setup(
            Location("~/.copilot/hooks/headroom.json", variable="COPILOT_HOME", replaces="~/.copilot"),
            (
                Edit(("version",), 1),
                Edit(
                    ("hooks", "postToolUse"),
                    {"type": "command", "bash": "{command_line}", "timeoutSec": 20},
                    in_list=True,
                ),
            ),
            "tested",
        ),
    },
    transcripts=("~/.copilot/session-state/*/events.jsonl",),
    wire_formats=("openai_chat", "anthropic_messages"),
    routing="tested",
    hook_event="copilot-post-tool-use",
    subscription=(
        "GitHub Copilot CLI on a subscription asks GitHub's own servers, which no documented setting changes, so its "
        "requests are not routed"
    ),
    note="Routing needs a key of your own: COPILOT_PROVIDER_API_KEY and COPILOT_MODEL.",
)
