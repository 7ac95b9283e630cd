"""The MCP server: compression and retrieval as tools, for agents that speak the Model Context Protocol.

`tools` says what the tools are and does their work; `server` serves them with the official SDK, which is imported
there alone. Store, settings and tenant are those of the library and the command line.
"""
