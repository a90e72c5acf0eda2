"""A root of Debian, booted by its own systemd in namespaces of its own: what a unit says is in force there, on the network of this
machine. Needs root and the unified hierarchy of control groups; nothing of it is left at the end."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time

from support.timeouts import ANSWER, Deadline

# sh -c ENTER sh ROOT, in new namespaces. systemd sees no more of the machine than a container would.
ENTER = """set -e
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for each in null zero full random urandom tty; do : >"dev/$each"; mount --bind "/dev/$each" "dev/$each"; done
mkdir dev/shm dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mkdir -p before
pivot_root . before
umount -l before
rmdir before
mount --make-rshared /
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=basic.target
"""
NAMESPACES = ("--mount", "--pid", "--cgroup", "--uts", "--ipc")
# What a machine needs and this is none of.
MASKED = ("systemd-logind.service", "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "sys-fs-fuse-connections.mount",
          "dev-hugepages.mount", "dev-mqueue.mount", "systemd-modules-load.service", "kmod-static-nodes.service")
BOOT = 60.0


def unified_hierarchy():
    for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(where)
    raise FileNotFoundError("no cgroup2 is mounted")


class BootedRoot:
    """`with BootedRoot(folder) as booted: booted.run("systemctl", "start", …)`. systemd and dbus have to be installed in it."""

    def __init__(self, folder):
        for each in MASKED:
            link = pathlib.Path(folder, "etc/systemd/system", each)
            if not link.is_symlink():
                link.symlink_to("/dev/null")
        self._group = unified_hierarchy() / f"opslb-root-{os.getpid()}"
        self._group.mkdir()
        self._process = subprocess.Popen(["unshare", *NAMESPACES, "--fork", "--kill-child", "sh", "-c", ENTER, "sh", folder],
                                         preexec_fn=self._join_group, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self._wait_booted()
            undo.pop_all()

    def _join_group(self):
        (self._group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def _init(self):
        """The number of its process 1 out here."""
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text(encoding="ascii").split()
        return children[0] if children else None

    def _wait_booted(self):
        deadline = Deadline(BOOT)
        while subprocess.run(self._inside("systemctl", "--quiet", "is-active", "basic.target"), capture_output=True, check=False).returncode:
            assert self._process.poll() is None and not deadline.over(), "systemd did not boot"
            time.sleep(0.2)     # nobody tells that from outside

    def _inside(self, *command):
        init = self._init()
        if init is None:
            return ["false"]
        return ["nsenter", "--target", init, *NAMESPACES, "--root", "--wd=/", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "HOME=/root", *command]

    def run(self, *command, seconds=12 * ANSWER):
        result = subprocess.run(self._inside(*map(str, command)), capture_output=True, text=True, check=False, timeout=seconds)
        assert result.returncode == 0, f"{command}: {result.returncode}\n{result.stdout}{result.stderr}"
        return result.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._process.send_signal(signal.SIGKILL)   # and with it all that is in the namespace
        self._process.wait(ANSWER)
        (self._group / "cgroup.kill").write_text("1", encoding="ascii")
        deadline = Deadline(ANSWER)
        for folder in sorted(self._group.rglob("**/"), reverse=True):
            while True:
                try:
                    folder.rmdir()
                    break
                except OSError:     # the last process in it is not quite gone
                    assert not deadline.over(), f"{folder} stays"
                    time.sleep(0.05)
