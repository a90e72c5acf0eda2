"""The Ops Manager simulator believes what Jetty believes."""



import pytest

from support.simulator_client import simulator


@pytest.mark.parametrize("lines, belief", [
    ([], ("127.0.0.1", "http", "opsmanager.example.com", 80)),
    (["X-Forwarded-Host: a.example"], ("127.0.0.1", "http", "a.example", 80)),
    (["X-Forwarded-Host: a.example:8443", "X-Forwarded-Port: 9"], ("127.0.0.1", "http", "a.example", 8443)),
    (["X-Forwarded-Port: 9", "X-Forwarded-Host: a.example"], ("127.0.0.1", "http", "a.example", 9)),
    (["X-Forwarded-Server: s.example"], ("127.0.0.1", "http", "s.example", 80)),
    (["X-Forwarded-Server: s.example", "X-Forwarded-Host: h.example"], ("127.0.0.1", "http", "h.example", 80)),
    (["X-Forwarded-Proto: https"], ("127.0.0.1", "https", "opsmanager.example.com", 443)),
    (["X-Proxied-Https: on"], ("127.0.0.1", "https", "opsmanager.example.com", 443)),
    (["X-Proxied-Https: on", "X-Forwarded-Proto: http"], ("127.0.0.1", "http", "opsmanager.example.com", 80)),
    (["Proxy-ssl-id: 1"], ("127.0.0.1", "https", "opsmanager.example.com", 443)),
    (["Proxy-auth-cert: 1", "X-Proxied-Https: off"], ("127.0.0.1", "http", "opsmanager.example.com", 80)),
    (["Forwarded: for=\"[2001:db8::7]:1234\";proto=https;host=f.example"], ("2001:db8::7", "https", "f.example", 443)),
    (["Forwarded: for=_hidden, for=192.0.2.9"], ("192.0.2.9", "http", "opsmanager.example.com", 80)),
    (["x-forwarded-for: 192.0.2.1:55"], ("192.0.2.1", "http", "opsmanager.example.com", 80)),
])
def test_identity_headers_change_what_the_application_sees(simulator, lines, belief):
    jetty = simulator.echo(*lines)["jetty"]
    assert (jetty["client"], jetty["scheme"], jetty["host"], jetty["port"]) == belief


def test_the_absolute_form_is_believed(simulator):
    jetty = simulator.echo(target="https://abs.example:7/_sim/echo")["jetty"]
    assert (jetty["scheme"], jetty["host"], jetty["port"]) == ("https", "abs.example", 7)


@pytest.mark.parametrize("line", ["X-Proxied-Https: yes", "X-Forwarded-Port: x", "X-Forwarded-For:", "X-Forwarded-Host: ["])
def test_jetty_answers_400_to_what_it_cannot_read(simulator, line):
    assert simulator.get("/_sim/echo", line)[0] == 400


def test_redirects_lead_to_what_the_host_believes_to_be_its_address(simulator):
    status, headers, _ = simulator.get("/", "X-Forwarded-Proto: https", "X-Forwarded-Host: om.example")
    assert (status, headers["location"]) == (302, "https://om.example/user/login")
    assert simulator.get("/", "Host: om.example:8080")[1]["location"] == "http://om.example:8080/user/login"


def test_the_login_page_needs_only_relative_addresses(simulator):
    status, _, page = simulator.get("/user/login")
    assert status == 200 and b'href="../static/login.css"' in page and b"http://" not in page
    assert simulator.get("/static/login.css")[1]["content-type"] == "text/css"
