"""The header lines by which a backend learns who the client is (contract 3), byte by byte at a raw origin."""

import contextlib
import re
import socket

import pytest

from support import proxy_protocol
from support.fronts import HTTP1
from support.raw import OkOrigin

NAME = "lb1.example.net"
HOST = "opsmanager.example.com"
CLIENT = "127.0.0.9"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")

OWN_LINES = ("Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server",
             "X-Proxied-Https", "Via", "X-Request-Id")


@pytest.fixture(scope="module")
def lb(module_opslb, front, backing):
    """With one listener of each kind, and trust in 127.0.0.2 and two more networks."""
    with contextlib.closing(OkOrigin(**backing.options())) as ops1:
        yield module_opslb(
            backends=[ops1],
            listeners=[front.listener(), front.listener("ipv6", "[::1]:0"), front.listener("dual", "[::]:0"),
                       front.listener("announced", proxy_protocol=True, proxy_protocol_from=["127.0.0.0/8"])],
            forwarded={"server_name": NAME, "trusted_proxies": ["127.0.0.2", "10.0.0.0/8", "2001:db8:1::/48"]})
        ops1.check()


def reached(client, raw):
    """The header lines with which these bytes reach the OkOrigin, as (name, value)."""
    client.send(raw)
    return seen(client)


def seen(client):
    response = client.read_response()
    assert response.status == 200, response
    return [tuple(line) for line in response.json()["headers"]]


def of(name, lines):
    return [value for key, value in lines if key.lower() == name.lower()]


def one(name, lines):
    values = of(name, lines)
    assert len(values) == 1, f"{len(values)} lines of {name}: {lines}"
    return values[0]


def get(*lines, host=HOST, version="1.1"):
    fields = [*([f"Host: {host}"] if host else []), *lines]
    return "\r\n".join([f"GET / HTTP/{version}", *fields, "", ""])


def test_a_request_reaches_the_backend_with_exactly_these_lines(lb, front):
    with front.connect(lb, source=CLIENT) as client:
        lines = reached(client, get("User-Agent: probe", "X-Custom: 1", "x-custom: 2"))
    assert TOKEN.fullmatch(one("X-Request-Id", lines))
    assert sorted(line for line in lines if line[0] != "X-Request-Id") == sorted([
        ("Host", HOST), *front.spelled([("User-Agent", "probe"), ("X-Custom", "1"), ("x-custom", "2")]),
        ("X-Forwarded-For", CLIENT), ("X-Forwarded-Host", HOST), ("X-Forwarded-Port", front.port),
        ("X-Forwarded-Proto", front.scheme), ("X-Forwarded-Server", NAME), ("X-Proxied-Https", front.proxied_https),
        ("Via", f"{front.via} {NAME}")])


def test_there_is_one_line_of_each_however_many_the_client_sent(lb, front):
    with front.connect(lb, source=CLIENT) as client:
        for spelling in (str, str.lower, str.upper):
            lies = [f"{spelling(name)}: 1" for name in OWN_LINES if name != "Host" for _ in range(3)]
            lines = reached(client, get(*lies))
            for name in OWN_LINES:
                one(name, lines)
            assert one("X-Forwarded-For", lines) == CLIENT


def test_the_server_is_named_after_this_machine_by_default(opslb, origin, front):
    with front.connect(opslb(backends=[origin()])) as client:
        lines = reached(client, get())
    name = one("X-Forwarded-Server", lines)
    assert one("Via", lines) == f"{front.via} {name}"
    assert name == socket.gethostname()


@pytest.mark.parametrize("host, port", [
    (HOST, None), (f"{HOST}:80", "80"), (f"{HOST}:443", "443"), (f"{HOST}:8080", "8080"), (f"{HOST}:65535", "65535"),
    ("OpsManager.Example.COM:8080", "8080"), ("192.0.2.1:8081", "8081"), ("[2001:db8::1]", None), ("[2001:DB8::1]:8082", "8082"),
    ("om_1.example.com", None),
])
def test_host_goes_on_as_it_came_and_the_port_is_the_one_in_it(lb, front, host, port):
    with front.connect(lb) as client:
        lines = reached(client, get(host=host))
    assert (one("Host", lines), one("X-Forwarded-Host", lines), one("X-Forwarded-Port", lines)) == (host, host, port or front.port)


# X-Request-Id


