"""A backend that is a real Jetty 9.4, as Ops Manager embeds it: jetty/EchoOrigin.java, compiled and run here."""

import pathlib
import re
import shutil
import subprocess

from support.lines import Lines
from support.timeouts import ANSWER, scaled

SOURCE = pathlib.Path(__file__).parent / "jetty" / "EchoOrigin.java"
JARS = pathlib.Path("/usr/share/java")
NEEDED = ("jetty9-server", "jetty9-http", "jetty9-io", "jetty9-util", "jetty9-util-ajax", "servlet-api")
LISTENING = re.compile(r"^jetty (\S+) listening on 127\.0\.0\.1:(\d+)$")


def class_path(*more):
    missing = [name for name in NEEDED if not (JARS / f"{name}.jar").exists()]
    if missing or not shutil.which("javac"):
        raise FileNotFoundError("the Jetty tests need Debian's packages libjetty9-java and default-jdk-headless; "
                                f"missing: {', '.join(missing) or 'javac'}")
    return ":".join([str(JARS / f"{name}.jar") for name in NEEDED] + [str(each) for each in more])


def compile_into(directory):
    subprocess.run(["javac", "-nowarn", "-implicit:none", "-proc:none", "-encoding", "UTF-8",
                    "-cp", class_path(), "-d", str(directory), str(SOURCE)],
                   check=True, timeout=scaled(120), stdin=subprocess.DEVNULL)


class JettyOrigin:
    """One Jetty from classes that compile_into() left in `directory`."""

    def __init__(self, directory, name="jetty"):
        self.name = name
        self._process = subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx128m", "-Dorg.eclipse.jetty.LEVEL=WARN",
             "-cp", class_path(directory), "EchoOrigin"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._output = Lines(self._process.stdout, name)
        line = self._output.wait(LISTENING.search, 60)
        assert line is not None, f"Jetty did not start: {self._output.all()}"
        self.version, port = LISTENING.search(line).groups()
        self.port = int(port)
        self.url = f"http://127.0.0.1:{port}"

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(scaled(ANSWER))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(scaled(ANSWER))
        self._output.join()
