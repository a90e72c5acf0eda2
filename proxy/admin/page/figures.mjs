// The figures: a name, a number, a plot, and a line of small print. At the top for all hosts together, and in each host's card.

import { each, say, stamp } from "./dom.mjs";
import { count, latency, latencyParts, one, rate, share, size, sizeParts } from "./numbers.mjs";
import { plot, readingAt } from "./plot.mjs";

const WORRYING = 0.005; // a portion of errors that is shown in red: single ones happen on the best of days

const perSecond = (value) => `${rate(value)} a second`;

function requests(part, series) {
  return {
    name: "Requests",
    value: rate(series.rateNow("requests")),
    unit: "/s",
    lines: [series.rates("requests")],
    words: perSecond,
    more: `${count(part.requests)} since the start`,
  };
}

function errors(part, series) {
  const recent = series.growth("errors", 300_000),
    all = series.growth("requests", 300_000);
  const failed = recent?.value ?? null,
    portion = failed === null || !all?.value ? 0 : failed / all.value;
  return {
    name: "Errors",
    value: count(failed),
    unit: "in 5 min",
    lines: [series.rates("errors")],
    words: perSecond,
    more: failed ? `${share(failed, all?.value)} of requests` : "5xx or broken off",
    kind: portion > WORRYING ? "bad" : "",
  };
}

function inFlight(part, series, more) {
  return {
    name: "In flight",
    value: count(part.in_flight),
    unit: "",
    lines: [series.levels("in_flight")],
    words: count,
    more,
  };
}

function times(series) {
  const [p50, p95, p99] = series.percentiles([0.5, 0.95, 0.99], 60_000);
  const [value, unit] = latencyParts(p95);
  return {
    name: "Latency p95",
    value,
    unit,
    lines: [series.percentileLine(0.95), series.percentileLine(0.5)],
    words: latency,
    more: `p50 ${latency(p50)} · p99 ${latency(p99)}`,
  };
}

function throughput(series) {
  const [value, unit] = sizeParts(series.rateNow("bytes_out"));
  const read = series.rateNow("bytes_in");
  return {
    name: "Throughput out",
    value,
    unit: unit && `${unit}/s`,
    lines: [series.rates("bytes_out"), series.rates("bytes_in")],
    words: (bytes) => `${size(bytes)} a second`,
    more: read === null ? "" : `in ${size(read)}/s`,
  };
}

/** The figures of all together. */
export function totalFigures(totals, series) {
  const waiting = totals.waiting ? `${count(totals.waiting)} waiting · ` : "";
  return [
    requests(totals, series),
    errors(totals, series),
    inFlight(totals, series, `${waiting}${one(totals.connections_open, "connection")}`),
    times(series),
    throughput(series),
  ];
}

/** The figures of one host that have a plot. */
export function hostFigures(backend, series) {
  const [p50] = series.percentiles([0.5], 60_000);
  return [
    { ...requests(backend, series), more: `${count(backend.requests)} in all` },
    { ...times(series), more: `p50 ${latency(p50)}` },
    throughput(series),
  ];
}

/** Those that have none: [name, value, kind]. */
export function hostCounts(backend, series) {
  const failed = errors(backend, series);
  const idle = backend.connections_idle === null ? [] : [["Idle connections", count(backend.connections_idle), ""]];
  return [["In flight", count(backend.in_flight), ""], ["Errors in 5 min", failed.value, failed.kind], ...idle];
}

/** Shows them in a <dl>; `of` says whose they are, for plots read out. */
export function showFigures(list, figures, of, now) {
  each(
    list,
    figures,
    (figure) => figure.name,
    () => {
      const { element, part } = stamp("figure");
      let shown = null,
        pointed = "";
      const point = (text) => {
        pointed = text;
        say(part("more"), pointed || shown.more);
      };
      part("plot").addEventListener("pointermove", (event) => point(readingAt(part("plot"), event)));
      part("plot").addEventListener("pointerleave", () => point(""));
      const update = (figure) => {
        shown = figure;
        for (const name of ["name", "value", "unit"]) say(part(name), figure[name]);
        say(part("more"), pointed || figure.more);
        element.dataset.kind = figure.kind ?? "";
        plot(part("plot"), `${figure.name} of ${of}`, figure.lines, now, figure.words);
      };
      return { element, update };
    },
  );
}
