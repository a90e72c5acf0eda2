"""What an application on a real Jetty believes of its client behind opslb (contract 3): the truth, whatever the client says.

Each lie is sent through opslb, where it must change nothing that the application sees, and those that Jetty falls for also
straight to Jetty, as a proxy that passes them on or only appends would: that shows that the rule matters. See also
test_identity_rules_matter.py.
"""

from dataclasses import replace

import pytest

from support import identity_lies as lies
from support import proxy_protocol
from support.application import SERVER_NAME, Application, beliefs, configuration
from support.fronts import HTTP1, HTTP2, only_http1, only_http2
from support.identity_lies import CHUNKED, HOST, NAMES, PLAIN
from support.raw import Truncated
from support.spoken import Head

PROXY_HEADERS = {
    "v1": (proxy_protocol.v1("203.0.113.7"), "203.0.113.7"),
    "v1, IPv6": (proxy_protocol.v1("2001:db8::7", "2001:db8::1"), "[2001:db8::7]"),
    "v2": (proxy_protocol.v2("203.0.113.7"), "203.0.113.7"),
    "v2, IPv6": (proxy_protocol.v2("2001:db8::7", "2001:db8::1"), "[2001:db8::7]"),
    "v2, IPv4-mapped": (proxy_protocol.v2("::ffff:203.0.113.7", "::ffff:192.0.2.1"), "203.0.113.7"),
    "v2 with TLVs and checksum": (
        proxy_protocol.v2("203.0.113.7", tlvs=proxy_protocol.tlv(proxy_protocol.AUTHORITY, b"evil.example.net"), checksum=True),
        "203.0.113.7"),
    "v1, UNKNOWN": (proxy_protocol.V1_UNKNOWN, "127.0.0.9"),
    "v2, LOCAL": (proxy_protocol.v2_local(), "127.0.0.9"),
    "v2, UNIX": (proxy_protocol.v2_unix(), "127.0.0.9"),
}


@pytest.fixture(scope="module")
def lb(module_opslb, jetty, front):
    return module_opslb(**configuration(jetty, front))


@pytest.fixture
def application(lb, front):
    with Application(lb.port("direct"), front=front) as asked:
        yield asked


def truth(front, client, host=HOST):
    """What the application is to believe of a request on a connection of this front."""
    return {"remoteAddr": client, "scheme": front.scheme, "secure": front.tls, "serverName": HOST,
            "serverPort": int(front.port), "requestURL": f"{front.scheme}://{host}/app"}


def from_proxy(*lines, host=HOST):
    return replace(PLAIN, host=host, lines=lines)


# The truth.


@pytest.mark.parametrize("host, name, port", [
    (HOST, HOST, None),
    (f"{HOST}:8080", HOST, 8080),
    (f"{HOST}:4430", HOST, 4430),
    ("192.0.2.1:8080", "192.0.2.1", 8080),
    ("[2001:db8::1]:8080", "[2001:db8::1]", 8080),
    ("[2001:db8::1]", "[2001:db8::1]", None),
])
def test_the_application_sees_the_client_and_the_origin_it_asked_for(application, front, host, name, port):
    port = port or int(front.port)
    view = application.view(replace(PLAIN, host=host))
    assert beliefs(view) == truth(front, "127.0.0.9", host) | {"serverName": name, "serverPort": port}
    assert view["uri"].endswith(PLAIN.target)
    # Jetty itself rewrites Host for the application; test_identity.py looks at opslb's line.
    assert [line for line in view["headers"] if line[0] != "Host"] == sorted([
        ("X-Forwarded-For", "127.0.0.9"), ("X-Forwarded-Host", host), ("X-Forwarded-Port", str(port)),
        ("X-Forwarded-Proto", front.scheme), ("X-Forwarded-Server", SERVER_NAME), ("X-Proxied-Https", front.proxied_https),
        ("Via", f"{front.via} {SERVER_NAME}"), ("X-Request-Id", "any")])


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.9", "127.1.2.3"])
def test_each_client_is_seen_under_its_own_address(lb, front, source):
    with Application(lb.port("direct"), source=source, front=front) as asked:
        assert asked.view()["remoteAddr"] == source


@pytest.mark.parametrize("header, source", PROXY_HEADERS.values(), ids=PROXY_HEADERS)
def test_the_source_of_a_proxy_header_is_the_client(lb, front, header, source):
    with Application(lb.port("announced"), preamble=header, front=front) as asked:
        assert beliefs(asked.view()) == truth(front, source)


def test_a_trailer_that_says_nothing_of_the_client_reaches_the_application(application, front):
    assert application.view(CHUNKED)["trailers"] == [[front.spelled(CHUNKED.trailers)[0][0], "1"]]


# The lies.


