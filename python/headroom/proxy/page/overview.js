// What it comes to: money and tokens, net, and how that came about.

import { at, bars, element, facts, fill, show } from "./elements.js";
import { interval, many, money, percent, tokens } from "./format.js";

/** Shows the two cards at the top, and the one on what was only observed. */
export function showOverview(stats) {
  showMoney(stats);
  showTokens(stats.total);
  showCalibration(stats.calibration);
  showObserved(stats);
}

function showMoney({ total, observed, unpriced_models: unpriced }) {
  const sums = total.money;
  const isLoss = sums.net != null && sums.net < 0;
  at("net-title").textContent = isLoss ? "Net lost" : "Net saved";
  at("net").textContent = total.metered === 0 ? "–" : money(sums.net);
  at("net").className = `headline ${sums.net == null ? "unknown" : isLoss ? "loss" : ""}`;
  at("net-interval").textContent = sums.net == null
    ? whyUnknown(total, observed)
    : [interval(sums.low, sums.high, money) && `Estimated, ${interval(sums.low, sums.high, money)} (95\u00a0%)`, share(sums)].filter(Boolean).join("; ");
  fill("sum", sums.net == null ? [] : [
    line("+", "Input that did not have to be paid", money(sums.saved), "at the price of where it would have stood: read from the cache, written to it, or fresh"),
    line("−", "Rent and retrievals", money(sums.rent), "what is in requests only because of Headroom, and extra rounds"),
    line("=", isLoss ? "Net lost" : "Net saved", money(sums.net), null, "total"),
    line("", `Spent, instead of ${money(sums.without)}`, money(sums.spent)),
  ]);
  show("unpriced", total.unpriced > 0);
  at("unpriced").textContent = `${many(total.unpriced, "request")} of models without a known price ${total.unpriced === 1 ? "is" : "are"} in the tokens but not in the money: `
    + `${unpriced.join(", ") || "unknown"}. The setting models_file gives prices.`;
}

function whyUnknown(total, observed) {
  if (total.metered > 0) return "No price is known for the models that were used.";
  return observed.requests > 0 ? "Requests were only observed: see above." : "No provider has billed anything in these days.";
}

function share({ net, without }) {
  if (!(without > 0)) return "";
  return `${percent(Math.abs(net) / without)} ${net < 0 ? "more" : "less"} than without Headroom`;
}

function line(sign, name, figure, note, kind) {
  return element("li", { class: kind },
    element("span", { class: "sign", "aria-hidden": sign === "" }, sign),
    element("span", {}, name, note ? element("small", {}, note) : null),
    element("span", { class: "amount" }, figure));
}

function showTokens(total) {
  const { before, after, saved, rent, net, low, high, unmetered_saved: unmetered } = total.tokens;
  at("tokens-title").textContent = net < 0 ? "Tokens added, net" : "Tokens saved, net";
  at("tokens").textContent = tokens(net);
  at("tokens").className = `headline second ${net < 0 ? "loss" : ""}`;
  at("tokens-share").textContent = [
    before > 0 ? `${percent(Math.abs(net) / before)} of the input without Headroom` : "", interval(low, high, tokens) && `estimated, ${interval(low, high, tokens)}`,
  ].filter(Boolean).join("; ");
  const most = Math.max(before, after, 1);
  bars("tokens-bars", [
    ["Without", [["is-fresh", before / most]], tokens(before)],
    ["With Headroom", [["is-gain", after / most]], tokens(after)],
  ]);
  facts("tokens-facts", [
    ["Left out", tokens(saved)],
    ["Rent: read only because of Headroom", rent ? `−${tokens(rent)}` : "0"],
    total.unmetered > 0 && ["Left out of answers without usage", tokens(unmetered), { note: `${many(total.unmetered, "request")}; in no figure above` }],
    ["Texts compressed", `${tokens(total.compressed_texts)} of ${tokens(total.texts)}`],
  ]);
}

function showCalibration(rows) {
  show("calibration", rows.length > 0);
  fill("calibration-rows", rows.map((row) => element("tr", {},
    element("th", { scope: "row" }, row.model),
    element("td", { class: "number" }, tokens(row.requests)),
    element("td", { class: "number" }, row.is_exact ? "exact" : row.error_share == null ? "unknown" : percent(row.error_share)))));
}

function showObserved({ mode, observed, held_out: heldOut }) {
  show("observed", observed.requests > 0 || heldOut.requests > 0);
  at("observed-title").textContent = mode === "observe" ? "Only observed: what would have been saved" : "Left alone: what would have been saved";
  facts("observed-facts", [
    observed.requests > 0 && would("In mode observe", observed),
    heldOut.requests > 0 && would("Held out, to compare with", heldOut),
  ]);
}

function would(name, { requests, tokens: counts, money: sums }) {
  const price = sums == null ? "price unknown" : money(sums.saved);
  return [name, `${tokens(counts.saved)} tokens, ${price}`, { note: `${many(requests, "request")}, ${tokens(counts.before)} tokens as sent; in no other figure` }];
}
