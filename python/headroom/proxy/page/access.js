// Who may see the figures: a code from the address is exchanged for a token, which is kept for this tab alone.

const KEPT_TOKEN = "headroom-token";
const CODE = "#open=";

/** The fields of a request that show who asks. */
export function credentials() {
  const token = sessionStorage.getItem(KEPT_TOKEN);
  return token ? { "x-headroom-token": token } : {};
}

/** Keeps a token for this tab, or forgets it. */
export function keepToken(token) {
  if (token) sessionStorage.setItem(KEPT_TOKEN, token);
  else sessionStorage.removeItem(KEPT_TOKEN);
}

/**
 * Exchanges the code in the address, if there is one, and takes it out of the address bar and the history.
 * Gives null, or in words why the code did not do.
 */
export async function redeemCode() {
  if (!location.hash.startsWith(CODE)) return null;
  const code = decodeURIComponent(location.hash.slice(CODE.length));
  history.replaceState(null, "", location.pathname + location.search);
  try {
    const answer = await fetch("/dashboard/session", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code }),
    });
    const said = await answer.json();
    if (!answer.ok) return said.error;
    keepToken(said.token);
    return null;
  } catch {
    return "the proxy did not answer";
  }
}

/** Asks a route of the page's own for JSON; throws an error in words that can be shown. */
export async function ask(path) {
  let answer;
  try {
    answer = await fetch(path, { headers: credentials(), cache: "no-store" });
  } catch {
    throw new Error("the proxy cannot be reached");
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error ?? `the proxy answered with status ${answer.status}`);
  return said;
}
