// The connection to the proxy: server-sent events read with fetch, since EventSource cannot send the token in a field.

const QUIET_MS = 40_000; // The proxy says something every 15 s at the latest: after this long the line is dead.
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Follows the events at an address until it is told to stop.
 *
 * `hear(name, data)` is called for each event, `tell(state, why)` when the connection is "connecting", "live", "lost" (and
 * why, in words) or "locked" (the token is missing or wrong; then nothing more is tried).
 * Gives {stop, tryNow}.
 */
export function follow(address, headers, hear, tell) {
  let stopped = false;
  let failures = 0;
  let control = new AbortController();
  let wake = () => {};

  async function once() {
    control = new AbortController();
    let quiet = 0;
    const watch = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => control.abort(), QUIET_MS);
    };
    try {
      watch();
      const response = await fetch(address, { headers, signal: control.signal, cache: "no-store" });
      if (response.status === 401) return "locked";
      if (!response.ok) return `The proxy answered with status ${response.status}`;
      await read(response.body, watch, (name, data) => {
        failures = 0;
        tell("live");
        hear(name, data);
      });
      return "The proxy ended the connection";
    } catch (error) {
      return error instanceof SyntaxError ? "The proxy sent what this page cannot read" : "The proxy cannot be reached";
    } finally {
      clearTimeout(quiet);
    }
  }

  async function run() {
    tell("connecting");
    while (!stopped) {
      const why = await once();
      if (stopped) return;
      if (why === "locked") return tell("locked");
      const waitMs = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)];
      failures += 1;
      tell("lost", why);
      await new Promise((resume) => {
        wake = resume;
        setTimeout(resume, waitMs);
      });
    }
  }

  run();
  return {
    stop() {
      stopped = true;
      control.abort();
      wake();
    },
    tryNow: () => wake(),
  };
}

/** Reads a stream of events (https://html.spec.whatwg.org/multipage/server-sent-events.html), the fields we use. */
async function read(body, watch, hear) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    watch();
    const blocks = (rest + value.replaceAll("\r", "")).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n");
      const field = (name) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
      const data = field("data").join("\n");
      if (data) hear(field("event")[0] ?? "message", JSON.parse(data));
    }
  }
}
