// What the status page's modules compute, without a browser: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readHistory } from "../../proxy/admin/page/history.mjs";
import { count, latency, rate, share, size, span } from "../../proxy/admin/page/numbers.mjs";
import { readSilentAgents, readStatus } from "../../proxy/admin/page/reading.mjs";
import { KEPT, Series, percentile } from "../../proxy/admin/page/series.mjs";
import { changes, drainPoints, expiry, listed, verdict } from "../../proxy/admin/page/words.mjs";

const sample = (seconds, requests, more = {}) => ({
  at: seconds * 1000,
  requests,
  errors: 0,
  in_flight: 1,
  bytes_in: 0,
  bytes_out: 0,
  connect: null,
  first_byte: null,
  total: null,
  ...more,
});

function series(...samples) {
  const made = new Series();
  for (const each of samples) made.add(each, [1, 2, 4]);
  return made;
}

test("numbers are short enough to read and never wrong about nothing or all", () => {
  const table = [
    [count(null), "–"],
    [count(1234567), "1,234,567"],
    [count(98765432109), "98.8B"],
    [count(0), "0"],
    [rate(null), "–"],
    [rate(0), "0"],
    [rate(0.001), "<0.01"],
    [rate(0.25), "0.25"],
    [rate(7.46), "7.5"],
    [rate(182.4), "182"],
    [rate(12345), "12.3K"],
    [size(null), "–"],
    [size(0), "0 B"],
    [size(999), "999 B"],
    [size(999_999), "1 MB"],
    [size(8.3e9), "8.3 GB"],
    [size(5e18), "5,000 PB"],
    [latency(null), "–"],
    [latency(0.0004), "0.4 ms"],
    [latency(0.0123), "12 ms"],
    [latency(0.9999), "1 s"],
    [latency(1.52), "1.5 s"],
    [latency(180), "3 min"],
    [span(-3), "0 s"],
    [span(59.9), "59 s"],
    [span(60), "1 min"],
    [span(12000), "3 h 20 min"],
    [span(7200), "2 h"],
    [span(200000), "2 days"],
    [share(0, 10), "0 %"],
    [share(1, 1e6), "<0.01 %"],
    [share(999999, 1e6), ">99.99 %"],
    [share(10, 10), "100 %"],
    [share(1, 0), "–"],
    [share(null, 5), "–"],
  ];
  for (const [is, ought] of table) assert.equal(is, ought);
});

test("percentiles lie within their bucket", () => {
  assert.equal(percentile([1, 2, 4], [0, 10, 0, 0], 0.5), 1.5);
  assert.equal(percentile([1, 2, 4], [10, 0, 0, 0], 1), 1);
  assert.equal(percentile([1, 2, 4], [0, 0, 0, 3], 0.5), 4, "over the last bound: as much is known");
  assert.equal(percentile([1, 2, 4], [0, 0, 0, 0], 0.5), null);
  assert.equal(percentile([1, 2, 4], [-1, 5, 0, 0], 0.5), null, "counters that went back say nothing");
  assert.equal(percentile([], [], 0.5), null);
});

test("rates are differences, and gaps where there is none to take", () => {
  const made = series(sample(0, 10), sample(2, 30), sample(4, 5), sample(6, 15), sample(60, 99));
  assert.deepEqual(
    made.rates("requests").map(({ value }) => value),
    [10, null, 5, null],
  );
  assert.equal(series(sample(0, 0), sample(2, 8)).rateNow("requests"), 4);
  assert.equal(series(sample(0, 8)).rateNow("requests"), null);
  assert.equal(series(sample(0, null), sample(2, 8)).rateNow("requests"), null);
});

test("samples older than five minutes go, and none is taken twice", () => {
  const made = series(...Array.from({ length: 500 }, (_, step) => sample(step * 2, step)), sample(998, 7));
  assert.equal(made.samples.length, KEPT / 2000 + 1);
  assert.equal(made.samples.at(-1).requests, 499);
});

test("a clock that was set back begins a new series", () => {
  const made = series(sample(9000, 5), sample(8999, 6), sample(100, 7), sample(102, 9));
  assert.deepEqual(
    made.samples.map(({ at }) => at),
    [100_000, 102_000],
  );
});

