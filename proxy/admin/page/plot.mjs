// Small plots: one line or two over the last five minutes, in inline SVG. Beside the picture there is always a sentence.

import { draw, mark, say } from "./dom.mjs";
import { clockTime } from "./numbers.mjs";
import { KEPT } from "./series.mjs";

const SIZE = { width: 300, height: 48 };

/** Draws `lines`, each [{at, value}], into `svg`, up to the time `now`. `words` turns a value into text. */
export function plot(svg, name, lines, now, words) {
  const parts = (svg.plotParts ??= setUp(svg, lines.length));
  const values = lines
    .flat()
    .map((point) => point.value)
    .filter((value) => value !== null);
  const top = Math.max(...values, 0) || 1;
  lines.forEach((points, index) => {
    const runs = unbroken(points).map((run) => run.map((point) => place(point, now, top)));
    mark(parts.lines[index], "d", runs.map((run) => `M${run.join("L")}`).join(""));
    if (index === 0) mark(parts.area, "d", runs.map(filled).join(""));
  });
  say(parts.title, sentence(name, lines[0], words));
  svg.plotShown = { points: lines[0], now, words };
}

/** What the plot says at the place of a pointer event: "12:03:20: 180 a second"; "" where there is nothing. */
export function readingAt(svg, event) {
  const { points, now, words } = svg.plotShown,
    { left, width } = svg.getBoundingClientRect();
  const wanted = now - KEPT * (1 - (event.clientX - left) / width);
  const nearest = points.reduce(
    (best, point) => (Math.abs(point.at - wanted) < Math.abs(best.at - wanted) ? point : best),
    { at: -Infinity },
  );
  const known = Math.abs(nearest.at - wanted) < 5_000 && nearest.value !== null;
  return known ? `${clockTime(nearest.at, now)}: ${words(nearest.value)}` : "";
}

function setUp(svg, lines) {
  svg.setAttribute("viewBox", `0 0 ${SIZE.width} ${SIZE.height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  const parts = {
    title: draw("title"),
    area: draw("path", { class: "area" }),
    lines: Array.from({ length: lines }, (_, index) => draw("path", { class: `line line-${index}` })),
  };
  svg.append(
    parts.title,
    draw("path", { class: "ground", d: `M0 ${SIZE.height - 1}H${SIZE.width}` }),
    parts.area,
    ...parts.lines,
  );
  return parts;
}

/** The stretches without a gap. */
function unbroken(points) {
  const runs = [[]];
  for (const point of points) {
    if (point.value !== null) runs.at(-1).push(point);
    else if (runs.at(-1).length) runs.push([]);
  }
  return runs.filter((run) => run.length > 1);
}

function place({ at, value }, now, top) {
  const x = SIZE.width * (1 - (now - at) / KEPT),
    y = SIZE.height - 1 - (SIZE.height - 5) * (value / top);
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

function filled(run) {
  const left = run[0].split(" ")[0],
    right = run.at(-1).split(" ")[0];
  return `M${left} ${SIZE.height}L${run.join("L")}L${right} ${SIZE.height}Z`;
}

function sentence(name, points, words) {
  const values = points.map((point) => point.value).filter((value) => value !== null);
  if (values.length === 0) return `${name}: nothing to show yet`;
  return `${name} in the last five minutes: now ${words(values.at(-1))}, lowest ${words(Math.min(...values))}, highest ${words(Math.max(...values))}`;
}
