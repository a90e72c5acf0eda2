"""The figures of a run as one HTML file that stands alone: its style, its plots and all else are in it."""

import html
import json
import pathlib

import plots
from catalogue import CATALOGUE, titled
from table import BESIDE, spoken

STYLE = (pathlib.Path(__file__).resolve().parent / "page.css").read_text(encoding="utf-8")
UNTOLD = ("scenarios", "json", "html")  # options that are no circumstances


def page(result):
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>opslb side by side</title>
<style>
{STYLE}</style>
</head>
<body>
<h1>opslb side by side</h1>
{circumstances(result)}
<h2>Ratios</h2>
<p>Cost of opslb divided by each other proxy's, taken within each round; the median of the rounds. Below 1, opslb takes less.</p>
{ratios(result)}
{plots.ratios(result["scenarios"])}
<h2>Scenarios</h2>
{"".join(section(name, scenario) for name, scenario in result["scenarios"].items())}
<h2>Configurations</h2>
{"".join(folded(name, text) for name, text in result["configurations"].items())}
<h2>All of it</h2>
{folded("the same as JSON", json.dumps(result, indent=1, default=str))}
</body>
</html>
"""


def text(value):
    return html.escape(str(value))


def rows(lines, heading=None):
    """A table of lists of cells, which are HTML already."""
    head = f"<thead><tr>{''.join(f'<th>{cell}</th>' for cell in heading)}</tr></thead>" if heading else ""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in lines)
    return f'<div class="wide"><table>{head}<tbody>{body}</tbody></table></div>\n'


def folded(title, content):
    return f"<details><summary>{text(title)}</summary><pre>{text(content)}</pre></details>\n"


def circumstances(result):
    machine, options = result["machine"], result["options"]
    told = [["taken", text(result["when"])],
            ["machine", text(f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}")],
            ["load average at the end", text(", ".join(f"{load:.1f}" for load in machine["load_average"]))],
            *([f"<b>{text(name)}</b>", text(version)] for name, version in result["versions"].items()),
            ["options", text(", ".join(f"{name} {value}" for name, value in options.items() if value and name not in UNTOLD))]]
    return rows(told)


def ratios(result):
    lines = []
    for name, scenario in result["scenarios"].items():
        for peer, ratio in scenario["ratios"].items():
            target = [f"{ratio['target']:.2f}", verdict(ratio["verdict"])] if "target" in ratio else ["", ""]
            lines.append([text(titled(name)), text(peer), f"{ratio['median']:.2f}",
                          f"{ratio['least']:.2f} to {ratio['most']:.2f}", *target])
        if limit := scenario.get("limit"):
            lines.append([text(titled(name)), text(f"its own {limit['of']}"), f"{limit['value']:.2f}", "", str(limit["most"]),
                          verdict(limit["verdict"])])
    return rows(lines, ["scenario", "of", "median", "least to most", "at most", ""])


def verdict(said):
    return f'<span class="{"missed" if said == "not met" else "met"}">{text(said)}</span>'


def section(name, scenario):
    kind = CATALOGUE[name].kind
    known = [what for what in kind.beside if what in BESIDE]
    heading = ["", "median", "least", *(BESIDE[what][0] for what in known),
               *([kind.rate, "core busy", "by others"] if kind.rate else []), "each round"]
    lines = [[f"<b>{text(proxy)}</b>", *cells(kind, known, figures)] for proxy, figures in scenario["proxies"].items()]
    return (f"<section><h3>{text(titled(name))}: {text(kind.cost)}</h3>\n{rows(lines, heading)}"
            f"{plots.rounds(scenario['proxies'])}{remarks(scenario)}</section>\n")


def cells(kind, known, figures):
    yield f"{figures['median_cost']:.{kind.decimals}f}"
    yield f"{figures['least_cost']:.{kind.decimals}f}"
    for what in known:
        yield BESIDE[what][1].format(figures["median_" + what])
    if kind.rate:
        yield f"{figures['median_rate']:.0f}"
        yield f"{figures['median_busy']:.0%}"
        yield f"{figures['median_others']:.0%}"
    yield " ".join(f"{each['cost']:.{kind.decimals}f}" for each in figures["rounds"])


def remarks(scenario):
    """What is said in words: system calls by name, errors by kind."""
    found = []
    for proxy, figures in scenario["proxies"].items():
        for number, figure in enumerate(figures["rounds"], 1):
            if said := figure.get("which") or figure.get("errors"):
                found.append(f"<li><b>{text(proxy)}</b>, round {number}: {text(spoken(said))}</li>")
    return f"<ul>{''.join(found)}</ul>\n" if found else ""
