// The cards of the hosts: state and reason, figures, what a drain waits for, the last checks, and the button that steers.

import { byId, each, make, mark, rows, say, show, stamp } from "./dom.mjs";
import { hostCounts, hostFigures, showFigures } from "./figures.mjs";
import { count, latency, one, size, span } from "./numbers.mjs";
import { checkWords, strip } from "./strip.mjs";
import { sinceWords, stateWords, versionsLine } from "./words.mjs";

/** Shows all hosts. `seriesOf(name)` gives a host's samples, `steer(name)` is called for its button. */
export function showHosts(status, seriesOf, steer) {
  say(byId("hosts-versions"), versionsLine(status));
  const shown = status.backends.map((backend) => ({ backend, series: seriesOf(backend.name), now: status.now }));
  each(
    byId("hosts"),
    shown,
    ({ backend }) => backend.name,
    ({ backend }) => card(backend.name, steer),
  );
}

let cards = 0;

function card(name, steer) {
  const { element, part } = stamp("host"),
    id = `host-${++cards}`;
  part("name").id = id;
  element.setAttribute("aria-labelledby", id);
  element.dataset.host = name;
  part("steer").addEventListener("click", () => steer(name));
  for (const [caption, text] of [
    ["drain-caption", "In flight on"],
    ["phases-caption", "Latency of"],
    ["counts-caption", "Counts of"],
  ]) {
    say(part(caption), `${text} ${name}`);
  }
  mark(part("drain-scroll"), "aria-label", `In flight on ${name}`);
  say(part("more-name"), name);
  return {
    element,
    update: ({ backend, series, now }) => {
      showHead(element, part, backend, now);
      showFigures(part("figures"), hostFigures(backend, series), backend.name, now);
      showCounts(part("tallies"), hostCounts(backend, series));
      showDrain(part, backend, now);
      showChecks(part, backend, now);
      showMore(part, backend, series);
    },
  };
}

/** Whether the button puts it back rather than drains it. */
export const isOut = (backend) => backend.state === "draining" || backend.state === "drained" || backend.drain !== null;

function showHead(element, part, backend, now) {
  element.dataset.state = backend.state;
  mark(part("shape"), "href", `#shape-${backend.state}`);
  say(part("name"), backend.name);
  say(part("badge"), [stateWords[backend.state], sinceWords(backend.since, now)].filter(Boolean).join(" "));
  say(part("steer"), isOut(backend) ? "Put back" : "Drain");
  mark(part("steer"), "aria-label", `${isOut(backend) ? "Put back" : "Drain"} ${backend.name}`);
  say(part("why"), backend.why);
  const weight = backend.weight !== null && backend.weight !== 1 ? `weight ${backend.weight}` : "";
  const version = backend.version === null ? "version unknown" : `Ops Manager ${backend.version}`;
  say(part("facts"), [backend.url, version, weight].filter(Boolean).join(" · "));
}

function showCounts(list, counts) {
  each(
    list,
    counts,
    ([name]) => name,
    ([name]) => {
      const value = make("dd"),
        element = make("div", {}, make("dt", {}, name), value);
      return {
        element,
        update: ([, text, kind]) => {
          say(value, text);
          value.dataset.kind = kind;
        },
      };
    },
  );
}

function showDrain(part, backend, now) {
  const { drain } = backend;
  show(part("drain"), isOut(backend));
  if (!isOut(backend)) return;
  const left = backend.in_flight ?? 0;
  const since = drain === null ? "" : ` ${sinceWords(drain.since, now)}`;
  say(
    part("drain-text"),
    left
      ? `Out of rotation${since}; ${one(left, "request")} still in flight.`
      : `Out of rotation${since}; nothing is in flight any more. It is safe to stop or upgrade it.`,
  );
  const flying = drain?.in_flight ?? [];
  show(part("drain-scroll"), flying.length > 0);
  const more = drain?.more ? [["and more", one(drain.more, "request"), "", ""]] : [];
  rows(part("drain-rows"), [
    ...flying.map((request) => [
      `${request.method} ${request.path_class}`.trim(),
      span(request.age_seconds),
      size(request.bytes_in),
      size(request.bytes_out),
    ]),
    ...more,
  ]);
}

function showChecks(part, backend, now) {
  const last = backend.last_check;
  say(part("check"), last ? `Last check: ${checkWords(last, now)}` : "Not checked yet");
  strip(part("strip"), backend, now);
  const failed = backend.checks.filter((check) => !check.ok).reverse();
  show(part("failed-empty"), failed.length === 0);
  each(
    part("failed"),
    failed.slice(0, 20),
    (check) => check.at,
    () => {
      const element = make("li");
      return { element, update: (check) => say(element, checkWords(check, now)) };
    },
  );
}

function showMore(part, backend, series) {
  const phases = [
    ["Connect", "connect"],
    ["First byte", "first_byte"],
    ["Whole exchange", "total"],
  ];
  rows(
    part("phases"),
    phases.map(([title, name]) => [title, ...series.percentiles([0.5, 0.95, 0.99], undefined, name).map(latency)]),
  );
  const answers = Object.entries(backend.responses ?? {})
    .filter(([, number]) => number > 0)
    .map(([name, number]) => [name === "none" ? "Broken off" : `Answered ${name}`, count(number)]);
  rows(part("counts"), [
    ["Requests", count(backend.requests)],
    ...answers,
    ["Moved elsewhere (retries)", count(backend.retries)],
    ["Connections made", count(backend.connects)],
    ["Connections that failed", count(backend.connect_failures)],
    ["Bytes to it", size(backend.bytes_in)],
    ["Bytes from it", size(backend.bytes_out)],
  ]);
}
