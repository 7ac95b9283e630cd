// The last requests, and the texts of one of them side by side.

import { ask } from "./access.js";
import { figure } from "./days.js";
import { at, element, fill, keep, show } from "./elements.js";
import { clock, many, milliseconds, money, percent, tokens } from "./format.js";

const MOST = 50;
const HEADS = [["Time"], ["Status"], ["Saved, net", "number"], ["Texts"], ["Tokens", "number"], ["Money, net", "number"], ["Added", "number"], ["Model"], ["Agent"], ["Tools"]];

let list = [];
let arrived = [];

/** Wires the dialog. */
export function setUpRequests() {
  fill("requests-head", HEADS.map(([name, kind]) => element("th", { scope: "col", class: kind }, name)));
  at("pair-close").addEventListener("click", () => at("side-by-side").close());
}

/** Asks for the last requests anew: after a gap in the connection some may be missing. */
export async function loadRequests() {
  arrived = [];
  const { recording, requests } = await ask("/dashboard/requests");
  const known = new Set(requests.map((request) => request.id));
  list = [...arrived.filter((request) => !known.has(request.id)), ...requests].slice(0, MOST);
  showRecording(recording);
  showList();
}

/** Puts a finished request on top. */
export function addRequest(request) {
  arrived = [request, ...arrived].slice(0, MOST);
  list = [request, ...list.filter((known) => known.id !== request.id)].slice(0, MOST);
  showList();
}

function showRecording({ enabled, keeps, setting }) {
  fill("bodies-remark", enabled
    ? `Texts of the last ${keeps} requests are kept in memory, to be looked at here; they go when the proxy stops.`
    : [element("span", {}, "Texts are not kept. To see original and compressed side by side, start the proxy with "), element("code", {}, `HEADROOM_${setting.toUpperCase()}=20`), ": they stay in memory only."]);
}

function showList() {
  show("requests-none", list.length === 0);
  keep(at("requests-rows"), list, (request) => request.id, rowFor);
}

function rowFor(request) {
  // Nothing was counted where the provider has told no usage.
  const { before, after, net } = request.tokens ?? { before: 0 };
  const isBad = request.status === null || request.status >= 400;
  return element("tr", {},
    element("th", { scope: "row" }, element("time", { datetime: request.at }, clock(new Date(request.at)))),
    element("td", {}, element("span", { class: `status ${isBad ? "bad" : ""}` }, request.status ?? "none")),
    element("td", { class: `number ${net < 0 ? "loss" : ""}` }, before > 0 ? percent(net / before) : "–"),
    element("td", {}, request.has_texts
      ? element("button", { type: "button", "aria-label": `Compare the texts of ${clock(new Date(request.at))}`, on: { click: () => compare(request) } }, "Compare")
      : "–"),
    element("td", { class: "number" }, before > 0 ? `${tokens(before)} → ${tokens(after)}` : "–"),
    isBad ? element("td", { class: "number" }, "–") : figure(request.money ? request.money.net : null, money),
    element("td", { class: "number" }, milliseconds(request.added_ms)),
    element("td", {}, request.model ?? "unknown"),
    element("td", {}, request.agent),
    element("td", {}, request.tools.join(", ") || "–"));
}

async function compare(request) {
  at("pair-title").textContent = `${request.model ?? "Request"}, ${clock(new Date(request.at))}`;
  fill("pair-body", element("p", { class: "remark" }, "Loading…"));
  at("side-by-side").showModal();
  try {
    const { texts } = await ask(`/dashboard/requests/${encodeURIComponent(request.id)}`);
    fill("pair-body", texts.length ? texts.map(pairOf) : element("p", { class: "remark" }, "No text of this request was changed."));
  } catch (error) {
    fill("pair-body", element("p", { class: "problem", role: "alert" }, `The texts cannot be shown: ${error.message}`));
  }
}

function pairOf(text, place) {
  const saved = text.tokens_before ? 1 - text.tokens_after / text.tokens_before : 0;
  const name = text.tool ?? `Text ${place + 1}`;
  const side = (words, count, body) => element("div", {},
    element("h4", {}, `${words}, ${many(count, "token")}${text.is_cut ? ", its beginning" : ""}`),
    element("pre", { tabindex: "0", role: "region", "aria-label": `${name}: ${words.toLowerCase()}` }, body));
  return element("section", { class: "pair" },
    element("h3", {}, `${name}: ${percent(saved)} smaller`),
    side("Original", text.tokens_before, text.original),
    side("Compressed", text.tokens_after, text.compressed));
}