@pytest.mark.parametrize("ours", ["abc-123", "!#$%&'*+.^_`|~9Az-", "x", "y" * 128, "550e8400-e29b-41d4-a716-446655440000"])
def test_a_sane_request_id_is_kept_returned_and_logged(lb, front, ours):
    with front.connect(lb) as client:
        response = client.request(headers=[("x-request-ID", ours)])
    assert one("X-Request-Id", response.json()["headers"]) == ours
    assert response.get("X-Request-Id") == ours
    lb.wait_access(lambda entry: entry.get("request_id") == ours)


@pytest.mark.parametrize("bad", [[], [""], ["y" * 129], ["two words"], ["a,b"], ['"quoted"'], ["a/b"], ["caf\xe9"], ["one", "two"],
                                 ["same", "same"]], ids=repr)
def test_any_other_request_id_is_replaced_by_a_new_one(lb, front, bad):
    with front.connect(lb) as client:
        given = []
        for _ in range(2):
            response = client.request(headers=[("X-Request-Id", value) for value in bad])
            given.append(response.get("X-Request-Id"))
            assert one("X-Request-Id", response.json()["headers"]) == given[-1]
    assert all(TOKEN.fullmatch(each) and each not in bad for each in given)
    assert given[0] != given[1]
    lb.wait_access(lambda entry: entry.get("request_id") == given[1])


def test_a_backend_cannot_say_another_request_id(opslb, origin, front):
    confused = origin()
    confused.on_request(lambda request, conn: conn.answer(200, [("X-Request-Id", "theirs"), ("x-request-id", "also theirs")]))
    with front.connect(opslb(backends=[confused])) as client:
        assert client.request(headers=[("X-Request-Id", "ours")]).values("X-Request-Id") == ["ours"]


def test_an_answer_of_opslb_itself_carries_the_request_id(lb, front):
    with front.connect(lb) as client:
        response = client.request("TRACE", headers=[("X-Request-Id", "ours")])
    assert (response.status, response.get("X-Request-Id")) == (405, "ours")


# Via


@pytest.mark.parametrize("came, goes", [
    ([], ""),
    (["1.0 fred"], "1.0 fred, "),
    (["1.0 fred, 1.1 p.example.net (Apache/1.1)"], "1.0 fred, 1.1 p.example.net (Apache/1.1), "),
    (["1.0 fred", "2.0 second"], "1.0 fred, 2.0 second, "),
    ([f"1.1 not-{NAME}"], f"1.1 not-{NAME}, "),
])
def test_via_is_appended_to(lb, front, came, goes):
    with front.connect(lb) as client:
        assert one("Via", reached(client, get(*[f"Via: {value}" for value in came]))) == f"{goes}{front.via} {NAME}"


@pytest.mark.parametrize("came", [[f"1.1 {NAME}"], [f"1.0 fred, 1.1 {NAME}, 1.1 last"], ["1.0 fred", f"2.0 {NAME} (comment)"],
                                  [f"1.1 {NAME.upper()}"]])
def test_a_request_that_was_here_before_is_a_loop(lb, front, came):
    with front.connect(lb) as client:
        assert client.request(headers=[("Via", value) for value in came]).status == 508


# client_ip_header


@pytest.mark.parametrize("header", ["X-Ops-Manager-Client", "X-Real-IP", "x-forwarded-for"])
def test_the_configured_header_carries_the_client_too(opslb, origin, front, header):
    lb = opslb(backends=[origin()], forwarded={"client_ip_header": header})
    with front.connect(lb, source=CLIENT) as client:
        lines = reached(client, get(f"{header}: 6.6.6.6", f"{header.lower()}: 7.7.7.7", f"{header.upper()}: 8.8.8.8"))
    assert (one(header, lines), one("X-Forwarded-For", lines)) == (CLIENT, CLIENT)
    assert not [line for line in lines if line[1] in ("6.6.6.6", "7.7.7.7", "8.8.8.8")]


def test_other_spellings_of_the_configured_header_are_dropped_as_well(opslb, origin, front):
    lb = opslb(backends=[origin()], forwarded={"client_ip_header": "X-Ops-Manager-Client"})
    with front.connect(lb, source=CLIENT) as client:
        lines = reached(client, get("X_Ops_Manager_Client: 6.6.6.6", "x-ops.manager-client: 6.6.6.6"))
    assert one("X-Ops-Manager-Client", lines) == CLIENT
    assert "6.6.6.6" not in [value for _, value in lines]


