"""The other side of the limits: what honest clients do, and much of it, is never taken for abuse."""

import re
import shutil
import subprocess
import time

import pytest

from support.flood import keep_sending
from support.frames import LARGEST_WINDOW, Setting, data, ping, priority, rst_stream
from support.simulator import Simulator
from support.timeouts import ANSWER, scaled


def numbers(count, first=1):
    return range(first, first + 2 * count, 2)


@pytest.mark.parametrize("streams", [1, 100])
def test_h2load_sees_every_request_answered(opslb, streams):
    if not shutil.which("h2load"):
        pytest.skip("h2load is not installed")
    ops1 = Simulator()
    try:
        lb = opslb(backends=[ops1], access_log={"path": "off"})
        count = 30_000 if streams > 1 else 2_000
        out = subprocess.run(["h2load", "-n", str(count), "-c", "4", "-m", str(streams),
                              f"http://127.0.0.1:{lb.port()}/_sim/plain"], stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, timeout=scaled(3 * ANSWER), check=True).stdout
        assert re.search(rf"requests: {count} total, {count} started, {count} done, {count} succeeded, 0 failed, 0 errored",
                         out), out
        assert re.search(rf"status codes: {count} 2xx", out), out
    finally:
        ops1.close()


def test_a_client_may_ping_every_few_milliseconds_while_data_moves(h2_front):
    client = h2_front.connect((Setting.INITIAL_WINDOW_SIZE, 2**20), grants=True)
    client.grant(0, 2**20)
    client.send(client.get(1, "/bytes/1000000000"))
    for number in range(150):
        client.expect_pong(b"%8d" % number)
        time.sleep(0.002)
    assert client.answer(1).body and not client.answer(1).ended
    client.send(rst_stream(1))
    client.expect_it_goes_on(3)
    assert not client.goaways


def test_hundreds_of_cancelled_requests_among_answered_ones_are_nothing_bad(h2):
    # As a browser whose user clicks on, or a Go client whose contexts run out.
    h2.grant(0, LARGEST_WINDOW - 65_535)
    for stream in numbers(600):
        if stream % 4 == 1:
            h2.send(h2.get(stream, "/bytes/100000"))
            h2.expect_head(stream)
            h2.send(rst_stream(stream))
        else:
            h2.send(h2.get(stream))
            h2.expect_answer(stream)
    h2.expect_pong()
    assert not h2.goaways


def test_a_hundred_requests_may_be_cancelled_at_once(h2_front):
    # As a page that is left while it loads.
    h2 = h2_front.connect(grants=True)
    h2.send(b"".join(h2.get(stream, "/bytes/100000") for stream in numbers(100)))
    h2.send(b"".join(rst_stream(stream) for stream in numbers(100)))
    h2.expect_pong()
    h2.expect_it_goes_on(201)
    assert not h2.goaways


def test_a_window_update_for_every_frame_of_data_is_how_go_does_it(h2_front):
    client = h2_front.connect((Setting.INITIAL_WINDOW_SIZE, 4 * 2**20), grants=True)
    client.grant(0, 2**30)
    client.send(client.get(1, "/bytes/30000000"))
    assert len(client.expect_answer(1, seconds=3 * ANSWER).body) == 30_000_000
    client.expect_it_goes_on(3)


def test_small_windows_make_many_small_frames_and_are_served(h2_front):
    client = h2_front.connect((Setting.INITIAL_WINDOW_SIZE, 1000), grants=True)
    client.send(client.get(1, "/bytes/2000000"))
    assert len(client.expect_answer(1, seconds=3 * ANSWER).body) == 2_000_000


def test_an_upload_in_tiny_frames_is_served(h2):
    h2.send(h2.post(1))
    h2.granted[1] = h2.first_window
    h2.send(b"".join(data(1, b"x") for _ in range(30_000)) + data(1, b"x", end=True))
    assert h2.expect_answer(1).json()["body_bytes"] == 30_001


def test_a_browsers_priorities_and_settings_are_served(h2):
    h2.grants = True
    h2.send_settings((Setting.MAX_CONCURRENT_STREAMS, 100))
    for stream in numbers(200):
        h2.send(priority(stream, on=0, weight=201) + h2.get(stream, priority=(0, 256, True)))
        h2.expect_answer(stream)
    assert not h2.goaways


def test_thousands_of_requests_on_one_connection_are_answered(h2):
    for first in range(1, 6001, 200):
        h2.send(b"".join(h2.get(stream, "/bytes/0") for stream in numbers(100, first)))
        for stream in numbers(100, first):
            h2.expect_answer(stream)
    assert not h2.goaways


def test_an_idle_client_that_pings_stays_connected(h2):
    for n in range(100):
        h2.expect_pong(b"%8d" % n)
        time.sleep(0.005)
    h2.expect_it_goes_on(1)


def test_a_client_that_sends_while_it_receives_is_served(h2_front):
    client = h2_front.connect((Setting.INITIAL_WINDOW_SIZE, 2**20))
    client.grant(0, LARGEST_WINDOW - 65_535)
    sender = keep_sending(client, [client.get(stream, "/bytes/100000") + ping() for stream in numbers(50)])
    for stream in numbers(50):
        assert len(client.expect_answer(stream).body) == 100_000
    sender.join()
