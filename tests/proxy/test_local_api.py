"""What the proxy answers itself, and to whom."""

from __future__ import annotations

import json

import pytest

import headroom
from payloads import FORMATS, big_table
from proxy.conftest import wait_until

TABLE = big_table()


def asked(question):
    """A conversation of its own: what became of a result where none can be asked for stays so for whoever can."""
    return FORMATS["openai"]([(question, "orders", TABLE)])


MESSAGES = asked("which of the orders failed?")


def with_token(proxy):
    return {"x-headroom-token": proxy.token}


def stored_key(proxy, provider):
    body = {"model": "gpt-4o", "messages": MESSAGES, "tools": [headroom.retrieve_tool("openai")]}
    proxy.post("/v1/chat/completions", body)
    return provider.last().body.decode().partition("key=")[2][:11]


def test_health_and_readiness_are_told_without_a_token(proxy):
    assert proxy.send("GET", "/health").json()["status"] == "ok"
    assert proxy.send("GET", "/ready").json()["status"] == "ready"


def test_a_proxy_whose_store_cannot_be_opened_is_not_ready_and_leaves_nothing_out(started, provider, tmp_path):
    store = tmp_path / "folder.sqlite3"
    store.mkdir()
    proxy = started(HEADROOM_STORE_PATH=str(store))
    answer = proxy.send("GET", "/ready")
    assert answer.status == 503
    assert "directory" in answer.json()["error"]
    body = {"model": "gpt-4o", "messages": MESSAGES, "tools": [headroom.retrieve_tool("openai")]}
    assert proxy.post("/v1/compress", body).json()["tokens_saved"] > 0
    assert proxy.post("/v1/chat/completions", body).status == 200
    assert b"key=" not in provider.last().body
    assert len(provider.last().body) < len(json.dumps(body))
    assert proxy.stats()["totals"]["store_failures"] == 1
    assert "only lossless forms go out" in proxy.stop()[1]
    assert list(store.iterdir()) == []


@pytest.mark.parametrize("method_and_path", ["GET /stats", "GET /v1/retrieve/{}", "POST /v1/retrieve"])
def test_figures_and_originals_are_for_those_with_the_token(proxy, provider, method_and_path):
    key = stored_key(proxy, provider)
    method, path = method_and_path.format(key).split()
    body = {"hash": key} if method == "POST" else None
    for headers in ({}, {"x-headroom-token": "guessed"}, {"Authorization": "Bearer sk-of-a-client"}):
        answer = proxy.send(method, path, body, headers)
        assert answer.status == 401
        assert TABLE[:40].encode() not in answer.body
    for headers in (with_token(proxy), {"Authorization": f"Bearer {proxy.token}"}):
        assert proxy.send(method, path, body, headers).status == 200


def test_the_token_is_a_file_of_the_user_alone_and_the_same_after_a_restart(started):
    proxy = started()
    [path] = proxy.home.rglob("proxy-token")
    assert path.stat().st_mode & 0o777 == 0o600
    token = proxy.token
    proxy.stop()
    assert started(home=proxy.home).token == token


def test_loopback_may_do_without_the_token_if_the_user_says_so(started, provider):
    proxy = started(HEADROOM_OPEN_LOCAL_API="yes")
    key = stored_key(proxy, provider)
    assert proxy.send("GET", f"/v1/retrieve/{key}").json()["original_content"] == TABLE


def test_a_part_of_an_original_is_a_query_away(proxy, provider):
    key = stored_key(proxy, provider)
    asked = {"hash": key, "query": "rows 218"}
    found = proxy.send("POST", "/v1/retrieve", asked, with_token(proxy)).json()
    assert json.loads(found["original_content"])["status"] == "failed"
    assert (found["compressed_item_count"], found["original_item_count"]) == (1, 400)
    named = proxy.send("GET", f"/v1/retrieve/{key}?query=rows%20218", headers=with_token(proxy)).json()
    assert named == found


@pytest.mark.parametrize("key", ["00000000000", "..%2f..%2fetc%2fpasswd", "'%20OR%201=1--", "%00", "a" * 5_000])
def test_a_key_that_names_nothing_is_not_found(proxy, key):
    answer = proxy.send("GET", f"/v1/retrieve/{key}", headers=with_token(proxy))
    assert answer.status == 404
    assert answer.json()["status"] == 404


def test_wrong_queries_and_bodies_are_told_what_to_send(proxy, provider):
    key = stored_key(proxy, provider)
    answer = proxy.send("POST", "/v1/retrieve", {"hash": key, "query": "rowz 1"}, with_token(proxy))
    assert answer.status == 400
    assert "rows" in answer.json()["error"]
    for body in (b"no json", b"[]", b"{}", b'{"hash": 5}', b"[" * 100_000):
        assert proxy.send("POST", "/v1/retrieve", body, with_token(proxy)).status == 400


