"""The page as the proxy sends it, before any browser reads it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from importlib.resources import files

import pytest

from headroom.proxy import dashboard

# Names that are no addresses to fetch: of SVG, and in the comment that says what the charts are.
MENTIONED = {"http://www.w3.org/2000/svg", "https://github.com/leeoniya/uPlot", "https://html.spec.whatwg.org"}


@pytest.fixture
def page():
    return dashboard.load_page()


def test_the_proxy_shows_the_page_to_anyone_since_it_holds_no_figures(proxy):
    answer = proxy.send("GET", "/dashboard")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.body == dashboard.load_page().html
    assert proxy.send("HEAD", "/dashboard").body == b""


def test_who_has_the_page_already_is_not_sent_it_again(proxy):
    tag = proxy.send("GET", "/dashboard").headers["ETag"]
    again = proxy.send("GET", "/dashboard", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert proxy.send("GET", "/dashboard", headers={"If-None-Match": '"other"'}).status == 200


def test_the_policy_allows_the_script_and_styles_of_the_page_and_nothing_else(proxy):
    answer = proxy.send("GET", "/dashboard")
    html = answer.body.decode()
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        [inner] = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, re.DOTALL)
        assert policy[rule] == f"'sha256-{b64encode(hashlib.sha256(inner.encode()).digest()).decode()}'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_in_the_page_comes_from_elsewhere(page):
    html = page.html.decode()
    addresses = {match.rstrip("/") for match in re.findall(r"https?://[\w.]+(?:/[\w./-]*)?", html)}
    assert {each for each in addresses if not any(each.startswith(known) for known in MENTIONED)} == set()
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"'](?!data:)", html)
    assert not re.search(r"@import|url\(", html)


def test_every_file_of_the_page_is_in_it_and_the_licence_of_the_charts_too(page):
    html = page.html.decode()
    used = {"index.html", dashboard._CHARTS, dashboard._LICENCE, *dashboard._STYLES, *dashboard._SCRIPTS}
    root = files("headroom.proxy").joinpath("page")
    there = {entry.name for entry in root.iterdir() if entry.is_file()}
    there |= {f"uplot/{entry.name}" for entry in root.joinpath("uplot").iterdir()}
    assert there == used
    assert "Leon Sorokin" in html
    assert "{{" not in html
    assert len(page.html) < 150_000
