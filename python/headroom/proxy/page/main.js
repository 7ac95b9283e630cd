// The page: what it shows at which time, and what the proxy says.

import { credentials, keepToken, redeemCode } from "./access.js";
import { setUpBreakdown, showBreakdown } from "./breakdown.js";
import { showCards } from "./cards.js";
import { showDays } from "./days.js";
import { at, show } from "./elements.js";
import { clock, day, duration, money } from "./format.js";
import { follow } from "./live.js";
import { showOverview } from "./overview.js";
import { addRequest, loadRequests, setUpRequests } from "./requests.js";
import { setUpTheme } from "./theme.js";

const SPANS = { 1: "today", 7: "in the last 7 days", 30: "in the last 30 days", 90: "in the last 90 days" };

let stats = null;
let heardAt = null;
let isLive = false;
let line = { stop() {}, tryNow() {} };

const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`).value;

function connect() {
  line.stop();
  isLive = false;
  line = follow(`/dashboard/events?days=${chosen("range")}`, credentials(), hear, tell);
}

function hear(name, data) {
  try {
    if (name === "request") addRequest(data);
    if (name === "stats") {
      stats = data;
      heardAt = new Date();
      showAll();
    }
  } catch (error) {
    console.error(error);
    warn(`This page cannot show what the proxy sent (${error.message}); its figures may be old.`);
  }
}

function tell(state, why) {
  if (state === "live" && !isLive) {
    loadRequests().catch((error) => warn(`The last requests cannot be shown: ${error.message}.`));
    show("banner", false);
  }
  isLive = state === "live";
  if (isLive) chip("live", "Live");
  if (state === "connecting") chip("wait", stats ? "Updating" : "Connecting");
  if (state === "locked") lock();
  if (state === "lost") {
    chip("lost", "Offline");
    warn(`${why}. ${heardAt ? `Figures are as of ${clock(heardAt)}; this page goes on by itself.` : ""}`);
    if (!stats) enter("lost");
  }
}

function chip(kind, text) {
  at("connection").dataset.kind = kind;
  if (at("connection-text").textContent !== text) at("connection-text").textContent = text;
}

function warn(text) {
  // What is said again and again is announced once.
  if (at("banner-text").textContent !== text) at("banner-text").textContent = text;
  show("banner", true);
}

/** Which of its states the page is in: loading, figures, empty, locked or lost. */
function enter(state) {
  document.body.dataset.state = state;
  at("main").setAttribute("aria-busy", state === "loading");
  for (const name of ["locked", "empty", "lost"]) show(name, state === name);
}

const REFUSALS = { locked: "The proxy does not take this token.", figures: "The session has run out.", empty: "The session has run out." };

function lock(why = REFUSALS[document.body.dataset.state]) {
  keepToken(null);
  stats = null;
  show("banner", false);
  chip("lost", "Locked");
  show("token-problem", Boolean(why));
  at("token-problem").textContent = why ?? "";
  enter("locked");
}

function showAll() {
  const isEmpty = [stats.total, stats.observed, stats.held_out].every(({ requests }) => requests === 0);
  enter(isEmpty ? "empty" : "figures");
  at("empty-title").textContent = `Nothing has come through ${SPANS[stats.range.days] ?? "yet"}`;
  show("mode", true);
  at("mode").textContent = `Mode: ${stats.mode}`;
  at("since").textContent = `This proxy has run for ${duration(stats.uptime_s)}.`;
  at("foot-version").textContent = `Headroom ${stats.version}`;
  document.title = isEmpty || stats.total.money.net == null ? "Headroom" : `${money(stats.total.money.net)} net · Headroom`;
  if (isEmpty) return;
  at("span").textContent = stats.range.days === 1 ? "Today" : `${day(stats.range.first_day)} to ${day(stats.range.last_day)}`;
  showOverview(stats);
  showDays(stats, chosen("unit"));
  showBreakdown(stats);
  showCards(stats);
}

async function begin() {
  for (const place of document.querySelectorAll(".origin")) place.textContent = location.origin;
  setUpTheme(() => stats && showAll());
  setUpBreakdown();
  setUpRequests();
  at("range").addEventListener("change", connect);
  at("days-unit").addEventListener("change", () => stats && showDays(stats, chosen("unit")));
  for (const button of document.querySelectorAll(".try-now")) button.addEventListener("click", () => line.tryNow());
  at("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    keepToken(at("token").value.trim());
    at("token").value = "";
    connect();
  });
  const problem = await redeemCode();
  if (problem) {
    lock(`The link did not open the page: ${problem}`);
    return;
  }
  connect();
}

begin();
