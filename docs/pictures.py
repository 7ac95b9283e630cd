"""Takes the pictures of the dashboard in this folder: `python docs/pictures.py`. Needs Chromium, the extra
`dev`, and pillow.

The figures in them are made up; the page is the one that the proxy serves.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from proxy.dashboard.conftest import find_chromium  # noqa: E402
from proxy.dashboard.documents import month, nothing, recording, request, some_texts  # noqa: E402
from proxy.dashboard.stand_in import StandIn  # noqa: E402


def main() -> None:
    """Takes them all."""
    server = StandIn()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        take(browser, server, "light", height=1_350)
        take(browser, server, "dark", height=1_350, scheme="dark")
        take(browser, server, "narrow", width=400, height=1_350)
        take(browser, server, "compared")
        take(browser, server, "empty", height=480)
        take(browser, server, "lost", height=480)
        browser.close()
    server.stop()


def take(
    browser: Browser, server: StandIn, name: str, width: int = 1_280, height: int = 900, scheme: Any = "light"
) -> None:
    """Takes one, in as few colours as it looks the same in."""
    server.forget()
    server.document = nothing() if name == "empty" else {**month(), "recording": recording(enabled=True)}
    server.requests = [request(number, has_texts=True) for number in range(40, 20, -1)]
    server.texts[server.requests[0]["id"]] = some_texts()
    viewport: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(server.url)
    expect(page.locator("#connection")).to_have_text("Live")
    bring_into(name, page, server)
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(HERE / f"dashboard-{name}.png", optimize=True)
    context.close()


def bring_into(state: str, page: Page, server: StandIn) -> None:
    """Brings the page into the state that its picture shows."""
    if state == "lost":
        server.is_failing = True
        server.drop()
        expect(page.locator("#banner")).to_contain_text("status 500")
    if state == "compared":
        page.get_by_role("button", name="Compare").first.click()
        expect(page.locator("#pair-body pre").first).to_be_visible()


if __name__ == "__main__":
    main()
