// What the page makes of /api/v1/status: the same names, but every member is there and of its type, whatever came. A part
// that opslb leaves out is null, or empty where it is a list, so that nothing behind this file has to ask.

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const object = (value) => (isObject(value) ? value : {});
const list = (value) => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value, otherwise = "") => (typeof value === "string" ? value : otherwise);
const number = (value) => (Number.isFinite(value) ? value : null);
const texts = (value) => (Array.isArray(value) ? value.filter((each) => typeof each === "string") : []);

/** Milliseconds since the epoch, or null. */
function time(value) {
  const parsed = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

/** {"503": 2} as [["503", 2]], the largest first; what is zero or no number is left out. */
function tally(value) {
  return Object.entries(object(value))
    .filter(([, count]) => Number.isFinite(count) && count > 0)
    .sort(([a, most], [b, least]) => least - most || a.localeCompare(b));
}

const classes = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"];

function responses(value) {
  return isObject(value) ? Object.fromEntries(classes.map((name) => [name, number(value[name]) ?? 0])) : null;
}

/** A histogram; null where its counts do not fit its bounds. */
function phase(value, bounds) {
  const counts = object(value).counts;
  const fits = Array.isArray(counts) && counts.length === bounds.length + 1 && counts.every(Number.isFinite);
  return fits ? counts : null;
}

function histograms(value) {
  const from = object(value);
  const bounds = Array.isArray(from.bounds) && from.bounds.every(Number.isFinite) ? from.bounds : [];
  return {
    bounds,
    connect: phase(from.connect, bounds),
    first_byte: phase(from.first_byte, bounds),
    total: phase(from.total, bounds),
  };
}

function check(value) {
  const from = object(value);
  return {
    at: time(from.at),
    ok: from.ok === true,
    status: number(from.status),
    took_seconds: number(from.took_seconds),
    text: text(from.text),
  };
}

function drain(value) {
  if (!isObject(value)) return null;
  const request = (each) => ({
    path_class: text(each.path_class, "other"),
    method: text(each.method),
    age_seconds: number(each.age_seconds),
    bytes_in: number(each.bytes_in),
    bytes_out: number(each.bytes_out),
  });
  return { since: time(value.since), in_flight: list(value.in_flight).map(request), more: number(value.more) ?? 0 };
}

const states = ["up", "down", "draining", "drained"];

function backend(from) {
  const checks = list(from.checks).map(check);
  return {
    name: text(from.name, "?"),
    url: text(from.url),
    weight: number(from.weight),
    state: states.includes(from.state) ? from.state : "unknown",
    why: text(from.why),
    since: time(from.since),
    version: text(from.version, null),
    drain: drain(from.drain),
    in_flight: number(from.in_flight),
    requests: number(from.requests),
    responses: responses(from.responses),
    connects: number(from.connects),
    connect_failures: number(from.connect_failures),
    retries: number(from.retries),
    bytes_in: number(from.bytes_in),
    bytes_out: number(from.bytes_out),
    connections_idle: number(from.connections_idle),
    latency: histograms(from.latency),
    last_check: isObject(from.last_check) ? check(from.last_check) : (checks.at(-1) ?? null),
    checks,
  };
}

function certificate(from) {
  return {
    file: text(from.file),
    subject: text(from.subject),
    names: texts(from.names),
    issuer: text(from.issuer),
    not_before: time(from.not_before),
    not_after: time(from.not_after),
    days_left: number(from.days_left),
  };
}

function listener(from) {
  return {
    name: text(from.name, "?"),
    bind: text(from.bind),
    kind: text(from.kind, "http"),
    tls: from.tls === true,
    proxy_protocol: from.proxy_protocol === true,
    connections: number(from.connections),
    connections_open: number(from.connections_open),
    requests: number(from.requests),
    certificates: list(from.certificates).map(certificate),
  };
}

function totals(value) {
  const from = object(value);
  const numbers = [
    "requests",
    "retries",
    "bytes_in",
    "bytes_out",
    "in_flight",
    "waiting",
    "connections",
    "connections_open",
    "tls_handshakes",
    "http2_errors",
    "access_log_lines_dropped",
  ];
  return {
    ...Object.fromEntries(numbers.map((name) => [name, number(from[name])])),
    responses: responses(from.responses),
    own_answers: tally(from.own_answers),
    refused: tally(from.refused),
    http2_abuse: tally(from.http2_abuse),
  };
}

function upgradeMode(value) {
  const from = object(value);
  const versions = Object.entries(object(from.versions)).map(([version, hosts]) => [version, texts(hosts)]);
  return {
    active: from.active === true,
    text: text(from.text),
    versions: versions.sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true })),
  };
}

function agents(value) {
  if (!isObject(value)) return null;
  return { seen: number(value.seen) ?? 0, silent: number(value.silent) ?? 0, versions: tally(value.versions) };
}

function configuration(value) {
  const from = object(value),
    reload = from.last_reload;
  return {
    file: text(from.file),
    loaded: time(from.loaded),
    last_reload: isObject(reload) ? { at: time(reload.at), ok: reload.ok === true, text: text(reload.text) } : null,
  };
}

/** The answer of /api/v1/status, made whole. */
export function readStatus(json) {
  const from = object(json);
  return {
    version: text(from.version),
    pid: number(from.pid),
    started: time(from.started),
    now: time(from.now) ?? Date.now(),
    uptime_seconds: number(from.uptime_seconds),
    state: text(from.state, "serving"),
    ready: from.ready === true,
    ready_reason: text(from.ready_reason),
    public_url: text(from.public_url, null),
    configuration: configuration(from.configuration),
    upgrade_mode: upgradeMode(from.upgrade_mode),
    totals: totals(from.totals),
    latency: histograms(from.latency),
    listeners: list(from.listeners).map(listener),
    backends: list(from.backends).map(backend),
    events: list(from.events).map((each) => ({
      at: time(each.at),
      level: text(each.level, "info"),
      text: text(each.text),
    })),
    agents: agents(from.agents),
  };
}

/** The answer of /api/v1/backends/NAME/…: {"backend": …}, or null. */
export const readBackend = (json) => (isObject(object(json).backend) ? backend(json.backend) : null);

const SILENCE = 90_000; // Ops Manager hands monitoring to another agent after that

/** The silent ones of /api/v1/agents at the time `now`, the longest silent first. */
export function readSilentAgents(json, now) {
  const agents = list(object(json).agents).map((each) => ({
    host: text(each.host, "?"),
    version: text(each.version, "?"),
    last_seen: time(each.last_seen),
    errors: number(each.errors),
  }));
  return agents
    .filter(({ last_seen }) => last_seen !== null && now - last_seen > SILENCE)
    .sort((a, b) => a.last_seen - b.last_seen);
}
