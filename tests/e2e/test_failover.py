"""Two hosts of Ops Manager under a load of GETs and POSTs while one of them, or both, fail."""

import threading

import pytest

from support.timeouts import ANSWER, Deadline, scaled

CHECKS = {"interval": "100ms", "timeout": "1s"}
AT_LEAST = 50
"""Requests of each kind before, during and after a failure."""
AT_MOST = 200_000
"""Bound on the requests of one client."""


class Load:
    """Clients that send one request after the other until it is over."""

    def __init__(self, lb, front, clients_of_each=2):
        self._lb, self._front = lb, front
        self._changed = threading.Condition()
        self._over = threading.Event()
        self.done = {"GET": 0, "POST": 0}
        self.failed = {"GET": [], "POST": []}
        self._threads = [threading.Thread(target=self._run, args=(method,))
                         for method in self.done for _ in range(clients_of_each)]
        for each in self._threads:
            each.start()

    def _run(self, method):
        client = self._front.connect(self._lb)
        for _ in range(AT_MOST):
            if self._over.is_set():
                break
            try:
                answer = client.request(method, "/_sim/upload" if method == "POST" else "/_sim/plain",
                                        body=b"x" * 1000 if method == "POST" else b"")
                problem = None if answer.status == 200 else answer.status
                ends = answer.get("Connection") == "close"
            except Exception as error:  # pylint: disable=broad-except  # whatever went wrong is a failed request
                problem, ends = repr(error), True
            with self._changed:
                self.done[method] += 1
                if problem:
                    self.failed[method].append(problem)
                self._changed.notify_all()
            if ends:
                client.close()
                client = self._front.connect(self._lb)
        client.close()

    def goes_on(self, seconds=ANSWER):
        """Waits for further requests of each kind."""
        deadline = Deadline(seconds)
        with self._changed:
            wanted = {method: done + AT_LEAST for method, done in self.done.items()}
            while any(self.done[method] < wanted[method] for method in wanted):
                assert not deadline.over(), f"only {self.done} requests, not {wanted}"
                self._changed.wait(deadline.left())

    def end(self):
        self._over.set()
        for each in self._threads:
            each.join(scaled(ANSWER))
            assert not each.is_alive()


@pytest.fixture
def hosts(simulator):
    return [simulator(), simulator()]


@pytest.fixture
def start(opslb, hosts, front):
    """Starts opslb and the load; the load ends before opslb does."""
    loads = []

    def begin(**more):
        lb = opslb(backends=hosts, workers=2, health_check=CHECKS | more.pop("health_check", {}), **more)
        loads.append(Load(lb, front))
        loads[0].goes_on()
        return lb, loads[0]
    yield begin
    for each in loads:
        each.end()


def wait_down(lb, name="ops1"):
    lb.wait_log(f"backend {name} is down")


def wait_back(lb, name="ops1", since=0):
    lb.wait_log(f"backend {name} is up", since=since)


def test_a_host_that_says_500_costs_no_request(start, hosts):
    lb, load = start()
    for _ in range(2):
        since = len(lb.log_lines)
        hosts[0].set_health("500")
        lb.wait_log("backend ops1 is down", since=since)
        load.goes_on()
        hosts[0].set_health("ok")
        lb.wait_log("backend ops1 is up", since=since)
        load.goes_on()
    load.end()
    assert load.failed == {"GET": [], "POST": []}


def test_a_host_whose_check_hangs_costs_no_request(start, hosts):
    lb, load = start(health_check={"timeout": "200ms"})
    hosts[0].set_health("hang")
    wait_down(lb)
    load.goes_on()
    load.end()
    assert load.failed == {"GET": [], "POST": []}


def test_a_host_that_dies_costs_no_get(start, hosts):
    lb, load = start()
    hosts[0].close()
    wait_down(lb)
    load.goes_on()
    load.end()
    assert load.failed["GET"] == []
    # A POST that was with the dead host may have been acted on: its client is told, and there were two of them.
    assert load.failed["POST"] in ([], [502], [502, 502])


def test_a_host_that_refuses_and_resets_costs_no_get_and_comes_back(start, hosts):
    lb, load = start()
    hosts[0].set_health("refuse")
    wait_down(lb)
    load.goes_on()
    since = len(lb.log_lines)
    hosts[0].set_health("ok")
    wait_back(lb, since=since)
    load.goes_on()
    load.end()
    assert load.failed["GET"] == []
    assert load.failed["POST"] in ([], [502], [502, 502])
    assert hosts[0].stats()["requests"] > 0


def test_an_election_that_all_hosts_report_is_waited_out(start, hosts):
    lb, load = start()
    since = len(lb.log_lines)
    for each in hosts:
        each.set_health("500")
    lb.wait_log("no host is up: all 2 hosts answer /monitor/health with 500", since=since)
    for each in hosts:
        each.set_health("ok")
    load.goes_on()
    load.end()
    assert load.failed == {"GET": [], "POST": []}


def test_no_post_is_run_twice_when_connections_die(opslb, origin, front):
    """Connections are reset again and again under load: a POST reaches a host once or not at all."""
    hosts = [origin(), origin()]
    lb = opslb(backends=hosts, workers=2, health_check={"interval": "1h", "fall": 100})
    over = threading.Event()
    statuses = set()

    def post(number):
        for turn in range(AT_MOST):
            if over.is_set():
                return
            with front.connect(lb) as client:
                for request in range(5):
                    answer = client.request("POST", f"/{number}/{turn}/{request}", body=b"x" * 100)
                    statuses.add(answer.status)
                    if answer.get("Connection") == "close":
                        break
    threads = [threading.Thread(target=post, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(1, 31):
        hosts[turn % 2].wait_requests(turn * 20)
        hosts[turn % 2].drop_connections()
    over.set()
    for thread in threads:
        thread.join(scaled(ANSWER))
        assert not thread.is_alive()
    seen = [request.target for each in hosts for request in each.requests]
    assert len(seen) == len(set(seen))
    assert statuses <= {200, 502}
