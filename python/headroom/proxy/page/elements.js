// The document: elements are made of texts and nodes, never of markup, so that a name cannot become a tag.

/** The element with an id. */
export function at(id) {
  return document.getElementById(id);
}

/** A new element; attributes whose value is null or false are left out, children that are null too. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child != null));
  return made;
}

/** Puts children in place of what is there. */
export function fill(id, ...children) {
  at(id).replaceChildren(...children.flat().filter((child) => child != null));
}

/** Shows or hides. */
export function show(id, wanted) {
  at(id).hidden = !wanted;
}

/** Rows that stay the same elements while their keys stay, so that what has the focus keeps it. */
export function keep(parent, items, keyOf, make) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const key = String(keyOf(item));
    const row = known.get(key) ?? make(item);
    row.dataset.key = key;
    return row;
  });
  for (const [key, row] of known) if (!wanted.includes(row)) row.remove();
  wanted.forEach((row, place) => {
    if (parent.children[place] !== row) parent.insertBefore(row, parent.children[place] ?? null);
  });
}

/** A list of facts: [name, value, {note, kind}]. */
export function facts(id, rows) {
  fill(id, rows.filter(Boolean).map(([name, value, more = {}]) =>
    element("div", { class: more.kind },
      element("dt", {}, name, more.note ? element("small", {}, more.note) : null),
      element("dd", { class: value === "0" ? "unknown" : null }, value))));
}

/** Bars below each other: [name, [[class, share 0..1], …], figure]. */
export function bars(id, rows, key = []) {
  const lines = rows.map(([name, parts, figure]) => element("li", {},
    element("span", { class: "name" }, name),
    element("span", { class: "track", "aria-hidden": "true" }, parts.map(([kind, share]) => part(kind, share))),
    element("span", { class: "figure" }, figure)));
  fill(id, element("ul", { class: "bars" }, lines),
    key.length ? element("p", { class: "key" }, key.map(([kind, name]) =>
      element("span", {}, element("i", { class: kind, "aria-hidden": "true" }), name))) : null);
}

/** A piece of a bar. The width is set as a property: the page's policy allows no style attributes. */
export function part(kind, share) {
  const piece = element("span", { class: `part ${kind}` });
  piece.style.width = `${Math.max(0, Math.min(1, share || 0)) * 100}%`;
  return piece;
}
