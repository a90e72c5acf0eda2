"""opslb with its defaults, which are what the manual's load balancer must do."""

from peer import Peer

CONFIGURATION = r"""
{
  "listeners": [
    {"bind": "127.0.0.1:@PLAIN@"},
    {"bind": "127.0.0.1:@H2C@"},
    {"bind": "127.0.0.1:@TLS@",
     "tls": {"certificate": "@CERTIFICATES@/opsmanager.pem", "key": "@CERTIFICATES@/opsmanager.pem.key"}}
  ],
  "backends": [
    {"name": "ops1", "url": "@SCHEME@://@OPS1@"},
    {"name": "ops2", "url": "@SCHEME@://@OPS2@"}
  ],
  "backend_tls": {"ca": "@CERTIFICATES@/ca.pem", "server_name": "ops.internal"},
  "forwarded": {"server_name": "bench.example.com"},
  "access_log": {"path": "@ACCESSLOG@"},
  "admin": {"bind": "off"},
  "workers": @WORKERS@
}
"""

PEER = Peer(
    program="@BUILD@/opslb",
    arguments=["run", "--config", "@CONFIGURATION@"],
    configuration=CONFIGURATION,
    file="opslb.json",
    version=["version"],
    features={"http", "h2c", "tls", "h2", "https-hosts", "access-log", "workers"},
    access_log={False: "off", True: "@DIRECTORY@/access.log"},
    access_log_file="access.log",
)
