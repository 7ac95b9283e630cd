"""Qwen Code (https://qwenlm.github.io/qwen-code-docs): routing tried with 0.15.10."""

from headroom.agents import Agent, Location, Setup, stdio_server

name = "qwen"

agent = Agent(
    name=name,
    title="Qwen Code",
    command="qwen",
    environment={"OPENAI_BASE_URL": "{base_url}/v1"},
    setups={
        "mcp": Setup(
            Location("~/.qwen/settings.json", variable="QWEN_HOME", replaces="~/.qwen"),
            (stdio_server("mcpServers"),),
            "tested",
        )
    },
    transcripts=("~/.qwen/projects/*/chats/*.jsonl",),
    user_agents=("QwenCode/",),
    wire_formats=("openai_chat",),
    routing="tested",
    defers_mcp=True,
)
