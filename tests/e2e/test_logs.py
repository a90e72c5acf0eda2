"""The error log, and what happens when a log cannot be written: requests are served all the same."""

import os
import re
import signal

import pytest

from support.lines import Lines
from support.opslb import LISTENING, START
from support.raw import RawClient
from support.timeouts import ANSWER

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info |warn |error) \S.*")
STUCK = 64 * 1024
"""A pipe's buffer: what fits before a writer would have to wait."""


def fifo(path):
    """Makes a FIFO and opens it for reading, so that opslb can open it for writing."""
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return open(descriptor, "rb")


def get(lb, *headers):
    with RawClient(lb.port()) as client:
        response = client.request(headers=headers)
    assert response.status == 200
    return response


def test_every_line_has_the_time_in_utc_a_level_and_a_text(opslb, origin):
    lb = opslb(backends=[origin()])
    get(lb)
    lb.stop()
    assert lb.log_lines
    for line in lb.log_lines:
        assert LINE.fullmatch(line), line


def test_a_level_leaves_out_what_is_below_it(opslb, origin):
    ops1 = origin()
    lb = opslb(wait=False, backends=[ops1], log={"level": "error"})
    ops1.wait_health_checks(1)  # it runs, and takes signals
    lb.write("no configuration")
    lb.signal(signal.SIGHUP)
    lb.wait_log("not reloaded")
    lb.stop()
    assert all(" error " in line for line in lb.log_lines)


def test_after_a_rename_sigusr1_opens_the_error_log_anew_and_lets_go_of_the_old_one(opslb, origin, tmp_path):
    path = tmp_path / "error.log"
    reader = fifo(path)
    writer = os.open(path, os.O_WRONLY)  # so that it does not end before opslb has opened it
    old = Lines(reader, "old error log")
    lb = opslb(wait=False, backends=[origin()], log={"path": str(path)})
    assert old.wait(LISTENING.search, START)
    os.close(writer)
    path.rename(tmp_path / "error.log.1")
    lb.signal(signal.SIGUSR1)
    old.join(ANSWER)
    assert reader.closed  # Lines closes it at its end, which is when opslb has let go of it
    lb.stop()
    new = path.read_text("utf-8").splitlines()
    assert new
    assert all(LINE.fullmatch(line) for line in new)
    assert lb.log_lines == []  # stderr is not the log


def test_a_reopen_that_fails_keeps_the_old_files_and_says_so(opslb, origin, tmp_path):
    directory = tmp_path / "logs"
    directory.mkdir()
    lb = opslb(backends=[origin()], access_log={"path": str(directory / "access.log")})
    get(lb)
    moved = directory.rename(tmp_path / "moved")
    lb.signal(signal.SIGUSR1)
    line = lb.wait_log("cannot open the log file")
    assert str(directory / "access.log") in line
    assert " error " in line
    get(lb)
    lb.stop()
    assert len((moved / "access.log").read_text("utf-8").splitlines()) == 2


@pytest.mark.parametrize("which", ["log", "access_log"])
def test_a_log_file_that_cannot_be_opened_stops_the_start_with_a_sentence(opslb, origin, tmp_path, which):
    lb = opslb(wait=False, backends=[origin()], **{which: {"path": str(tmp_path / "nowhere" / "x.log")}})
    assert lb.wait_exit() == 1
    assert any(str(tmp_path / "nowhere" / "x.log") in line and "No such file" in line for line in lb.log_lines)


@pytest.mark.parametrize("refused", ["log", "access_log"])
def test_a_refused_reload_leaves_both_logs_where_they_were(opslb, origin, tmp_path, refused):
    """One of the two new files can be opened: nothing goes there."""
    lb = opslb(backends=[origin()])
    paths = {"log": str(tmp_path / "error.log"), "access_log": str(tmp_path / "access.log")}
    paths[refused] = str(tmp_path / "nowhere" / "x.log")
    lb.reload({**lb.config, **{which: {"path": path} for which, path in paths.items()}}, accepted=False)
    get(lb)
    lb.stop()
    assert len(lb.access_log) == 1
    assert " ended requests=1 " in lb.log_lines[-1]
    assert not any(file.read_text("utf-8") for file in tmp_path.glob("*.log"))


def test_a_refused_reload_keeps_the_level(opslb, origin, tmp_path):
    lb = opslb(backends=[origin()])
    lb.reload({**lb.config, "log": {"level": "error"}, "access_log": {"path": str(tmp_path / "nowhere" / "x.log")}}, accepted=False)
    lb.stop()
    assert " info " in lb.log_lines[-1]


def test_a_full_disk_costs_lines_and_one_warning_and_no_request(opslb, origin):
    lb = opslb(backends=[origin()], access_log={"path": "/dev/full"})
    for _ in range(5):
        get(lb)
    lb.wait_log(r" warn .*cannot write to the log /dev/full: No space left")
    lb.stop()
    assert sum("cannot write" in line for line in lb.log_lines) == 1


def test_a_full_disk_for_the_error_log_is_told_on_stderr(opslb, origin):
    ops1 = origin()
    lb = opslb(wait=False, backends=[ops1], log={"path": "/dev/full"})
    ops1.wait_health_checks(1)  # it runs, and takes signals
    lb.wait_log("cannot write to the log /dev/full")
    lb.stop()
    assert sum("cannot write" in line for line in lb.log_lines) == 1


def test_a_log_whose_reader_has_gone_costs_lines_and_no_request(opslb, origin, tmp_path):
    reader = fifo(tmp_path / "access")
    lb = opslb(backends=[origin()], access_log={"path": str(tmp_path / "access")})
    get(lb)
    assert reader.readline().startswith(b"{")
    reader.close()
    for _ in range(5):
        get(lb)
    lb.wait_log("cannot write to the log .*: Broken pipe")
    get(lb)
    lb.stop()


def test_a_log_that_nobody_reads_blocks_neither_requests_nor_the_end(opslb, origin, tmp_path):
    with fifo(tmp_path / "access") as reader:
        lb = opslb(backends=[origin()], access_log={"path": str(tmp_path / "access")})
        with RawClient(lb.port()) as client:
            for _ in range(2 * STUCK // 8000):
                assert client.request(headers=[("User-Agent", "x" * 8000)]).status == 200
        lb.stop()
        read = reader.read()
    assert read.startswith(b"{")
    assert len(read) <= STUCK
