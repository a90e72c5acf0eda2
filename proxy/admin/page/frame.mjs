// What frames the page: the verdict, the notices, whose page it is, and whether it is live.

import { byId, each, make, mark, say, svgNamespace } from "./dom.mjs";
import { clockTime, span } from "./numbers.mjs";
import { notices } from "./words.mjs";

const shapes = { good: "up", fair: "warning", bad: "down", unknown: "unknown" };

/** The sentence at the top, and the icon of the tab. */
export function showVerdict({ kind, sentence, why }) {
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

export function showIcon(kind) {
  const picture =
    `<svg xmlns="${svgNamespace}" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="${iconColours[kind]}"/>` +
    `<path d="${iconMarks[kind]}" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/><\/svg>`;
  mark(byId("icon"), "href", `data:image/svg+xml,${encodeURIComponent(picture)}`);
}

/** The lines below it. */
export function showNotices(status) {
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

/** Whose page this is: above and below everything. */
export function showAbout(status) {
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

/** Whether what is shown is old. */
export const isStale = () => document.body.dataset.stale === "true";

/** `kind`: live or stale. */
export function showPulse(kind, text) {
  document.body.dataset.stale = String(kind === "stale");
  byId("pulse").dataset.kind = kind;
  say(byId("pulse-text"), text);
}
