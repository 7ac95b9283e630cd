// Numbers as people read them. What is not known is "unknown", never 0; a minus is a minus sign; units stay with numbers.

const LOCALE = "en";
const count = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });

/** A whole number with its thousands: 12,345. */
export function whole(value) {
  return value == null ? "unknown" : signed(value, (size) => count.format(size));
}

/** A number of tokens in short: 812, 12.3 k, 4.56 M. */
export function tokens(value) {
  return value == null ? "unknown" : signed(value, shortened);
}

function shortened(size) {
  for (const [unit, name] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    // From where rounding would show four digits, the next unit begins.
    if (size >= unit * 0.9995) return `${digits(size / unit, 3)}\u00a0${name}`;
  }
  return count.format(size);
}

/** US dollars: $12.30 and $1,204; under a cent as many places as show two digits. */
export function money(value) {
  return value == null ? "unknown" : signed(value, (size) => `$${amount(size)}`);
}

function amount(size) {
  if (size === 0) return "0.00";
  if (size >= 1000) return count.format(size);
  if (size >= 0.095) return size.toFixed(2);
  if (size < 1e-6) return "0.000001";
  return size.toFixed(Math.min(6, 1 - Math.floor(Math.log10(size))));
}

/** A share 0..1 as per cent. */
export function percent(share) {
  if (share == null || !Number.isFinite(share)) return "unknown";
  const size = Math.abs(share) * 100;
  return signed(share, () => `${size === 0 || size >= 10 ? Math.round(size) : digits(size, 2)}\u00a0%`);
}

/** Milliseconds, with the digits that matter. */
export function milliseconds(value) {
  if (value == null) return "–";
  return value >= 1000 ? `${digits(value / 1000, 3)}\u00a0s` : `${value === 0 ? "0" : digits(value, value < 0.1 ? 1 : 2)}\u00a0ms`;
}

/** Seconds as the largest two units that say something: 3 h 12 min. */
export function duration(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0 s";
  const parts = units.slice(first, first + 2).map(([name, size], place) =>
    [Math.floor((place ? seconds % units[first][1] : seconds) / size), name]);
  return parts.filter(([many]) => many > 0).map(([many, name]) => `${many}\u00a0${name}`).join(" ");
}

/** A day "2026-11-30" for people: 30 Nov; with its name: Mon, 30 Nov. */
export function day(iso, named = false) {
  const [year, month, date] = iso.split("-").map(Number);
  const options = { day: "numeric", month: "short", ...(named ? { weekday: "short" } : {}) };
  return new Date(year, month - 1, date).toLocaleDateString("en-GB", options);
}

/** A moment as the clock of this machine shows it. */
export function clock(date) {
  return date.toLocaleTimeString("en-GB");
}

/** "between a and b", or nothing where both are the same or there is no interval. */
export function interval(low, high, format) {
  if (low == null || high == null || format(low) === format(high)) return "";
  return `between ${format(low)} and ${format(high)}`;
}

/** The same in short: "$2.66 to $2.76". */
export function range(low, high, format) {
  return interval(low, high, format) && `${format(low)} to ${format(high)}`;
}

/** "1 request", "2 requests". */
export function many(number, one, more = `${one}s`) {
  return `${whole(number)} ${number === 1 ? one : more}`;
}

/** A figure beside an axis or edge: without zeros that say nothing, $3.00 as $3. */
export function plain(text) {
  return text.replace(/(\.\d*?)0+(?!\d)/, "$1").replace(/\.(?!\d)/, "");
}

function digits(value, most) {
  const places = Math.max(0, most - 1 - Math.floor(Math.log10(value)));
  return value.toFixed(Math.min(places, 4));
}

function signed(value, format) {
  const text = format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}
