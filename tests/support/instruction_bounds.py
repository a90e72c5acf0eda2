"""The bounds that opslb's instructions per request are held to: tests/e2e/instruction_bounds.json, Debian release → scenario →
instructions, and why they are what they are; with an access log also what part observing is of all else. Another release has another compiler and other libraries."""

import json
import pathlib
import platform
import re

from support.opslb import BUILD

FILE = pathlib.Path(__file__).resolve().parents[1] / "e2e" / "instruction_bounds.json"

MARGIN = 0.03
"""How far above its bound a count may be."""

MARGIN_OF_PART = 0.02
"""How far above its bound the part may be that observing is of all else."""


def release():
    """VERSION_CODENAME of the system, such as bookworm."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "none")


def recorded():
    return json.loads(FILE.read_text(encoding="utf-8"))


def of_this_release():
    """scenario → {"instructions": …, "why": …}; empty if nobody has recorded any."""
    return recorded().get(release(), {})


def record(counts, why, parts):
    """Makes these counts the bounds of this release, and these parts of scenarios that have any."""
    bounds = recorded()
    of_release = bounds.setdefault(release(), {})
    for name, count in counts.items():
        part = {"observing": round(parts[name], 3)} if name in parts else {}
        of_release[name] = {"instructions": count, **part, "why": why}
    FILE.write_text(json.dumps(bounds, indent=2) + "\n", encoding="utf-8")


def unfit_build():
    """Why counts of this build cannot be compared with any bound, or None."""
    if platform.machine() != "x86_64":
        return f"bounds are recorded on x86_64, this is {platform.machine()}"
    cache = dict(re.findall(r"^(\w+):\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(encoding="utf-8"), re.MULTILINE))
    if cache.get("CMAKE_BUILD_TYPE") != "RelWithDebInfo" or cache.get("OPSLB_SANITIZE"):
        return "not the build that is shipped"
    if pathlib.Path(cache.get("CMAKE_CXX_COMPILER", "")).name not in ("c++", "g++"):
        return "not by the release's own compiler"
    return None
