"""Continue (https://docs.continue.dev/reference): its address of a provider, tried with 1.5.47, is one per model."""

from headroom.agents import Agent, Location, Setup
from headroom.edits import Edit

name = "continue"

agent = Agent(
    name=name,
    title="Continue",
    command="cn",
    setups={
        "mcp": Setup(
            Location("~/.continue/config.yaml", "yaml", variable="CONTINUE_GLOBAL_DIR", replaces="~/.continue"),
            (Edit(("mcpServers",), {"name": "headroom", "command": "{command}", "args": "{arguments}"}, in_list=True),),
        )
    },
    transcripts=("~/.continue/sessions/*.json",),
    wire_formats=("openai_chat", "anthropic_messages"),
    routing="tested",
    note="Route it by apiBase: BASE_URL/v1 at each model in ~/.continue/config.yaml",
)
