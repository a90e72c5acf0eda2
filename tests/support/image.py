"""The container image as a container engine would take it: unpacked from its archive, and started as its settings say, on a
read-only file system, as PID 1 of a process namespace of its own."""

import gzip
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

from support.timeouts import scaled

TOP = pathlib.Path(__file__).resolve().parents[2]
NEEDED = ("buildah", "unshare", "setpriv")

# Run in namespaces of its own: sees ROOT alone, which it cannot write to, but for what a container gets to write to.
ENTER = """set -e
root=$1 configuration=$2 user=$3; shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
mount --bind "$configuration" "$root/etc/opslb"
mount -t tmpfs -o mode=1777 tmpfs "$root/run/opslb"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root"
cd "$root"
exec setpriv --no-new-privs chroot --userspec="$user:$user" --groups= "$root" "$@"
"""


def cannot():
    """Why images cannot be built here, or None."""
    if os.geteuid() != 0 or sys.platform != "linux":
        return "needs root"
    missing = [name for name in NEEDED if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else None


def build(program, folder):
    """The archive, and the list of materials beside it."""
    result = subprocess.run([TOP / ".ci" / "image.sh", program, folder], capture_output=True, text=True, check=False,
                            timeout=scaled(180))
    assert result.returncode == 0, result.stdout + result.stderr
    [archive], [materials] = folder.glob("*.tar.gz"), folder.glob("*.cdx.json")
    return archive, json.loads(materials.read_text(encoding="utf-8"))


class Image:
    def __init__(self, archive, folder):
        self.root = folder / "unpacked"
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive.read_bytes()))) as outer:
            [described] = json.load(outer.extractfile("manifest.json"))
            self.names = described["RepoTags"]
            self.settings = json.load(outer.extractfile(described["Config"]))["config"]
            for layer in described["Layers"]:
                with tarfile.open(fileobj=outer.extractfile(layer)) as inner:
                    inner.extractall(self.root, numeric_owner=True)
        (self.root / "proc").mkdir(exist_ok=True)   # an engine makes it

    def files(self):
        """The paths of all that is no folder, as the container sees them."""
        return {f"/{path.relative_to(self.root)}" for path in self.root.rglob("*") if path.is_symlink() or not path.is_dir()}

    def command(self, configuration, *arguments):
        """Runs the program as the image's settings say, with those arguments or its own, for which `configuration` is the folder
        at /etc/opslb."""
        user = self.settings["User"].split(":")[0]
        arguments = [*self.settings["Entrypoint"], *(arguments or self.settings["Cmd"])]
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh", self.root, configuration, user,
                *arguments]
