"""Before the load: all proxies have to do the same work, or the figures compare different things."""

import json
import re
import subprocess

from errors import Unfit
from fronts import NAME
from proxies import START

LIES = {"X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.66", "X-Forwarded-Proto": "gopher",
        "X-Proxied-Https": "perhaps", "X-Forwarded-Host": "elsewhere.example"}
# What a client that offers all of OpenSSL's defaults is to get everywhere.
TLS = {"Protocol version": "TLSv1.3", "Ciphersuite": "TLS_AES_256_GCM_SHA384"}
# How s_client names what the keys were exchanged by: OpenSSL 3.0, 3.2, and 3.5 for what is no curve.
KEY_EXCHANGE = ("Server Temp Key", "Peer Temp Key", "Negotiated TLS1.3 group")
KEY_EXCHANGES = {"X25519", "X25519MLKEM768"}


def check(proxy, front):
    if "http" not in proxy.described.features:
        return
    check_identity(proxy, front)
    if front.tls:
        check_tls(proxy)


def check_identity(proxy, front):
    """The same identity headers for the hosts from all, whatever the client says."""
    lies = [part for name, value in LIES.items() for part in ("-H", f"{name}: {value}")]
    result = subprocess.run([*front.curl(proxy, "/_sim/echo"), "--max-time", str(START), "--fail", *lies],
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Unfit(f"{proxy.name} over {front.name}: {result.stderr.strip()}")
    seen = json.loads(result.stdout)
    identity = {name.lower(): value for name, value in seen["headers"]}
    expected = {"host": NAME, "x-forwarded-for": "127.0.0.1", "x-forwarded-host": NAME,
                "x-forwarded-port": "443" if front.tls else "80", "x-forwarded-proto": front.scheme,
                "x-forwarded-server": "bench.example.com", "x-proxied-https": "on" if front.tls else "off"}
    wrong = {name: identity.get(name) for name, value in expected.items() if identity.get(name) != value}
    if wrong or seen["jetty"]["client"] != "127.0.0.1":
        raise Unfit(f"{proxy.name} tells the hosts something else over {front.name}: {wrong or identity}")


def check_tls(proxy):
    """The same version, cipher and key exchange."""
    result = subprocess.run(["openssl", "s_client", "-brief", "-connect", f"127.0.0.1:{proxy.ports['TLS']}",
                             "-servername", NAME, "-verify_return_error", "-CAfile", str(proxy.certificates / "ca.pem")],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=START)
    found = dict(re.findall(r"^([\w. ]+): (.*)$", result.stderr + result.stdout, re.MULTILINE))
    wrong = {name: found.get(name) for name, value in TLS.items() if found.get(name) != value}
    key_exchange = next((found[name].split(",")[0] for name in KEY_EXCHANGE if name in found), None)
    if key_exchange not in KEY_EXCHANGES:
        wrong["key exchange"] = key_exchange
    if wrong:
        raise Unfit(f"{proxy.name} agrees on other TLS than it should: {wrong}")
