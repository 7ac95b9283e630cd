"""Codex CLI (https://developers.openai.com/codex): configuration tried with 0.169.0.

`OPENAI_BASE_URL` in the environment is ignored; the key of the same name in the configuration is not.
"""

from headroom.agents import Agent, Location, Setup, stdio_server
from headroom.edits import Edit

name = "codex"

_CONFIG = Location("~/.codex/config.toml", "toml", variable="CODEX_HOME", replaces="~/.codex")

agent = Agent(
    name=name,
    title="Codex",
    command="codex",
    arguments=("-c", 'openai_base_url="{base_url}/v1"'),
    setups={
        "mcp": Setup(_CONFIG, (stdio_server("mcp_servers"),), "tested"),
        "route": Setup(_CONFIG, (Edit(("openai_base_url",), "{base_url}/v1"),), "tested"),
    },
    transcripts=("~/.codex/sessions/*/*/*/rollout-*.jsonl",),
    user_agents=("codex_", "codex-"),
    wire_formats=("openai_responses",),
    routing="tested",
    subscription="Codex with a ChatGPT login asks its own servers whatever is set, so its requests are not routed",
    note="Routing works with an API key; with a ChatGPT login Codex asks its own servers.",
)
