"""Several processes on one port: one store, one ledger, no request lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from payloads import big_table
from proxy.agent_sessions import request
from proxy.conftest import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


@pytest.fixture
def shared(charged):
    return charged("--workers", "2")


def one_turn(rows=200):
    return request("openai", "You help.", [("which failed?", "orders", big_table(rows, 5))], streams=False)


def workers_of(proxy):
    """The processes that answer."""
    first = proxy.process.pid
    with open(f"/proc/{first}/task/{first}/children", encoding="ascii") as stream:
        return {int(word) for word in stream.read().split()}


def test_workers_share_port_store_and_ledger(shared, billing):
    assert "2 workers" in shared.said()
    for number in range(20):
        assert shared.post(*one_turn(100 + number)).status == 200
    document = shared.booked(20)
    assert document["total"]["usage"]["output"] == billing.till.bill["output"]
    key = billing.last().body.decode().partition("key=")[2][:11]
    token = {"x-headroom-token": shared.token}
    answered = set()

    def both_have_answered():
        assert shared.send("GET", f"/v1/retrieve/{key}", headers=token).status == 200
        for row in shared.dashboard("/dashboard/requests")["requests"]:
            answered.add(int(row["id"].partition("-")[0], 16))
        return len(answered) == 2

    wait_until(both_have_answered)
    assert answered == workers_of(shared)


def test_a_worker_that_is_killed_is_replaced(shared):
    before = workers_of(shared)
    assert len(before) == 2
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: "another one takes its place" in shared.said())
    wait_until(lambda: len(workers_of(shared)) == 2)
    assert all(shared.send("GET", "/health").status == 200 for _ in range(20))
    code, _ = shared.stop()
    assert code == 0


def test_all_end_together_and_requests_end_first(shared):
    workers = workers_of(shared)
    shared.process.send_signal(signal.SIGHUP)
    wait_until(lambda: shared.said().count("settings read again: nothing changed") == 2)
    assert shared.post(*one_turn()).status == 200
    code, said = shared.stop()
    assert (code, "Traceback" in said) == (0, False)
    assert not any(is_running(worker) for worker in workers)


def test_workers_end_when_the_first_process_is_killed(shared):
    workers = workers_of(shared)
    shared.process.kill()
    shared.process.wait()
    wait_until(lambda: not any(is_running(worker) for worker in workers))


def test_a_port_in_use_is_one_clear_line(shared):
    main = "from headroom.cli import main; main()"
    command = [sys.executable, "-c", main, "proxy", "--workers", "2", "--port", str(shared.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert "address already in use" in done.stderr
    assert done.stderr.count("\n") == 1


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat", encoding="ascii") as stream:
        return stream.read().rpartition(")")[2].split()[0] != "Z"
