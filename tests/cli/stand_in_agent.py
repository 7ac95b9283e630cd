"""A stand-in for a coding agent: a program with a home, an environment and arguments, which asks its provider.

`ask`: sends a large tool result to the base URL of its environment, with the retrieve tool if its settings register
the server. `wait FILE`: writes FILE, then waits for a signal; Ctrl-C makes it exit with 8, a request to end with 7.
`ask-later READY GO`: writes READY, and asks when GO is there, anew as long as nobody listens, as agents do.
`write`: changes its own settings. `exit N`: that. It prints what it saw as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SETTINGS = Path.home() / ".claude.json"
PROVIDERS = Path.home() / ".cline" / "data" / "settings" / "providers.json"


def address_in_copy():
    """The address that a copy of a configuration, named by --config, has at its first model; drops those words."""
    if "--config" not in sys.argv:
        return None
    at = sys.argv.index("--config")
    config = json.loads(Path(sys.argv[at + 1]).read_text())
    del sys.argv[at : at + 2]
    return config["models"][0]["apiBase"]


def registered():
    known = json.loads(SETTINGS.read_text()) if SETTINGS.exists() else {}
    return "headroom" in known.get("mcpServers", {})


def ask():
    tools = [{"name": "Bash", "input_schema": {"type": "object"}}]
    if registered():
        tools.append({"name": "mcp__headroom__headroom_retrieve", "input_schema": {"type": "object"}})
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "cat orders.json"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": Path("orders.json").read_text()}
    body = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "tools": tools,
        "messages": [
            {"role": "user", "content": "which order failed?"},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ],
    }
    address = os.environ.get("ANTHROPIC_BASE_URL") or os.environ.get("ANTHROPIC_API_BASE") or ROUTED
    address = address.removesuffix("/v1")
    request = urllib.request.Request(
        f"{address}/v1/messages", json.dumps(body).encode(), {"Content-Type": "application/json", "x-api-key": "none"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status


def ask_later(ready, go):
    Path(ready).write_text(str(os.getpid()))
    while not Path(go).exists():
        time.sleep(0.02)
    deadline = time.monotonic() + 20
    while True:
        try:
            return ask()
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def end(code):
    raise SystemExit(code)


def main(what, *rest):
    seen = {
        "registered": registered(),
        "arguments": sys.argv[1:],
        "base_url": os.environ.get("ANTHROPIC_BASE_URL") or ROUTED,
    }
    if what == "wait":
        signal.signal(signal.SIGTERM, lambda *_: end(7))
        signal.signal(signal.SIGINT, lambda *_: end(8))
        Path(rest[0]).write_text(str(os.getpid()))
        time.sleep(60)
    elif what == "write":
        SETTINGS.write_text(json.dumps({**json.loads(SETTINGS.read_text()), "numStartups": 4}))
    elif what == "exit":
        end(int(rest[0]))
    elif what == "ask-later":
        seen["status"] = ask_later(*rest)
    elif what == "ask":
        seen["status"] = ask()
    own = Path.home() / ".claude" / "settings.json"
    seen["settings"] = json.loads(own.read_text()) if own.exists() else None
    print(json.dumps(seen))


ROUTED = address_in_copy()
if PROVIDERS.exists():
    ROUTED = json.loads(PROVIDERS.read_text())["providers"]["anthropic"]["settings"]["baseUrl"]
main(*(sys.argv[1:] or ["look"]))
