"""The page for those who use a keyboard, a screen reader, a small screen, or another scheme of colours; in Chromium."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from proxy.dashboard.documents import figures, nothing, request

STATES = ("loss", "empty", "lost", "locked", "compared")


def show(state, server, open_page, **how):
    """The page in one of its states, with everything in it that can be opened opened."""
    server.requests = [request(3, has_texts=True), request(2, status=429)]
    server.texts["k3f0a1-3"] = [
        {
            "tool": "Bash",
            "tokens_before": 9,
            "tokens_after": 3,
            "original": "a\n" * 99,
            "compressed": "a",
            "is_cut": False,
        }
    ]
    if state == "empty":
        server.document = nothing()
    if state == "loss":
        server.document["total"] = figures(9, 90_000, saved=-9_000)
        server.document["health"]["fail_opens"]["store"] = 2
    server.wants_token = state == "locked"
    server.is_failing = state == "lost"
    page = open_page(**how)
    expect(page.locator({"locked": "#locked", "empty": "#empty", "lost": "#lost"}.get(state, "#net"))).to_be_visible()
    expect(page.locator("#main")).to_have_attribute("aria-busy", "false")
    for details in page.locator("#figures details").all():
        details.evaluate("each => each.open = true")
    if state == "compared":
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("#pair-body pre").first).to_be_visible()
    return page


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_to_complain_of(open_page, server, state):
    page = show(state, server, open_page)
    assert complaints(page) == ""
    page.emulate_media(color_scheme="dark")
    assert complaints(page, runOnly=["color-contrast"]) == ""


@pytest.mark.parametrize("state", STATES)
def test_at_400_pixels_nothing_sticks_out(open_page, server, state):
    page = show(state, server, open_page, width=400)
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def complaints(page, **options):
    """What axe (https://github.com/dequelabs/axe-core) says of a page; it must have looked at the contrast."""
    results = Axe().run(page, options=options)
    assert "color-contrast" in {rule["id"] for rule in results.response["passes"]}
    return results.generate_report() if results.violations_count else ""


def test_everything_is_reached_by_tab_and_the_focus_is_seen(open_page, server):
    page = show("figures", server, open_page)
    wanted = page.locator("button:visible, input:visible, summary:visible, [tabindex='0']:visible")
    seen, unseen = set(), []
    for _ in range(wanted.count() + 5):
        page.keyboard.press("Tab")
        name, is_outlined = page.evaluate(
            """() => {
              const one = document.activeElement;
              const drawn = getComputedStyle(one.closest(".segments label") ?? one);
              if (one === document.body) return ["", true];
              return [one.id || one.ariaLabel || one.textContent.trim(), drawn.outlineStyle !== "none"];
            }"""
        )
        seen.add(name)
        if not is_outlined:
            unseen.append(name)
    assert unseen == [], "these show no focus"
    assert {"Skip to the figures", "theme", "tab-tool", "by-panel", "The same as a table"} <= seen
    assert any(name.startswith("Compare the texts") for name in seen)
    assert {"Tool", "Share", "Money saved"} <= seen


def test_the_first_tab_leads_past_the_head(open_page, server):
    page = show("figures", server, open_page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the figures")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_tabs_ranges_and_the_dialog_work_from_the_keyboard(open_page, server):
    page = show("figures", server, open_page)
    page.locator("#tab-tool").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-model")).to_be_focused()
    expect(page.locator("#tab-model")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#by-caption")).to_have_text("Savings by model")
    page.keyboard.press("End")
    expect(page.locator("#by-caption")).to_have_text("Savings by project")
    page.locator("#range input:checked").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#range input[value='7']")).to_be_checked()
    compare = page.get_by_role("button", name="Compare")
    compare.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#side-by-side")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#side-by-side")).to_be_hidden()
    expect(compare).to_be_focused()


def test_the_theme_is_the_systems_until_someone_chooses(open_page, server):
    page = show("figures", server, open_page, scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    theme = page.locator("#theme")
    expect(theme).to_have_text("Theme: automatic")
    theme.click()
    expect(theme).to_have_text("Theme: light")
    light = page.evaluate(ground)
    assert light != dark
    page.reload()
    expect(theme).to_have_text("Theme: light")
    assert page.evaluate(ground) == light
    theme.click()
    assert page.evaluate(ground) == dark


def test_charts_are_drawn_in_the_colours_of_the_scheme(open_page, server):
    page = show("figures", server, open_page)
    drawn = """(wanted) => {
      const canvas = document.querySelector("#days-chart canvas");
      const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      const seen = new Set();
      for (let at = 0; at < pixels.length; at += 4) seen.add(pixels.slice(at, at + 4).join());
      return wanted.every((colour) => seen.has(colour));
    }"""
    page.wait_for_function(drawn, arg=["11,117,104,255", "179,38,30,255"])
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(drawn, arg=["69,211,189,255", "255,143,133,255"])


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_who_wants_no_motion(open_page, server, motion, moves):
    page = show("figures", server, open_page, motion=motion)
    expect(page.locator("#connection")).to_have_text("Live")
    assert page.evaluate("document.getAnimations().length > 0") is moves


def test_every_table_has_a_caption_and_every_chart_says_what_it_shows(open_page, server):
    page = show("figures", server, open_page)
    assert page.locator("table:not(:has(caption))").count() == 0
    for chart in page.locator("[role=img]").all():
        assert any(character.isdigit() for character in chart.get_attribute("aria-label"))
    assert page.locator("header, main, footer, h1").count() == 4