test("percentiles are those of the window, from the first sample that has a histogram", () => {
  const made = series(sample(0, 0), sample(2, 0, { total: [100, 0, 0, 0] }), sample(4, 0, { total: [100, 8, 0, 0] }));
  assert.deepEqual(made.percentiles([0.5]), [1.5]);
  assert.deepEqual(made.percentiles([0.5], KEPT, "connect"), [null]);
});

test("a history is read as if it had been polled, up to the very next status", () => {
  const read = readHistory({
    bounds: [1, 2, 4],
    at: [10, 12, 14],
    totals: {
      requests: [1, 2, 3],
      errors: [null, 0, 0],
      latency_first: [5, 0, 0, 0],
      latency: [
        [],
        [[1, 2]],
        [
          [1, 1],
          [3, 1],
        ],
      ],
    },
    backends: { ops1: { requests: [null, 7, 8], latency_first: [], latency: [null, null, null] } },
  });
  assert.deepEqual(
    read.totals.samples.map(({ at, requests, total }) => [at, requests, total]),
    [
      [10000, 1, [5, 0, 0, 0]],
      [12000, 2, [5, 2, 0, 0]],
      [14000, 3, [5, 3, 0, 1]],
    ],
  );
  assert.equal(read.backends.get("ops1").samples.length, 2);
  for (const nothing of [null, undefined, {}, { at: 7 }, "history"]) assert.equal(readHistory(nothing), null);
  assert.equal(readHistory({ at: [1], totals: { requests: ["x"] }, backends: { a: null } }).totals.samples.length, 0);
});

test("a status is made whole whatever came", () => {
  for (const nothing of [null, undefined, 7, "x", [], {}]) {
    const status = readStatus(nothing);
    assert.deepEqual([status.backends, status.listeners, status.events, status.agents], [[], [], [], null]);
    assert.equal(verdict(status).kind, "unknown");
  }
  assert.equal(
    readStatus({ backends: [{ latency: { bounds: [1], total: { counts: [1, 2, 3] } } }] }).backends[0].latency.total,
    null,
  );
});

test("silent agents are those not seen for 90 seconds, the longest silent first", () => {
  const agents = [
    { host: "a", last_seen: "2026-01-01T00:00:02Z" },
    { host: "b", last_seen: "2026-01-01T00:02:00Z" },
    { host: "c", last_seen: "2026-01-01T00:00:01Z" },
    {},
  ];
  assert.deepEqual(
    readSilentAgents({ agents }, Date.parse("2026-01-01T00:03:00Z")).map(({ host }) => host),
    ["c", "a"],
  );
});

test("lists of names are sentences, long ones short", () => {
  assert.deepEqual(
    [[], ["a"], ["a", "b"], ["a", "b", "c", "d"], ["a", "b", "c", "d", "e"]].map((names) => listed(names)),
    ["", "a", "a and b", "a, b, c and d", "a, b, c and 2 more"],
  );
});

test("expiry counts whole days and says when it is over", () => {
  assert.deepEqual(
    [-0.5, 0, 1, 30, null].map((days_left) => expiry({ days_left, not_after: null })),
    ["expired 1 day ago", "expires today", "expires in 1 day", "expires in 30 days", "valid until –"],
  );
});

test("only hosts that were known before are said to have changed", () => {
  const of = (...states) =>
    readStatus({ ready: true, backends: states.map((state, index) => ({ name: `ops${index}`, state })) });
  assert.equal(changes(of("up"), of("up", "down")), "Ops Manager is reachable on 1 of 2 hosts.");
  assert.equal(changes(of("up", "up"), of("up", "up")), "");
  assert.equal(changes(of("up", "down", "up"), of("up", "drained", "up")), "ops1 is drained.");
});

test("who is left is said before a drain", () => {
  const status = readStatus({
    backends: [
      { name: "ops1", state: "up", in_flight: 1 },
      { name: "ops2", state: "down" },
    ],
  });
  const points = drainPoints(status, status.backends[0]);
  assert.equal(points[1], "The 1 request in flight there may end; this page shows them.");
  assert.equal(points[2], "No other host is up to take its share.");
});
