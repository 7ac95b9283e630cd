"""Visual Studio Code (https://code.visualstudio.com/docs/copilot/reference/mcp-configuration): its user profile."""

from headroom.agents import Agent, Location, Setup, stdio_server

name = "vscode"

agent = Agent(
    name=name,
    title="Visual Studio Code",
    command="code",
    setups={
        "mcp": Setup(
            Location(
                "~/.config/Code/User/mcp.json",
                variable="XDG_CONFIG_HOME",
                replaces="~/.config",
                darwin="~/Library/Application Support/Code/User/mcp.json",
                win32="~/AppData/Roaming/Code/User/mcp.json",
            ),
            (stdio_server("servers", type="stdio"),),
        )
    },
    note="Copilot's servers call the provider, so it cannot be routed; the MCP server works.",
)
