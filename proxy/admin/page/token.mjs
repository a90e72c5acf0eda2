// The admin token: asked for in a dialog, kept for this tab only, never in an address.

import { byId, show } from "./dom.mjs";

const KEY = "opslb admin token";
let memory = ""; // where the browser keeps no session storage

export function savedToken() {
  try {
    return sessionStorage.getItem(KEY) ?? memory;
  } catch {
    return memory;
  }
}

function save(token) {
  memory = token;
  try {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
  } catch {
    // It stays in memory.
  }
}

let waiting = null;

/** Asks for the token; true when one was given, false when the dialog was left. `wrong`: the one before it was refused. */
export function askForToken(wrong = false) {
  const dialog = byId("token");
  show(byId("token-wrong"), wrong);
  byId("token-field").value = "";
  if (!dialog.open) dialog.showModal();
  byId("token-field").focus();
  waiting ??= new Promise((resolve) =>
    dialog.addEventListener(
      "close",
      () => {
        waiting = null;
        resolve(dialog.returnValue === "given");
      },
      { once: true },
    ),
  );
  return waiting;
}

/** Wires the dialog up. */
export function prepareToken() {
  const dialog = byId("token");
  byId("token-cancel").addEventListener("click", () => dialog.close("left"));
  dialog.addEventListener("cancel", () => {
    dialog.returnValue = "left";
  });
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    save(byId("token-field").value.trim());
    byId("token-field").value = "";
    dialog.close("given");
  });
}
