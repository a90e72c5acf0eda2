"""HAProxy in TCP mode and nginx's stream module before two opslb, as conf/layer4 has them: the client's own address arrives,
and one opslb may go."""

import contextlib
import pathlib
import shutil

import pytest

from support import layer4
from support.fronts import H1, H1_TLS
from support.raw import OkOrigin, RawClient

CLIENT = "127.0.0.77"
BEHIND = [H1, H1_TLS]

HAS_STREAM = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so").exists()


def balancers():
    yield pytest.param(layer4.haproxy, id="haproxy",
                       marks=pytest.mark.skipif(not shutil.which("haproxy"), reason="HAProxy is not installed"))
    yield pytest.param(layer4.nginx, id="nginx",
                       marks=pytest.mark.skipif(not HAS_STREAM, reason="nginx's stream module is not installed"))


@pytest.fixture
def pair(opslb, origin):
    """Two opslb on the listener of a front that take PROXY headers from the balancer, and the host behind both."""
    ops1 = origin()

    def start(front):
        listener = front.listener(proxy_protocol=True, proxy_protocol_from=["127.0.0.1"])
        return [opslb(backends=[ops1], listeners=[listener]) for _ in range(2)]
    return start


def ask(front, balancer, source=CLIENT):
    with front.connect_to(balancer.port, source=source) as client:
        return client.request()


@pytest.mark.parametrize("balancer", balancers())
@pytest.mark.parametrize("through", BEHIND, ids=str)
def test_the_clients_own_address_arrives(pair, tmp_path, through, balancer):
    both = pair(through)
    with contextlib.closing(balancer(tmp_path, [lb.port() for lb in both])) as before:
        for source in (CLIENT, "127.0.0.78"):
            answer = ask(through, before, source)
            assert dict(answer.json()["headers"])["X-Forwarded-For"] == source


@pytest.mark.parametrize("balancer", balancers())
def test_one_opslb_may_go(pair, tmp_path, balancer):
    both = pair(H1)
    with contextlib.closing(balancer(tmp_path, [lb.port() for lb in both])) as before:
        both[0].stop()
        for _ in range(10):
            assert ask(H1, before).status == 200
    both[1].wait_access(lambda entry: entry["client"] == CLIENT)


def test_haproxy_leaves_an_opslb_that_is_not_ready(opslb, origin, tmp_path):
    if not shutil.which("haproxy"):
        pytest.skip("HAProxy is not installed")
    ops1, ops2 = origin(), origin()
    ports = [layer4.free_port(), layer4.free_port()]
    listener = H1.listener(proxy_protocol=True, proxy_protocol_from=["127.0.0.1"])
    both = [opslb(backends=[host], listeners=[listener], admin={"bind": f"127.0.0.1:{port}"}, timeouts={"hold": "0s"})
            for host, port in zip((ops1, ops2), ports)]
    with contextlib.closing(layer4.haproxy(tmp_path, [lb.port() for lb in both], ports)) as before:
        ops1.health = 500
        before.wait_log("opslb/opslb1 is DOWN", 20)
        for _ in range(10):
            assert ask(H1, before).json()["origin"] == "ops2"
