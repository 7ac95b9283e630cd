"""The MCP server: compression and retrieval as tools, for agents that speak the Model Context Protocol.

`tools` says what the tools are and does their work; `server` serves them with the official SDK, which is imported
there alone. Store, settings and tenant are those of the library and the command line.
"""

from __future__ import annotations

from headroom.errors import SettingsError

_INSTALL = "pip install 'headroom-ai[mcp]'"


def is_installed() -> bool:
    """Whether the server could run here: whether the SDK, which the extra `mcp` brings, can be found."""
    from importlib.util import find_spec

    return find_spec("mcp") is not None


def require_installed() -> None:
    """Raises SettingsError when the server could not run here."""
    if not is_installed():
        raise SettingsError(f"the MCP server needs the extra mcp, which is not installed: {_INSTALL}")
