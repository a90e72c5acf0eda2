// What /api/v1/history says of the last five minutes, as the samples that polls would have brought: a page that was just opened,
// or a tab that was hidden, has its plots at once.

import { Series } from "./series.mjs";

const numbers = (value) => (Array.isArray(value) ? value.map((each) => (Number.isFinite(each) ? each : null)) : []);

/** {totals: Series, backends: Map of name to Series}; null where the answer is no history. */
export function readHistory(json) {
  if (!json || !Array.isArray(json.at)) return null;
  const at = numbers(json.at).map((seconds) => seconds * 1000),
    bounds = numbers(json.bounds);
  const backends = Object.entries(json.backends ?? {}).map(([name, part]) => [name, unpacked(at, bounds, part)]);
  return { totals: unpacked(at, bounds, json.totals), backends: new Map(backends) };
}

function unpacked(at, bounds, part) {
  const read = Object.fromEntries(
    ["requests", "errors", "in_flight", "bytes_in", "bytes_out"].map((name) => [name, numbers(part?.[name])]),
  );
  const counts = summed(numbers(part?.latency_first), part?.latency, at.length);
  const series = new Series();
  at.forEach((when, index) => {
    if (read.requests[index] === undefined || read.requests[index] === null) return; // the host was not there yet
    const sample = Object.fromEntries(Object.entries(read).map(([name, values]) => [name, values[index] ?? null]));
    series.add({ at: when, ...sample, connect: null, first_byte: null, total: counts[index] }, bounds);
  });
  return series;
}

/** The histogram at each sample: the first one in full, of each other which buckets grew since the one before it, as
 *  [[bucket, by how much], …]. */
function summed(first, grown, length) {
  const sum = [...first];
  return Array.from({ length }, (_, index) => {
    if (!Array.isArray(grown?.[index])) return null;
    for (const [bucket, by] of grown[index]) if (bucket in sum) sum[bucket] += by;
    return [...sum];
  });
}
