// What stands below the hosts: events, answers, listeners with their certificates, clients refused, agents.

import { byId, draw, each, make, mark, rows, say, show, stamp } from "./dom.mjs";
import { clockTime, count, fullTime, one, share } from "./numbers.mjs";
import { certificateName, expiry, listed, ownAnswer } from "./words.mjs";

/** The newest event first: that is where one looks. */
export function showEvents(status) {
  const events = [...status.events].reverse();
  show(byId("events-empty"), events.length === 0);
  show(byId("events"), events.length > 0);
  each(
    byId("events"),
    events,
    (event) => `${event.at} ${event.text}`,
    (event) => {
      const shape = { warning: "warning", error: "down" }[event.level] ?? "info";
      const level = make("span", { class: "unseen" }, shape === "info" ? "" : `${event.level}: `);
      const when = make(
        "time",
        event.at === null ? {} : { datetime: new Date(event.at).toISOString(), title: fullTime(event.at) },
      );
      const element = make(
        "li",
        { "data-level": event.level },
        draw("svg", { class: "shape", "aria-hidden": "true" }, draw("use", { href: `#shape-${shape}` })),
        when,
        make("p", {}, level, event.text),
      );
      return { element, update: () => say(when, clockTime(event.at, status.now)) };
    },
  );
}

const classNames = {
  "1xx": "1xx interim",
  "2xx": "2xx successful",
  "3xx": "3xx redirected or unchanged",
  "4xx": "4xx errors of clients",
  "5xx": "5xx errors of hosts or opslb",
  none: "Broken off",
};

export function showAnswers({ totals }) {
  const all = Object.entries(totals.responses ?? {}).filter(([, number]) => number > 0);
  const sum = all.reduce((total, [, number]) => total + number, 0);
  rows(
    byId("answers"),
    all.map(([name, number]) => [classNames[name], count(number), share(number, sum)]),
  );
  const bar = byId("classes");
  mark(
    bar,
    "aria-label",
    all.length
      ? all.map(([name, number]) => `${classNames[name]}: ${share(number, sum)}`).join(", ")
      : "No answers yet",
  );
  each(
    bar,
    all,
    ([name]) => name,
    ([name]) => {
      const element = make("span", { class: `class-${name}` });
      return {
        element,
        update: ([, number]) => {
          element.style.flexGrow = number / sum;
        },
      };
    },
  );
  show(byId("own-empty"), totals.own_answers.length === 0);
  rows(
    byId("own"),
    totals.own_answers.map(([code, number]) => [ownAnswer(code), count(number)]),
  );
}

export function showListeners(status) {
  show(byId("listeners-empty"), status.listeners.length === 0);
  each(
    byId("listeners"),
    status.listeners,
    (listener) => `${listener.name} ${listener.bind}`,
    () => {
      const { element, part } = stamp("listener");
      return { element, update: (listener) => showListener(part, listener) };
    },
  );
}

const kinds = { http: "HTTP", redirect: "Redirect", tcp: "TCP" };

function showListener(part, listener) {
  say(part("name"), listener.name);
  say(part("kind"), `${kinds[listener.kind] ?? listener.kind}${listener.tls ? " over TLS" : ""}`);
  say(
    part("facts"),
    [
      listener.name === listener.bind ? "" : listener.bind,
      listener.proxy_protocol ? "PROXY protocol" : "",
      listener.connections_open === null ? "" : `${one(listener.connections_open, "connection")} open`,
      listener.requests === null ? "" : one(listener.requests, "request"),
    ]
      .filter(Boolean)
      .join(" · "),
  );
  each(
    part("certificates"),
    listener.certificates,
    (certificate) => certificate.file,
    () => {
      const name = make("b"),
        when = make("span"),
        more = make("small");
      const element = make("li", {}, name, " ", when, " ", more);
      return {
        element,
        update: (certificate) => {
          element.dataset.kind =
            certificate.days_left === null || certificate.days_left > 30
              ? ""
              : certificate.days_left < 0
                ? "bad"
                : "fair";
          say(name, certificateName(certificate));
          say(when, expiry(certificate));
          const others = certificate.names.slice(1);
          say(
            more,
            [others.length ? `also ${listed(others)}` : "", certificate.issuer && `by ${certificate.issuer}`]
              .filter(Boolean)
              .join("; "),
          );
        },
      };
    },
  );
}

export function showRefused({ totals }) {
  const all = [
    ...totals.refused,
    ...(totals.http2_errors ? [["HTTP/2: the client broke the protocol", totals.http2_errors]] : []),
    ...totals.http2_abuse.map(([what, number]) => [`HTTP/2 abuse: ${what}`, number]),
  ];
  show(byId("refused-empty"), all.length === 0);
  rows(
    byId("refused"),
    all.map(([reason, number]) => [reason, count(number)]),
  );
}

export function showAgents({ agents }) {
  show(byId("agents-panel"), agents !== null);
  if (agents === null) return;
  show(byId("agents-empty"), agents.seen === 0);
  show(byId("agents-seen"), agents.seen > 0);
  const silent = agents.silent ? `${one(agents.silent, "agent")} silent for over 90 seconds` : "none is silent";
  say(byId("agents-sum"), `${count(agents.seen)} seen, ${silent}.`);
  const most = 8,
    others = agents.versions.slice(most).reduce((sum, [, number]) => sum + number, 0);
  rows(
    byId("agents-versions"),
    [...agents.versions.slice(0, most), ...(others ? [["other versions", others]] : [])].map(([version, number]) => [
      version,
      count(number),
    ]),
  );
}

/** The list behind "Which are silent"; null: opslb did not say. */
export function showSilentAgents(silent, now) {
  say(byId("silent-empty"), silent ? "None." : "opslb could not be asked; close this and open it again.");
  show(byId("silent-empty"), !silent?.length);
  show(byId("silent-table"), silent?.length > 0);
  const row = ({ host, version, last_seen, errors }) => [host, version, clockTime(last_seen, now), count(errors)];
  if (silent) rows(byId("silent"), silent.slice(0, 100).map(row));
}
