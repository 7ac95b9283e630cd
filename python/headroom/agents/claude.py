"""Claude Code (https://code.claude.com/docs): settings, MCP servers and hooks tried with 2.1.329."""

from headroom.agents import Agent, Location, Setup, stdio_server
from headroom.edits import Edit

name = "claude"

_SETTINGS = Location("~/.claude/settings.json", variable="CLAUDE_CONFIG_DIR", replaces="~/.claude")

# Not Read: its text is numbered after the hook, so a shorter one would have wrong numbers.
_MATCHER = "Bash|BashOutput|Grep|WebFetch|WebSearch|mcp__.*"

agent = Agent(
    name=name,
    title="Claude Code",
    command="claude",
    environment={"ANTHROPIC_BASE_URL": "{base_url}"},
    setups={
        "mcp": Setup(
            Location("~/.claude.json", variable="CLAUDE_CONFIG_DIR", replaces="~"),
            (stdio_server("mcpServers", type="stdio"),),
            "tested",
        ),
        "hooks": Setup(
            _SETTINGS,
            (
                Edit(
                    ("hooks", "PostToolUse"),
                    {
                        "matcher": _MATCHER,
                        "hooks": [{"type": "command", "command": "{command_line}", "timeout": 20}],
                    },
                    in_list=True,
                ),
            ),
            "tested",
        ),
        "route": Setup(_SETTINGS, (Edit(("env", "ANTHROPIC_BASE_URL"), "{base_url}"),), "tested"),
    },
    transcripts=("~/.claude/projects/*/*.jsonl",),
    user_agents=("claude-cli/",),
    headers_variable="ANTHROPIC_CUSTOM_HEADERS",
    wire_formats=("anthropic_messages",),
    routing="tested",
    hook_event="claude-post-tool-use",
)
