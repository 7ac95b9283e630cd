"""Many clients, random failures, for as long as one likes: nothing leaks, nothing sticks, no original is lost."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time

import pytest

import headroom
from headroom.registry import provider_named
from payloads import FORMATS, big_table
from proxy.conftest import Answer, wait_until
from proxy.dialects import DIALECTS, Say
from proxy.scripted_model import Client, ours

SECONDS = float(os.environ.get("PROXY_SOAK_S", "4"))
"""How long it lasts; ten minutes are `PROXY_SOAK_S=600`."""

CLIENTS = 8
FAULTS = ["", "", "", "", "429", "500", "529", "reset", "short", "break", "gzip cut off"]
MOST_GROWTH_MB = 40
KEPT_REQUESTS = 400

linux = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts what a process holds in /proc")


def one_request(proxy, chance, number):
    name = chance.choice(sorted(FORMATS))
    table = big_table(60 + chance.randrange(200), chance.randrange(60))
    client = Client(proxy, DIALECTS[provider_named(name).name], stream=chance.random() < 0.4)
    client.messages = FORMATS[name]([(f"which failed? {number}", "orders", table)])
    # Half of them have the tool themselves, the other half are offered it.
    own = {"tools": [headroom.retrieve_tool(name)]} if chance.random() < 0.5 else {}
    connection = proxy.connect()
    try:
        connection.request("POST", client.path, json.dumps(client.body(**own)))
        if chance.random() < 0.2:
            return  # gone before the answer
        response = connection.getresponse()
        if chance.random() < 0.2:
            response.read1(20)
            return  # gone in the middle of it
        Answer(response)
    except (http.client.HTTPException, OSError):
        pass  # what a client sees of the faults is told by other tests
    finally:
        connection.close()


def retrieving(provider):
    """A model that asks for an original now and then, where the tool was offered, and breaks off as it is told to."""
    chance = random.Random(7)

    def reply(seen):
        body = seen.json()
        dialect = next(
            each for each in DIALECTS.values() if each.path in seen.target or each.stream_path in seen.target
        )
        keys = list(keys_in(seen))
        wants = keys and "weather" in seen.body.decode() and chance.random() < 0.5
        blocks = [Say("Hello."), *([ours(f"h{chance.randrange(10**9)}", keys[0])] if wants else [])]
        stream = bool(body.get("stream")) or "stream" in seen.target
        answer = dialect.reply(blocks, 1, stream)
        return answer._replace(frames=answer.frames[:2], is_whole=False) if provider.fault == "break" else answer

    return reply


def resident_mb(proxy):
    with open(f"/proc/{proxy.process.pid}/statm", encoding="ascii") as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files(proxy):
    return len(os.listdir(f"/proc/{proxy.process.pid}/fd"))


def keys_in(seen):
    text = seen.body.decode()
    return {part[:11] for part in text.split("[headroom ")[1:] for part in part.split("key=")[1:2]}


@linux
@pytest.mark.slow
def test_after_a_storm_of_failures_everything_is_as_before(started, provider):
    proxy = started()
    provider.script = retrieving(provider)
    one_request(proxy, random.Random(0), 0)
    ends = time.monotonic() + SECONDS
    keys, sizes = set(), []

    def client(seed):
        chance = random.Random(seed)
        number = 0
        while time.monotonic() < ends:
            number += 1
            one_request(proxy, chance, f"{seed}-{number}")

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    chance = random.Random(99)
    while time.monotonic() < ends:
        provider.fault = chance.choice(FAULTS)
        time.sleep(0.02)
        while len(provider.seen) > KEPT_REQUESTS:
            keys |= keys_in(provider.seen.pop(0))
        sizes.append(resident_mb(proxy))
    for thread in threads:
        thread.join()
    provider.fault = ""
    assert proxy.stats()["totals"]["retrievals"] > 0
    for seen in provider.seen:
        keys |= keys_in(seen)
    assert keys
    headers = {"x-headroom-token": proxy.token}
    for key in keys:
        assert proxy.send("GET", f"/v1/retrieve/{key}", headers=headers).status == 200, key
    wait_until(lambda: proxy.stats()["active_requests"] == 1)
    assert proxy.post("/v1/chat/completions", {"messages": []}).status == 200
    assert proxy.stats()["totals"]["failures"] == 0
    assert open_files(proxy) < 60
    # Memories of what was seen fill up at first; then nothing grows.
    later = sizes[len(sizes) // 2 :]
    print(f"{len(keys):,} originals, {proxy.stats()['requests']:,} requests, {later[0]:.0f} to {max(later):.0f} MB")
    assert max(later) - later[0] < MOST_GROWTH_MB
    code, said = proxy.stop()
    assert code == 0
    assert "Traceback" not in said
