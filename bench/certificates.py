"""Makes the certificates of a run with the openssl command: one authority, one certificate for the proxies and the hosts."""

import subprocess

from errors import Unfit

NAMES = "subjectAltName=DNS:opsmanager.example.com,DNS:ops.internal,IP:127.0.0.1"
KEYS = {"ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"]}


def make(directory, kind):
    """Leaves ca.pem, opsmanager.pem and opsmanager.pem.key there (HAProxy finds a key by that name)."""
    authority = ["-keyout", str(directory / "ca.key"), "-out", str(directory / "ca.pem"), "-subj", "/CN=Authority of bench",
                 "-addext", "keyUsage=critical,keyCertSign"]
    certificate = ["-keyout", str(directory / "opsmanager.pem.key"), "-out", str(directory / "opsmanager.pem"),
                   "-CA", str(directory / "ca.pem"), "-CAkey", str(directory / "ca.key"),
                   "-subj", "/CN=opsmanager.example.com", "-addext", NAMES, "-addext", "basicConstraints=critical,CA:FALSE"]
    for what in (authority, certificate):
        result = subprocess.run(["openssl", "req", "-x509", *KEYS[kind], "-nodes", "-days", "365", *what],
                                capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise Unfit(f"openssl makes no certificate: {result.stderr.strip()}")
