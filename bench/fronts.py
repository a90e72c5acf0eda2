"""The four ways into a proxy, and how curl is told to take them."""

from dataclasses import dataclass

NAME = "opsmanager.example.com"


@dataclass(frozen=True)
class Front:
    name: str
    port: str   # which of a proxy's ports: PLAIN, H2C or TLS
    http2: bool

    @property
    def tls(self):
        return self.port == "TLS"

    def needs(self):
        """Features of a peer."""
        wanted = {"h2c": self.http2 and not self.tls, "h2": self.http2 and self.tls, "tls": self.tls}
        return {feature for feature, it_is in wanted.items() if it_is}

    @property
    def scheme(self):
        return "https" if self.tls else "http"

    def url(self, proxy, target):
        """By address, for tools that look nothing up and verify nothing."""
        return f"{self.scheme}://127.0.0.1:{proxy.ports[self.port]}{target}"

    def curl(self, proxy, target):
        """Verified, with SNI, and failing unless this very version is spoken."""
        version = "--http1.1" if not self.http2 else "--http2" if self.tls else "--http2-prior-knowledge"
        return ["curl", "--silent", "--show-error", "--noproxy", "*", version, "--cacert", str(proxy.certificates / "ca.pem"),
                "--connect-to", f"{NAME}:443:127.0.0.1:{proxy.ports[self.port]}",
                "--connect-to", f"{NAME}:80:127.0.0.1:{proxy.ports[self.port]}", f"{self.scheme}://{NAME}{target}"]


H1 = Front("h1", "PLAIN", False)
H2 = Front("h2", "H2C", True)
TLS_H1 = Front("tls-h1", "TLS", False)
TLS_H2 = Front("tls-h2", "TLS", True)
