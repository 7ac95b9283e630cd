// The same figures by tool, model, agent and project: a table whose columns sort.

import { figure } from "./days.js";
import { at, element, fill, part, show } from "./elements.js";
import { money, percent, range, tokens, whole } from "./format.js";

const NAMES = { tool: "tool", model: "model", agent: "agent", project: "project" };
const isTool = (by) => by === "tool";

// Tools have gross figures, since rent and retrievals belong to none of them.
const COLUMNS = [
  { name: (by) => NAMES[by][0].toUpperCase() + NAMES[by].slice(1), value: (row) => row.name ?? "", words: true },
  { name: (by) => (isTool(by) ? "Tokens saved" : "Tokens saved, net"), value: (row, by) => savedTokens(row, by) },
  { name: () => "Share", value: (row, by) => savedShare(row, by) },
  { name: (by) => (isTool(by) ? "Money saved" : "Money saved, net"), value: (row, by) => savedMoney(row, by) },
  { name: (by) => (isTool(by) ? "Tokens sent" : "Input without"), value: (row) => row.tokens.before },
  { name: (by) => (isTool(by) ? "Texts" : "Requests"), value: (row, by) => sent(row, by) },
  { name: () => "Asked for again", value: (row) => retrieved(row), isShown: (by) => !isTool(by) },
];
const FIRST = 1;

const savedTokens = (row, by) => (isTool(by) ? row.tokens.saved : row.tokens.net);
const savedShare = (row, by) => (row.tokens.before ? savedTokens(row, by) / row.tokens.before : null);
const sent = (row, by) => (isTool(by) ? row.texts : row.requests);
const savedMoney = (row, by) => (isTool(by) ? row.money?.saved : row.money?.net) ?? null;
const retrieved = (row) => row.retrievals.hidden + row.retrievals.visible;

const shown = { by: "tool", column: FIRST, down: true, stats: null };

/** Wires tabs (arrow keys, Home and End as well) and the heads of columns. */
export function setUpBreakdown() {
  const tabs = [...at("by-tabs").children];
  for (const tab of tabs) tab.addEventListener("click", () => choose(tab));
  at("by-tabs").addEventListener("keydown", (event) => {
    const place = tabs.indexOf(document.activeElement);
    const next = { ArrowRight: place + 1, ArrowLeft: place - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    tabs[next % tabs.length].focus();
    choose(tabs[next % tabs.length]);
  });
  fill("by-head", COLUMNS.map((column, place) => element("th", { scope: "col", class: column.words ? null : "number" },
    element("button", { type: "button", on: { click: () => sortBy(place) } }))));
  mark();
}

/** Shows the rows of what is chosen. */
export function showBreakdown(stats) {
  shown.stats = stats;
  const { by } = shown;
  const rows = sorted(stats.by[by] ?? []);
  const most = Math.max(1, ...rows.map((row) => Math.abs(savedTokens(row, by))));
  fill("by-rows", rows.map((row) => rowOf(row, by, most)));
  show("by-none", rows.length === 0);
  at("by-none").textContent = `No ${NAMES[by]} in these days.`;
}

function rowOf(row, by, most) {
  const saved = savedTokens(row, by);
  const meter = element("span", { class: "meter", "aria-hidden": "true" }, part(saved < 0 ? "is-loss" : "is-gain", Math.abs(saved) / most));
  return element("tr", {},
    element("th", { scope: "row", title: row.name }, row.name ?? "All others"),
    element("td", { class: `number ${saved < 0 ? "loss" : ""}` }, element("div", { class: "metered" }, meter,
      element("span", { class: "figures" }, tokens(saved), note(row.tokens, tokens)))),
    element("td", { class: "number" }, savedShare(row, by) === null ? "–" : percent(savedShare(row, by))),
    row.metered === 0 ? element("td", { class: "number" }, "–") : figure(savedMoney(row, by), money, note(row.money, money)),
    element("td", { class: "number" }, tokens(row.tokens.before)),
    element("td", { class: "number" }, whole(sent(row, by))),
    isTool(by) ? null : element("td", { class: "number" }, whole(retrieved(row))));
}

function note(sums, format) {
  const words = sums && range(sums.low, sums.high, format);
  return words ? element("small", {}, words) : null;
}

/** Rows in the order that is wanted; what is unknown goes last, and so does the row of all others. */
function sorted(rows) {
  const { value, words } = COLUMNS[shown.column];
  const order = (a, b) => (words ? a.localeCompare(b) : a - b);
  return [...rows].sort((one, other) => {
    if ((one.name === null) !== (other.name === null)) return one.name === null ? 1 : -1;
    const [a, b] = [value(one, shown.by), value(other, shown.by)];
    if (a === null || b === null) return (a === null) - (b === null);
    return shown.down ? order(b, a) : order(a, b);
  });
}

function sortBy(place) {
  shown.down = shown.column === place ? !shown.down : !COLUMNS[place].words;
  shown.column = place;
  again();
}

function choose(tab) {
  shown.by = tab.dataset.by;
  shown.column = FIRST;
  shown.down = true;
  again();
}

function again() {
  mark();
  if (shown.stats) showBreakdown(shown.stats);
}

function mark() {
  for (const tab of at("by-tabs").children) {
    const isChosen = tab.dataset.by === shown.by;
    tab.setAttribute("aria-selected", isChosen);
    tab.tabIndex = isChosen ? 0 : -1;
    if (isChosen) at("by-panel").setAttribute("aria-labelledby", tab.id);
  }
  [...at("by-head").children].forEach((head, place) => {
    head.firstChild.textContent = COLUMNS[place].name(shown.by);
    head.hidden = COLUMNS[place].isShown?.(shown.by) === false;
    if (place === shown.column) head.setAttribute("aria-sort", shown.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
  at("by-caption").textContent = `Savings by ${NAMES[shown.by]}`;
}
