"""What is no message, or no good one, is answered over either transport: no client waits for what will never come."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from mcp_server.conftest import SERVE, surroundings_with

HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


def calling(number, arguments, name="headroom_retrieve"):
    call = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    return json.dumps(call)


# What a client may send: the id under which it is answered, the code, and a word of the message.
WRONG = {
    calling(3, {"key": "\ud800"}): (3, -32700, "half a surrogate pair"),
    calling(4, {"content": "a\udfffb"}, "headroom_compress"): (4, -32700, "half a surrogate pair"),
    calling("five", {"key": "x"}, "\ud83d"): ("five", -32700, "half a surrogate pair"),
    calling("\ud800", {"key": "x"}): (None, -32700, "half a surrogate pair"),
    '{"jsonrpc": "2.0", "id": 6,': (None, -32700, "no JSON"),
    "hello": (None, -32700, "no JSON"),
    "[" * 5_000: (None, -32700, "no JSON"),
    "[]": (None, -32600, "no request of JSON-RPC"),
    '{"jsonrpc": "2.0", "id": 7}': (7, -32600, "no request of JSON-RPC"),
    '{"jsonrpc": "2.0", "id": 8, "method": 5}': (8, -32600, "no request of JSON-RPC"),
    '{"jsonrpc": "1.0", "id": 9, "method": "ping"}': (9, -32600, "no request of JSON-RPC"),
    '{"jsonrpc": "2.0", "id": 10, "method": "tools/call", "params": {"name": 5}}': (10, -32602, "Invalid"),
    '{"jsonrpc": "2.0", "id": 11, "method": "no/such"}': (11, -32601, "Method not found"),
}


def test_over_stdio_every_line_is_answered_and_the_next_one_too(tmp_path):
    server = subprocess.Popen(
        [sys.executable, *SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=surroundings_with(tmp_path / "originals.db"),
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    with server:

        def ask(line):
            server.stdin.write(line + "\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline())

        ask(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}))
        for line, (number, code, word) in WRONG.items():
            answer = ask(line)
            assert (answer["id"], answer["error"]["code"]) == (number, code), line[:80]
            assert word in answer["error"]["message"]
            assert ask('{"jsonrpc": "2.0", "id": 99, "method": "ping"}') == {"jsonrpc": "2.0", "id": 99, "result": {}}
    assert server.returncode == 0


@pytest.mark.parametrize("line", WRONG, ids=lambda line: line[:60].encode("unicode_escape").decode())
def test_over_http_every_body_is_answered(address, line):
    kinds = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    with closing(connection):
        connection.request("POST", parts.path, line.encode(), {**kinds, "MCP-Protocol-Version": "2025-06-18"})
        answer = json.loads(connection.getresponse().read())
    assert answer["error"]["code"] < -32000
    assert answer["error"]["message"]
