// Draining a host and putting it back: a dialog that says what will happen, and, where opslb refuses, why.

import { Refused, ask } from "./ask.mjs";
import { byId, each, make, say, show } from "./dom.mjs";
import { isOut } from "./hosts.mjs";
import { askForToken, savedToken } from "./token.mjs";
import { drainPoints, readyPoints } from "./words.mjs";

const warning =
  "Ops Manager allows one host at a time to be taken down for an upgrade. With this one out as well, requests may find no host.";

let steered = null; // {name, verb, done} while the dialog is open

/** Opens the dialog for a host of `status`. `done()` is called when opslb has done it. */
export function openSteering(status, name, done) {
  const backend = status.backends.find((one) => one.name === name);
  if (!backend || byId("steer").open) return;
  const verb = isOut(backend) ? "ready" : "drain";
  steered = { name, verb, done };
  const drains = verb === "drain";
  say(byId("steer-title"), drains ? `Take ${name} out of rotation?` : `Put ${name} back into rotation?`);
  each(
    byId("steer-points"),
    drains ? drainPoints(status, backend) : readyPoints(backend),
    (_, index) => index,
    () => {
      const element = make("li");
      return { element, update: (point) => say(element, point) };
    },
  );
  say(byId("steer-go"), drains ? `Drain ${name}` : `Put ${name} back`);
  say(byId("steer-force"), `Drain ${name} all the same`);
  say(byId("steer-cancel"), "Cancel");
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
  byId("steer").addEventListener("close", () => {
    steered = null;
  });
}

async function go(body) {
  const mine = steered;
  setBusy(true);
  try {
    const { note } = await ask(`api/v1/backends/${encodeURIComponent(mine.name)}/${mine.verb}`, body);
    if (steered === mine) finish(note);
    mine.done();
  } catch (error) {
    if (steered === mine) await refused(error, mine, body);
  } finally {
    setBusy(false);
  }
}

/** Done. `note`: what there is to know although it is. */
function finish(note) {
  if (typeof note !== "string" || !note) {
    byId("steer").close();
    return;
  }
  tell("info", "Done.", note);
  show(byId("steer-force"), false);
  show(byId("steer-go"), false);
  say(byId("steer-cancel"), "Close");
  byId("steer-cancel").focus();
}

async function refused(error, mine, body) {
  if (error instanceof Refused && error.status === 401) {
    const given = await askForToken(savedToken() !== "");
    if (given && steered === mine) await go(body);
    return;
  }
  const guarded = error instanceof Refused && error.status === 409 && mine.verb === "drain";
  if (error instanceof Refused) tell("warning", "opslb refuses:", error.message, guarded ? warning : "");
  else tell("warning", "opslb could not be asked:", "it does not answer. Nothing may have changed; try again.");
  show(byId("steer-force"), guarded);
  show(byId("steer-go"), !guarded);
  setBusy(false);
  (guarded ? byId("steer-cancel") : byId("steer-go")).focus();
}

function tell(kind, title, text, more = "") {
  byId("steer-refusal").dataset.kind = kind;
  say(byId("steer-refused"), title);
  say(byId("steer-reason"), text);
  say(byId("steer-warning"), more);
  show(byId("steer-refusal"), true);
}

function setBusy(busy) {
  for (const id of ["steer-go", "steer-force"]) byId(id).disabled = busy;
}
