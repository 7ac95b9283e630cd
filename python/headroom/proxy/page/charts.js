// Charts of bars, drawn by uPlot. Each one is an image with a text for those who do not see it; its card has a table too.
/* global uPlot */

import { element } from "./elements.js";
import { plain } from "./format.js";

const drawn = new WeakMap();

/**
 * Draws bars into a box: `bars` is [{name, value, hint: [line, …]}], values below zero are losses.
 * A chart that already shows bars of the same names keeps its place and gets new heights.
 */
export function drawBars(box, bars, { format, label, everyName = false }) {
  box.setAttribute("aria-label", label);
  const names = bars.map((bar) => bar.name).join("\n");
  const data = [bars.map((_, place) => place), bars.map(({ value }) => (value > 0 ? value : null)), bars.map(({ value }) => (value < 0 ? value : null))];
  const present = drawn.get(box);
  if (present && present.names === names && present.format === format && present.scheme === scheme()) {
    present.bars = bars;
    present.plot.setData(data);
    return;
  }
  clear(box);
  const state = { bars, names, format, scheme: scheme() };
  state.plot = new uPlot(options(box, state, everyName), data, box);
  state.watch = new ResizeObserver(() => state.plot.setSize({ width: box.clientWidth, height: box.clientHeight }));
  state.watch.observe(box);
  drawn.set(box, state);
}

/** Shows a sentence in place of a chart. */
export function drawNothing(box, sentence) {
  clear(box);
  box.setAttribute("aria-label", sentence);
  box.append(element("p", { class: "note" }, sentence));
}

function clear(box) {
  const present = drawn.get(box);
  if (present) {
    present.watch.disconnect();
    present.plot.destroy();
    drawn.delete(box);
  }
  box.replaceChildren();
}

function options(box, state, everyName) {
  const colour = colours(box);
  const hint = element("div", { class: "hint", hidden: true, "aria-hidden": "true" });
  box.append(hint);
  const axis = { stroke: colour.quiet, font: "12px system-ui, sans-serif", ticks: { show: false } };
  const bar = (fill) => ({ fill, width: 0, paths: uPlot.paths.bars({ size: [0.72, 44], radius: 0.18 }), points: { show: false } });
  return {
    width: box.clientWidth,
    height: box.clientHeight,
    padding: [10, 22, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: (_, least, most) => [least - 0.6, most + 0.6] },
      y: { range: (_, least, most) => withRoom(Math.min(0, least ?? 0), Math.max(0, most ?? 0)) },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 28, gap: 6, splits: () => places(state.bars.length, box.clientWidth, everyName),
        values: (_, splits) => splits.map((place) => state.bars[place]?.name ?? "") },
      { ...axis, grid: { stroke: colour.line, width: 1 }, size: 64, gap: 6, space: 44,
        values: (_, splits) => splits.map((value) => (value == null ? "" : plain(state.format(value)))) },
    ],
    series: [{}, bar(colour.gain), bar(colour.loss)],
    hooks: { setCursor: [(plot) => point(plot, box, hint, state)] },
  };
}

/** Zero and all bars, with room towards where bars are. */
function withRoom(least, most) {
  return least === 0 && most === 0 ? [0, 1] : [least * 1.12, most * 1.08];
}

/** Which bars get their name below: as many as there is room for, the last one always. */
function places(many, width, everyName) {
  const step = everyName ? 1 : Math.max(1, Math.ceil(many / Math.max(2, Math.floor((width - 64) / 64))));
  return Array.from({ length: many }, (_, place) => place).filter((place) => (many - 1 - place) % step === 0);
}

function point(plot, box, hint, state) {
  const bar = plot.cursor.left >= 0 ? state.bars[plot.cursor.idx] : null;
  hint.hidden = !bar;
  if (!bar) return;
  hint.replaceChildren(element("b", {}, bar.hint[0]), ...bar.hint.slice(1).map((line) => element("div", {}, line)));
  const middle = plot.over.offsetLeft + plot.valToPos(plot.cursor.idx, "x");
  hint.style.left = `${Math.max(0, Math.min(box.clientWidth - hint.offsetWidth, middle - hint.offsetWidth / 2))}px`;
}

/** Colours as the scheme in force has them: a canvas knows no variables. */
function colours(box) {
  const probe = element("span", { class: "ink-probe" });
  box.append(probe);
  const found = {};
  for (const name of ["gain", "loss", "line", "quiet"]) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

function scheme() {
  return getComputedStyle(document.body).backgroundColor;
}
