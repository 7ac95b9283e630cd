"""Continue (https://docs.continue.dev/reference): its address of a provider, tried with 1.5.47, is one per model."""

from headroom.agents import Agent, Location, RoutedCopy, Setup
from headroom.edits import Edit

name = "continue"

_CONFIG = Location("~/.continue/config.yaml", "yaml", variable="CONTINUE_GLOBAL_DIR", replaces="~/.continue")

agent = Agent(
    name=name,
    title="Continue",
    command="cn",
    copy=RoutedCopy(
        _CONFIG,
        argument="--config",
        models="models",
        kind="provider",
        address="apiBase",
        addresses={"openai": "{base_url}/v1", "anthropic": "{base_url}/v1"},
    ),
    setups={
        "mcp": Setup(
            _CONFIG,
            (Edit(("mcpServers",), {"name": "headroom", "command": "{command}", "args": "{arguments}"}, in_list=True),),
            "tested",
        )
    },
    transcripts=("~/.continue/sessions/*.json",),
    wire_formats=("openai_chat", "anthropic_messages"),
    routing="tested",
    note="Routing needs models of openai or anthropic in ~/.continue/config.yaml; those of its servers stay there.",
)
