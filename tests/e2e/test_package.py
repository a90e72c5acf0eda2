"""The Debian package and the RPM: what is in them and how it is called. tests/package_roots installs the former."""

import re

import pytest

from support import package
from support.opslb import run as opslb
from support.timeouts import SLOWNESS

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="packages are made of the release build")

COMMON = {
    "/etc/logrotate.d/opslb", "/etc/opslb/opslb.json", "/usr/bin/opslb", "/usr/lib/systemd/system/opslb.service",
    "/usr/lib/tmpfiles.d/opslb.conf", "/usr/share/bash-completion/completions/opslb",
    "/usr/share/fish/vendor_completions.d/opslb.fish", "/usr/share/man/man1/opslb.1.gz", "/usr/share/man/man5/opslb.json.5.gz",
    "/usr/share/doc/opslb/README.md", "/usr/share/doc/opslb/changelog.gz", "/usr/share/doc/opslb/copyright",
    "/usr/share/doc/opslb/configuration.md", "/usr/share/doc/opslb/examples/minimal.json",
    "/usr/share/doc/opslb/examples/opslb.schema.json", "/usr/share/doc/opslb/examples/keepalived/keepalived.conf"}
DEBIAN = {"/usr/share/zsh/vendor-completions/_opslb", "/usr/share/lintian/overrides/opslb",
          "/usr/share/doc/opslb/changelog.Debian.gz"}
RPM = {"/usr/share/zsh/site-functions/_opslb", "/usr/share/doc/opslb/LICENSE"}
SCRIPTS = "/usr/share/doc/opslb/examples/keepalived"
PROGRAMS = {"/usr/bin/opslb", f"{SCRIPTS}/check-opslb", f"{SCRIPTS}/hand-over-opslb"}
CONFIGURATION = {"/etc/logrotate.d/opslb", "/etc/opslb/opslb.json"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return package.build(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def deb(built):
    return built[0]


@pytest.fixture(scope="module")
def rpm(built):
    return built[1]


@pytest.fixture(scope="module")
def unpacked(deb, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    package.run("dpkg-deb", "--raw-extract", deb, folder)
    return folder


def beside_documents(paths):
    """Documents and examples come and go."""
    example = r"examples/([\w-]+\.json|(keepalived|layer4|kubernetes)/[\w.-]+)"
    return {path for path in paths if not re.fullmatch(rf"/usr/share/doc/opslb/([\w-]+\.md|{example})", path)}


def test_lintian_has_nothing_to_say(deb):
    assert package.run("lintian", "--allow-root", "--fail-on", "error,warning", deb) == ""


def test_two_builds_are_the_same(built, tmp_path):
    again = package.build(tmp_path)
    assert [each.read_bytes() for each in again] == [each.read_bytes() for each in built]


def test_are_called_by_the_version_in_the_one_place_where_it_stands(deb, rpm):
    version = package.version()
    assert opslb("--version").stdout == f"opslb {version}\n"
    assert deb.name.startswith(f"opslb_{version}-1_") and package.run("dpkg-deb", "--field", deb, "Version") == f"{version}-1\n"
    assert rpm.name.startswith(f"opslb-{version}-1.") and package.run("rpm", "-qp", "--qf", "%{VERSION}-%{RELEASE}", rpm) == f"{version}-1"


def test_the_debian_package_holds_this_and_nothing_else(deb):
    files = package.deb_files(deb)
    present = {path for path in files if not path.endswith("/")}
    assert COMMON | DEBIAN <= present
    assert beside_documents(present) == beside_documents(COMMON | DEBIAN)
    for path, (mode, owner, _) in files.items():
        assert owner == "root/root"
        assert mode == ("drwxr-xr-x" if path.endswith("/") else "-rwxr-xr-x" if path in PROGRAMS else "-rw-r--r--"), path


def test_the_rpm_holds_the_same(rpm):
    files = package.rpm_files(rpm)
    present = {path for path, (mode, _) in files.items() if not mode.startswith("d")}
    assert COMMON | RPM <= present
    assert beside_documents(present) == beside_documents(COMMON | RPM)
    # Folders of the system's do not become opslb's.
    assert {path for path, (mode, _) in files.items() if mode.startswith("d")} == {
        "/etc/opslb", "/usr/share/doc/opslb", "/usr/share/doc/opslb/examples",
        *(f"/usr/share/doc/opslb/examples/{each}" for each in ("keepalived", "layer4", "kubernetes"))}
    assert {owner for _, owner in files.values()} == {"root"}


def test_what_the_administrator_changes_stays(unpacked, rpm):
    assert set((unpacked / "DEBIAN/conffiles").read_text(encoding="ascii").split()) == CONFIGURATION
    assert set(package.run("rpm", "-qpc", rpm).split()) == CONFIGURATION
    flags = package.run("rpm", "-qp", "--qf", "[%{FILENAMES} %{FILEFLAGS:fflags}\n]", rpm)
    assert all(f"{path} cn" in flags for path in CONFIGURATION)     # config(noreplace)


def test_depends_on_what_the_program_is_linked_with(deb, rpm):
    depends = package.run("dpkg-deb", "--field", deb, "Depends")
    assert all(name in depends for name in ("adduser", "libc6", "libssl3", "libnghttp2-14", "libstdc++6"))
    requires = package.run("rpm", "-qp", "--requires", rpm)
    assert all(name in requires for name in ("shadow-utils", "libssl.so.3", "libnghttp2.so.14", "libstdc++.so.6"))


def test_the_program_is_stripped_and_names_the_file_with_its_symbols(unpacked):
    sections = package.run("readelf", "--sections", "--wide", unpacked / "usr/bin/opslb")
    assert ".gnu_debuglink" in sections and ".symtab" not in sections and ".debug_info" not in sections


def test_the_scripts_are_plain_shell(unpacked, rpm):
    for name in ("postinst", "prerm", "postrm"):
        package.run("dash", "-n", unpacked / "DEBIAN" / name)
    shown = package.run("rpm", "-qp", "--scripts", rpm)
    scripts = re.split(r"^\w+ scriptlet \(using /bin/sh\):\n", shown, flags=re.MULTILINE)
    assert [re.findall(r"^(\w+) scriptlet", shown, re.MULTILINE), scripts[0]] == [
        ["preinstall", "postinstall", "preuninstall", "postuninstall"], ""]
    for script in scripts[1:]:
        package.run("dash", "-n", input=script)


def test_the_configuration_that_comes_with_it_is_good_and_serves_this_machine_only(unpacked):
    file = unpacked / "etc/opslb/opslb.json"
    result = opslb("check", "--config", file)
    assert (result.returncode, result.stderr) == (0, "")
    assert re.findall(r'"bind": "([^"]*)"', file.read_text(encoding="utf-8")) == ["127.0.0.1:8080"]
