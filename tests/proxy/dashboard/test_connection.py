"""How the page comes by its figures and what it shows meanwhile, in Chromium."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import expect

from proxy.dashboard.documents import figures, month, nothing, request
from proxy.dashboard.stand_in import TOKEN


def test_figures_change_by_themselves_when_something_has_happened(open_page, server):
    server.document["total"] = figures(10, 1_000_000)
    page = open_page()
    expect(page.locator("#tokens")).to_have_text("332 k")
    expect(page.locator("#connection")).to_have_text("Live")
    server.show({**month(), "total": figures(10, 2_000_000)})
    expect(page.locator("#tokens")).to_have_text("665 k")
    server.send("request", request(7))
    expect(page.locator("#requests-rows tr")).to_have_count(1)
    server.send("request", request(8))
    expect(page.locator("#requests-rows tr").first).to_contain_text("09:08")


def test_what_has_the_focus_keeps_it_when_figures_change(open_page, server):
    server.requests = [request(1, has_texts=True)]
    page = open_page()
    for control in (page.get_by_role("button", name="Compare"), page.get_by_role("button", name="Share")):
        control.focus()
        server.send("request", request(page.locator("#requests-rows tr").count() + 1))
        server.show({**month(), "uptime_s": 60.0 * page.locator("#requests-rows tr").count()})
        expect(page.locator("#since")).to_contain_text("min")
        expect(control).to_be_focused()


def test_a_request_that_ends_while_the_list_of_the_last_ones_is_on_its_way_is_not_lost(open_page, server):
    server.requests = [request(2), request(1)]
    server.may_list.clear()
    page = open_page()
    expect(page.locator("#connection")).to_have_text("Live")
    server.send("request", request(3))
    expect(page.locator("#requests-rows tr")).to_have_count(1)
    server.may_list.set()
    expect(page.locator("#requests-rows tr")).to_have_count(3)
    expect(page.locator("#requests-rows tr").first).to_contain_text("09:03")


def test_until_figures_come_the_page_says_that_it_waits(open_page, server):
    server.is_silent = True
    page = open_page()
    expect(page.locator("#main")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#connection")).to_have_text("Connecting")
    server.send("stats", month())
    expect(page.locator("#main")).to_have_attribute("aria-busy", "false")


def test_before_the_first_request_it_says_how_to_begin_and_then_goes_on_by_itself(open_page, server):
    server.document = nothing()
    page = open_page()
    expect(page.locator("#empty")).to_contain_text("headroom wrap claude")
    expect(page.locator("#empty")).to_contain_text(f"OPENAI_BASE_URL={server.url.removesuffix('/dashboard')}/v1")
    expect(page.locator("#figures")).to_be_hidden()
    server.show(month())
    expect(page.locator("#figures")).to_be_visible()
    expect(page.locator("#empty")).to_be_hidden()


def test_a_lost_connection_is_said_and_taken_up_again(open_page, server):
    page = open_page()
    expect(page.locator("#connection")).to_have_text("Live")
    server.is_failing = True
    server.drop()
    expect(page.locator("#connection")).to_have_text("Offline")
    expect(page.locator("#banner")).to_contain_text("Figures are as of")
    expect(page.locator("#net")).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("status 500")
    server.is_failing = False
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#banner")).to_be_hidden()


def test_a_proxy_that_fails_from_the_start_is_no_empty_page(open_page, server):
    server.is_failing = True
    page = open_page()
    expect(page.locator("#lost")).to_contain_text("headroom proxy")
    expect(page.locator("#banner")).to_contain_text("status 500")
    server.is_failing = False
    expect(page.locator("body")).to_have_attribute("data-state", "figures")
    expect(page.locator("#lost")).to_be_hidden()


def test_what_cannot_be_read_is_said_and_not_shown_as_figures(open_page, server):
    page = open_page()
    net = page.locator("#net").inner_text()
    server.is_failing = True
    server.send("stats", "{half of it")
    expect(page.locator("#banner")).to_contain_text("what this page cannot read")
    expect(page.locator("#net")).to_have_text(net)


def test_a_code_in_the_address_opens_the_page_and_leaves_no_trace(open_page, server):
    server.wants_token = True
    page = open_page("#open=good")
    expect(page.locator("body")).to_have_attribute("data-state", "figures")
    assert page.url == server.url
    assert page.evaluate("sessionStorage.getItem('headroom-token')") == TOKEN
    assert page.evaluate("history.length") <= 2
    assert not any(TOKEN in path or "good" in path for path in server.asked)
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-state", "figures")


def test_a_used_code_and_a_wrong_token_are_refused_in_words(open_page, server):
    server.wants_token = True
    page = open_page("#open=old")
    expect(page.locator("#token-problem")).to_contain_text("the code is used up")
    page.get_by_role("textbox", name="Local token").fill("guessed")
    page.get_by_role("button", name="Show the figures").click()
    expect(page.locator("#token-problem")).to_contain_text("does not take this token")
    page.get_by_role("textbox", name="Local token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_have_attribute("data-state", "figures")
    expect(page.locator("#locked")).to_be_hidden()


def test_a_session_that_runs_out_hides_the_figures(open_page, server):
    page = open_page("#open=good")
    # Before the figures come, there is a shade of one in their place.
    expect(page.locator("body")).to_have_attribute("data-state", "figures")
    page.evaluate("sessionStorage.setItem('headroom-token', 'old')")
    server.wants_token = True
    page.get_by_label("7 days").check()
    expect(page.locator("#locked")).to_contain_text("The session has run out")
    expect(page.locator("#figures")).to_be_hidden()


def test_another_range_of_days_is_asked_for(open_page, server):
    page = open_page()
    expect(page.locator("body")).to_have_attribute("data-state", "figures")
    server.document = month(days=7)
    page.get_by_label("7 days").check()
    expect(page.locator("#span")).to_have_text("24 Nov to 30 Nov")
    assert "/dashboard/events?days=7" in server.asked


def test_the_page_asks_nobody_but_the_proxy(open_page, server):
    page = open_page()
    asked = []
    page.on("request", lambda one: asked.append(urlsplit(one.url)))
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-state", "figures")
    assert {one.netloc for one in asked} == {urlsplit(server.url).netloc}
    assert {one.path for one in asked} <= {"/dashboard", "/dashboard/events", "/dashboard/requests"}
