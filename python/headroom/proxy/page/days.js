// Day by day, as a chart and as a table.

import { drawBars, drawNothing } from "./charts.js";
import { at, element, fill, show } from "./elements.js";
import { day, interval, many, money, tokens, whole } from "./format.js";

/** Shows the days of the range, those without traffic as nothing. `unit`: money or tokens. */
export function showDays(stats, unit) {
  const known = new Map(stats.days.map((row) => [row.day, row]));
  const days = between(stats.range.first_day, stats.range.last_day);
  show("days", days.length > 1);
  if (days.length > 1) {
    draw(days.map((iso) => ({ iso, row: known.get(iso) })), unit);
    showTable(stats.days);
  }
}

function draw(days, unit) {
  const box = at("days-chart");
  const format = unit === "money" ? money : tokens;
  const net = (row) => (row ? row[unit].net : 0);
  const known = days.filter(({ row }) => row?.metered > 0 && net(row) != null);
  if (known.length === 0) {
    drawNothing(box, days.some(({ row }) => row?.metered > 0) ? "No price is known for the models of these days. Tokens are counted all the same." : "No provider has billed anything in these days.");
    return;
  }
  const sum = known.reduce((total, { row }) => total + net(row), 0);
  drawBars(box, days.map(({ iso, row }) => ({ name: day(iso), value: net(row) ?? 0, hint: hint(iso, row, unit, format) })), {
    format,
    label: `Net savings by day, ${day(days[0].iso)} to ${day(days.at(-1).iso)}: ${format(sum)} in all. The table below has every day.`,
  });
}

function hint(iso, row, unit, format) {
  if (!row) return [day(iso, true), "no requests"];
  const { net, low, high } = row[unit];
  return [day(iso, true), row.metered === 0 ? "nothing billed" : net == null ? "price unknown" : `${format(net)} ${net < 0 ? "lost" : "saved"}, net`, net == null ? "" : interval(low, high, format), many(row.requests, "request")].filter(Boolean);
}

function showTable(rows) {
  fill("days-rows", [...rows].reverse().map((row) => element("tr", {},
    element("th", { scope: "row" }, day(row.day, true)),
    element("td", { class: "number" }, whole(row.requests)),
    element("td", { class: "number" }, whole(row.tokens.before)),
    figure(row.tokens.net, whole),
    row.metered === 0 ? element("td", { class: "number" }, "–") : figure(row.money.net, money))));
}

/** A cell with a net figure, which may be a loss or unknown. */
export function figure(value, format, note) {
  return element("td", { class: `number ${value == null ? "unknown" : value < 0 ? "loss" : ""}` }, format(value), note ?? "");
}

function between(first, last) {
  const [year, month, date] = first.split("-").map(Number);
  const days = [];
  for (let step = 0; days.at(-1) !== last && step < 3660; step += 1) {
    const moment = new Date(Date.UTC(year, month - 1, date + step));
    days.push(moment.toISOString().slice(0, 10));
  }
  return days;
}
