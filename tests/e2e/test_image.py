"""The container image: what is in it, and that it serves as a container engine would start it."""

import contextlib
import gzip
import json
import os
import pathlib
import signal
import stat
import subprocess

import pytest

from support import image
from support.lines import Lines
from support.opslb import BINARY, LISTENING, START
from support.raw import OkOrigin, RawClient
from support.timeouts import ANSWER, SLOWNESS, scaled

pytestmark = [pytest.mark.skipif(bool(image.cannot()), reason=str(image.cannot())),
              pytest.mark.skipif(SLOWNESS > 1, reason="a sanitizer's program is linked with other libraries")]

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return image.build(BINARY, tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def unpacked(built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    for each in [folder, *list(folder.parents)[:3]]:
        each.chmod(each.stat().st_mode | 0o011)     # for the user in the container
    return image.Image(built[0], folder)


def test_is_small(built):
    assert built[0].stat().st_size < 25 * MEBIBYTE


def test_two_builds_are_the_same(built, tmp_path):
    assert image.build(BINARY, tmp_path)[0].read_bytes() == built[0].read_bytes()


def test_can_be_loaded_again(built, unpacked, tmp_path):
    plain = tmp_path / "image.tar"
    plain.write_bytes(gzip.decompress(built[0].read_bytes()))
    store = ["--root", tmp_path / "store", "--runroot", tmp_path / "run", "--storage-driver", "vfs"]
    pulled = subprocess.run(["buildah", *store, "pull", "--quiet", f"docker-archive:{plain}"], capture_output=True,
                            text=True, check=False)
    assert pulled.returncode == 0, pulled.stderr
    shown = json.loads(subprocess.run(["buildah", *store, "inspect", "--type", "image", pulled.stdout.strip()], capture_output=True,
                                      text=True, check=True).stdout)
    assert shown["Docker"]["config"]["Entrypoint"] == unpacked.settings["Entrypoint"]
    assert unpacked.names == [f"opslb:{unpacked.settings['Labels']['org.opencontainers.image.version']}"]


def test_holds_one_program_and_no_shell(unpacked):
    files = unpacked.files()
    programs = {path for path in files if "/bin/" in path or "/sbin/" in path}
    assert programs == {"/usr/bin/opslb"}
    allowed = ("/usr/bin/opslb", "/usr/lib/", "/usr/lib64/ld-linux", "/usr/share/doc/", "/etc/ssl/", "/etc/passwd", "/etc/group",
               "/etc/nsswitch.conf", "/lib", "/lib64")
    assert not [path for path in files if not path.startswith(allowed)]
    for path in files:
        mode = os.lstat(unpacked.root / path[1:])
        assert not mode.st_mode & (stat.S_ISUID | stat.S_ISGID) and (stat.S_ISLNK(mode.st_mode) or not mode.st_mode & stat.S_IWOTH)


def test_says_how_it_is_run(unpacked):
    settings = unpacked.settings
    assert settings["User"] == "65532:65532"
    assert settings["Entrypoint"] == ["/usr/bin/opslb"] and settings["Cmd"] == ["run", "--config", "/etc/opslb/opslb.json"]
    assert settings["Healthcheck"]["Test"][:3] == ["CMD", "/usr/bin/opslb", "ping"]
    assert settings["StopSignal"] == "SIGTERM"
    version = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in settings["Labels"].items()}
    assert labels["version"] == version and labels["licenses"] == "Apache-2.0" and labels["title"] == "opslb" and labels["revision"]


def test_the_list_of_materials_names_what_is_inside(built, unpacked):
    listed = {component["name"] for component in built[1]["components"]}
    assert built[1]["bomFormat"] == "CycloneDX" and built[1]["metadata"]["component"]["name"] == "opslb"
    documented = {path.name for path in (unpacked.root / "usr/share/doc").iterdir()} - {"opslb"}
    assert documented <= listed and {"libc6", "ca-certificates", "nlohmann-json3-dev"} <= listed
    for component in built[1]["components"]:
        have = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", component["name"]], capture_output=True, text=True, check=True)
        assert component["version"] == have.stdout


class Container:
    """One that runs. `pid` is that of opslb, as the machine outside sees it."""

    def __init__(self, unpacked, configuration):
        self.settings = unpacked.settings
        self.process = subprocess.Popen(unpacked.command(configuration), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.access = Lines(self.process.stdout, "container's access log")
        self.log = Lines(self.process.stderr, "container's log")
        line = self.log.wait(LISTENING.search, START)
        assert line, self.log.all()
        self.port = int(LISTENING.search(line)[2])
        [child] = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii").split()
        self.pid = int(child)

    def health(self):
        """Runs the image's health check as an engine would: in the container, by its user."""
        kind, *command = self.settings["Healthcheck"]["Test"]
        assert kind == "CMD"
        user = self.settings["User"].split(":")[0]
        return subprocess.run(["nsenter", "--target", str(self.pid), "--mount", "--pid", "--root", "--wd=/", "--setuid", user, "--setgid", user,
                               *command], env={}, capture_output=True, text=True, check=False, timeout=scaled(ANSWER))

    def close(self):
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)  # process 1 of the namespace, and with it all that is in there
        self.process.wait(scaled(ANSWER))


@pytest.fixture
def container(unpacked, tmp_path):
    """start(configuration) runs it before the given one."""
    folder = tmp_path / "configuration"
    folder.mkdir()
    for each in [folder, *list(folder.parents)[:3]]:
        each.chmod(each.stat().st_mode | 0o011)
    with contextlib.ExitStack() as running:
        def start(configuration):
            (folder / "opslb.json").write_text(json.dumps(configuration), encoding="utf-8")
            (folder / "opslb.json").chmod(0o644)
            folder.chmod(0o755)
            return running.enter_context(contextlib.closing(Container(unpacked, folder)))
        yield start


def configuration(host, **more):
    return {"listeners": [{"bind": "127.0.0.1:0"}], "backends": [{"name": "ops1", "url": host.url}], **more}


def test_serves_as_nobody_on_a_read_only_root_and_ends_on_sigterm_as_pid_1(container):
    with contextlib.closing(OkOrigin("ops1")) as host:
        running = container(configuration(host, admin={"bind": "off"}))
        status = pathlib.Path(f"/proc/{running.pid}/status").read_text(encoding="ascii")
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert fields["Name"] == "opslb" and fields["NSpid"].split()[-1] == "1"
        assert set(fields["Uid"].split()) == {"65532"} and int(fields["CapEff"], 16) == 0
        with RawClient(running.port) as client:
            client.send("GET /monitor HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.read_response().status == 200
        entry = json.loads(running.access.wait(lambda line: "/monitor" in line, ANSWER))
        assert entry["status"] == 200
        os.kill(running.pid, signal.SIGTERM)
        assert running.process.wait(scaled(ANSWER)) == 0
        assert running.log.wait(lambda line: "ended requests=1" in line, ANSWER)


def test_its_health_check_says_whether_it_would_serve(container):
    with contextlib.closing(OkOrigin("ops1")) as host:
        running = container(configuration(host, admin={"bind": "unix:/run/opslb/admin.sock"},
                                          health_check={"interval": "50ms", "fall": 1}))
        well = running.health()
        assert (well.returncode, well.stderr) == (0, "")
        host.health = 500
        assert running.log.wait(lambda line: "no host is up" in line, ANSWER)
        ill = running.health()
        assert ill.returncode == 1 and "0 of 1 host" in ill.stderr


def test_its_health_check_fails_where_nobody_answers(container):
    with contextlib.closing(OkOrigin("ops1")) as host:
        assert container(configuration(host, admin={"bind": "off"})).health().returncode == 1
