"""SIGHUP: the new configuration takes over without losing anything; a wrong one changes nothing."""

import signal
import threading

from support.conversation import EMPTY, assert_told_to_go, request
from support.raw import OkOrigin, RawOrigin


def first(front, **more):
    return front.listener("first", **more)


def second(front):
    return front.listener("second")


def test_new_backends_are_used_and_old_ones_left(opslb, origin, front):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1])
    with front.connect(lb) as client:
        assert client.request().json()["origin"] == "ops1"
        lb.reload({"backends": [ops2]})
        assert client.request().json()["origin"] == "ops2"  # on the same connection


def test_a_request_keeps_the_configuration_it_began_with(opslb, origin, front):
    ops1, ops2 = origin(RawOrigin), origin()
    lb = opslb(backends=[ops1])
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 4", body="ab"))
        with ops1.accept() as conn:
            conn.read_request_head()
            assert conn.read_exactly(2) == b"ab"
            lb.reload({"backends": [ops2]})
            client.send("cd")
            assert conn.read_exactly(2) == b"cd"
            conn.send(EMPTY)
            assert client.read_response().status == 200
        assert client.request().json()["origin"] == "ops2"


def test_an_invalid_file_is_reported_and_changes_nothing(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1])
    with front.connect(lb) as client:
        assert client.request().status == 200
        lb.reload('{"listeners": [{"bind": "127.0.0.1:0"}], "backends": []}', accepted=False)
        lb.wait_log(r"backends: ")
        assert client.request().json()["origin"] == "ops1"
        lb.reload("{", accepted=False)
        assert client.request().json()["origin"] == "ops1"
        lb.reload({"backends": [ops1]})
        assert client.request().status == 200


def test_listeners_open_change_and_go(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], listeners=[first(front)])
    lb.reload({"backends": [ops1], "listeners": [first(front), second(front)]})
    with front.connect(lb, "first") as stays, front.connect(lb, "second") as goes:
        assert stays.request().status == goes.request().status == 200
        lb.reload({"backends": [ops1], "listeners": [first(front)]})
        assert goes.expect_closed() == "fin"
        assert stays.request().status == 200
    lb.wait_log(r'no longer listening on .*\(listener "second"\)')


def test_a_listener_that_goes_lets_its_requests_finish(opslb, origin, front):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], listeners=[first(front), second(front)])
    with front.connect(lb, "second") as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            lb.reload({"backends": [ops1], "listeners": [first(front)]})
            conn.send(EMPTY)
            answer = client.read_response()
            assert answer.status == 200
            assert_told_to_go(client, answer)


def test_a_listener_that_goes_takes_its_connections_from_before_earlier_reloads_along(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], listeners=[first(front), second(front)])
    with front.connect(lb, "second") as client:
        assert client.request().status == 200
        lb.reload({"backends": [ops1], "listeners": [first(front), second(front)]})
        lb.reload({"backends": [ops1], "listeners": [first(front)]})
        assert client.expect_closed() == "fin"


def test_a_listener_that_goes_during_a_response_ends_the_connection_after_it(opslb, origin, front):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], listeners=[first(front), second(front)])
    with front.connect(lb, "second") as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            client.read_head()
            lb.reload({"backends": [ops1], "listeners": [first(front)]})
            conn.send("last")
            assert client.read_rest() == b"last"
            assert client.expect_closed() == "fin"


