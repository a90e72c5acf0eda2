"""Names of hosts are looked up before each check, and one that cannot be is a failed check and nothing worse."""

import re
import socket

from support.conversation import ask
from support.opslb import run
from support.raw import RawClient

NOBODY = {"name": "nobody", "url": "http://host.invalid:8080"}
"""RFC 6761 6.4: no name under .invalid ever exists."""
QUICK = {"timeout": "2s"}


def test_an_unknown_name_is_no_configuration_error(opslb, origin):
    lb = opslb(backends=[NOBODY, origin(name="ops2")], health_check=QUICK)
    checked = run("check", "-c", lb.file)
    assert (checked.returncode, checked.stdout[:17]) == (0, "configuration ok:")


def test_it_is_a_failed_check_and_the_others_serve(opslb, origin):
    lb = opslb(backends=[NOBODY, origin(name="ops2")], health_check=QUICK)
    assert re.search(r"backend nobody is down: name host\.invalid could not be resolved: \S", lb.wait_log("nobody is down"))
    with RawClient(lb.port()) as client:
        for _ in range(10):
            assert client.request().json()["origin"] == "ops2"


def test_with_no_other_host_the_detail_says_so_and_names_nobody(opslb):
    lb = opslb(backends=[NOBODY], health_check=QUICK, timeouts={"hold": "0s"})
    assert ask(lb).json()["detail"] == "the only host cannot be reached: name not resolved; look at the name service"


def test_a_name_is_used_with_the_first_address_that_it_has(opslb, origin):
    first = socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)[0][4][0]
    ops1 = origin(host=first)
    lb = opslb(backends=[{"name": "ops1", "url": f"http://localhost:{ops1.port}"}])
    assert ask(lb).json()["origin"] == "ops1"
    assert ops1.health_checks[0].get("Host") == f"localhost:{ops1.port}"
