// What the page says in sentences. Pure: a status in, words out.

import { date, one, span } from "./numbers.mjs";

export const stateWords = { up: "Up", down: "Down", draining: "Draining", drained: "Drained", unknown: "Unknown" };

const inState = (status, ...states) => status.backends.filter((backend) => states.includes(backend.state));
const names = (backends) => listed(backends.map((backend) => backend.name));

/** "a, b and c"; of many the first few. */
export function listed(words, most = 4) {
  const shown = words.length > most ? [...words.slice(0, most - 1), `${words.length - most + 1} more`] : words;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** Is Ops Manager reachable: {kind: good | fair | bad | unknown, sentence, why}. */
export function verdict(status) {
  const all = status.backends.length,
    up = inState(status, "up").length,
    down = inState(status, "down");
  if (status.state === "draining") {
    return {
      kind: "fair",
      sentence: "This opslb is shutting down.",
      why: `It takes no new clients and finishes what is in flight: ${one(status.totals.in_flight, "request")}.`,
    };
  }
  if (status.state === "starting")
    return { kind: "unknown", sentence: "opslb is starting.", why: "The first round of health checks is not over." };
  if (all === 0)
    return {
      kind: status.ready ? "good" : "unknown",
      sentence: "No host of Ops Manager is configured here.",
      why: status.ready_reason,
    };
  if (!status.ready || up === 0) {
    return {
      kind: "bad",
      sentence: "Ops Manager cannot be reached.",
      why: status.ready_reason || `None of its ${all} hosts is up.`,
    };
  }
  if (up === all) {
    return {
      kind: "good",
      sentence: "Ops Manager is reachable.",
      why: all === 1 ? "Its only host passes its checks." : `All ${all} hosts pass their checks.`,
    };
  }
  const why = [
    down.length && `${names(down)} ${are(down)} down`,
    ...["draining", "drained"].map((state) => {
      const those = inState(status, state);
      return those.length && `${names(those)} ${are(those)} ${state}`;
    }),
  ]
    .filter(Boolean)
    .join("; ");
  const alone = up === 1 ? " There is no other host to take over." : "";
  return { kind: "fair", sentence: `Ops Manager is reachable on ${up} of ${all} hosts.`, why: `${why}.${alone}` };
}

const are = (those) => (those.length === 1 ? "is" : "are");

/** "3/3 up", for the title of the tab. */
export const inShort = (status) => `${inState(status, "up").length}/${status.backends.length} up`;

/** What deserves a line of its own above the figures: [{key, kind, title, text}]. */
export function notices(status) {
  const found = [];
  if (status.upgrade_mode.active) {
    found.push({
      key: "upgrade",
      kind: "info",
      title: "Upgrade Mode.",
      text: status.upgrade_mode.text || "The hosts run different versions.",
    });
  }
  const reload = status.configuration.last_reload;
  if (reload && !reload.ok) {
    found.push({
      key: "reload",
      kind: "warning",
      title: "The last reload was refused; the configuration before it is in force.",
      text: reload.text,
    });
  }
  for (const listener of status.listeners) {
    for (const each of listener.certificates) {
      if (each.days_left === null || each.days_left > 30) continue;
      const kind = each.days_left < 0 ? "error" : "warning";
      found.push({
        key: `certificate ${each.file}`,
        kind,
        title: `Certificate of ${certificateName(each)}: ${expiry(each)}.`,
        text: `It is in ${each.file}; replace the file, opslb sees it by itself.`,
      });
    }
  }
  const dropped = status.totals.access_log_lines_dropped;
  if (dropped)
    found.push({
      key: "log",
      kind: "warning",
      title: `${one(dropped, "line")} of the access log were dropped.`,
      text: "The disk or whoever reads the log is too slow.",
    });
  return found.filter((notice, index) => found.findIndex((other) => other.key === notice.key) === index);
}

export const certificateName = (certificate) => certificate.names[0] ?? (certificate.subject || certificate.file);

/** "expires in 12 days", "expired 2 days ago (4 May 2026)". */
export function expiry(certificate) {
  const days = certificate.days_left === null ? null : Math.floor(certificate.days_left);
  const on = certificate.not_after === null ? "" : ` (${date(certificate.not_after)})`;
  if (days === null) return `valid until ${date(certificate.not_after)}`;
  if (days < 0) return `expired ${one(-days, "day")} ago${on}`;
  return days === 0 ? `expires today${on}` : `expires in ${one(days, "day")}${on}`;
}

const ownAnswers = {
  308: "redirect",
  400: "malformed or ambiguous request",
  403: "no client certificate for /agents/",
  405: "CONNECT or TRACE",
  408: "the client was too slow",
  413: "body too large",
  414: "target too long",
  417: "unknown Expect",
  429: "too many connections of one client",
  431: "head too large",
  501: "unknown transfer coding",
  502: "no host could be reached",
  503: "no host is up, or waiting took too long",
  504: "the host was too slow",
  505: "unknown version of HTTP",
  508: "the request went round in a circle",
};

/** "503: no host is up, …". */
export const ownAnswer = (code) => (Object.hasOwn(ownAnswers, code) ? `${code}: ${ownAnswers[code]}` : code);

/** Which versions run where. */
export function versionsLine(status) {
  const { versions, active } = status.upgrade_mode;
  if (versions.length === 0) return "";
  if (active || versions.length > 1)
    return versions.map(([version, hosts]) => `${version} on ${listed(hosts)}`).join(" · ");
  return `Ops Manager ${versions[0][0]}`;
}

/** Which hosts changed their state: one sentence for a screen reader, "" where none did. */
export function changes(before, after) {
  const known = new Map(before.backends.map((backend) => [backend.name, backend.state]));
  const changed = after.backends.filter(
    (backend) => known.has(backend.name) && known.get(backend.name) !== backend.state,
  );
  const said =
    changed.length <= 3
      ? changed.map((backend) => `${backend.name} is ${stateWords[backend.state].toLowerCase()}.`)
      : [`${changed.length} hosts changed: ${inShort(after)}.`];
  const [was, is] = [verdict(before), verdict(after)];
  if (was.kind !== is.kind) said.push(is.sentence);
  return said.join(" ");
}

/** What draining a host comes to: sentences for the dialog. */
export function drainPoints(status, backend) {
  const others = inState(status, "up").filter((other) => other.name !== backend.name);
  const flying = backend.in_flight
    ? `The ${one(backend.in_flight, "request")} in flight there may end; this page shows them.`
    : "Nothing is in flight there now.";
  return [
    `${backend.name} gets no new request.`,
    flying,
    others.length
      ? `${listed(others.map((other) => other.name))} ${are(others)} left to take its share.`
      : "No other host is up to take its share.",
    "It stays out, also over a reload or restart of opslb, until you put it back.",
  ];
}

/** What putting it back comes to. */
export function readyPoints(backend) {
  const left = backend.in_flight
    ? [
        `${one(backend.in_flight, "request")} from before the drain ${backend.in_flight === 1 ? "is" : "are"} still in flight there; they go on.`,
      ]
    : [];
  return [
    `${backend.name} gets requests again after its next good checks.`,
    ...left,
    "Put it back when Ops Manager runs there again, with the version that it is meant to have.",
  ];
}

/** "since 12:03" as an age. */
export const sinceWords = (since, now) => (since === null ? "" : `for ${span(Math.max(0, (now - since) / 1000))}`);

/** What a failed poll says of how old the page is. */
export const staleWords = (age) => `No answer from opslb for ${span(age / 1000)}: what you see is as old.`;
