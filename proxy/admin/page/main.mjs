// The status page: asks opslb every two seconds while somebody can see it, and shows what it says.

import { Refused, ask } from "./ask.mjs";
import { byId, each, make, mark, say, show } from "./dom.mjs";
import { showFigures, totalFigures } from "./figures.mjs";
import { readHistory } from "./history.mjs";
import { showHosts } from "./hosts.mjs";
import { clockTime, span } from "./numbers.mjs";
import { showAgents, showAnswers, showEvents, showListeners, showRefused, showSilentAgents } from "./panels.mjs";
import { readSilentAgents, readStatus } from "./reading.mjs";
import { Series, sampleOf } from "./series.mjs";
import { openSteering, prepareSteering } from "./steer.mjs";
import { askForToken, prepareToken, savedToken } from "./token.mjs";
import { changes, inShort, notices, staleWords, verdict } from "./words.mjs";

const INTERVAL = 2_000;

let status = null; // the last answer
let answeredAt = null; // when it came, by this browser's clock
let series = { totals: new Series(), backends: new Map() };
let startedAt = null; // of the process that the series are of

function seriesOf(name) {
  if (!series.backends.has(name)) series.backends.set(name, new Series());
  return series.backends.get(name);
}

function takeSamples() {
  if (startedAt !== status.started) {
    // another process: its counters begin anew
    if (startedAt !== null) series = { totals: new Series(), backends: new Map() };
    startedAt = status.started;
  }
  series.totals.add(sampleOf(status.totals, status.latency, status.now), status.latency.bounds);
  for (const backend of status.backends)
    seriesOf(backend.name).add(sampleOf(backend, backend.latency, status.now), backend.latency.bounds);
}

const shapes = { good: "up", fair: "warning", bad: "down", unknown: "unknown" };

function showVerdict({ kind, sentence, why }) {
  byId("verdict").dataset.kind = kind;
  mark(byId("verdict-shape"), "href", `#shape-${shapes[kind]}`);
  say(byId("verdict-sentence"), sentence);
  say(byId("verdict-why"), why);
  showIcon(kind);
}

const iconColours = { good: "#1f8a5b", fair: "#c98a1b", bad: "#c0392b", unknown: "#7b8581" };
const iconMarks = {
  good: "m4.8 8.3 2.2 2.2 4.3-4.8",
  fair: "M8 4v5m0 2.4v.3",
  bad: "m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2",
  unknown: "M5 8h6",
};

function showIcon(kind) {
  const picture =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="${iconColours[kind]}"/>` +
    `<path d="${iconMarks[kind]}" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/><\/svg>`;
  mark(byId("icon"), "href", `data:image/svg+xml,${encodeURIComponent(picture)}`);
}

function showNotices() {
  each(
    byId("notices"),
    notices(status),
    (notice) => notice.key,
    () => {
      const title = make("b"),
        text = make("span");
      const element = make("p", { class: "notice" }, title, " ", text);
      return {
        element,
        update: (notice) => {
          element.dataset.kind = notice.kind;
          say(title, notice.title);
          say(text, notice.text);
        },
      };
    },
  );
}

function showAbout() {
  const { file, loaded } = status.configuration;
  say(byId("where"), status.public_url ?? location.host);
  say(
    byId("about"),
    [
      `opslb ${status.version}`.trim(),
      status.pid === null ? "" : `process ${status.pid}`,
      status.uptime_seconds === null ? "" : `up for ${span(status.uptime_seconds)}`,
      file && `configuration ${file}, read ${clockTime(loaded, status.now)}`,
    ]
      .filter(Boolean)
      .join(" · "),
  );
}

function showPulse(failure) {
  const pulse = byId("pulse");
  document.body.dataset.stale = String(failure !== null);
  pulse.dataset.kind = failure === null ? "live" : "stale";
  if (failure === null) say(byId("pulse-text"), `live · ${clockTime(status.now, status.now)}`);
  else say(byId("pulse-text"), answeredAt === null ? failure : staleWords(Date.now() - answeredAt));
}

function showAll() {
  showVerdict(verdict(status));
  document.title = `${inShort(status)} · opslb`;
  showNotices();
  showFigures(byId("figures"), totalFigures(status.totals, series.totals), "all hosts", status.now);
  showHosts(status, seriesOf, (name) => openSteering(status, name, poll));
  showEvents(status);
  showAnswers(status);
  showListeners(status);
  showRefused(status);
  showAgents(status);
  showAbout();
}

function take(json) {
  const before = status;
  status = readStatus(json);
  const wasStale = document.body.dataset.stale === "true";
  answeredAt = Date.now();
  takeSamples();
  showAll();
  showPulse(null);
  const news = before === null ? "" : changes(before, status);
  if (news || wasStale)
    say(byId("announcement"), [wasStale && before ? "opslb answers again." : "", news].filter(Boolean).join(" "));
}

/** What went wrong with a poll, in words. */
function failure(error) {
  if (!(error instanceof Refused)) {
    return [
      "opslb does not answer.",
      "This page cannot reach the admin endpoint. Whether Ops Manager is reachable cannot be told from here.",
    ];
  }
  return [error.status === 401 ? "opslb asks for its token." : "opslb cannot tell how things stand.", error.message];
}

function fail(error) {
  const wasStale = document.body.dataset.stale === "true";
  const [sentence, why] = failure(error);
  showPulse(sentence);
  showVerdict({ kind: "unknown", sentence, why });
  document.title = "no answer · opslb";
  if (!wasStale) say(byId("announcement"), sentence);
}

let timer = null;
let asking = false;

/** Asks now, and again in two seconds, as long as the page can be seen. */
async function poll() {
  clearTimeout(timer);
  if (asking || document.hidden) return;
  asking = true;
  let pause = INTERVAL;
  try {
    take(await ask("api/v1/status"));
  } catch (error) {
    fail(error);
    if (error instanceof Refused && error.status === 401) pause = (await askForToken(savedToken() !== "")) ? 0 : null;
  }
  asking = false;
  if (pause !== null) timer = setTimeout(poll, pause); // who has no token is not asked again, but has a button
}

/** The plots of the time in which nobody looked. An older opslb, or one that wants a token first, has none to give. */
async function fetchHistory() {
  try {
    const history = readHistory(await ask("api/v1/history"));
    if (history) [series, startedAt] = [history, null];
  } catch {
    // The poll that follows says what is wrong.
  }
}

async function look() {
  if (document.hidden) return;
  await fetchHistory();
  await poll();
}

async function fetchSilentAgents() {
  if (!byId("agents-more").open || !status?.agents?.seen) return;
  try {
    const json = await ask("api/v1/agents");
    showSilentAgents(readSilentAgents(json, status.now), status.now);
  } catch {
    showSilentAgents(null, status.now);
  }
}

prepareToken();
prepareSteering();
showIcon("unknown");
byId("agents-more").addEventListener("toggle", fetchSilentAgents);
byId("token-button").addEventListener("click", async () => {
  if (await askForToken()) look();
});
document.addEventListener("visibilitychange", look);
look();
