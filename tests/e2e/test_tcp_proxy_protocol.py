"""The PROXY protocol before raw TCP: who the client is says its header, and the hosts can be told the same."""

import pytest

from support import proxy_protocol
from support.raw import RawClient
from support.tcp_hosts import arrival

V1, V2 = proxy_protocol.v1, proxy_protocol.v2


@pytest.mark.parametrize("header", [V1("192.0.2.7"), V2("192.0.2.7", checksum=True), V1("2001:db8::7", "2001:db8::1")],
                         ids=["v1", "v2", "v1-tcp6"])
def test_the_header_is_taken_off_and_its_client_logged(raw_tcp, header):
    lb, hosts = raw_tcp(listener={"proxy_protocol": True, "proxy_protocol_from": ["127.0.0.0/8"]})
    with RawClient(lb.port(), preamble=header + b"first") as client, hosts[0].next_tcp() as far:
        client.send(" second")
        assert far.read_exactly(12) == b"first second"
        client.half_close()
        far.half_close()
        assert client.wait_closed() == "fin"
    entry = lb.wait_access()
    assert entry["client"] == ("2001:db8::7" if b"TCP6" in header else "192.0.2.7")
    assert entry["bytes_in"] == 12


def test_the_client_of_the_header_decides_where_it_goes(raw_tcp):
    lb, hosts = raw_tcp(3, listener={"proxy_protocol": True})

    def home(address):
        with RawClient(lb.port(), preamble=V1(address)):
            host, far = arrival(hosts)
            far.close()
            return host.name
    addresses = [f"192.0.2.{number}" for number in range(1, 25)]
    first = [home(each) for each in addresses]
    assert set(first) == {"ops1", "ops2", "ops3"}
    assert [home(each) for each in addresses] == first


def test_connections_per_client_counts_the_client_of_the_header(raw_tcp):
    lb, hosts = raw_tcp(listener={"proxy_protocol": True}, limits={"connections_per_client": 1})
    with RawClient(lb.port(), preamble=V1("192.0.2.1")), hosts[0].next_tcp():
        with RawClient(lb.port(), preamble=V1("192.0.2.1")) as second:
            assert second.expect_closed() == "reset"
        with RawClient(lb.port(), preamble=V1("192.0.2.2")) as other, hosts[0].next_tcp() as far:
            other.send("x")
            assert far.read_exactly(1) == b"x"


@pytest.mark.parametrize("said, reason", [
    (b"hello there, this is no header", "no PROXY header"),
    (b"PROXY TCP4 nonsense\r\n", "invalid PROXY header"),
    (b"PROXY TC", "incomplete PROXY header"),
])
def test_without_one_no_host_hears_of_it(raw_tcp, said, reason):
    lb, hosts = raw_tcp(listener={"proxy_protocol": True}, timeouts={"request_head": "300ms"})
    with RawClient(lb.port()) as client:
        client.send(said)
        client.expect_closed()
    lb.wait_log(f"connection refused: {reason}")
    with RawClient(lb.port(), preamble=proxy_protocol.V1_UNKNOWN + b"x"), hosts[0].next_tcp() as far:
        assert far.read_exactly(1) == b"x"  # the first that came


def test_peers_that_do_not_speak_it_are_refused_or_served(raw_tcp):
    lb, hosts = raw_tcp(listener={"proxy_protocol": True, "proxy_protocol_from": ["10.0.0.0/8"]})
    with RawClient(lb.port()) as client:
        client.send("x")
        client.expect_closed()
    lb.wait_log("connection refused: its address is not in proxy_protocol_from")
    lb.reload(lb.config | {"listeners": [lb.config["listeners"][0] | {"proxy_protocol_others": "direct"}]})
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        client.send("x")
        assert far.read_exactly(1) == b"x"


@pytest.mark.parametrize("version", [1, 2])
def test_the_host_is_told_the_client(raw_tcp, version):
    lb, hosts = raw_tcp(send_proxy_protocol=f"v{version}")
    with RawClient(lb.port(), source="127.0.0.77") as client, hosts[0].next_tcp() as far:
        client.send("hello")
        said = far.read_until(b"hello")
        header = proxy_protocol.parse(said[:-5])
        assert header == (version, "PROXY", client.local, client.remote)


def test_the_host_is_told_the_client_of_the_header(raw_tcp):
    lb, hosts = raw_tcp(listener={"proxy_protocol": True}, send_proxy_protocol="v2")
    with RawClient(lb.port(), preamble=V1("192.0.2.7", "192.0.2.1", 1234, 25999)) as client, hosts[0].next_tcp() as far:
        client.send("hello")
        said = far.read_until(b"hello")
        assert proxy_protocol.parse(said[:-5]) == (2, "PROXY", ("192.0.2.7", 1234), ("192.0.2.1", 25999))
