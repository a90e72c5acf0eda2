"""The packages as `./dev package` makes them of the build under test, and what is in them."""

import pathlib
import re
import subprocess

from support.opslb import BUILD
from support.timeouts import scaled

TOP = pathlib.Path(__file__).resolve().parents[2]


def run(*command, **more):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=scaled(120), **more)
    assert result.returncode == 0, f"{command}: {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout


def version():
    """The one place where it stands."""
    return re.search(r"^project\(opslb VERSION ([0-9.]+) ", (TOP / "CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE)[1]


def build(folder):
    """The Debian package and the RPM."""
    assert (BUILD / "conf/package/opslb.1.gz").is_file(), f"{BUILD} lacks the target package_files"
    run(TOP / ".ci/package/build.sh", BUILD, folder)
    [deb], [rpm] = folder.glob("*.deb"), folder.glob("*.rpm")
    return deb, rpm


def deb_files(deb):
    """Mode, owner and size of every path in it."""
    lines = [line.split(maxsplit=5) for line in run("dpkg-deb", "--contents", deb).splitlines()]
    return {path.removeprefix("."): (mode, owner, int(size)) for mode, owner, size, _, _, path in lines}


def rpm_files(rpm):
    lines = [line.split("\t") for line in run("rpm", "-qp", "--qf", "[%{FILENAMES}\t%{FILEMODES:perms}\t%{FILEUSERNAME}\n]", rpm).splitlines()]
    return {path: (mode, owner) for path, mode, owner in lines}
