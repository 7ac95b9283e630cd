"""The dashboard of a real proxy, opened as a user opens it, while requests go through to a provider that bills."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

from playwright.sync_api import expect

from payloads import big_table
from proxy.agent_sessions import request, turns_of
from proxy.conftest import SECONDS_TO_WAIT

MAIN = "from headroom.cli import main; main()"


def headroom_dashboard(home, port, *arguments, **environment):
    """`headroom dashboard`, run to its end."""
    return subprocess.run(
        [sys.executable, "-c", MAIN, "dashboard", "--port", str(port), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_WAIT,
    )


def work(proxy, name="anthropic", turns=3):
    """A session of an agent through the proxy."""
    for path, body in turns_of(name, seed=5, turns=turns):
        answer = proxy.post(
            path, body, {"User-Agent": "claude-cli/2.1.0 (external, cli)", "x-headroom-project": "shop"}
        )
        assert answer.status == 200


def test_the_page_shows_what_the_ledger_says_and_follows_the_traffic(charged, billing, browse):
    proxy = charged(HEADROOM_RECORD_REQUESTS="5")
    link = headroom_dashboard(proxy.home, proxy.port, "--print").stdout.strip()
    assert link.startswith(f"{proxy.url}/dashboard#open=")
    page = browse(link)
    expect(page.locator("#empty")).to_contain_text("Nothing has come through")

    work(proxy)
    proxy.booked(3)
    expect(page.locator("#requests-rows tr")).to_have_count(3)
    expect(page.locator("#net")).to_contain_text("$")
    expect(page.locator("#net-title")).to_have_text("Net saved")
    expect(page.locator("#by-rows")).to_contain_text("fetch")
    for name, known in (("Models", "claude-sonnet-4-5"), ("Agents", "claude"), ("Projects", "shop")):
        page.get_by_role("tab", name=name).click()
        expect(page.locator("#by-rows")).to_contain_text(known)
    expect(page.locator("#latency-chart canvas")).to_be_visible()

    page.get_by_role("button", name="Compare").first.click()
    original, compressed = (page.locator("#pair-body pre").nth(number) for number in range(2))
    expect(compressed).to_contain_text(re.compile(r"^(\[headroom |#[a-z]+ )"))
    assert len(compressed.inner_text()) < len(original.inner_text())
    page.keyboard.press("Escape")

    billing.fault = "500"
    path, body = request("openai", "You help.", [("which failed?", "orders", big_table())], streams=False)
    assert proxy.post(path, body).status == 500
    expect(page.locator("#requests-rows tr").first).to_contain_text("500")
    expect(page.locator("#health")).to_contain_text("500: 1")
    expect(page.locator("#verdict")).to_have_text("All well")

    document = proxy.dashboard()
    assert document["total"]["tokens"]["net"] > 1_000
    shown = page.evaluate("document.querySelector('#days-rows td:nth-child(4)').textContent")
    assert shown == f"{document['total']['tokens']['net']:,}"


def test_a_link_opens_the_page_once(charged, browse):
    proxy = charged()
    link = headroom_dashboard(proxy.home, proxy.port, "--print").stdout.strip()
    first = browse(link)
    expect(first.locator("#empty")).to_be_visible()
    assert first.url == f"{proxy.url}/dashboard"
    second = browse(link)
    expect(second.locator("#token-problem")).to_contain_text("was used")
    second.get_by_role("textbox", name="Local token").fill(proxy.token)
    second.keyboard.press("Enter")
    expect(second.locator("#empty")).to_be_visible()
    expect(browse(f"{proxy.url}/dashboard").locator("#locked")).to_be_visible()


def test_the_page_outlives_a_restart_of_the_proxy(charged, browse):
    proxy = charged()
    work(proxy, "openai", turns=1)
    page = browse(headroom_dashboard(proxy.home, proxy.port, "--print").stdout.strip())
    expect(page.locator("#requests-rows tr")).to_have_count(1)
    tokens = page.locator("#tokens").inner_text()
    code, said = proxy.stop()
    # A page that is open keeps no proxy from ending.
    assert code == 0, said
    assert "Traceback" not in said
    expect(page.locator("#connection")).to_have_text("Offline")
    expect(page.locator("#banner")).to_contain_text("Figures are as of")
    charged("--port", str(proxy.port), home=proxy.home)
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#tokens")).to_have_text(tokens)
    expect(page.locator("#requests-rows tr")).to_have_count(0)


def test_the_browser_that_the_user_has_set_is_opened(charged, tmp_path):
    proxy = charged()
    script, opened = tmp_path / "browser", tmp_path / "opened"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}"\n')
    script.chmod(0o700)
    done = headroom_dashboard(proxy.home, proxy.port, BROWSER=f"{script} %s")
    assert (done.returncode, done.stderr) == (0, "")
    assert opened.read_text() == done.stdout.strip()


def test_where_no_browser_opens_the_address_is_printed_all_the_same(charged):
    proxy = charged()
    done = headroom_dashboard(proxy.home, proxy.port, BROWSER="/nonexistent/browser %s", PATH="/nonexistent")
    assert done.returncode == 0
    assert "#open=" in done.stdout
    assert "open this address yourself" in done.stderr


def test_without_a_proxy_it_says_how_to_start_one(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    done = headroom_dashboard(tmp_path, port, "--print")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"no proxy listens on http://127.0.0.1:{port}" in done.stderr
    assert "headroom proxy" in done.stderr


def test_no_code_is_made_for_another_program(tmp_path):
    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        thread = threading.Thread(target=other.handle_request)
        thread.start()
        done = headroom_dashboard(tmp_path, other.server_address[1], "--print")
        thread.join()
    assert (done.returncode, done.stdout) == (2, "")
    assert "no Headroom proxy" in done.stderr
