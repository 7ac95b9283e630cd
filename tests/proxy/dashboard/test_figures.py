"""What the page says of given figures, in Chromium."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from proxy.dashboard.documents import figures, month, nothing, observed, recording, request

HOSTILE = '<img src="https://elsewhere.example/x" onerror="document.title = 1">'


def test_a_month_is_shown_net_with_how_that_came_about(open_page, server):
    total = server.document["total"]
    page = open_page()
    expect(page.locator("#net")).to_have_text(f"${total['money']['net']:.2f}")
    expect(page.locator("#net-interval")).to_contain_text(f"between ${total['money']['low']:.2f} and")
    expect(page.locator("#sum")).to_contain_text(f"${total['money']['rent']:.2f}")
    expect(page.locator("#sum")).to_contain_text(f"Spent, instead of ${total['money']['without']:.2f}")
    expect(page.locator("#unpriced")).to_contain_text("my-own-model")
    expect(page.locator("#latency")).to_contain_text("0.82 ms")
    expect(page.locator("#health")).to_contain_text("429: 11, 529: 3")
    expect(page.locator("#verdict")).to_have_text("All well")
    expect(page.locator("#cache-bars")).to_contain_text("86 %")
    expect(page.locator("#days-chart canvas")).to_be_visible()
    expect(page.locator("#days-rows tr")).to_have_count(len(server.document["days"]))
    assert page.title().startswith(f"${total['money']['net']:.2f}")


def test_a_loss_is_shown_as_a_loss(open_page, server):
    server.document["total"] = figures(100, 1_000_000, saved=-400_000)
    page = open_page()
    expect(page.locator("#net-title")).to_have_text("Net lost")
    expect(page.locator("#net")).to_have_text("\N{MINUS SIGN}$0.37")
    expect(page.locator("#net")).to_have_class("headline loss")
    expect(page.locator("#net-interval")).to_contain_text("more than without Headroom")
    expect(page.locator("#tokens-title")).to_have_text("Tokens added, net")
    expect(page.locator("#tokens")).to_have_text("\N{MINUS SIGN}413 k")


def test_what_has_no_price_is_unknown_and_not_nothing(open_page, server):
    document = server.document
    document["total"] = {**figures(100, 1_000_000, price=None), "unpriced": 100}
    document["days"] = [{"day": "2026-11-30", **figures(100, 1_000_000, price=None)}]
    page = open_page()
    expect(page.locator("#net")).to_have_text("unknown")
    expect(page.locator("#sum li")).to_have_count(0)
    expect(page.locator("#days-chart")).to_contain_text("No price is known")
    page.get_by_role("tab", name="Models").click()
    row = page.locator("#by-rows tr", has_text="my-own-model")
    expect(row).to_contain_text("unknown")
    expect(row).not_to_contain_text("$")
    page.get_by_label("Tokens", exact=True).check()
    expect(page.locator("#days-chart canvas")).to_be_visible()


def test_where_nothing_was_billed_there_is_no_sum_and_no_price_is_missed(open_page, server):
    failed = {**figures(price=None), "requests": 3, "failed": 3}
    server.document |= {"total": failed, "days": [{"day": "2026-11-30", **failed}], "unpriced_models": []}
    server.document["by"]["model"] = [{"name": "gpt-5", **failed}]
    page = open_page()
    expect(page.locator("#net")).to_have_text("\N{EN DASH}")
    expect(page.locator("#net-interval")).to_have_text("No provider has billed anything in these days.")
    expect(page.locator("#days-chart")).to_contain_text("No provider has billed anything")
    page.get_by_role("tab", name="Models").click()
    expect(page.locator("#by-rows tr")).to_contain_text("gpt-5")
    expect(page.locator("#by-rows tr")).not_to_contain_text("unknown")


def test_what_was_only_observed_is_told_apart(open_page, server):
    server.document = {
        **nothing(),
        "mode": "observe",
        "observed": observed(12, 90_000),
        "held_out": observed(3, 30_000),
    }
    page = open_page()
    expect(page.locator("#observed")).to_contain_text("what would have been saved")
    expect(page.locator("#observed-facts")).to_contain_text("30.6 k tokens, $0.028")
    expect(page.locator("#observed-facts")).to_contain_text("Held out")
    expect(page.locator("#net")).to_have_text("\N{EN DASH}")
    expect(page.locator("#net-interval")).to_have_text("Requests were only observed: see above.")


def test_failures_of_our_own_are_not_overlooked(open_page, server):
    health = server.document["health"]
    health["fail_opens"] |= {"compressor": 2, "store": 1}
    health["ledger"] |= {"failures": 4, "error": "the disk is full"}
    page = open_page()
    expect(page.locator("#verdict")).to_have_text(re.compile("^7 failures of Headroom.s own$"))
    expect(page.locator("#health .bad")).to_have_count(3)
    expect(page.locator("#health")).to_contain_text("the disk is full")


def test_tools_models_agents_and_projects_sort_and_the_rest_stays_last(open_page):
    page = open_page()
    names = page.locator("#by-rows th")
    expect(names.first).to_have_text("Bash")
    page.get_by_role("button", name="Share").click()
    expect(names.first).to_have_text("mcp__github__list_issues")
    expect(page.locator("#by-head [aria-sort]")).to_have_text("Share")
    page.get_by_role("button", name="Share").click()
    expect(names.first).to_have_text("Read")
    expect(names.last).to_have_text("All others")
    page.get_by_role("button", name="Tool", exact=True).click()
    expect(names).to_have_text(["Bash", "Grep", "mcp__github__list_issues", "Read", "WebFetch", "All others"])
    page.get_by_role("tab", name="Agents").click()
    row = page.locator("#by-rows tr", has_text="unknown")
    expect(row.locator(".loss")).to_have_count(2)


def test_names_are_shown_as_text_whatever_they_hold(open_page, server):
    server.document["by"]["tool"][0]["name"] = HOSTILE
    server.requests = [request(1, model=HOSTILE, agent=HOSTILE, tools=[HOSTILE], has_texts=True)]
    server.texts["k3f0a1-1"] = [text(original=HOSTILE, compressed=HOSTILE, tool=HOSTILE)]
    page = open_page()
    asked = []
    page.on("request", lambda one: asked.append(one.url))
    expect(page.locator("#by-rows th").first).to_have_text(HOSTILE)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#pair-body pre").first).to_have_text(HOSTILE)
    assert page.locator("#main img, dialog img").count() == 0
    assert [url for url in asked if "elsewhere" in url] == []


def test_original_and_compressed_stand_side_by_side(open_page, server):
    server.document["recording"] = recording(enabled=True)
    server.requests = [request(3, has_texts=True), request(2), request(1, status=None, model=None)]
    server.texts["k3f0a1-3"] = [text(), text(tool=None, tokens_after=9, original="second", is_cut=True)]
    page = open_page()
    expect(page.locator("#bodies-remark")).to_contain_text("last 20 requests are kept in memory")
    expect(page.locator("#requests-rows tr")).to_have_count(3)
    expect(page.locator("#requests-rows tr").last).to_contain_text("none")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#pair-body")).to_contain_text("Bash: 70 % smaller")
    sides = page.locator("#pair-body .pair").first.locator("pre")
    left, right = sides.nth(0).bounding_box(), sides.nth(1).bounding_box()
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]
    expect(page.locator("#pair-body")).to_contain_text("Original, 30 tokens, its beginning")


def test_texts_that_have_gone_are_said_to_be_gone(open_page, server):
    server.requests = [request(3, has_texts=True)]
    page = open_page()
    expect(page.locator("#bodies-remark")).to_contain_text("HEADROOM_RECORD_REQUESTS=20")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#pair-body [role=alert]")).to_contain_text("no such thing here")


def text(**changes):
    one = {
        "tool": "Bash",
        "tokens_before": 30,
        "tokens_after": 9,
        "original": "first",
        "compressed": "1",
        "is_cut": False,
    }
    return {**one, **changes}


def test_a_single_day_needs_no_chart_of_days(open_page, server):
    server.document = month(days=1)
    page = open_page()
    expect(page.locator("#net")).to_contain_text("$")
    expect(page.locator("#days")).to_be_hidden()
