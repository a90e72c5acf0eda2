"""The whole of h2spec, where it is installed (Debian has no package of it)."""

import shutil
import subprocess

import pytest

from support.timeouts import scaled


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("h2spec"), reason="h2spec is not installed")
@pytest.mark.parametrize("section", ["generic", "http2", "hpack"])
def test_h2spec_passes(h2_front, section):
    options = ["-t", "-k"] if h2_front.front.tls else []
    done = subprocess.run(["h2spec", *options, "--host", "127.0.0.1", "--port", str(h2_front.port), "--path", "/bytes/1000",
                           "--timeout", "3", section], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=scaled(300), check=False)
    assert done.returncode == 0, done.stdout
