"""What is known of a capture is the same, whether it was found here or in a copy of the program."""

import os
import signal
from pathlib import Path
from threading import Event, Timer

import numpy as np
import pytest

from tcpladder.decode.one_packet import decode_row
from tcpladder.packets.reading import CaptureReader, Reached
from tcpladder.resource_files import captures_path
from tcpladder.tcp.fields import TCP_FIELDS
from tcpladder.ui import loading
from tcpladder.ui.help.lessons import lessons
from tcpladder.ui.jobs import Cancelled, Job
from tcpladder.ui.loading import Digested, load, rehearse
from tcpladder.ui.packets.row_colours import usual_rules
from tcpladder.work.forked import ForkFailed, SharedFlag, can_fork
from tests.benchmarks.make_capture import write_capture

LESSONS = sorted(path for path in captures_path().iterdir() if path.suffix in (".pcap", ".pcapng"))
OF_TABLE = ("packets", "client_bytes", "opening", "closing", "start_ns", "duration_ns", "rtt_ns",
            "setup_time_ns", "retransmissions", "completeness", "first_row")


def loaded(path: Path) -> Digested:
    digested = load((path,), Job(lambda _job: None, then=print), SharedFlag(), usual_rules())
    assert digested.reader is not None
    digested.reader.close()
    return digested


@pytest.mark.skipif(not can_fork(), reason="programs cannot be copied here")
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_copy_finds_what_is_found_here(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = loaded(path)
    forks: list[int] = []

    def counted(*arguments: object) -> object:
        forks.append(1)
        return in_a_copy(*arguments)

    in_a_copy = loading.in_a_copy
    monkeypatch.setattr(loading, "in_a_copy", counted)
    monkeypatch.setattr(loading, "_WORTH_A_COPY", 0)
    there = loaded(path)
    assert forks == [1]
    assert same(here, there)
    assert np.array_equal(here.colours.codes, there.colours.codes)
    for name in TCP_FIELDS:
        if name in here.columns.fields():
            mine, theirs = here.columns.column(name), there.columns.column(name)
            assert np.array_equal(mine.rows, theirs.rows), name
            assert np.array_equal(mine.values, theirs.values), name
    for row in range(here.columns.frame_count):
        assert str(decode_row(here.columns, row)) == str(decode_row(there.columns, row))
    for stream in range(here.connections.count):
        assert here.connections.connection(stream) == there.connections.connection(stream)


@pytest.fixture(scope="module")
def long_capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several batches of packets."""
    path = tmp_path_factory.mktemp("captures") / "long.pcap"
    write_capture(path, packets=60_000)
    return path


def same(one: Digested, other: Digested) -> bool:
    def ends(digested: Digested) -> list[str]:
        table = digested.connections
        return [table.endpoint(key).text for side in (table.client, table.server) for key in side.tolist()]

    return ends(one) == ends(other) and all(
        np.array_equal(getattr(one.connections, name), getattr(other.connections, name)) for name in OF_TABLE)


@pytest.mark.skipif(not can_fork(), reason="programs cannot be copied here")
def test_when_the_copy_dies_the_rest_is_read_here(long_capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = loaded(long_capture)
    pid, steps = os.getpid(), []
    reached = CaptureReader.reached.fget

    def dies(reader: CaptureReader) -> Reached:
        steps.append(1)
        if os.getpid() != pid and len(steps) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return reached(reader)

    monkeypatch.setattr(loading, "_WORTH_A_COPY", 0)
    monkeypatch.setattr(CaptureReader, "reached", property(dies))
    assert same(here, loaded(long_capture))


@pytest.mark.skipif(not can_fork(), reason="programs cannot be copied here")
def test_reading_that_is_stopped_keeps_what_was_read(long_capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_WORTH_A_COPY", 0)
    job, stop = Job(lambda _job: None, then=print), SharedFlag()
    monkeypatch.setattr(job, "report", lambda _report: stop.set())
    digested = load((long_capture,), job, stop, usual_rules())
    assert 0 < digested.columns.frame_count < 60_000
    assert digested.connections.packets.sum() > 0
    assert digested.reader is None


def test_where_no_copy_can_be_made_it_is_found_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> None:
        raise ForkFailed("no memory")

    monkeypatch.setattr(loading, "in_a_copy", fails)
    monkeypatch.setattr(loading, "_WORTH_A_COPY", 0)
    assert loaded(LESSONS[0]).connections.count > 0


def test_a_job_that_is_cancelled_ends_the_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_WORTH_A_COPY", 0)
    monkeypatch.setattr(loading, "_find", lambda *_arguments: Event().wait(60))
    job = Job(lambda _job: None, then=print)
    timer = Timer(0.3, job.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        load((LESSONS[0],), job, SharedFlag(), usual_rules())
    timer.join()


def test_the_lesson_captures_are_read_to_rehearse_loading():
    rehearse.cache_clear()
    rehearse(tuple(lesson.path for lesson in lessons()))
    assert rehearse.cache_info().currsize == 1
