"""Socket activation: what systemd listens on is matched by its address with the listeners of the configuration."""

import contextlib
import socket

import pytest

from support.fronts import H1
from support.load import Load, one_connection_each
from support.raw import RawClient
from support.service_manager import with_sockets
from support.timeouts import ANSWER, scaled


@pytest.fixture
def listening():
    """listening() is a socket that systemd would have opened; `port` shares the port of an earlier one."""
    with contextlib.ExitStack() as opened:
        def start(port=0, shared=False, host="127.0.0.1"):
            sock = opened.enter_context(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM))
            if shared:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sock.bind((host, port))
            sock.listen(16)
            return sock
        yield start


def port_of(sock):
    return sock.getsockname()[1]


def listener(sock, name="http", host="127.0.0.1"):
    return H1.listener(name, bind=f"{host}:{port_of(sock)}")


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("shared", [False, True])
def test_a_socket_serves_all_workers_and_outlives_takeovers(opslb, origin, listening, workers, shared):
    sock = listening(shared=shared)
    lb = opslb(backends=[origin()], listeners=[listener(sock)], workers=workers, **with_sockets(sock, names="opslb.socket"))
    with Load(lb, one_connection_each, clients=4) as load:
        for _ in range(2):
            load.wait_more(50)
            assert lb.take_over().wait(scaled(ANSWER)) == 0
        load.wait_more(50)
    lb.stop()
    with RawClient(port_of(sock)):  # still systemd's to listen on: who comes now waits for the next start
        pass


def test_who_came_before_the_start_is_served(opslb, origin, listening):
    sock = listening()
    with RawClient(port_of(sock)) as client:
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        lb = opslb(backends=[origin()], listeners=[listener(sock)], **with_sockets(sock))
        assert client.read_response().status == 200
    lb.stop()


def test_several_sockets_of_one_address_are_all_accepted_from(opslb, origin, listening):
    first = listening(shared=True)
    others = [listening(port_of(first), shared=True) for _ in range(4)]
    lb = opslb(backends=[origin()], listeners=[listener(first)], workers=2, **with_sockets(first, *others))
    for _ in range(40):  # the kernel spreads them
        with H1.connect(lb) as client:
            assert client.request().status == 200
    lb.stop()


def test_listeners_without_a_socket_are_bound_as_ever(opslb, origin, listening):
    sock = listening(host="::1")
    lb = opslb(backends=[origin()], listeners=[listener(sock, "given", "[::1]"), H1.listener("own")], **with_sockets(sock))
    for port, host in ((port_of(sock), "::1"), (lb.port("own"), "127.0.0.1")):
        with RawClient(port, host) as client:
            assert client.request().status == 200
    lb.stop()


def test_a_socket_that_no_listener_has_is_an_error(opslb, origin, listening):
    """Clients would wait there for ever, since systemd goes on listening."""
    sock, other = listening(), listening()
    lb = opslb(backends=[origin()], listeners=[listener(sock)], wait=False, **with_sockets(sock, other, names="one:two"))
    assert lb.wait_exit() == 1
    lb.wait_log(rf'no listener binds what systemd listens on: 127\.0\.0\.1:{port_of(other)} \("two"\); give each')


def test_after_a_takeover_it_is_none_the_file_may_have_changed(opslb, origin, listening):
    sock, other = listening(), listening()
    ops1 = origin()
    lb = opslb(backends=[ops1], listeners=[listener(sock), listener(other, "other")], **with_sockets(sock, other))
    lb.write({"backends": [ops1], "listeners": [listener(sock)]})
    assert lb.take_over().wait(scaled(ANSWER)) == 0
    lb.stop()


def test_sockets_for_another_process_are_left_alone(opslb, origin, listening):
    sock = listening()
    lb = opslb(backends=[origin()], **with_sockets(sock, LISTEN_PID="1"))
    with H1.connect(lb) as client:
        assert client.request().status == 200
    lb.stop()


@pytest.mark.parametrize("variables, why", [
    ({"LISTEN_PID": "me"}, "LISTEN_PID is no process number: me"),
    ({"LISTEN_FDS": "-1"}, "LISTEN_FDS is no number of sockets: -1"),
    ({"LISTEN_FDS": "2000"}, "LISTEN_FDS is no number of sockets: 2000"),
    ({"LISTEN_FDS": "2"}, r'descriptor 4 \(""\) from systemd does not listen for TCP or unix connections'),
    ({"LISTEN_FDNAMES": "a:b"}, "LISTEN_FDNAMES has 2 names for 1 sockets"),
], ids=str)
def test_variables_that_are_wrong_are_errors(opslb, origin, listening, variables, why):
    sock = listening()
    lb = opslb(backends=[origin()], listeners=[listener(sock)], wait=False, **with_sockets(sock, **variables))
    assert lb.wait_exit() == 1
    lb.wait_log(why)


def test_what_does_not_listen_is_an_error(opslb, origin, listening):
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        lb = opslb(backends=[origin()], wait=False, **with_sockets(datagrams, names="udp.socket"))
        assert lb.wait_exit() == 1
        lb.wait_log(r'descriptor 3 \("udp.socket"\) from systemd does not listen for TCP or unix connections')
