"""What a client may say to be taken for somebody else: every header of contract section 3, in every spelling, number and
place that has ever got past a proxy. A `Lie` is one request; what the application sees has to be what it sees of the
request without it (`like`)."""

import itertools
import random
from dataclasses import dataclass, field, replace

HOST = "opsmanager.example.com"
TARGET = "/app?x=1"

# Values that would show: nothing true in these tests contains one of them.
ADDRESSES = ("6.6.6.6", "6.6.6.6, 7.7.7.7", "6.6.6.6:666", "[6::6]:666", "6::6", '"6.6.6.6"', "unknown", "127.0.0.1", "")
HOSTS = ("evil.example.net", "evil.example.net:666", "evil.example.net, other.example.net", "[6::6]:666", "")
PORTS = ("666", "443", "0", "-1", "x", "")
SCHEMES = ("https", "HTTPS", "wss", "ftp", "https, http", "")
SWITCHES = ("on", "off", "true", "maybe", "")
FORWARDED = ("for=6.6.6.6", 'for="[6::6]:666";host=evil.example.net:666;proto=https', "proto=https", "host=evil.example.net",
             "for=6.6.6.6, for=7.7.7.7;by=8.8.8.8", "for=_hidden", "")
SECRETS = ("deadbeef", "CN=evil.example.net", "")
PATHS = ("/evil", "https://evil.example.net:666/evil", "")

NAMES = {
    "Forwarded": FORWARDED,
    "X-Forwarded-For": ADDRESSES,
    "X-Forwarded-Host": HOSTS,
    "X-Forwarded-Port": PORTS,
    "X-Forwarded-Proto": SCHEMES,
    "X-Forwarded-Server": HOSTS,
    "X-Proxied-Https": SWITCHES,
    "Proxy-ssl-id": SECRETS,
    "Proxy-auth-cert": SECRETS,
    "X-Real-IP": ADDRESSES,
    "X-Client-IP": ADDRESSES,
    "True-Client-IP": ADDRESSES,
    "X-Cluster-Client-IP": ADDRESSES,
    "X-Forwarded": FORWARDED,
    "Forwarded-For": ADDRESSES,
    "X-Original-For": ADDRESSES,
    "X-Original-Forwarded-For": ADDRESSES,
    "X-Original-Host": HOSTS,
    "X-Original-Proto": SCHEMES,
    "X-Original-URL": PATHS,
    "X-Original-URI": PATHS,
    "X-Url-Scheme": SCHEMES,
    "Proxy": HOSTS,
    "X-Forwarded-Ssl": SWITCHES,
    "X-Forwarded-Scheme": SCHEMES,
    "X-Forwarded-Protocol": SCHEMES,
    "X-Forwarded-By": ADDRESSES,
    "X-Forwarded-Prefix": PATHS,
    "X-Forwarded-User": SECRETS,
    "X-Forwarded-Client-Cert": SECRETS,
    "X-Forwarded-Something-New": ADDRESSES,
    "Front-End-Https": SWITCHES,
    "Client-Cert": SECRETS,
    "Client-Cert-Chain": SECRETS,
}

OWN_LINES = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server",
             "X-Proxied-Https", "Via", "X-Request-Id")

NEVER_IN_A_TRAILER = ("Content-Length", "Transfer-Encoding", "Host", "Connection", "Authorization", "Proxy-Authorization",
                      "Trailer", "TE", "Upgrade", "Via", "X-Request-Id")


@dataclass(frozen=True)
class Request:
    method: str = "GET"
    target: str = TARGET
    before: tuple = ()  # header lines before Host, and behind it
    host: str = HOST
    lines: tuple = ()
    body: bytes = b""
    chunked: bool = False
    trailers: tuple = ()

    def raw(self):
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in (*self.before, ("Host", self.host), *self.lines)]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join(lines) + "\r\n\r\n"
        if not self.chunked:
            return head.encode("latin-1") + self.body
        trailers = "".join(f"{name}: {value}\r\n" for name, value in self.trailers)
        return head.encode("latin-1") + b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(self.body), self.body, trailers.encode("latin-1"))


PLAIN = Request()
POST = Request(method="POST", body=b"sample")
CHUNKED = replace(POST, chunked=True, trailers=(("X-Checksum", "1"),))


@dataclass(frozen=True)
class Lie:
    what: str
    request: Request
    like: Request = field(default=PLAIN)


def spellings(name):
    """The name itself, in other cases, and with `_` and `.` where it has `-`, all or one of them."""
    found = [name, name.lower(), name.upper(), name.swapcase(),
             "".join(c.upper() if at % 2 else c.lower() for at, c in enumerate(name))]
    for other in "_.":
        found += [name.replace("-", other), name.replace("-", other).upper(), name.replace("-", other, 1),
                  other.join(name.rsplit("-", 1))]
    found.append(name.replace("-", "_", 1).replace("-", "."))
    return list(dict.fromkeys(found))


def place(lines):
    """A lie in front of Host and one behind it."""
    yield replace(PLAIN, before=tuple(lines))
    yield replace(PLAIN, lines=tuple(lines))


def of_one_name(name):
    """One line, every spelling with every value."""
    for spelling, value in itertools.product(spellings(name), NAMES[name]):
        for request in place([(spelling, value)]):
            yield Lie(f"{spelling}: {value}", request)


