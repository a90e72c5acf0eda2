// The status page: asks opslb every two seconds while somebody can see it, and shows what it says.

import { Refused, ask } from "./ask.mjs";
import { byId, say } from "./dom.mjs";
import { showFigures, totalFigures } from "./figures.mjs";
import { isStale, showAbout, showIcon, showNotices, showPulse, showVerdict } from "./frame.mjs";
import { readHistory } from "./history.mjs";
import { showHosts } from "./hosts.mjs";
import { clockTime } from "./numbers.mjs";
import { showAgents, showAnswers, showEvents, showListeners, showRefused, showSilentAgents } from "./panels.mjs";
import { readSilentAgents, readStatus } from "./reading.mjs";
import { Series, sampleOf } from "./series.mjs";
import { openSteering, prepareSteering } from "./steer.mjs";
import { askForToken, prepareToken, savedToken } from "./token.mjs";
import { changes, inShort, staleWords, verdict } from "./words.mjs";

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

function showAll() {
  showVerdict(verdict(status));
  document.title = `${inShort(status)} · opslb`;
  showNotices(status);
  showFigures(byId("figures"), totalFigures(status.totals, series.totals), "all hosts", status.now);
  showHosts(status, seriesOf, (name) => openSteering(status, name, poll));
  showEvents(status);
  showAnswers(status);
  showListeners(status);
  showRefused(status);
  showAgents(status);
  showAbout(status);
}

function take(json) {
  const before = status;
  status = readStatus(json);
  const wasStale = isStale();
  answeredAt = Date.now();
  takeSamples();
  showAll();
  showPulse("live", `live · ${clockTime(status.now, status.now)}`);
  const news = before === null ? "" : changes(before, status);
  if (news || wasStale)
    say(byId("announcement"), [wasStale && before ? "opslb answers again." : "", news].filter(Boolean).join(" "));
}

/** What went wrong with a poll, in words. */
function failure(error) {
  if (error instanceof Refused) {
    return [error.status === 401 ? "opslb asks for its token." : "opslb cannot tell how things stand.", error.message];
  }
  const why = "This page cannot reach the admin endpoint. Whether Ops Manager is reachable cannot be told from here.";
  return ["opslb does not answer.", why];
}

function fail(error) {
  const wasStale = isStale();
  const [sentence, why] = failure(error);
  showPulse("stale", answeredAt === null ? sentence : staleWords(Date.now() - answeredAt));
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
  let json;
  try {
    json = await ask("api/v1/status");
  } catch (error) {
    fail(error);
    if (error instanceof Refused && error.status === 401) pause = (await askForToken(savedToken() !== "")) ? 0 : null;
  }
  asking = false;
  if (pause !== null) timer = setTimeout(poll, pause); // who has no token is not asked again, but has a button
  if (json !== undefined) take(json); // last: whatever it comes to, the next answer is asked for
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
