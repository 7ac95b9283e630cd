"""The MCP server as a client sees it: the official one, over both transports, with a real process at the other end."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request

import anyio
import pytest
from mcp import Client, StdioServerParameters

import headroom
from headroom import count_tokens, retrieve_tool
from headroom.marker import parse_marker
from headroom.mcp.tools import TOOLS, call
from mcp_server.conftest import SERVE, surroundings_with
from payloads import big_table

TABLE = big_table()


@pytest.fixture
def surroundings(tmp_path):
    return surroundings_with(tmp_path / "originals.db")


@pytest.fixture(params=["stdio", "http"])
def client(request, surroundings):
    """A client that is connected over one of the transports, as a context."""
    if request.param == "http":
        address = request.getfixturevalue("address")
        return lambda: Client(address)
    return lambda: Client(StdioServerParameters(command=sys.executable, args=SERVE, env=surroundings))


def talk(client, conversation):
    """What a conversation with the server gives."""

    async def run():
        async with client() as connected:
            return await conversation(connected)

    return anyio.run(run)


def text_of(result):
    [block] = result.content
    return block.text


def tokens_of(value):
    return count_tokens(json.dumps(value, separators=(",", ":")))


def test_an_original_is_compressed_and_had_back_byte_for_byte(client):
    async def conversation(connected):
        compressed = await connected.call_tool("headroom_compress", {"content": TABLE, "query": "which failed?"})
        key = compressed.structured_content["keys"][0]
        whole = await connected.call_tool("headroom_retrieve", {"key": key, "query": "chars 1-200"})
        assert connected.protocol_version == "2026-07-28"
        rows = await connected.call_tool("headroom_retrieve", {"key": key, "query": "rows 2"})
        return compressed, whole, rows, (await connected.call_tool("headroom_stats", {}))

    compressed, whole, rows, stats = talk(client, conversation)
    assert "upstream timed out" in text_of(compressed)
    assert parse_marker(text_of(compressed))
    assert compressed.structured_content["text"] == text_of(compressed)
    assert compressed.structured_content["tokens_after"] == count_tokens(text_of(compressed))
    assert compressed.structured_content["tokens_before"] == count_tokens(TABLE)
    assert text_of(whole).startswith(TABLE[:200])
    assert json.loads(text_of(rows)) == json.loads(TABLE)[1]
    assert stats.structured_content["entries"] >= 1
    assert not any(each.is_error for each in (compressed, whole, rows, stats))


def test_what_a_model_gets_wrong_is_told_to_it(client):
    calls = {
        ("headroom_retrieve", (("key", "00000000000"),)): "00000000000",
        ("headroom_retrieve", ()): "headroom_retrieve needs 'key', a text",
        ("headroom_retrieve", (("key", "x"), ("querry", "y"))): "did you mean 'query'?",
        ("headroom_compress", (("content", 3),)): "content=3 is a int; it must be a text",
        ("headroom_compress", (("content", "x"), ("content_type", "logs"))): "did you mean 'log'?",
        ("headroom_retreive", ()): "did you mean 'headroom_retrieve'?",
    }

    async def conversation(connected):
        return [await connected.call_tool(name, dict(arguments)) for name, arguments in calls]

    for result, message in zip(talk(client, conversation), calls.values(), strict=True):
        assert result.is_error
        assert message in text_of(result)


def test_the_tools_cost_little_and_the_retrieve_tool_is_the_librarys(client):
    listed = {tool.name: tool for tool in talk(client, lambda connected: connected.list_tools()).tools}
    offered = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        for tool in listed.values()
    ]
    assert offered[1] == retrieve_tool("anthropic")
    assert tokens_of(offered[1]) <= 60
    assert tokens_of(offered) <= 250
    whole = [tool.model_dump(by_alias=True, exclude_none=True) for tool in listed.values()]
    assert tokens_of(whole) <= 250
    assert listed["headroom_retrieve"].meta == {"anthropic/alwaysLoad": True}
    assert listed["headroom_compress"].meta is None


def test_the_store_is_that_of_the_command_line(surroundings):
    def client():
        return Client(StdioServerParameters(command=sys.executable, args=SERVE, env=surroundings))

    done = subprocess.run(
        [sys.executable, "-m", "headroom", "compress", "--json"],
        input=TABLE.encode(),
        env=surroundings,
        capture_output=True,
        check=True,
    )
    key = json.loads(done.stdout)["keys"][0]
    result = talk(client, lambda connected: connected.call_tool("headroom_retrieve", {"key": key, "query": "rows 1"}))
    assert json.loads(text_of(result)) == json.loads(TABLE)[0]


def post(address, message, **headers):
    kinds = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    request = urllib.request.Request(address, json.dumps({"jsonrpc": "2.0", **message}).encode(), {**kinds, **headers})
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_clients_of_every_revision_are_understood(address, version):
    hello = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    answer = post(address, {"id": 1, "method": "initialize", "params": hello})["result"]
    assert answer["protocolVersion"] == version
    assert answer["serverInfo"] == {"name": "headroom", "version": headroom.__version__}
    listed = post(address, {"id": 2, "method": "tools/list"}, **{"MCP-Protocol-Version": version})["result"]
    assert [tool["name"] for tool in listed["tools"]] == [tool.name for tool in TOOLS]


def test_over_stdio_a_client_may_speak_line_by_line_and_go(surroundings):
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    messages = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "headroom_stats", "arguments": {}}},
        {"id": 3, "method": "no/such/method"},
    ]
    server = subprocess.Popen(
        [sys.executable, *SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    answers = {}
    with server:
        for message in messages:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            server.stdin.flush()
            if "id" in message:
                answer = json.loads(server.stdout.readline())
                answers[answer["id"]] = answer
    assert server.returncode == 0
    assert answers[1]["result"]["protocolVersion"] == "2025-06-18"
    assert answers[2]["result"]["content"][0]["text"].startswith("entries: 0")
    assert answers[3]["error"]["code"] == -32601


def test_over_http_a_text_of_many_megabytes_is_no_trouble(address):
    content = "\n".join(f"10:00:00 INFO handled request {number} in {number % 93} ms" for number in range(150_000))
    arguments = {"name": "headroom_compress", "arguments": {"content": content}}
    answer = post(address, {"id": 1, "method": "tools/call", "params": arguments})["result"]
    assert len(content) > 5_000_000
    assert len(answer["content"][0]["text"]) < 10_000


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_over_http_no_other_name_and_no_web_page_reaches_it(address, header):
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(address, {"id": 1, "method": "tools/list"}, **header)
    assert refused.value.code in (403, 421)
    refused.value.close()


def test_a_port_that_is_taken_is_told_in_one_line(address, surroundings):
    port = address.split(":")[2].split("/")[0]
    done = subprocess.run(
        [sys.executable, *SERVE, "--http", "--port", port], env=surroundings, capture_output=True, check=False
    )
    assert done.returncode == 2
    [line] = done.stderr.decode().splitlines()
    assert f"port {port} of 127.0.0.1 cannot be had: Address already in use; choose another --port" in line


def test_it_serves_no_other_machine_and_says_so(surroundings):
    done = subprocess.run(
        [sys.executable, *SERVE, "--http", "--host", "0.0.0.0"], env=surroundings, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert "is not this machine alone" in done.stderr.decode()


def test_a_text_that_gains_nothing_comes_back_as_it_was():
    answer = call("headroom_compress", {"content": "short"})
    assert (answer.text, answer.is_error) == ("short", False)
