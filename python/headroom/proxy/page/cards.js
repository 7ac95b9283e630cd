// How it runs: the provider's cache, added time, what was asked for again, and what went wrong.

import { drawBars } from "./charts.js";
import { at, bars, element, facts, fill, show } from "./elements.js";
import { many, milliseconds, money, percent, plain, tokens, whole } from "./format.js";

const EDGES_MS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

/** Shows all four cards. */
export function showCards(stats) {
  showCache(stats.total);
  showLatency(stats.latency_ms);
  showRetrieval(stats.total);
  showHealth(stats);
}

function showCache({ usage, usage_without: without, cache_read_share: shares }) {
  bars("cache-bars", [row("With Headroom", usage, shares.with), row("Without", without, shares.without)],
    [["is-gain", "read from the cache"], ["is-write", "written to it"], ["is-fresh", "fresh"]]);
  fill("cache-rows", KINDS.map(([name, value]) => element("tr", {},
    element("th", { scope: "row" }, name),
    element("td", { class: "number" }, tokens(value(usage))),
    element("td", { class: "number" }, tokens(value(without))))));
  const points = shares.with == null || shares.without == null ? null : (shares.with - shares.without) * 100;
  at("cache-remark").textContent = points == null
    ? "No provider has reported its cache in these days."
    : `“With” is what providers reported; “without” is estimated for the same requests. The share is ${change(points)} through Headroom.`;
}

const KINDS = [
  ["Read from the cache", (usage) => usage.cache_read],
  ["Written to it", (usage) => usage.cache_write_5m + usage.cache_write_1h],
  ["Fresh", (usage) => usage.fresh],
  ["Output", (usage) => usage.output],
];

function row(name, usage, share) {
  const written = usage.cache_write_5m + usage.cache_write_1h;
  const all = Math.max(1, usage.cache_read + written + usage.fresh);
  return [name, [["is-gain", usage.cache_read / all], ["is-write", written / all], ["is-fresh", usage.fresh / all]], share == null ? "–" : percent(share)];
}

function change(points) {
  const size = Math.abs(points);
  if (size < 0.05) return "the same";
  return `${size.toFixed(1)} ${size.toFixed(1) === "1.0" ? "point" : "points"} ${points > 0 ? "higher" : "lower"}`;
}

function showLatency({ added, first_byte: provider }) {
  fill("latency", [["Half (p50)", added.p50], ["9 of 10 (p90)", added.p90], ["99 of 100 (p99)", added.p99]].map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, milliseconds(value)))));
  const groups = grouped(added.histogram);
  show("latency-chart", groups.length > 0);
  if (groups.length > 0) {
    drawBars(at("latency-chart"), groups, {
      format: tokens, everyName: groups.length <= 6,
      label: `Requests by added time: ${groups.map((group) => `${group.hint[0]}: ${group.value}`).join(", ")}`,
    });
  }
  at("latency-remark").textContent = added.count === 0
    ? "No request in these days."
    : `${many(added.count, "request")}, none with more than ${milliseconds(added.max)}. ${provider.count ? `Providers began to answer after ${milliseconds(provider.p50)} (half), ${milliseconds(provider.p99)} (99 of 100).` : ""}`;
}

/** Counts of fine steps, as counts between round edges, from the first that has any to the last. */
function grouped(histogram) {
  const edges = [...EDGES_MS, Infinity];
  const counts = edges.map(() => 0);
  for (const [upToMs, count] of histogram) counts[edges.findIndex((edge) => upToMs <= edge * 1.0001)] += count;
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  if (first < 0) return [];
  return counts.slice(first, last + 1).map((count, place) => {
    const edge = edges[first + place];
    const name = edge === Infinity ? `> ${plain(milliseconds(EDGES_MS.at(-1)))}` : `≤ ${plain(milliseconds(edge))}`;
    return { name, value: count, hint: [name, many(count, "request")] };
  });
}

function showRetrieval(total) {
  const { hidden, visible, failed } = total.retrievals;
  const { tool, retrieved, hidden: exchanges, rounds, volatile } = total.rent;
  const { saved, rent } = total.tokens;
  facts("retrieval", [
    ["Originals asked for, answered by the proxy", whole(hidden), { note: "within the same request; the client never sees it" }],
    ["Originals asked for by the client’s own tool", whole(visible)],
    ["Not answered", whole(failed), { kind: failed > 0 ? "bad" : null }],
    ["Rent: schema of the retrieve tool", tokens(tool)],
    ["Rent: originals that came back into conversations", tokens(retrieved)],
    ["Rent: exchanges put back for the provider", tokens(exchanges)],
    ["Rent: rounds that only carried a retrieval", tokens(rounds)],
    volatile > 0 && ["Rent: values moved out of the prompt", tokens(volatile)],
    ["Rent in all", `${tokens(rent)} tokens, ${total.money.rent == null ? "price unknown" : money(total.money.rent)}`,
      { note: saved > 0 ? `${percent(rent / saved)} of what was left out` : null }],
  ]);
}

function showHealth({ health, total }) {
  const { fail_opens: opens, provider_errors: errors, ledger } = health;
  const ours = Object.values(opens).reduce((sum, count) => sum + count, 0) + ledger.failures + ledger.lost;
  at("verdict").textContent = ours === 0 ? "All well" : `${many(ours, "failure")} of Headroom’s own`;
  at("verdict").className = `verdict ${ours === 0 ? "" : "bad"}`;
  const own = (name, count, note) => [name, whole(count), { kind: count > 0 ? "bad" : null, note: count > 0 ? note : null }];
  const theirs = (name, count, note) => [name, whole(count), { kind: count > 0 ? "note" : null, note }];
  const refusals = Object.entries(errors).sort();
  facts("health", [
    own("Requests forwarded as they came, after a failure", opens.request),
    own("Texts left alone, a compressor failed", opens.compressor),
    own("Lossless only, the store failed", opens.store, "see headroom doctor"),
    own("Figures that could not be written at once", ledger.failures, ledger.error),
    own("Figures that were lost", ledger.lost, ledger.error),
    theirs("Errors of providers", refusals.reduce((sum, [, count]) => sum + count, 0), refusals.map(([status, count]) => `${status}: ${whole(count)}`).join(", ") || null),
    theirs("Providers not reached", health.upstream_failures),
    ["Refused by the proxy", whole(health.refused)],
    ["Clients that left before the end", whole(health.clients_gone)],
    ["Answers without usage", whole(total.unmetered), { note: total.unmetered > 0 ? "no savings are claimed for these" : null }],
  ]);
}
