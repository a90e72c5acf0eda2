#!/usr/bin/env python3
"""usage: sbom.py VERSION PACKAGES-FILE

Prints the list of materials of a build of opslb, in CycloneDX 1.5 as JSON: the Debian packages whose files are in the image, and
those whose headers became part of the program. Nothing in it depends on when or where it is made.
"""

import hashlib
import json
import pathlib
import subprocess
import sys

# Header-only libraries: what of them is used is in the program itself.
COMPILED_IN = ("nlohmann-json3-dev", "libcli11-dev")
BOOST = "libboost*-dev"


def query(*patterns):
    """NAME VERSION ARCHITECTURE SOURCE of all installed packages that match."""
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture} ${source:Package}\n",
                            *patterns], capture_output=True, text=True, check=False).stdout
    return [line.split()[1:] for line in shown.splitlines() if line.startswith("installed ")]


def boost():
    """The one with the headers: libboostX.YZ-dev, or libboost-dev where that is all there is."""
    found = [package for package in query(BOOST) if package[3].startswith("boost")]
    return max((package for package in found if package[0].removeprefix("libboost").removesuffix("-dev").replace(".", "").isdigit()),
               default=None, key=lambda package: package[1])


def release():
    lines = pathlib.Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return f"{values['ID'].strip(chr(34))}-{values['VERSION_ID'].strip(chr(34))}"


def component(package, scope):
    name, version, architecture, source = package
    url = f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={architecture}&distro={release()}"
    return {"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url, "scope": scope,
            "properties": [{"name": "debian:source", "value": source}]}


def materials(version, packages):
    compiled = [*query(*COMPILED_IN), *([boost()] if boost() else [])]
    components = [component(package, "required") for package in query(*packages)]
    components += [{**component(package, "required"), "description": "headers, part of the program"} for package in compiled]
    components.sort(key=lambda each: each["bom-ref"])
    program = {"type": "application", "bom-ref": f"opslb@{version}", "name": "opslb", "version": version,
               "licenses": [{"license": {"id": "Apache-2.0"}}]}
    name = hashlib.sha256(json.dumps([program, components], sort_keys=True).encode()).hexdigest()
    serial = f"{name[:8]}-{name[8:12]}-5{name[13:16]}-8{name[17:20]}-{name[20:32]}"
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{serial}", "version": 1,
            "metadata": {"component": program}, "components": components,
            "dependencies": [{"ref": program["bom-ref"], "dependsOn": [each["bom-ref"] for each in components]}]}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    names = pathlib.Path(sys.argv[2]).read_text(encoding="ascii").split()
    print(json.dumps(materials(sys.argv[1], names), indent=2))
