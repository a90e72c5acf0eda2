"""A root of Debian without anything that runs in it: commands by chroot, and what came of them as seen from outside."""

import os
import pathlib
import pwd
import shutil
import stat
import subprocess

SETTINGS = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
INSTALL = ("apt-get", "install", "-q", "-y", "--no-install-recommends")


class DebianRoot:
    """A folder with a Debian in it. Paths are those inside."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()

    def path(self, inside):
        return self.folder / inside.lstrip("/")

    def run(self, *command):
        proxy = {name: value for name, value in os.environ.items() if name.endswith("_proxy")}
        result = subprocess.run(["chroot", self.folder, *command], env=SETTINGS | proxy, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{command}: {result.returncode}\n{result.stdout}{result.stderr}"
        return result.stdout

    def install(self, package):
        """A file from outside, with what it depends on."""
        shutil.copy(package, self.path("/srv/opslb.deb"))
        return self.run(*INSTALL, "/srv/opslb.deb")

    def user(self, name):
        lines = [line.split(":") for line in self.path("/etc/passwd").read_text(encoding="utf-8").splitlines()]
        [fields] = [each for each in lines if each[0] == name]
        return pwd.struct_passwd(fields[:2] + [int(fields[2]), int(fields[3])] + fields[4:])

    def rights(self, inside):
        """Mode, and whether it is opslb's: user, group."""
        found, opslb = self.path(inside).stat(), self.user("opslb")
        return oct(stat.S_IMODE(found.st_mode)), found.st_uid == opslb.pw_uid, found.st_gid == opslb.pw_gid

    def version(self):
        return self.run("dpkg-query", "-W", "-f", "${Version}", "opslb")
