"""What retrieval in flight costs: the first byte of an answer, and a retrieval on the way, by turns in one run.

    python benches/retrieval_flight.py [TIMES]

A conversation of eight tool results (180 KB) goes through a proxy that offers the retrieve tool (its results are then
markers) and through one that does not (lossless forms). Then the model asks for rows of an original: what that adds
is the whole less the same request without it and less the second round sent to the provider directly. Times are in ms:
the tenth part that was fastest, since machines that measure are shared, and the median.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from payloads import big_table
from proxy.conftest import ProxyProcess
from proxy.dialects import DIALECTS, Say
from proxy.fake_provider import FakeProvider
from proxy.scripted_model import DONE, Client, keys_in, ours

RESULTS = 8


def long_body(dialect: Any, stream: bool) -> bytes:
    client = Client(None, dialect, stream)
    for number in range(RESULTS):
        begun = client.begun(f"question {number} {dialect.name}", big_table(300 + number, 7))
        client.messages += json.loads(json.dumps(begun).replace("begin1", f"call{number}a1b2c3d4"))
        client.messages += dialect.hear(b"".join(dialect.reply([Say(f"ok {number}")], number, False).frames), False)[0]
    client.messages.append(dialect.user("and now?"))
    return json.dumps(client.body()).encode()


def took_ms(connection: HTTPConnection, path: str, raw: bytes) -> tuple[float, float]:
    """Until the first byte of the answer, and until its last."""
    began = time.perf_counter()
    connection.request("POST", path, raw, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read1(1)
    first = time.perf_counter() - began
    response.read()
    return first * 1e3, (time.perf_counter() - began) * 1e3


def fast(times: list[float]) -> float:
    return sorted(times)[len(times) // 10]


def shown(times: list[float]) -> str:
    return f"{fast(times):.2f} ({statistics.median(times):.2f})"


def main(times: int) -> None:
    provider = FakeProvider()
    homes = [Path(tempfile.mkdtemp()) for _ in range(2)]
    offering = ProxyProcess(homes[0], provider)
    lossless = ProxyProcess(homes[1], provider, HEADROOM_OFFER_RETRIEVE="false")
    try:
        for dialect in DIALECTS.values():
            for stream in (False, True):
                figures = measure(provider, dialect, stream, times, offering, lossless)
                print(f"{dialect.name}, {'stream' if stream else 'whole'}: {figures}")
    finally:
        offering.stop()
        lossless.stop()
        provider.stop()


def measure(
    provider: FakeProvider, dialect: Any, stream: bool, times: int, offering: ProxyProcess, lossless: ProxyProcess
) -> str:
    raw, path = long_body(dialect, stream), dialect.stream_path if stream else dialect.path
    plain = dialect.reply([Say("word " * 100)], 1, stream)
    done = dialect.reply(DONE, 2, stream)

    def retrieving(seen: Any) -> Any:
        body = seen.json()
        is_second = "call_h1" in json.dumps(body[dialect.field])
        return done if is_second else dialect.reply([ours("call_h1", keys_in(body)[-1])], 1, stream)

    with_tool, without = offering.connect(), lossless.connect()
    direct = HTTPConnection("127.0.0.1", provider.port)
    provider.script = retrieving
    took_ms(with_tool, path, raw)
    second_round = provider.last().body
    firsts: dict[str, list[float]] = {"offered": [], "lossless": []}
    wholes: dict[str, list[float]] = {"retrieved": [], "not": [], "second": []}
    for _ in range(times):
        provider.script = lambda seen: plain
        firsts["offered"].append(took_ms(with_tool, path, raw)[0])
        firsts["lossless"].append(took_ms(without, path, raw)[0])
        provider.script = lambda seen: done
        wholes["not"].append(took_ms(with_tool, path, raw)[1])
        wholes["second"].append(took_ms(direct, path, second_round)[1])
        provider.script = retrieving
        wholes["retrieved"].append(took_ms(with_tool, path, raw)[1])
    added = fast(wholes["retrieved"]) - fast(wholes["not"]) - fast(wholes["second"])
    parts = ", ".join(f"{name} {shown(values)}" for name, values in {**firsts, **wholes}.items())
    return f"{parts}: a retrieval adds {added:.2f}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
