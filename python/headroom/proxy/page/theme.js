// Light or dark: as the system says until the user says otherwise. Kept for this browser; it tells nobody anything.

import { at, element, fill } from "./elements.js";

const ORDER = ["auto", "light", "dark"];
const NAMES = { auto: "automatic", light: "light", dark: "dark" };
const KEPT = "headroom-theme";

/** Sets the theme up; `changed` is called whenever colours became others. */
export function setUpTheme(changed) {
  apply(ORDER.includes(kept()) ? kept() : "auto");
  at("theme").addEventListener("click", () => {
    apply(ORDER[(ORDER.indexOf(document.documentElement.dataset.theme) + 1) % ORDER.length]);
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

function apply(theme) {
  document.documentElement.dataset.theme = theme;
  fill("theme", element("span", { class: "if-room" }, "Theme: "), NAMES[theme]);
  at("theme").setAttribute("aria-label", `Theme: ${NAMES[theme]}`);
  try {
    localStorage.setItem(KEPT, theme);
  } catch {
    // A browser that keeps nothing shows the theme all the same.
  }
}

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
