"""Ops Manager's own traffic, by name: all over TLS, as it comes."""

from fronts import TLS_H1, TLS_H2
from kinds import TRAFFIC, TRAFFIC_BODY, TRAFFIC_EVENT, TRAFFIC_FAILOVER
from scenarios import Scenario
from traffic import agents, backup, browsers, diagnostics, failover, reconnect_storm, restore, rolling_upgrade
from traffic.scene import played

TRAFFIC_SCENARIOS = {
    "traffic-agents": Scenario(TRAFFIC, TLS_H1, played(agents.play)),
    "traffic-backup": Scenario(TRAFFIC_BODY, TLS_H1, played(backup.play, by_bytes=True)),
    "traffic-restore": Scenario(TRAFFIC_BODY, TLS_H1, played(restore.play, by_bytes=True)),
    "traffic-diagnostics": Scenario(TRAFFIC_BODY, TLS_H1, played(diagnostics.play, by_bytes=True)),
    "traffic-browsers": Scenario(TRAFFIC, TLS_H2, played(browsers.play)),
    "traffic-reconnect-storm": Scenario(TRAFFIC, TLS_H1, played(reconnect_storm.play)),
    "traffic-failover": Scenario(TRAFFIC_FAILOVER, TLS_H1, played(failover.play)),
    "traffic-rolling-upgrade": Scenario(TRAFFIC_EVENT, TLS_H1, played(rolling_upgrade.play)),
}