@pytest.mark.parametrize("name", NAMES)
def test_no_spelling_or_value_of_a_header_is_believed(application, name):
    assert application.deviations(lies.of_one_name(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_number_of_lines_of_a_header_is_believed(application, name):
    assert application.deviations(lies.repeated(name)) == []


@pytest.mark.parametrize("kind", [
    lies.combined, only_http1(lies.nominated), only_http1(lies.in_trailers), only_http2(lies.in_trailers_of_http2),
    only_http1(lies.absolute_forms)])
def test_nothing_is_believed_that_comes(application, kind):
    assert application.deviations(kind()) == []


@pytest.mark.parametrize("header", [header for header, _ in PROXY_HEADERS.values()], ids=PROXY_HEADERS)
def test_nothing_is_believed_behind_a_proxy_header(lb, front, header):
    with Application(lb.port("announced"), preamble=header, front=front) as asked:
        assert asked.deviations(lies.repeated("X-Forwarded-For")) == []
        assert asked.deviations(lies.combined(100)) == []
        assert front.http2 or asked.deviations(lies.absolute_forms()) == []


def test_nothing_is_believed_over_ipv6(lb, front):
    with Application(lb.port("ipv6"), host="::1", source="::1", front=front) as asked:
        assert asked.view()["remoteAddr"] == "[::1]"
        assert asked.deviations(lies.combined(100)) == []


UNREADABLE = [
    b"X-Forwarded-For : 6.6.6.6\r\n", b"X-Forwarded-For\t: 6.6.6.6\r\n", b" X-Forwarded-For: 6.6.6.6\r\n",
    b"X-Harmless: 1\r\n X-Forwarded-For: 6.6.6.6\r\n", b"X-Harmless: 1\nX-Forwarded-For: 6.6.6.6\r\n",
    b"X-Harmless: 1\rX-Forwarded-For: 6.6.6.6\r\n", b"X-Forwarded-For\0: 6.6.6.6\r\n", b"X-Forwarded-For: 6.6.6.6\0\r\n",
    b"X Forwarded-For: 6.6.6.6\r\n", b"X-Forwarded-For; 6.6.6.6\r\n", b"\xc2\xa0X-Forwarded-For: 6.6.6.6\r\n",
    b"X-Forwarded-For:\r\n 6.6.6.6\r\n", b"Host: evil.example.net\r\n", b": 6.6.6.6\r\n",
]


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("line", UNREADABLE, ids=[ascii(line)[2:-1] for line in UNREADABLE])
def test_a_line_that_peers_read_differently_is_refused(application, line):
    response = application.ask(PLAIN.raw()[:-2] + line + b"\r\n")
    assert (response.status, response.get("Server"), response.get("Connection")) == (400, "opslb", "close")


# What only HTTP/2 can say.

PSEUDO_LIES = {
    "the other scheme": {":scheme": "other"},
    "a scheme that is none": {":scheme": "ftp"},
    "an absolute target": {":path": "https://evil.example.net:666/app?x=1"},
    "a user before the host": {":authority": f"evil@{HOST}"},
    "another Host behind": {"host": "evil.example.net:666"},
    "the same Host behind": {"host": HOST},
    "a protocol": {":protocol": "websocket"},
}


@pytest.mark.fronts(*HTTP2)
@pytest.mark.parametrize("changed", PSEUDO_LIES.values(), ids=PSEUDO_LIES)
def test_no_pseudo_header_is_believed_before_the_connection(application, front, changed):
    """Either it is refused, as a status or by the stream's end, or it changes nothing."""
    other = {":scheme": "http" if front.tls else "https"} if changed.get(":scheme") == "other" else {}
    fields = {":method": "GET", ":scheme": front.scheme, ":path": PLAIN.target, ":authority": HOST} | changed | other
    stream = application.client.open_with(list(fields.items()), Head("GET", PLAIN.target, HOST, [], ends=True))
    try:
        view = application.what_it_saw(stream.read_response())
    except Truncated:
        assert stream.reset_code
        return
    assert view in ({"status": 400}, application.view())


# Trusted proxies.

BY_PROXY = {
    "no header at all: the proxy itself": ([], "127.0.0.2"),
    "one address": (["192.0.2.7"], "192.0.2.7"),
    "what stands left of the client": (["6.6.6.6, 192.0.2.7"], "192.0.2.7"),
    "a trusted hop on the right": (["6.6.6.6, 192.0.2.7, 10.1.1.1"], "192.0.2.7"),
    "several lines are one chain": (["6.6.6.6", "192.0.2.7, 10.1.1.1", "10.2.2.2"], "192.0.2.7"),
    "a line of trusted hops only": (["192.0.2.7", "10.1.1.1"], "192.0.2.7"),
    "all are trusted: the leftmost": (["10.9.9.9, 10.1.1.1"], "10.9.9.9"),
    "a port": (["192.0.2.7:4711"], "192.0.2.7"),
    "IPv6": (["2001:db8:2::7"], "[2001:db8:2::7]"),
    "IPv6 in brackets": (["[2001:db8:2::7]"], "[2001:db8:2::7]"),
    "IPv6 with a port, and a trusted hop with one": (["[2001:db8:2::7]:4711, [2001:db8:1::9]:80"], "[2001:db8:2::7]"),
    "IPv4-mapped": (["::ffff:192.0.2.7"], "192.0.2.7"),
    "a trusted hop that is IPv4-mapped": (["192.0.2.7, ::ffff:10.1.1.1"], "192.0.2.7"),
    "no address: the hop to its right": (["192.0.2.7, junk, 10.1.1.1"], "10.1.1.1"),
    "no address at the right end": (["192.0.2.7, unknown"], "127.0.0.2"),
    "no address left of the client": (["junk, 192.0.2.7"], "192.0.2.7"),
    "blanks": (["  6.6.6.6 ,\t192.0.2.7\t"], "192.0.2.7"),
}


@pytest.mark.parametrize("lines, client", BY_PROXY.values(), ids=BY_PROXY)
def test_the_chain_of_a_trusted_proxy_is_walked_from_the_right(lb, front, lines, client):
    with Application(lb.port("direct"), source="127.0.0.2", front=front) as asked:
        view = asked.view(from_proxy(*[("X-Forwarded-For", line) for line in lines]))
    assert view["remoteAddr"] == client
    # Ops Manager reads the header itself too: it has to say the same, whichever end is looked at.
    assert [value for name, value in view["headers"] if name == "X-Forwarded-For"] == [client.strip("[]")]


# An origin without a scheme: that of the connection.
@pytest.mark.parametrize("lines, host, origin", [
    ([("X-Forwarded-Proto", "https")], HOST, f"https://{HOST}"),
    ([("X-Forwarded-Proto", "HTTPS")], HOST, f"https://{HOST}"),
    ([("X-Forwarded-Proto", "https, http")], HOST, f"https://{HOST}"),
    ([("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")], HOST, f"https://{HOST}"),
    ([("X-Forwarded-Proto", "http"), ("X-Proxied-Https", "on")], HOST, f"http://{HOST}"),
    ([("X-Forwarded-Proto", "gopher"), ("X-Proxied-Https", "on")], HOST, f"https://{HOST}"),
    ([("X-Proxied-Https", "on")], HOST, f"https://{HOST}"),
    ([("X-Proxied-Https", "maybe")], HOST, f"://{HOST}"),
    ([("X-Forwarded-Host", "public.example.com")], HOST, "://public.example.com"),
    ([("X-Forwarded-Host", "public.example.com:8443"), ("X-Forwarded-Port", "9443")], HOST, "://public.example.com:8443"),
    ([("X-Forwarded-Host", "public.example.com, evil.example.net")], HOST, "://public.example.com"),
    ([("X-Forwarded-Host", "no/host")], f"{HOST}:8080", f"://{HOST}:8080"),
    ([("X-Forwarded-Port", "8443")], HOST, f"://{HOST}:8443"),
    ([("X-Forwarded-Port", "8443")], f"{HOST}:8080", f"://{HOST}:8080"),
    ([("X-Forwarded-Port", "66666")], HOST, f"://{HOST}"),
    ([("X-Forwarded-Port", "+1")], HOST, f"://{HOST}"),
    ([("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "public.example.com"), ("X-Forwarded-Port", "8443")], HOST,
     "https://public.example.com:8443"),
    ([("Forwarded", "for=6.6.6.6;host=evil.example.net;proto=https")], HOST, f"://{HOST}"),
    ([("Proxy-ssl-id", "deadbeef"), ("Proxy-auth-cert", "CN=evil")], HOST, f"://{HOST}"),
])
def test_scheme_host_and_port_of_a_trusted_proxy_are_believed_and_agree(lb, front, lines, host, origin):
    with Application(lb.port("direct"), source="127.0.0.2", front=front) as asked:
        view = asked.view(from_proxy(*lines, ("X-Forwarded-For", "192.0.2.7"), host=host))
    origin = front.scheme + origin if origin.startswith(":") else origin
    secure = origin.startswith("https:")
    assert (view["requestURL"], view["scheme"], view["secure"]) == (f"{origin}/app", "https" if secure else "http", secure)
    assert view["remoteAddr"] == "192.0.2.7"
    assert dict(view["headers"])["X-Proxied-Https"] == ("on" if secure else "off")


def test_a_proxy_header_does_not_make_its_sender_trusted(lb, front):
    """The client is the header's source: the sender's own address says nothing any more."""
    with Application(lb.port("announced"), preamble=proxy_protocol.v1("203.0.113.7"), source="127.0.0.2", front=front) as asked:
        assert asked.view(from_proxy(("X-Forwarded-For", "6.6.6.6")))["remoteAddr"] == "203.0.113.7"


def test_a_trusted_source_in_a_proxy_header_is_trusted(lb, front):
    with Application(lb.port("announced"), preamble=proxy_protocol.v2("10.3.3.3"), front=front) as asked:
        assert asked.view(from_proxy(("X-Forwarded-For", "6.6.6.6, 192.0.2.7")))["remoteAddr"] == "192.0.2.7"


def test_a_trusted_proxy_that_passes_on_lies_is_believed_only_for_its_own_part(lb, front):
    with Application(lb.port("direct"), source="127.0.0.2", front=front) as asked:
        assert asked.deviations(lies.of_a_proxy()) == []


# That it matters.

HONEST = (("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Host", HOST), ("X-Forwarded-Port", "80"), ("X-Forwarded-Proto", "http"),
          ("X-Forwarded-Server", SERVER_NAME), ("X-Proxied-Https", "off"))


def without(*names):
    return tuple(line for line in HONEST if line[0] not in names)


# What a client says, what an honest but careless proxy writes behind it, and what Jetty then believes.
BELIEVED = {
    "Forwarded, address": ([("Forwarded", "for=6.6.6.6")], HONEST, {"remoteAddr": "6.6.6.6"}),
    "Forwarded, host": ([("Forwarded", "host=evil.example.net:666")], HONEST,
                        {"serverName": "evil.example.net", "serverPort": 666}),
    "Forwarded, scheme": ([("Forwarded", "proto=https")], HONEST, {"scheme": "https"}),
    "X-Forwarded-For, a line before": ([("X-Forwarded-For", "6.6.6.6")], HONEST, {"remoteAddr": "6.6.6.6"}),
    "X-Forwarded-For, appended to": ([("X-Forwarded-For", "6.6.6.6, 192.0.2.7")], without("X-Forwarded-For"),
                                     {"remoteAddr": "6.6.6.6"}),
    "X-Forwarded-For, in another case": ([("x-FORWARDED-for", "6.6.6.6")], HONEST, {"remoteAddr": "6.6.6.6"}),
    "X-Forwarded-Host": ([("X-Forwarded-Host", "evil.example.net:666")], HONEST,
                         {"serverName": "evil.example.net", "serverPort": 666}),
    "X-Forwarded-Port": ([("X-Forwarded-Port", "666")], HONEST, {"serverPort": 666}),
    "X-Forwarded-Proto": ([("X-Forwarded-Proto", "https")], HONEST, {"scheme": "https"}),
    "X-Forwarded-Server": ([("X-Forwarded-Server", "evil.example.net")], without("X-Forwarded-Host"),
                           {"serverName": "evil.example.net"}),
    "X-Proxied-Https": ([("X-Proxied-Https", "on")], without("X-Forwarded-Proto", "X-Proxied-Https"),
                        {"scheme": "https", "secure": True}),
    "X-Proxied-Https, neither on nor off": ([("X-Proxied-Https", "maybe")], HONEST, {"status": 400}),
    "Proxy-ssl-id": ([("Proxy-ssl-id", "deadbeef")], without("X-Forwarded-Proto", "X-Proxied-Https"),
                     {"scheme": "https", "secure": True}),
    "Proxy-ssl-id, session": ([("Proxy-ssl-id", "deadbeef")], HONEST, {"sslSessionId": "deadbeef"}),
    "Proxy-auth-cert": ([("Proxy-auth-cert", "CN=evil")], without("X-Forwarded-Proto", "X-Proxied-Https"),
                        {"scheme": "https", "secure": True}),
    "Proxy-auth-cert, cipher": ([("Proxy-auth-cert", "CN=evil")], HONEST, {"cipherSuite": "CN=evil"}),
}


@pytest.mark.parametrize("said, added, believed", BELIEVED.values(), ids=BELIEVED)
def test_jetty_falls_for_it_behind_a_proxy_that_lets_it_pass(jetty, said, added, believed):
    with Application(jetty.port) as asked:
        truth = asked.view(replace(PLAIN, lines=added))
        assert {key: truth.get(key) for key in believed} != believed, "it is no lie"
        view = asked.view(replace(PLAIN, lines=(*said, *added)))
    assert {key: view[key] for key in believed} == believed


@pytest.mark.parametrize("added, believed", [
    ((), {"scheme": "https", "secure": True, "serverName": "evil.example.net", "serverPort": 666}),
    (HONEST, {"secure": True}),
], ids=["a proxy that adds nothing", "a proxy that sets every header"])
def test_jetty_falls_for_an_absolute_target_that_passes(jetty, added, believed):
    with Application(jetty.port) as asked:
        view = asked.view(replace(PLAIN, target="https://evil.example.net:666/app", lines=added))
    assert {key: view[key] for key in believed} == believed
