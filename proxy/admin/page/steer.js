// Draining a host and putting it back: a dialog that says what will happen, and, where opslb refuses, why.

import { Refused, ask } from "./ask.js";
import { byId, each, make, say, show } from "./dom.js";
import { isOut } from "./hosts.js";
import { askForToken, savedToken } from "./token.js";
import { drainPoints, readyPoints } from "./words.js";

const warning = "Ops Manager allows one host at a time to be taken down for an upgrade. With this one out as well, requests may find no host, "
  + "and what is in flight may be lost.";

let steered = null;  // {name, verb, done} while the dialog is open

/** Opens the dialog for a host of `status`. `done()` is called when opslb has done it. */
export function openSteering(status, name, done) {
  const backend = status.backends.find((one) => one.name === name);
  if (!backend || byId("steer").open) return;
  const verb = isOut(backend) ? "ready" : "drain";
  steered = { name, verb, done };
  const drains = verb === "drain";
  say(byId("steer-title"), drains ? `Take ${name} out of rotation?` : `Put ${name} back into rotation?`);
  each(byId("steer-points"), drains ? drainPoints(status, backend) : readyPoints(backend), (_, index) => index, () => {
    const element = make("li");
    return { element, update: (point) => say(element, point) };
  });
  say(byId("steer-go"), drains ? `Drain ${name}` : `Put ${name} back`);
  say(byId("steer-force"), `Drain ${name} all the same`);
  show(byId("steer-refusal"), false);
  show(byId("steer-force"), false);
  show(byId("steer-go"), true);
  byId("steer").showModal();
  byId("steer-cancel").focus();
}

/** Wires the dialog up. */
export function prepareSteering() {
  byId("steer-cancel").addEventListener("click", () => byId("steer").close());
  byId("steer-go").addEventListener("click", () => go({}));
  byId("steer-force").addEventListener("click", () => go({ force: true }));
  byId("steer").addEventListener("close", () => { steered = null; });
}

async function go(body) {
  const mine = steered;
  setBusy(true);
  try {
    await ask(`api/v1/backends/${encodeURIComponent(mine.name)}/${mine.verb}`, body);
    if (steered === mine) byId("steer").close();
    mine.done();
  } catch (error) {
    if (steered === mine) await refused(error, mine, body);
  } finally {
    setBusy(false);
  }
}

async function refused(error, mine, body) {
  if (error instanceof Refused && error.status === 401) {
    const given = await askForToken(savedToken() !== "");
    if (given && steered === mine) await go(body);
    return;
  }
  const guarded = error instanceof Refused && error.status === 409 && mine.verb === "drain";
  say(byId("steer-refused"), error instanceof Refused ? "opslb refuses:" : "opslb could not be asked:");
  say(byId("steer-reason"), error instanceof Refused ? error.message : "it does not answer. Nothing may have changed; try again.");
  say(byId("steer-warning"), guarded ? warning : "");
  show(byId("steer-refusal"), true);
  show(byId("steer-force"), guarded);
  show(byId("steer-go"), !guarded);
  setBusy(false);
  (guarded ? byId("steer-cancel") : byId("steer-go")).focus();
}

function setBusy(busy) {
  for (const id of ["steer-go", "steer-force"]) byId(id).disabled = busy;
}
