// The last checks of a host as a strip, newest to the right: a short bar is a good check, a tall one with a foot a failed one.

import { draw, mark, say } from "./dom.mjs";
import { clockTime, latency } from "./numbers.mjs";

const SLOTS = 60;
const STEP = 5;
const HEIGHT = 20;

export function strip(svg, backend, now) {
  const parts = (svg.stripParts ??= layOut(svg));
  const checks = backend.checks.slice(-SLOTS),
    empty = SLOTS - checks.length;
  parts.slots.forEach((slot, index) => {
    const check = checks[index - empty];
    mark(slot.bar, "class", check ? (check.ok ? "good" : "failed") : "none");
    mark(slot.bar, "d", shape(index * STEP, check));
    say(slot.title, check ? checkWords(check, now) : "");
  });
  say(parts.title, stripWords(checks));
}

/** "12:03:20 answered 200, in 3 ms". */
export function checkWords(check, now) {
  const took =
    check.ok && check.took_seconds !== null
      ? `, in ${check.took_seconds ? latency(check.took_seconds) : "under 1 ms"}`
      : "";
  return `${clockTime(check.at, now)} ${check.text || (check.ok ? "good" : "failed")}${took}`;
}

function layOut(svg) {
  svg.setAttribute("viewBox", `0 0 ${SLOTS * STEP} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  const slots = Array.from({ length: SLOTS }, () => {
    const title = draw("title");
    return { title, bar: draw("path", {}, title) };
  });
  const title = draw("title");
  svg.append(title, ...slots.map((slot) => slot.bar));
  return { slots, title };
}

function shape(x, check) {
  if (!check) return `M${x + 1} ${HEIGHT - 2}h3v2h-3z`;
  return check.ok ? `M${x + 1} ${HEIGHT - 11}h3v11h-3z` : `M${x + 1} 0h3v13h-3zM${x + 1} 16h3v4h-3z`;
}

function stripWords(checks) {
  if (checks.length === 0) return "No check yet";
  const good = checks.filter((check) => check.ok).length;
  const which = checks.length === 1 ? "The only check so far" : `${good} of the last ${checks.length} checks were good`;
  return checks.length === 1 ? `${which} ${good ? "was good" : "failed"}` : which;
}