# HTTP/1.0


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("listener, address", [(None, "127.0.0.1"), ("dual", "127.0.0.1"), ("ipv6", "::1")])
def test_http_1_0_without_host_is_given_the_address_it_connected_to(lb, front, listener, address):
    port = lb.port(listener or front.scheme)
    here = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    with front.connect_to(port, host=address) as client:
        lines = reached(client, get(host=None, version="1.0"))
    assert (one("Host", lines), one("X-Forwarded-Host", lines), one("X-Forwarded-Port", lines)) == (here, here, str(port))


@pytest.mark.fronts(*HTTP1)
def test_http_1_0_with_host_is_served_as_http_1_1_is(lb, front):
    with front.connect(lb, source=CLIENT) as client:
        client.send(get(version="1.0"))
        response = client.read_response()
        assert client.expect_closed() == "fin"
    assert response.json()["version"] == "1.1"
    lines = response.json()["headers"]
    assert (one("Host", lines), one("X-Forwarded-For", lines)) == (HOST, CLIENT)


# IPv6 and IPv4


def test_an_ipv6_client_is_written_without_brackets(lb, front):
    with front.connect(lb, "ipv6", host="::1") as client:
        assert one("X-Forwarded-For", reached(client, get())) == "::1"


def test_an_ipv4_client_of_a_dual_stack_listener_is_ipv4(lb, front):
    with front.connect(lb, "dual", source=CLIENT) as client:
        assert one("X-Forwarded-For", reached(client, get("X-Request-Id: mapped"))) == CLIENT
    entry = lb.wait_access(lambda entry: entry.get("request_id") == "mapped")
    assert entry["client"] == CLIENT


def test_an_ipv4_network_trusts_its_proxies_on_a_dual_stack_listener(lb, front):
    with front.connect(lb, "dual", source="127.0.0.2") as client:
        assert one("X-Forwarded-For", reached(client, get("X-Forwarded-For: 192.0.2.7"))) == "192.0.2.7"


@pytest.mark.parametrize("header, client_address", [
    (proxy_protocol.v1("2001:DB8:0:0:0::7", "2001:db8::1"), "2001:db8::7"),
    (proxy_protocol.v2("2001:db8::7"), "2001:db8::7"),
    (proxy_protocol.v2("::ffff:192.0.2.7"), "192.0.2.7"),
    (proxy_protocol.v1("::ffff:192.0.2.7", "::ffff:192.0.2.1"), "192.0.2.7"),
], ids=["v1", "v2", "v2, mapped", "v1, mapped"])
def test_the_source_of_a_proxy_header_is_written_in_its_one_right_form(lb, front, header, client_address):
    with front.connect(lb, "announced", preamble=header) as client:
        assert one("X-Forwarded-For", reached(client, get())) == client_address


# Trusted proxies: what they say, and the client, host, port and scheme that follow.

