"""Work in a copy of the program: its result, its error and its end arrive, whatever the other threads do."""

from __future__ import annotations

import importlib
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tcpladder.filters import FilterError
from tcpladder.work.forked import ForkFailed, SharedFlag, Tell, can_fork, in_a_copy

pytestmark = pytest.mark.skipif(not can_fork(), reason="programs cannot be copied here")


class NotWanted(Exception):
    """Raised by whoever waits."""


def go_on() -> None:
    """Nobody minds."""


def test_arrays_arrive_as_they_were_and_can_be_written_to() -> None:
    numbers = np.arange(3_000_000)

    def work(_tell: Tell) -> dict[str, np.ndarray]:
        return {"all": numbers * 2, "none": numbers[:0], "every third": numbers[::3]}

    result = in_a_copy(work, go_on)
    assert np.array_equal(result["all"], numbers * 2)
    assert np.array_equal(result["every third"], numbers[::3])
    assert len(result["none"]) == 0
    result["all"][0] = 7


def test_what_the_copy_changes_stays_in_it() -> None:
    here = [1]
    assert in_a_copy(lambda _tell: here.append(2) or here, go_on) == [1, 2]
    assert here == [1]


def test_an_error_is_raised_here_with_all_it_holds() -> None:
    def work(_tell: Tell) -> None:
        raise FilterError("No such field.", 3, 8, "tcp.port")

    with pytest.raises(FilterError) as caught:
        in_a_copy(work, go_on)
    assert (caught.value.message, caught.value.start, caught.value.end) == ("No such field.", 3, 8)
    assert caught.value.suggestion == "tcp.port"


def test_what_cannot_be_handed_over_is_no_result(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ForkFailed):
        in_a_copy(lambda _tell: threading.Lock(), go_on)
    assert "pickle" in capfd.readouterr().err


def test_a_copy_that_is_ended_from_outside_fails() -> None:
    def work(_tell: Tell) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(ForkFailed):
        in_a_copy(work, go_on)


def test_who_gives_up_waits_no_longer_and_leaves_no_process() -> None:
    pids: list[int] = []

    def children() -> list[int]:
        return [int(pid) for task in Path("/proc/self/task").iterdir()
                for pid in (task / "children").read_text().split()]

    def check() -> None:
        pids.extend(children())
        raise NotWanted

    start = time.monotonic()
    with pytest.raises(NotWanted):
        in_a_copy(lambda _tell: time.sleep(60), check)
    assert time.monotonic() - start < 30
    assert pids
    assert not set(pids) & set(children())


def test_what_is_told_on_the_way_arrives_in_order_and_a_flag_is_seen_by_the_copy() -> None:
    flag, heard = SharedFlag(), []

    def work(tell: Tell) -> str:
        number = 0
        while not flag.is_set():
            tell(np.full(100_000, number))
            number += 1
        return "stopped"

    def told(values: np.ndarray) -> None:
        heard.append(int(values[-1]))
        if len(heard) == 5:
            flag.set()

    assert in_a_copy(work, go_on, told) == "stopped"
    assert heard == list(range(len(heard)))
    assert len(heard) >= 5


def test_threads_that_work_meanwhile_do_not_stop_it() -> None:
    """Many copies, made while other threads allocate, compute and print."""
    ended = threading.Event()

    def busy() -> None:
        while not ended.is_set():
            sorted(str(number) for number in np.random.default_rng().integers(0, 1000, 3000).tolist())

    threads = [threading.Thread(target=busy) for _count in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(25):
            assert in_a_copy(lambda _tell, number=number: np.full(50_000, number).sum(), go_on) == 50_000 * number
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_a_copy_made_while_another_thread_imports_can_import_the_same(tmp_path: Path,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slowly_imported.py").write_text("import time\ntime.sleep(0.5)\nfound = 7\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    last = time.monotonic() + 20.0

    def check() -> None:
        if time.monotonic() > last:
            raise NotWanted

    def work(_tell: Tell) -> int:
        found: int = importlib.import_module("slowly_imported").found
        return found

    other = threading.Thread(target=importlib.import_module, args=("slowly_imported",))
    other.start()
    try:
        time.sleep(0.1)
        assert in_a_copy(work, check) == 7
    finally:
        other.join()
