"""The tools over MCP: standard input and output, or streamable HTTP on this machine alone.

Protocol revisions, from 2024-11-05 to the stateless 2026-07-28, are the SDK's affair. Calls are worked on in threads,
so that a long one does not hold up others. Over HTTP, requests whose Host or Origin is not this machine are refused, so
that no web page can reach the server by a name of its own (DNS rebinding).
"""

from __future__ import annotations

import os
import socket
from typing import Any

from anyio import run, to_thread
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams, TextContent
from mcp_types import Tool as ListedTool

from headroom import __version__
from headroom.errors import SettingsError
from headroom.mcp.tools import TOOLS, Tool, call
from headroom.mcp.unreadable import AnsweringStream

# As much as the compressors are tried with; the SDK's own limit is 4 MB.
_MAX_REQUEST_BYTES = 100_000_000

# Claude Code shows a model only the names of MCP tools until it asks, except for tools that carry this.
_LOAD_AT_ONCE = {"anthropic/alwaysLoad": True}


def serve_stdio() -> None:
    """Serves one client on standard input and output until it goes."""
    run(_serve_stdio)


def serve_http(host: str, port: int) -> None:
    """Serves on `http://host:port/mcp` until the process is stopped; `host` is a loopback address.

    Raises SettingsError when the port is taken.
    """
    import uvicorn

    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SettingsError(f"port {port} of {host} cannot be had: {reason}; choose another --port") from None
    app = _server().streamable_http_app(
        host=host, stateless_http=True, json_response=True, max_request_body_size=_MAX_REQUEST_BYTES
    )
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


async def _serve_stdio() -> None:
    server = _server()
    async with stdio_server() as (reading, writing):
        await server.run(AnsweringStream(reading, writing), writing, server.create_initialization_options())


def _server() -> Server[Any]:
    return Server("headroom", version=__version__, on_list_tools=_list, on_call_tool=_call)


async def _list(context: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
    return ListToolsResult(tools=[_listed(tool) for tool in TOOLS])


async def _call(context: Any, params: CallToolRequestParams) -> CallToolResult:
    answer = await to_thread.run_sync(call, params.name, params.arguments)
    return CallToolResult(
        content=[TextContent(type="text", text=answer.text)],
        structured_content=None if answer.values is None else dict(answer.values),
        is_error=answer.is_error,
    )


def _listed(tool: Tool) -> ListedTool:
    return ListedTool(
        name=tool.name,
        description=tool.description,
        input_schema=dict(tool.schema),
        _meta=_LOAD_AT_ONCE if tool.is_needed_at_once else None,
    )