def test_gateways_compress_by_their_contract_without_loss_unless_they_ask_for_it(proxy):
    messages = asked("which failed, all told?")
    sent = {"model": "gpt-4o", "messages": messages, "session_id": "s-1"}
    plain = proxy.post("/v1/compress", sent).json()
    assert plain["messages"] == headroom.compress(messages, model="gpt-4o", retrieval="none").messages
    assert plain["tokens_saved"] == plain["tokens_before"] - plain["tokens_after"] > 0
    assert plain["compression_ratio"] == pytest.approx(plain["tokens_after"] / plain["tokens_before"], abs=1e-4)
    assert plain["session"] == "s-1"
    assert plain["transforms_summary"] == {"json, lossless": 1}
    assert proxy.post("/v1/compress", {**sent, "config": {"mode": "lossy_inline"}}).json() == plain
    other = {"messages": asked("which failed, in short?"), "config": {"mode": "ccr"}}
    lossy = proxy.post("/v1/compress", {**sent, **other}).json()
    assert lossy["tokens_after"] < plain["tokens_after"]
    [key] = lossy["ccr_hashes"]
    assert key in json.dumps(lossy["messages"])
    found = proxy.send("GET", f"/v1/retrieve/{key}", headers=with_token(proxy)).json()
    assert found["original_content"] == TABLE


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"model": "m"}, "messages"),
        ({"messages": MESSAGES}, "model"),
        ({"model": "m", "messages": MESSAGES, "config": {"mode": "guess"}}, "guess"),
        ({"model": "m", "messages": [1, 2]}, "message 0"),
    ],
)
def test_what_cannot_be_compressed_is_refused_with_the_reason(proxy, body, word):
    answer = proxy.post("/v1/compress", body)
    assert answer.status == 400
    assert word in answer.json()["error"]


def test_forms_of_web_pages_cannot_compress(proxy):
    assert proxy.post("/v1/compress", {"model": "m"}, {"Content-Type": "text/plain"}).status == 415


def test_observing_forwards_the_same_bytes_and_tells_what_would_have_been_saved(started, provider):
    bodies = [
        {"model": "gpt-4o", "messages": FORMATS["openai"]([("which failed?", "orders", big_table(rows, 17))])}
        for rows in (50, 150, 250)
    ]
    token, observe = started(), started("--mode", "observe")
    for body in bodies:
        token.post("/v1/chat/completions", body)
        observe.post("/v1/chat/completions", body)
        assert provider.last().json() == body
        assert provider.last().body == json.dumps(body).encode()
    wait_until(lambda: observe.stats()["totals"]["observed_requests"] == len(bodies))
    observed = observe.stats()
    saved = token.stats()
    assert observed["observed_tokens_saved"] == saved["tokens_saved"] > 0
    assert observed["tokens_saved"] == saved["observed_tokens_saved"] == 0
    assert saved["formats"]["openai_chat"]["compressed_texts"] == 3


def test_a_request_can_say_how_it_wants_to_be_treated(proxy, provider):
    body = {"model": "gpt-4o", "messages": asked("which failed, and how?")}
    raw = json.dumps(body).encode()
    for headers in ({"x-headroom-bypass": "true"}, {"x-headroom-mode": "off"}, {"x-headroom-mode": "observe"}):
        answer = proxy.post("/v1/chat/completions", raw, headers)
        assert provider.last().body == raw
        assert not any(name.lower().startswith("x-headroom-tokens") for name in answer.headers)
    proxy.post("/v1/chat/completions", raw, {"x-headroom-mode": "token"})
    assert len(provider.last().body) < len(raw)
    count = len(provider.seen)
    wrong = proxy.post("/v1/chat/completions", raw, {"x-headroom-mode": "tokens"})
    assert wrong.status == 400
    assert "'tokens' is not one of token, cache, observe, off" in wrong.json()["error"]["message"]
    assert len(provider.seen) == count


def test_held_out_conversations_are_left_alone_and_counted(started, provider):
    proxy = started("--holdout-ratio", "1")
    raw = json.dumps({"model": "gpt-4o", "messages": MESSAGES}).encode()
    answer = proxy.post("/v1/chat/completions", raw)
    assert provider.last().body == raw
    assert answer.headers["x-headroom-tokens-before"] == answer.headers["x-headroom-tokens-after"]
    figures = proxy.stats()
    assert figures["totals"]["held_out_requests"] == 1
    assert figures["tokens_saved"] == 0 < figures["observed_tokens_saved"]


def test_off_passes_everything_on(started, provider):
    proxy = started("--mode", "off")
    raw = json.dumps({"model": "gpt-4o", "messages": MESSAGES}).encode()
    proxy.post("/v1/chat/completions", raw)
    assert provider.last().body == raw