def test_changed_listener_settings_hold_for_new_connections(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], listeners=[first(front)])
    with front.connect(lb, "first") as before:
        assert before.request().status == 200
        lb.reload({"backends": [ops1], "listeners": [first(front, proxy_protocol=True)]})
        assert before.request().status == 200
        with front.connect(lb, "first", preamble=b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n") as after:
            assert dict(after.request().json()["headers"])["X-Forwarded-For"] == "192.0.2.7"


def test_a_taken_port_refuses_the_reload(opslb, origin, front):
    ops1 = origin()
    other = opslb(backends=[ops1])
    lb = opslb(backends=[ops1], listeners=[first(front)])
    taken = {"name": "taken", "bind": f"127.0.0.1:{other.port()}"}
    line = lb.reload({"backends": [ops1], "listeners": [first(front), taken]}, accepted=False)
    assert 'listener "taken" cannot bind' in line
    with front.connect(lb, "first") as client:
        assert client.request().status == 200


def test_limits_and_timeouts_change(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1])
    with front.connect(lb) as client:
        assert client.request(target="/" + "x" * 200).status == 200
        lb.reload({"backends": [ops1], "limits": {"target_bytes": "100B"}})
        assert client.request(target="/" + "x" * 200).status == 414


def test_a_new_number_of_workers_is_said_to_need_a_restart(opslb, origin):
    ops1 = origin()
    lb = opslb(backends=[ops1], workers=1)
    lb.reload({"backends": [ops1], "workers": 2})
    lb.wait_log("a new number of workers needs a restart")


def test_reloads_under_load_lose_no_request(opslb, front, backing):
    origins = [OkOrigin(name, **backing.options()) for name in ("ops1", "ops2", "ops3")]
    lb = opslb(backends=origins, workers=2, access_log={"path": "off"})
    over = threading.Event()
    answered, wrong = [0] * 4, []

    def load(number):
        try:
            while not over.is_set():
                with front.connect(lb) as client:
                    for _ in range(20):
                        answer = client.request("POST", "/", body=b"x" * 3000)
                        if answer.status != 200 or answer.json()["body_bytes"] != 3000:
                            wrong.append(answer.head)
                        answered[number] += 1
        except Exception as problem:  # reported by the main thread
            wrong.append(problem)
            over.set()

    threads = [threading.Thread(target=load, args=(number,)) for number in range(len(answered))]
    for thread in threads:
        thread.start()
    try:
        for turn in range(12):
            chosen = [origins[turn % 3], origins[(turn + 1) % 3]]
            lb.reload({"backends": chosen, "workers": 2, "access_log": {"path": "off"}, "balance": "round_robin"})
    finally:
        over.set()
        for thread in threads:
            thread.join()
        for each in origins:
            each.close()
    assert wrong == []
    assert min(answered) > 0


def test_a_reload_that_was_overtaken_leaves_no_listener_behind(opslb, origin, front):
    ops1 = origin(RawOrigin)
    ops1.on_request(lambda _request, _conn: EMPTY)
    lb = opslb(backends=[ops1], listeners=[first(front)])
    for number in range(8):
        extra = {"name": f"extra{number}", "bind": "127.0.0.1:0"}
        lb.write({"backends": [ops1], "listeners": [first(front), extra]})
        lb.signal(signal.SIGHUP)
        lb.reload({"backends": [ops1], "listeners": [first(front)]})
        lb.reload({"backends": [ops1], "listeners": [first(front)]})
    # A reload that was under way may have been the one that was reported: this one's listener tells that all are over.
    lb.write({"backends": [ops1], "listeners": [first(front), {"name": "last", "bind": "127.0.0.1:0"}]})
    lb.signal(signal.SIGHUP)
    lb.wait_log(r' listening on .*\(listener "last"')
    opened = sum('(listener "extra' in line and " listening on " in line and "no longer" not in line for line in lb.log_lines)
    closed = sum("no longer listening" in line for line in lb.log_lines)
    assert opened == closed


def test_many_reloads_at_once_end_with_the_last_file(opslb, origin, front):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1])
    for _ in range(10):
        lb.signal(signal.SIGHUP)
    lb.reload({"backends": [ops2]})
    with front.connect(lb) as client:
        for _ in range(100):  # a reload that was still under way may have been the one that was reported
            if client.request().json()["origin"] == "ops2":
                return
    raise AssertionError("the last configuration never took over")
