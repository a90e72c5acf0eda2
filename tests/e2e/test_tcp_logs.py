"""What the logs tell of raw TCP connections."""

import re

from support.raw import RawClient
from support.tcp_hosts import listener


def finished(lb, hosts):
    """One connection from its begin to its end: five bytes up, eleven down."""
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        client.send("hello")
        assert far.read_exactly(5) == b"hello"
        far.send("hello there")
        far.half_close()
        assert client.read_to_end() == b"hello there"
        client.half_close()
        far.wait_closed()


def test_one_line_of_json_at_its_end(raw_tcp):
    lb, hosts = raw_tcp()
    finished(lb, hosts)
    entry = lb.wait_access()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("time"))
    assert all(entry.pop(phase) >= 0 for phase in ("queued_ms", "connect_ms", "total_ms"))
    assert entry == {"listener": "tcp", "client": "127.0.0.1", "protocol": "tcp", "bytes_in": 5, "bytes_out": 11,
                     "backend": "ops1", "tried": "ops1(only one left: done)", "end": "done"}
    assert len(lb.access_log) == 1


def test_the_combined_format_says_tcp_in_the_place_of_a_request(raw_tcp, tmp_path):
    lb, hosts = raw_tcp(access_log={"path": str(tmp_path / "access.log"), "format": "combined"})
    finished(lb, hosts)
    lb.stop()
    (line,) = (tmp_path / "access.log").read_text().splitlines()
    assert re.fullmatch(r'127\.0\.0\.1 - - \[[^]]+\] "tcp" 000 11 "-" "-"', line)


def test_off_is_off(raw_tcp):
    lb, hosts = raw_tcp(access_log={"path": "off"})
    finished(lb, hosts)
    lb.stop()
    assert lb.access_log == []


def test_its_line_comes_when_it_ends_and_not_before(raw_tcp):
    lb, hosts = raw_tcp()
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        client.send("x")
        assert far.read_exactly(1) == b"x"
        assert lb.access_log == []
    lb.wait_access()


def test_requests_beside_it_are_none_of_its_business(opslb, raw_tcp):
    lb, hosts = raw_tcp()
    hosts[0].on_request(lambda request, conn: conn.answer(body=b"ok"))
    lb.reload(lb.config | {"listeners": [listener(hosts), {"name": "http", "bind": "127.0.0.1:0"}]})
    with RawClient(lb.port("http")) as client:
        assert client.request().body == b"ok"
    finished(lb, hosts)
    assert [lb.wait_access(lambda entry, which=which: entry["listener"] == which)["end"] for which in ("http", "tcp")] == ["done"] * 2