# None: as this connection has it.
TRUST = {
    "http by both headers": (["X-Forwarded-Proto: http", "X-Proxied-Https: on"], "127.0.0.2", HOST, "80", "http"),
    "nothing": ([], "127.0.0.2", HOST, None, None),
    "a full set": (["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: om.example.org", "X-Forwarded-Port: 443",
                    "X-Forwarded-Proto: https"], "192.0.2.7", "om.example.org", "443", "https"),
    "a chain": (["X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.1.1.1"], "192.0.2.7", HOST, None, None),
    "a chain over lines": (["X-Forwarded-For: 6.6.6.6", "x-forwarded-for: 192.0.2.7, 10.1.1.1", "X-Forwarded-For: 10.2.2.2"],
                           "192.0.2.7", HOST, None, None),
    "an untrusted hop on the right": (["X-Forwarded-For: 10.1.1.1, 192.0.2.7"], "192.0.2.7", HOST, None, None),
    "trusted hops alone": (["X-Forwarded-For: 10.9.9.9, 2001:db8:1::2, 10.1.1.1"], "10.9.9.9", HOST, None, None),
    "ports": (["X-Forwarded-For: 192.0.2.7:80, [2001:db8:1::2]:443"], "192.0.2.7", HOST, None, None),
    "IPv6, not in its shortest form": (["X-Forwarded-For: 2001:DB8:2:0:0:0:0:7"], "2001:db8:2::7", HOST, None, None),
    "IPv4-mapped": (["X-Forwarded-For: ::ffff:192.0.2.7, ::ffff:10.1.1.1"], "192.0.2.7", HOST, None, None),
    "no address on the way": (["X-Forwarded-For: 192.0.2.7, 10.1.1, 10.1.1.1"], "10.1.1.1", HOST, None, None),
    "no address at the end": (["X-Forwarded-For: 192.0.2.7, 10.1.1.1.evil"], "127.0.0.2", HOST, None, None),
    "a port that is none": (["X-Forwarded-For: 192.0.2.7:x"], "127.0.0.2", HOST, None, None),
    "a wide address": (["X-Forwarded-For: 192.000.002.007"], "127.0.0.2", HOST, None, None),
    "https without port": (["X-Forwarded-Proto: https"], "127.0.0.2", HOST, "443", "https"),
    "https by the other header": (["X-Proxied-Https: on"], "127.0.0.2", HOST, "443", "https"),
    "a scheme that is none": (["X-Forwarded-Proto: spdy", "X-Proxied-Https: on"], "127.0.0.2", HOST, "443", "https"),
    "the first scheme of several": (["X-Forwarded-Proto: http, https", "X-Forwarded-Proto: https"], "127.0.0.2", HOST, "80",
                                    "http"),
    "a port": (["X-Forwarded-Port: 8443", "X-Forwarded-Proto: https"], "127.0.0.2", HOST, "8443", "https"),
    "a port that is too high": (["X-Forwarded-Port: 65536", "X-Forwarded-Proto: https"], "127.0.0.2", HOST, "443", "https"),
    "host with port": (["X-Forwarded-Host: om.example.org:8443", "X-Forwarded-Port: 1"], "127.0.0.2", "om.example.org:8443",
                       "8443", None),
    "the first host of several": (["X-Forwarded-Host: a.example.org , b.example.org"], "127.0.0.2", "a.example.org", None, None),
    "a host that is none": (["X-Forwarded-Host: a b"], "127.0.0.2", HOST, None, None),
    "Forwarded": (["Forwarded: for=6.6.6.6;host=evil.example.net;proto=https"], "127.0.0.2", HOST, None, None),
    "other spellings": (["X_Forwarded_For: 6.6.6.6", "X.Forwarded-Proto: https"], "127.0.0.2", HOST, None, None),
}


@pytest.mark.parametrize("said, client_address, host, port, scheme", TRUST.values(), ids=TRUST)
def test_a_trusted_proxy_is_believed_by_the_rules(lb, front, said, client_address, host, port, scheme):
    with front.connect(lb, source="127.0.0.2") as client:
        lines = reached(client, get(*said))
    told = {name: one(name, lines) for name in OWN_LINES if name not in ("Via", "X-Request-Id")}
    assert told == {
        "Host": HOST, "X-Forwarded-For": client_address, "X-Forwarded-Host": host, "X-Forwarded-Port": port or front.port,
        "X-Forwarded-Proto": scheme or front.scheme, "X-Forwarded-Server": NAME,
        "X-Proxied-Https": "on" if (scheme or front.scheme) == "https" else "off"}
    assert not of("Forwarded", lines) and not of("X_Forwarded_For", lines) and not of("X.Forwarded-Proto", lines)


@pytest.mark.parametrize("said, client_address, host, port, scheme", TRUST.values(), ids=TRUST)
def test_anybody_else_is_not(lb, front, said, client_address, host, port, scheme):  # pylint: disable=unused-argument
    with front.connect(lb, source=CLIENT) as client:
        lines = reached(client, get(*said))
    assert [one(name, lines) for name in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto")] \
        == [CLIENT, HOST, front.port, front.scheme]


def test_trust_follows_each_request_of_a_connection_anew(lb, front):
    """One keep-alive connection of a proxy carries many clients."""
    with front.connect(lb, source="127.0.0.2") as client:
        for address in ("192.0.2.7", "192.0.2.8", "2001:db8:2::9", "192.0.2.7"):
            assert one("X-Forwarded-For", reached(client, get(f"X-Forwarded-For: {address}"))) == address
        assert one("X-Forwarded-For", reached(client, get())) == "127.0.0.2"


def test_the_access_log_names_the_client_that_the_application_was_told(lb, front):
    with front.connect(lb, source="127.0.0.2") as client:
        client.send(get("X-Forwarded-For: 6.6.6.6, 192.0.2.7", "X-Request-Id: logged"))
        seen(client)
    assert lb.wait_access(lambda entry: entry.get("request_id") == "logged")["client"] == "192.0.2.7"