def repeated(name):
    """Several lines of one name, of one spelling and of all, with the blanks that are allowed around a value."""
    values = NAMES[name]
    for lines in ([(name, values[0])] * 2, [(name, values[0])] * 20, [(name, value) for value in values],
                  [(name, ""), (name, values[0])], [(name, "\t " + values[0] + " \t")],
                  [(spelling, values[0]) for spelling in spellings(name)]):
        for request in place(lines):
            yield Lie(f"{len(lines)} lines of {name}", request)


def combined(count=300, seed=20):
    """All pairs of names, all names at once, and many random sets in random spellings: the seed keeps them the same."""
    for pair in itertools.combinations(NAMES, 2):
        yield Lie(" and ".join(pair), replace(PLAIN, lines=tuple((name, NAMES[name][0]) for name in pair)))
    for request in place([(name, values[0]) for name, values in NAMES.items()]):
        yield Lie("all names at once", request)
    dice = random.Random(seed)
    for number in range(count):
        lines = tuple((dice.choice(spellings(name)), dice.choice(NAMES[name]))
                      for name in dice.choices(list(NAMES), k=dice.randint(2, 12)))
        cut = dice.randint(0, len(lines))
        yield Lie(f"random set {number}: {lines}", replace(PLAIN, before=lines[:cut], lines=lines[cut:]))


def nominated():
    """Connection that names opslb's own lines, framing or Host, alone or beside a lie of that name."""
    for name in (*OWN_LINES, "Host", "Content-Length", "Transfer-Encoding", *NAMES):
        for value in (name, name.lower(), f"keep-alive, {name}", f"{name},{name.upper()}", f",{name} ,"):
            yield Lie(f"Connection: {value}", replace(PLAIN, lines=(("Connection", value),)))
            yield Lie(f"Connection: {value} with a body", replace(POST, lines=(("Connection", value),)), POST)
            yield Lie(f"Connection: {value} with a chunked body", replace(CHUNKED, lines=(("Connection", value),)), CHUNKED)
        if name in NAMES:
            for request in place([("Connection", name), (name, NAMES[name][0])]):
                yield Lie(f"Connection naming a {name} that is there", request)
    everything = ", ".join((*OWN_LINES, *NAMES, "Host"))
    yield Lie("Connection naming everything", replace(PLAIN, before=(("Connection", everything),)))


MALFORMED_IN_HTTP2 = ("Content-Length", "Transfer-Encoding", "Connection", "TE", "Upgrade")
"""Such a trailer is no lie there but the end of its stream."""


def in_trailers():
    return lies_in_trailers((*NAMES, *NEVER_IN_A_TRAILER))


def in_trailers_of_http2():
    return lies_in_trailers((*NAMES, *(name for name in NEVER_IN_A_TRAILER if name not in MALFORMED_IN_HTTP2)))


def lies_in_trailers(names):
    for name in names:
        for spelling in spellings(name) if name in NAMES else (name, name.lower()):
            value = NAMES.get(name, ("6.6.6.6",))[0]
            trailers = (*CHUNKED.trailers, (spelling, value))
            yield Lie(f"trailer {spelling}: {value}", replace(CHUNKED, trailers=trailers), CHUNKED)
            announced = replace(CHUNKED, before=(("Trailer", spelling), ("TE", "trailers")))
            yield Lie(f"announced trailer {spelling}: {value}", replace(announced, trailers=trailers), announced)


def absolute_forms():
    """A target in absolute form: its authority is the host, its scheme is nobody's business."""
    for scheme, authority, host in itertools.product(
            ("http", "https", "HTTP", "hTTpS"), (HOST, f"{HOST}:8080", f"{HOST}:443", "[2001:db8::5]:8080"),
            (HOST, "evil.example.net", "evil.example.net:666")):
        like = replace(PLAIN, host=authority)
        lie = replace(PLAIN, target=f"{scheme}://{authority}{TARGET}", host=host)
        yield Lie(f"{lie.target} with Host: {host}", lie, like)
    for target, origin_form in ((f"https://{HOST}", "/"), (f"https://{HOST}/", "/"), (f"https://{HOST}?x=1", "/?x=1"),
                                (f"https://{HOST}//evil.example.net:666/", "//evil.example.net:666/"),
                                (f"https://{HOST}/https://evil.example.net/", "/https://evil.example.net/")):
        yield Lie(target, replace(PLAIN, target=target), replace(PLAIN, target=origin_form))


def of_a_proxy():
    """What a trusted proxy passes on from its client: left of the client nothing is looked at."""
    honest = replace(PLAIN, lines=(("X-Forwarded-For", "192.0.2.7"),))
    for chain in ("6.6.6.6, 192.0.2.7", "junk, 192.0.2.7", "10.6.6.6, 192.0.2.7, 10.1.1.1"):
        yield Lie(f"X-Forwarded-For: {chain} of a trusted proxy", replace(PLAIN, lines=(("X-Forwarded-For", chain),)), honest)


def all_lies():
    for name in NAMES:
        yield from of_one_name(name)
        yield from repeated(name)
    yield from combined()
    yield from nominated()
    yield from in_trailers()
    yield from absolute_forms()
