"""The figures of a run as text."""

from catalogue import CATALOGUE, titled

# What stands beside a figure: its heading, and how it is written. What has none is text, and comes last.
BESIDE = {
    "p50": ("p50 ms", "{0:.2f}"), "p99": ("p99 ms", "{0:.2f}"), "p99.9": ("p99.9 ms", "{0:.2f}"),
    "longest": ("longest", "{0:.1f}"),
    "few": ("with few", "{0:.2f}"), "one": ("with one", "{0:.0f}"), "growth": ("growth", "{0:+.1f} %"),
    "grown": ("grown by", "{0:.0f}"), "failed": ("errors", "{0:.0f}"), "recovered": ("after s", "{0:.2f}"),
}


def in_words(kind, figure):
    """Of one round."""
    text = f"{figure['cost']:.{kind.decimals}f} {kind.cost}"
    for what in kind.beside:
        if what in BESIDE:
            text += f", {BESIDE[what][0]} " + BESIDE[what][1].format(figure[what])
        elif figure.get(what):
            text += f", {spoken(figure[what])}"
    if kind.rate:
        text += f", {figure['rate']:.0f} {kind.rate}, {figure['others']:.0%} of its core for other work"
    return text


def spoken(value):
    """System calls are text, errors a number for each kind."""
    return ", ".join(f"{kind}: {times}" for kind, times in value.items()) if isinstance(value, dict) else value


def table(result):
    return "\n".join(line for name, scenario in result["scenarios"].items() for line in lines(name, scenario)) + "\n"


def lines(name, scenario):
    kind = CATALOGUE[name].kind
    columns = "".join(f"{BESIDE[what][0]:>10}" for what in kind.beside if what in BESIDE)
    columns += f"{kind.rate:>14}{'core busy':>11}{'by others':>11}" if kind.rate else ""
    ratios = "   opslb takes  (least to most)" if scenario["ratios"] else ""
    yield ""
    yield f"{titled(name)}: {kind.cost}"
    yield f"{'':10}{'median':>9}{'least':>9}{columns}{ratios}"
    for proxy, figures in scenario["proxies"].items():
        yield row(kind, proxy, figures, scenario["ratios"].get(proxy))
    if limit := scenario.get("limit"):
        yield f"opslb is to have a {limit['of']} of {limit['most']} at most: {limit['verdict']} with {limit['value']:.2f}"


def row(kind, proxy, figures, ratio):
    line = f"{proxy:10}{figures['median_cost']:9.{kind.decimals}f}{figures['least_cost']:9.{kind.decimals}f}"
    line += "".join(f"{BESIDE[what][1].format(figures['median_' + what]):>10}" for what in kind.beside if what in BESIDE)
    if kind.rate:
        line += f"{figures['median_rate']:14.0f}{figures['median_busy']:11.0%}{figures['median_others']:11.0%}"
    if ratio:
        line += f"{ratio['median']:14.2f}  ({ratio['least']:.2f} to {ratio['most']:.2f})"
        if "target" in ratio:
            line += f"  target {ratio['target']:.2f}: {ratio['verdict']}"
    for what in kind.beside:
        if what not in BESIDE and figures["rounds"][-1].get(what):
            line += f"   {spoken(figures['rounds'][-1][what])}"
    return line
