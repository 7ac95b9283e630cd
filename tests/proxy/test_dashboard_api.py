"""The dashboard's data, and who gets it."""

from __future__ import annotations

import json
import time

import pytest

from headroom.proxy.sessions import good_until, one_time_code, session_token
from payloads import big_table
from proxy.agent_sessions import request
from proxy.conftest import SECONDS_TO_WAIT, wait_until

ROUTES = ["/dashboard/stats", "/dashboard/events", "/dashboard/requests", "/dashboard/requests/x"]


def one_turn(table):
    return request("openai", "You help.", [("which failed?", "orders", table)], streams=False)


def opened(proxy):
    """A session's token, as the page gets it."""
    code = one_time_code(proxy.token, time.time())
    return proxy.post("/dashboard/session", {"code": code}).json()["token"]


class Events:
    """The stream of events, read line by line."""

    def __init__(self, proxy, headers):
        self.connection = proxy.connect()
        self.connection.request("GET", "/dashboard/events?days=2", headers=headers)
        self.response = self.connection.getresponse()

    def next(self):
        name, deadline = "", time.monotonic() + SECONDS_TO_WAIT
        while True:
            assert time.monotonic() < deadline, "the event did not come"
            line = self.response.readline().decode()
            assert line, "the stream has ended"
            if line.startswith("event: "):
                name = line.removeprefix("event: ").strip()
            elif line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))

    def close(self):
        self.connection.close()


@pytest.mark.parametrize("path", ROUTES)
def test_data_is_for_those_with_a_token(till_proxy, path):
    for headers in (
        {},
        {"x-headroom-token": "guessed"},
        {"x-headroom-token": one_time_code("guessed" * 9, time.time())},
    ):
        answer = till_proxy.send("GET", path, headers=headers)
        assert answer.status == 401
        assert "headroom dashboard" in answer.json()["error"]
    rebound = till_proxy.send("GET", path, headers={"Host": "evil.example", "x-headroom-token": till_proxy.token})
    assert rebound.status == 421
    foreign = {"Origin": "https://evil.example", "x-headroom-token": till_proxy.token}
    assert till_proxy.send("GET", path, headers=foreign).status == 403


def test_a_code_lets_a_browser_in_once(till_proxy):
    code = one_time_code(till_proxy.token, time.time())
    answer = till_proxy.post("/dashboard/session", {"code": code})
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    token = {"x-headroom-token": answer.json()["token"]}
    assert till_proxy.send("GET", "/dashboard/stats", headers=token).status == 200
    # It opens the dashboard alone.
    assert till_proxy.send("GET", "/stats", headers=token).status == 401
    assert till_proxy.send("GET", "/v1/retrieve/00000000000", headers=token).status == 401
    assert till_proxy.post("/dashboard/session", {"code": code}).status == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"code": 5}', b'{"code": "1.2.3"}', b"[" * 5_000, '{"code": "é.ü"}'.encode()]
)
def test_anything_else_is_no_code(till_proxy, body):
    assert till_proxy.post("/dashboard/session", body).status == 401


def test_codes_and_sessions_end_and_are_not_each_other():
    token, now = "t" * 43, 1_000_000.0
    code = one_time_code(token, now)
    assert good_until(code, token, "open", now + 59) is not None
    assert good_until(code, token, "open", now + 61) is None
    assert good_until(code, token, "session", now) is None
    assert good_until(code, "u" * 43, "open", now) is None
    later = str(int(code.partition(".")[0]) + 999) + code[code.index(".") :]
    assert good_until(later, token, "open", now) is None
    session, until = session_token(token, now)
    assert until == now + 12 * 3_600
    assert good_until(session, token, "session", until - 1) == until
    assert good_until(session, token, "session", until) is None


def test_the_stream_begins_with_the_document_and_tells_what_changes(till_proxy):
    events = Events(till_proxy, {"x-headroom-token": opened(till_proxy)})
    name, before = events.next()
    assert name == "stats"
    assert before["range"]["days"] == 2
    path, body = one_turn(big_table())
    till_proxy.post(path, body, {"x-headroom-project": "live", "User-Agent": "codex_cli_rs/0.171.0 (Linux)"})
    seen = {}
    while len(seen) < 2:
        name, data = events.next()
        seen[name] = data
    events.close()
    assert seen["request"]["agent"] == "codex"
    assert seen["request"]["status"] == 200
    assert seen["request"]["tokens"]["saved"] > 1_000
    assert 0 <= seen["request"]["added_ms"] <= seen["request"]["total_ms"]
    assert seen["stats"]["total"]["requests"] == before["total"]["requests"] + 1
    assert seen["stats"]["latency_ms"]["added"]["count"] > 0
    # A page that is closed is nobody who has left a conversation.
    path, body = one_turn("short")
    gone = till_proxy.dashboard()["health"]["clients_gone"]
    wait_until(lambda: till_proxy.dashboard()["health"]["active_requests"] == 1)
    assert till_proxy.dashboard()["health"]["clients_gone"] == gone


@pytest.mark.parametrize("days", ["0", "3661", "-1", "x", "%D9%A1", "1" * 9])
def test_wrong_ranges_are_told(till_proxy, days):
    token = {"x-headroom-token": till_proxy.token}
    answer = till_proxy.send("GET", f"/dashboard/stats?days={days}", headers=token)
    assert answer.status == 400
    assert "3,660" in answer.json()["error"]


def test_texts_are_kept_only_if_the_user_says_so(till_proxy):
    path, body = one_turn(big_table(310, 8))
    till_proxy.post(path, body, {"x-headroom-project": "unkept"})
    till_proxy.booked(1, "unkept")
    listed = till_proxy.dashboard("/dashboard/requests")
    assert listed["recording"] == {"enabled": False, "keeps": 0, "setting": "record_requests"}
    assert not any(each["has_texts"] for each in listed["requests"])
    row = listed["requests"][0]
    answer = till_proxy.send("GET", f"/dashboard/requests/{row['id']}", headers={"x-headroom-token": till_proxy.token})
    assert answer.status == 403
    assert "record_requests" in answer.json()["error"]


def test_texts_of_the_last_requests_are_there_side_by_side(charged, billing):
    proxy = charged(HEADROOM_RECORD_REQUESTS="1")
    for rows in (120, 130):
        path, body = one_turn(big_table(rows, 8))
        proxy.post(path, body)
    proxy.booked(2)
    newest, older = proxy.dashboard("/dashboard/requests")["requests"]
    assert (newest["has_texts"], older["has_texts"]) == (True, False)
    [text] = proxy.dashboard(f"/dashboard/requests/{newest['id']}")["texts"]
    assert text["tool"] == "fetch"
    assert text["original"] == big_table(130, 8)
    assert text["compressed"] in billing.last().json()["messages"][-1]["content"]
    assert text["tokens_before"] - text["tokens_after"] == newest["tokens"]["saved"]
    assert proxy.dashboard(f"/dashboard/requests/{older['id']}")["texts"] == []
    token = {"x-headroom-token": proxy.token}
    assert proxy.send("GET", "/dashboard/requests/none", headers=token).status == 404


def test_a_proxy_that_is_stopped_ends_its_streams_at_once(charged):
    proxy = charged()
    events = Events(proxy, {"x-headroom-token": proxy.token})
    events.next()
    code, said = proxy.stop()
    assert (code, "Traceback" in said) == (0, False)
    assert events.response.read() is not None
    events.close()


def test_loopback_may_do_without_a_token_if_the_user_says_so(charged):
    proxy = charged(HEADROOM_OPEN_LOCAL_API="yes")
    assert proxy.send("GET", "/dashboard/stats").status == 200
