"""What the proxy adds to a request: beside direct calls and a plain relay, by turns in one run.

    python benches/proxy_overhead.py [SECONDS_A_CASE]

A provider that answers at once, a relay of aiohttp that only passes on, and `headroom proxy` are processes on loopback;
one client sends each of them the same new content in turn, over a connection it keeps. Printed are milliseconds over
the direct call (p50), p99s, the CPU of the process a request, memory, and the time until `/health` answers.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS_A_CASE = 4.0
TURNS = 60
SESSION_BYTES = 1_000_000
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer sk-bench"}

PROVIDER = """
import asyncio, sys
ANSWER = b'{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hello."}}]}'
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(ANSWER)
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\\r\\n")[0])
            await reader.readexactly(length)
            writer.write(HEAD + ANSWER)
    except asyncio.IncompleteReadError:
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), limit=1 << 24)
    await server.serve_forever()
asyncio.run(main())
"""
RELAY = """
import sys
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
async def handle(request):
    if request.path == "/health":
        return web.Response()
    body = await request.read()
    headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
    async with request.app["session"].post(sys.argv[2] + request.raw_path, headers=headers, data=body) as upstream:
        response = web.StreamResponse(status=upstream.status, headers=upstream.headers)
        await response.prepare(request)
        async for chunk in upstream.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response
async def session(app):
    app["session"] = ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=None))
    yield
    await app["session"].close()
app = web.Application(client_max_size=1 << 30)
app.cleanup_ctx.append(session)
app.router.add_route("*", "/{path:.*}", handle)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""
HEADROOM = "from headroom.cli import main; main()"


class Server:
    """A process that listens; `start_s` is how long it took until it answered."""

    def __init__(
        self, name: str, code: str, *arguments: str, port: int, is_http: bool = True, **environment: str
    ) -> None:
        self.name, self.port = name, port
        began = time.perf_counter()
        surroundings = {"PATH": os.environ["PATH"], **environment}
        command = [sys.executable, "-c", code, *arguments]
        self.process = subprocess.Popen(command, env=surroundings, stderr=subprocess.DEVNULL)
        while not self._answers(is_http):
            time.sleep(0.002)
        self.start_s = time.perf_counter() - began
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def _answers(self, is_http: bool) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                if is_http:
                    connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return connection.recv(100).startswith(b"HTTP/1.1 200")
                return True
        except OSError:
            return False

    def post(self, body: bytes) -> float:
        """Sends one request; how long its answer took, in seconds."""
        began = time.perf_counter()
        self.connection.request("POST", "/v1/chat/completions", body, HEADERS)
        response = self.connection.getresponse()
        response.read()
        assert response.status == 200, response.status
        return time.perf_counter() - began

    def cpu_s(self) -> float:
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stream:
            fields = stream.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def records(chance: random.Random, size_bytes: int) -> str:
    rows: list[dict[str, object]] = []
    while len(rows) * 140 < size_bytes:
        state = "ok" if chance.random() > 0.02 else "FATAL: disk full"
        zone = chance.choice(["us-east-1", "eu-west-1", "ap-south-1"])
        rows.append(
            {
                "id": chance.randrange(10**6, 10**7),
                "name": f"svc-{chance.randrange(99)}",
                "status": state,
                "latency_ms": chance.randrange(5, 400),
                "region": zone,
                "owner": f"team-{chance.randrange(30)}@example.com",
                "ts": f"2026-06-{chance.randrange(1, 29):02d}T10:{chance.randrange(60):02d}:00Z",
            }
        )
    return json.dumps(rows)


def turn(number: int, result: str) -> list[dict[str, object]]:
    function = {"name": "run_query", "arguments": '{"q": "x"}'}
    call = {"id": f"call_{number}", "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"call_{number}", "content": result},
    ]


def request(messages: list[dict[str, object]], question: str) -> bytes:
    head = [{"role": "system", "content": "You help."}, {"role": "user", "content": question}]
    return json.dumps({"model": "gpt-4o", "messages": [*head, *messages]}).encode()


def chat(chance: random.Random) -> bytes:
    return request([], " ".join(f"word{chance.randrange(9_999)}" for _ in range(100)))


def tool(size_bytes: int) -> Callable[[random.Random], bytes]:
    return lambda chance: request(turn(0, records(chance, size_bytes)), f"Which failed? {chance.random()}")


def compare(name: str, make: Callable[[random.Random], bytes], servers: list[Server], seconds: float) -> None:
    chance = random.Random(name)
    times: dict[str, list[float]] = {server.name: [] for server in servers}
    cpu_s = {server.name: server.cpu_s() for server in servers}
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        body = make(chance)
        for server in servers:
            times[server.name].append(server.post(body))
    direct = statistics.median(times["direct"])
    for server in servers[1:]:
        own = sorted(times[server.name])
        added, p99 = (statistics.median(own) - direct) * 1e3, own[len(own) * 99 // 100] * 1e3
        cpu_ms = (server.cpu_s() - cpu_s[server.name]) / len(own) * 1e3
        figures = f"added p50 {added:6.2f} ms   p99 {p99:7.2f} ms   CPU {cpu_ms:5.2f} ms   n {len(own)}"
        print(f"{name:14} {server.name:9} {figures}")


def session(servers: list[Server]) -> None:
    """A conversation that grows to a megabyte: the sum of what its turns took longer than direct ones."""
    chance = random.Random(60)
    messages: list[dict[str, object]] = []
    added_s = dict.fromkeys((server.name for server in servers), 0.0)
    for number in range(TURNS):
        messages += turn(number, records(chance, SESSION_BYTES // TURNS))
        body = request(messages, "Find out why the job fails.")
        took_s = {server.name: server.post(body) for server in servers}
        for name, each in took_s.items():
            added_s[name] += each - took_s["direct"]
    for server in servers[1:]:
        print(f"{'session 1 MB':14} {server.name:9} added {added_s[server.name]:.3f} s over {TURNS} turns")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS_A_CASE
    ports = [free_port() for _ in range(3)]
    url = f"http://127.0.0.1:{ports[0]}"
    with tempfile.TemporaryDirectory() as home:
        targets = {"HOME": home, "OPENAI_TARGET_API_URL": url}
        servers = [
            Server("direct", PROVIDER, str(ports[0]), port=ports[0], is_http=False),
            Server("relay", RELAY, str(ports[1]), url, port=ports[1]),
            Server("headroom", HEADROOM, "proxy", "--port", str(ports[2]), port=ports[2], **targets),
        ]
        try:
            for server in servers[1:]:
                print(f"{'start':14} {server.name:9} {server.start_s:.2f} s, {server.resident_mb():.0f} MB")
            for name, make in (("chat 1 KB", chat), ("JSON 20 KB", tool(20_000)), ("JSON 200 KB", tool(200_000))):
                compare(name, make, servers, seconds)
            session(servers)
            for server in servers[1:]:
                print(f"{'at the end':14} {server.name:9} {server.resident_mb():.0f} MB")
        finally:
            for server in servers:
                server.process.terminate()
                server.process.wait()


if __name__ == "__main__":
    main()
