"""Threads: what is reported arrives on the GUI thread, the latest wins, and nothing is left running."""

import threading

import pytest

from tcpladder.ui.jobs import Jobs

pytestmark = pytest.mark.gui


@pytest.fixture
def jobs(qapp):
    jobs = Jobs()
    yield jobs
    jobs.stop()


def test_results_and_reports_arrive_in_order_on_the_gui_thread(jobs, qtbot):
    seen = []

    def work(job):
        assert threading.current_thread() is not threading.main_thread()
        job.report("half")
        return "whole"

    def note(value):
        seen.append((value, threading.current_thread() is threading.main_thread()))

    with qtbot.waitSignal(jobs.became_idle):
        jobs.start("topic", work, then=note, on_report=note)
    assert seen == [("half", True), ("whole", True)]
    assert jobs.is_idle


def test_the_latest_of_a_topic_wins(jobs, qtbot):
    seen, go_on = [], threading.Event()

    def slow(job):
        go_on.wait(5)
        return "old"

    with qtbot.waitSignal(jobs.became_idle):
        jobs.start("topic", slow, then=seen.append)
        jobs.start("topic", lambda job: "new", then=seen.append)
        go_on.set()
    assert seen == ["new"]


def test_a_cancelled_job_ends_at_its_next_check(jobs, qtbot):
    seen, started = [], threading.Event()

    def work(job):
        started.set()
        while True:
            job.check()

    with qtbot.waitSignal(jobs.became_idle):
        jobs.start("topic", work, then=seen.append)
        assert started.wait(5)
        assert jobs.is_running("topic")
        jobs.cancel("topic")
        assert not jobs.is_running("topic")
    assert seen == []


def test_a_failure_is_told(jobs, qtbot):
    seen = []

    def work(job):
        raise OSError("no")

    with qtbot.waitSignal(jobs.became_idle):
        jobs.start("topic", work, then=seen.append, on_failure=seen.append)
    assert [type(item) for item in seen] == [OSError]


def test_stop_waits_for_the_threads(jobs):
    ended = threading.Event()

    def work(job):
        try:
            while True:
                job.check()
        finally:
            ended.set()

    jobs.start("topic", work, then=print)
    jobs.stop()
    assert ended.is_set()
    assert jobs.is_idle


def test_a_job_that_begins_later_leaves_the_window_time_to_paint(jobs, qtbot):
    seen = []
    began = threading.Event()
    with qtbot.waitSignal(jobs.became_idle):
        jobs.start("topic", lambda job: began.set(), then=seen.append, after_ms=100)
        assert not jobs.is_idle
        assert jobs.is_running("topic")
        assert not began.wait(0.05)
    assert seen == [None]


def test_a_job_that_is_cancelled_before_it_begins_never_does(jobs, qtbot):
    began = threading.Event()
    with qtbot.waitSignal(jobs.became_idle):
        jobs.start("topic", lambda job: began.set(), then=lambda _done: None, after_ms=20)
        jobs.cancel("topic")
    assert not began.is_set()
    jobs.start("topic", lambda job: began.set(), then=lambda _done: None, after_ms=20)
    jobs.stop()
    qtbot.wait(60)
    assert not began.is_set()
