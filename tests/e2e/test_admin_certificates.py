"""The certificates that listeners show, in status and metrics: whose they are, and when they end."""

from datetime import datetime, timezone

import pytest

from support import admin
from support.certificates import DAY, Authority, now


@pytest.fixture
def ca(tmp_path):
    return Authority(tmp_path / "ca")


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_status_tells_of_each_certificate(opslb, origin, ca):
    first = ca.issue("opslb.example.com", "*.example.org", not_after=now() + 30 * DAY)
    second = ca.issue("other.example.com")
    lb = opslb(backends=[origin()], admin=admin.ON, listeners=[
        {"name": "tls", "bind": "127.0.0.1:0", "tls": {**first.tls, "certificates": [second.tls]}},
        {"name": "plain", "bind": "127.0.0.1:0"}])
    tls, plain = admin.status(lb)["listeners"]
    assert plain["certificates"] == []
    told, other = tls["certificates"]
    assert told["file"] == first.tls["certificate"] and other["file"] == second.tls["certificate"]
    assert sorted(told["names"]) == ["*.example.org", "opslb.example.com"] and other["names"] == ["other.example.com"]
    assert told["subject"].startswith("CN=") and told["issuer"].startswith("CN=")
    assert moment(told["not_before"]) < datetime.now(timezone.utc) < moment(told["not_after"])
    assert told["days_left"] in (29, 30)


def test_a_renewed_certificate_is_told_of(opslb, origin, ca):
    certificate = ca.issue("opslb.example.com", not_after=now() + 30 * DAY)
    lb = opslb(backends=[origin()], admin=admin.ON,
               listeners=[{"name": "tls", "bind": "127.0.0.1:0", "tls": certificate.tls}])
    certificate.replace_by(ca.issue("opslb.example.com", not_after=now() + 300 * DAY))
    lb.wait_log("certificates reloaded")
    assert admin.status(lb)["listeners"][0]["certificates"][0]["days_left"] in (299, 300)


def test_metrics_tell_when_it_ends(opslb, origin, ca):
    lb = opslb(backends=[origin()], admin=admin.ON,
               listeners=[{"name": "tls", "bind": "127.0.0.1:0", "tls": ca.issue("opslb.example.com").tls}])
    ends = moment(admin.status(lb)["listeners"][0]["certificates"][0]["not_after"]).timestamp()
    [line] = [line for line in admin.ask(lb, "/metrics").text.splitlines()
              if line.startswith("opslb_certificate_expiry_timestamp_seconds{")]
    assert 'listener="tls"' in line and float(line.rsplit(" ", 1)[1]) == ends
