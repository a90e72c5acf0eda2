// Requests to this opslb: with the token where there is one, with an end, and with the reason of a refusal in words.

import { savedToken } from "./token.mjs";

const PATIENCE = 8_000;

/** opslb answered, and its answer is no. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The JSON of a path below this page. Throws Refused, or another error where opslb could not be asked. */
export async function ask(path, body) {
  const headers = { accept: "application/json", ...authorization() };
  const post = body && { method: "POST", body: JSON.stringify(body) };
  if (post) headers["content-type"] = "application/json";
  const answer = await fetch(path, {
    ...post,
    headers,
    cache: "no-store",
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (answer.ok) return answer.json();
  throw new Refused(answer.status, await detailOf(answer));
}

function authorization() {
  const token = savedToken();
  return token ? { authorization: `Bearer ${token}` } : {};
}

async function detailOf(answer) {
  try {
    const { detail } = await answer.json();
    if (typeof detail === "string" && detail) return detail;
  } catch {
    // No JSON: the status has to do.
  }
  return `opslb answered ${answer.status}.`;
}
