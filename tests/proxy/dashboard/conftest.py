"""A real browser before a server that shows it whatever figures a test wants."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from proxy.dashboard.documents import month
from proxy.dashboard.stand_in import StandIn

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    """The browser of this machine. Without one its tests are skipped, but never where everything must be tested."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    message = f"none of {', '.join(NAMES)} is installed; on Debian: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


# Of a module, since while Playwright runs, no other event loop can in this thread.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    with sync_playwright() as playwright:
        # Its sandbox is not for root; the only pages it opens are ours.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def _server() -> Iterator[StandIn]:
    server = StandIn()
    yield server
    server.stop()


@pytest.fixture
def server(_server: StandIn) -> Iterator[StandIn]:
    """The server, with the figures of a month, and nothing remembered of earlier tests."""
    _server.forget()
    _server.document = month()
    yield _server
    _server.drop()


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address in a browser that knows nothing yet. What breaks in the page's script fails the test."""
    contexts, broken = [], []

    def open_it(address: str, width: int = 1280, scheme: str = "light", motion: str = "reduce") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion=motion, locale="en-GB"
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda message: broken.append(message.text) if is_serious(message) else None)
        page.goto(address)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert broken == []


@pytest.fixture
def open_page(browse: Callable[..., Page], server: StandIn) -> Callable[..., Page]:
    """Opens the page that the server shows, at a fragment of its address."""
    return lambda fragment="", **how: browse(server.url + fragment, **how)


def is_serious(message: object) -> bool:
    """Whether a message of the browser's console is of a fault in the page, not of an answer that a test asked for."""
    return message.type == "error" and "Failed to load resource" not in message.text
