"""Large bodies by curl: CPU time for each GiB."""

import subprocess

from errors import Spoiled
from meter import Meter

MIB = 1024 * 1024


def download(proxy, front, options):
    size = options.body * MIB
    return transfer(proxy, front, size, f"/_sim/download?bytes={size}&sum=0", [], "%{size_download}")


def upload(proxy, front, options):
    """To a host that reads and forgets it: the sum that /_sim/upload makes would take longer than the rest."""
    size = options.body * MIB
    source = proxy.directory / "body"
    with open(source, "wb") as file:
        file.truncate(size)
    return transfer(proxy, front, size, "/_sim/status?code=200", ["--upload-file", str(source), "-H", "Expect:"],
                    "%{size_upload}")


def transfer(proxy, front, size, target, options, count):
    with Meter(proxy) as spent:
        result = subprocess.run([*front.curl(proxy, target), "--output", "/dev/null", *options,
                                 "--write-out", "%{http_code} " + count], capture_output=True, text=True, check=False)
    if result.returncode != 0 or result.stdout != f"200 {size}":
        raise Spoiled(f"{size} bytes through {proxy.name}: {result.stdout} {result.stderr}")
    return spent.figure(spent.cpu * 1024 * MIB / size, size / MIB / spent.took)
