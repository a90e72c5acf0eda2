// Numbers, sizes and times as a person reads them. Everything takes null for "not known" and shows a dash.

const dash = "–";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const two = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const three = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const thisYear = new Intl.DateTimeFormat([], { day: "numeric", month: "short" });
const day = new Intl.DateTimeFormat([], { day: "numeric", month: "short", year: "numeric" });
const moment = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "medium" });

/** 1,234,567 in full; from ten million on 12.3M. */
export function count(value) {
  if (value === null) return dash;
  return Math.abs(value) < 1e7 ? whole.format(value) : short.format(value);
}

export const one = (value, singular, plural = `${singular}s`) => `${count(value)} ${value === 1 ? singular : plural}`;

/** What changes all the time, with no more digits than one can read meanwhile: 0.25, 7.5, 182, 12.3K. */
const rounded = (value) => (value < 10 ? two : value < 10_000 ? whole : short).format(value);

/** Per second. */
export function rate(value) {
  if (value === null) return dash;
  return value !== 0 && value < 0.01 ? "<0.01" : rounded(value);
}

/** The number and its unit apart, since they are set in different sizes. */
export function sizeParts(value) {
  if (value === null) return [dash, ""];
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    ++unit;
  }
  return [unit === 0 ? whole.format(value) : three.format(value), units[unit]];
}

export const size = (value) => sizeParts(value).join(" ").trim();

/** A latency: 0.8 ms, 12 ms, 1.5 s, 3 min. */
export function latencyParts(seconds) {
  if (seconds === null) return [dash, ""];
  if (seconds < 0.9995) return [rounded(seconds * 1000), "ms"];
  return seconds < 120 ? [rounded(seconds), "s"] : [rounded(seconds / 60), "min"];
}

export const latency = (seconds) => latencyParts(seconds).join(" ").trim();

/** How long something has been so: 12 s, 5 min, 3 h 20 min, 12 days. */
export function span(seconds) {
  if (seconds === null) return dash;
  const minutes = Math.floor(seconds / 60),
    hours = Math.floor(minutes / 60),
    days = Math.floor(hours / 24);
  if (minutes < 1) return `${Math.max(0, Math.floor(seconds))} s`;
  if (hours < 1) return `${minutes} min`;
  if (days < 2) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${days} days`;
}

/** A part of a whole; what is tiny is not called nothing, and what is not all is not called 100 %. */
export function share(part, all) {
  if (!all || part === null) return dash;
  const percent = (100 * part) / all;
  if (part > 0 && percent < 0.01) return "<0.01 %";
  if (part < all && percent > 99.99) return ">99.99 %";
  return `${new Intl.NumberFormat("en", { maximumFractionDigits: percent < 1 ? 2 : 1 }).format(percent)} %`;
}

/** 12:03:20, with the day where it is not today's. */
export function clockTime(at, now) {
  if (at === null) return dash;
  const [then, today] = [new Date(at), new Date(now)];
  if (then.toDateString() === today.toDateString()) return clock.format(at);
  return `${(then.getFullYear() === today.getFullYear() ? thisYear : day).format(at)}, ${clock.format(at)}`;
}

export const date = (at) => (at === null ? dash : day.format(at));
export const fullTime = (at) => (at === null ? "" : moment.format(at));
