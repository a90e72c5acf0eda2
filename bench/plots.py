"""Plots as inline SVG. Colours come from the page's style, so that they fit light and dark."""

import html
import math

LEFT, WIDTH, STEP = 230, 860, 22
COLOURS = 4


def svg(height, title, parts):
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return f'<svg {size} role="img" aria-label="{html.escape(title)}">\n' + "\n".join(parts) + "\n</svg>\n"


def label(y, words):
    return f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{html.escape(words)}</text>'


def ratios(scenarios):
    """A dot for each round, a bar to the median, and a mark for the target; 1 in the middle, on a scale of powers."""
    lines = [(name, peer, ratio) for name, scenario in scenarios.items() for peer, ratio in scenario["ratios"].items()]
    if not lines:
        return ""
    peers = sorted({peer for _, peer, _ in lines})
    most = max(2.0, *(max(value, 1 / value) for _, _, ratio in lines for value in ratio["rounds"] if value > 0))

    def at(value):
        share = math.log(max(value, 1 / most)) / math.log(most)    # -1 to 1
        return LEFT + 10 + (share + 1) / 2 * (WIDTH - LEFT - 30)
    height = STEP * (len(lines) + 2)
    parts = [scale_line(at, value, height) for value in (0.25, 0.5, 0.75, 1, 1.5, 2, 4) if 1 / most <= value <= most]
    for number, (name, peer, ratio) in enumerate(lines, 1):
        y, colour = STEP * (number + 0.5), 1 + peers.index(peer) % (COLOURS - 1)
        parts += [label(y, f"{name} of {peer}"), bar(at(1), at(ratio["median"]), y, colour)]
        parts += [dot(at(value), y, colour) for value in ratio["rounds"]]
        if "target" in ratio:
            x = at(ratio["target"])
            parts.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 8:.1f}" y2="{y + 8:.1f}"/>')
    return svg(height, "Ratios of all rounds, with their targets", parts)


def scale_line(at, value, height):
    x = at(value)
    return (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{STEP}" y2="{height - 4}"/>'
            f'<text class="faint" x="{x:.1f}" y="{STEP - 6}" text-anchor="middle">{value:g}</text>')


def bar(start, end, y, colour):
    left, right = sorted((start, end))
    return (f'<rect class="c{colour}" opacity="0.35" x="{left:.1f}" y="{y - 6:.1f}" width="{max(1, right - left):.1f}"'
            ' height="12"/>')


def dot(x, y, colour):
    return f'<circle class="c{colour}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def rounds(proxies):
    """A bar to the median cost of each proxy, and a dot for each round."""
    most = max(each["cost"] for figures in proxies.values() for each in figures["rounds"])
    if not 0 < most < math.inf:
        return ""
    parts = []

    def at(value):
        return LEFT + 10 + max(0.0, value) / most * (WIDTH - LEFT - 30)
    for number, (name, figures) in enumerate(proxies.items()):
        y, colour = STEP * (number + 0.7), number % COLOURS
        parts += [label(y, name), bar(at(0), at(figures["median_cost"]), y, colour)]
        parts += [dot(at(each["cost"]), y, colour) for each in figures["rounds"]]
    return svg(STEP * (len(proxies) + 0.4), "Cost of all rounds", parts)
