"""Who the proxy lets in, where it sends what, and what it leaves behind."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import suppress

import pytest

import headroom
from headroom.errors import SettingsError
from headroom.proxy.security import has_token, is_foreign_page, is_loopback, names_us
from headroom.proxy.token_file import local_token
from headroom.proxy.upstreams import Upstreams
from headroom.registry import providers
from headroom.settings import Settings
from payloads import FORMATS, big_table
from proxy.fake_provider import FakeProvider

BODY = {"model": "gpt-4o", "messages": FORMATS["openai"]([("which failed?", "orders", big_table())])}


def raw_exchange(proxy, raw):
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        connection.sendall(raw)
        connection.settimeout(1)
        got = b""
        with suppress(TimeoutError):
            while chunk := connection.recv(65_536):
                got += chunk
    return got


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8787", "127.0.0.1.evil.example", "[::2]:80", ""])
def test_a_name_that_is_not_this_machines_is_not_answered(proxy, provider, host):
    for method, path in (
        ("POST", "/v1/chat/completions"),
        ("GET", "/stats"),
        ("GET", "/health"),
        ("POST", "/v1/compress"),
    ):
        assert proxy.send(method, path, BODY, {"Host": host, "x-headroom-token": proxy.token}).status == 421
    assert provider.seen == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8787", "127.8.9.1:80", "[::ffff:127.0.0.1]"]
)
def test_all_names_of_this_machine_are(proxy, host):
    assert proxy.send("GET", "/health", headers={"Host": host}).status == 200


def test_names_that_the_user_allows_are_answered_too(started):
    proxy = started(HEADROOM_ALLOWED_HOSTS="host.docker.internal, gateway")
    assert proxy.send("GET", "/health", headers={"Host": "host.docker.internal:8787"}).status == 200
    assert proxy.send("GET", "/health", headers={"Host": "other"}).status == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1.evil.example", "null"])
def test_pages_of_other_machines_are_refused_and_nobody_is_allowed_across(proxy, provider, origin):
    for method in ("POST", "OPTIONS", "GET"):
        answer = proxy.send(method, "/v1/chat/completions", BODY, {"Origin": origin})
        assert answer.status == 403
        assert answer.headers["access-control-allow-origin"] is None
    assert provider.seen == []


def test_programs_and_local_pages_have_origins_of_their_own():
    assert not is_foreign_page(None, ())
    assert not is_foreign_page("http://localhost:3000", ())
    assert not is_foreign_page("vscode-file://vscode-app", ())
    assert is_foreign_page("https://evil.example", ())
    assert not is_foreign_page("https://known.example", {"known.example"})


def test_no_header_says_where_a_request_goes(proxy, provider):
    other = FakeProvider()
    try:
        where = f"127.0.0.1:{other.port}"
        names = (
            "x-headroom-base-url",
            "x-base-url",
            "x-upstream-url",
            "x-forwarded-host",
            "x-original-url",
            "forwarded",
        )
        for name in names:
            for value in (f"http://{where}", where, f"host={where}"):
                proxy.post("/v1/chat/completions", BODY, {name: value})
                proxy.send("GET", "/v1/other", headers={name: value})
        for target in (f"http://{where}/steal", f"https://{where}/steal", "*"):
            got = raw_exchange(proxy, f"GET {target} HTTP/1.1\r\nHost: {where}\r\nConnection: close\r\n\r\n".encode())
            assert b" 400 " in got.partition(b"\r\n")[0]
        assert other.seen == []
        assert len(provider.seen) == 2 * 3 * len(names)
    finally:
        other.stop()


def test_a_request_of_two_lengths_is_no_two_requests(proxy, provider):
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    raw_exchange(proxy, head + smuggled)
    assert not any(seen.target == "/smuggled" for seen in provider.seen)


def test_nothing_of_a_request_stays_but_originals_and_nothing_of_it_is_logged(started, provider):
    proxy = started("--log-requests")
    key = "sk-PLANTED-0123456789"
    secret = "PLANTED-IN-A-TOOL-RESULT"
    table = big_table().replace("upstream timed out", secret)
    body = {
        "model": "m",
        "messages": FORMATS["openai"]([("q", "a", table)]),
        "tools": [headroom.retrieve_tool("openai")],
    }
    headers = {"Authorization": f"Bearer {key}", "x-api-key": key}
    for fault in ("", "500", "reset"):
        provider.fault = fault
        proxy.post("/v1/chat/completions", body, headers)
        proxy.send("GET", f"/v1/models?key={key}", headers=headers)
    proxy.post("/v1/chat/completions", b'{"messages": [{"content": "' + secret.encode(), headers)
    proxy.post("/v1/messages", {"messages": [{"role": "user", "content": 5}]}, headers)
    _, said = proxy.stop()
    files = [path for path in proxy.home.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert key.encode() not in path.read_bytes(), path
        if path.name != "log":
            assert path.stat().st_mode & 0o077 == 0, path
    assert key not in said
    assert secret not in said
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    paths = [line["path"] for line in lines if line["event"] == "request"]
    assert paths.count("/v1/models") == 3
    assert {line["status"] for line in lines if line["event"] == "request"} >= {200, 500, 502}
    [compressed] = [line for line in lines if line.get("status") == 200 and line.get("tokens_before")]
    assert compressed["tokens_after"] < compressed["tokens_before"]
    assert any("went uncompressed" in line["event"] for line in lines)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_it_does_not_listen_where_other_machines_could_reach_it(host, tmp_path):
    main = "from headroom.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", main, "proxy", "--host", host, "--port", "0"], capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert host in done.stderr


def test_loopback_is_told_from_names_that_look_like_it():
    assert all(map(is_loopback, ["localhost", "127.0.0.1", "::1", "127.255.0.9", "localhost.", "::ffff:127.0.0.1"]))
    assert not any(map(is_loopback, ["localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0", "::", "", "127.1"]))
    assert names_us("[::1]:80", ())
    assert not names_us(None, ())


def test_only_the_whole_token_will_do(tmp_path):
    token = local_token(str(tmp_path / "new" / "directory"))
    assert local_token(str(tmp_path / "new" / "directory")) == token
    assert has_token({"x-headroom-token": token}, token)
    assert not has_token({"x-headroom-token": token[:-1]}, token)
    assert not has_token({}, token)
    assert not has_token({"x-headroom-token": "ü\udce9"}, token)


@pytest.mark.parametrize(
    ("target", "headers", "url"),
    [
        ("/v1/chat/completions", {}, "https://openai.test/v1/chat/completions"),
        ("/v1/responses?x=1", {}, "https://openai.test/v1/responses?x=1"),
        ("/v1/models", {}, "https://openai.test/v1/models"),
        ("/v1/models", {"anthropic-version": "1"}, "https://anthropic.test/v1/models"),
        ("/v1/models", {"x-goog-api-key": "1"}, "https://gemini.test/v1/models"),
        ("/v1beta/models?key=1", {}, "https://gemini.test/v1beta/models?key=1"),
        ("/v1/messages/count_tokens", {}, "https://anthropic.test/v1/messages/count_tokens"),
        ("/groq/v1/chat/completions", {}, "https://groq.test/openai/v1/chat/completions"),
        ("/groqqq/v1/x", {}, "https://openai.test/v1/groqqq/v1/x"),
        ("/openai/deployments/d/chat/completions?api-version=1", {}, None),
    ],
)
def test_the_path_decides_where_a_request_goes(target, headers, url):
    settings = Settings(
        openai_target_api_url="https://openai.test/v1/",
        anthropic_target_api_url="https://anthropic.test",
        gemini_target_api_url="https://gemini.test/",
        upstreams="/groq=https://groq.test/openai",
    )
    found = Upstreams(settings, providers()).find(target, headers)
    assert found.url == (url or "https://openai.test/v1" + target)


@pytest.mark.parametrize(
    "flags",
    [
        {"openai_target_api_url": "api.openai.com"},
        {"gemini_target_api_url": "file:///etc/passwd"},
        {"upstreams": "groq=https://groq.test"},
        {"upstreams": "/groq"},
        {"upstreams": "/groq=ftp://groq.test"},
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(flags):
    with pytest.raises(SettingsError, match=next(iter(flags.values())).partition("=")[0]):
        Upstreams(Settings(**flags), providers())
