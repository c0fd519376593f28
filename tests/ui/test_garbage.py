"""Reference cycles are taken away in the GUI thread, whoever made them and whoever makes objects now."""

import gc
import threading

import pytest

from tcpladder.ui.garbage import GarbageCollection

pytestmark = pytest.mark.gui


class Cycle:
    """Refers to itself, and notes in which thread it goes."""

    def __init__(self, gone_in: list[threading.Thread]) -> None:
        self.itself = self
        self.gone_in = gone_in

    def __del__(self) -> None:
        self.gone_in.append(threading.current_thread())


@pytest.fixture
def garbage(qapp):
    garbage = GarbageCollection()
    yield garbage
    garbage.stop()


def test_a_thread_that_makes_many_objects_collects_nothing(garbage, qtbot):
    gone_in: list[threading.Thread] = []
    made: list[list[int]] = []
    Cycle(gone_in)
    maker = threading.Thread(target=lambda: made.extend([] for _number in range(300_000)))
    maker.start()
    maker.join()
    assert gone_in == []
    qtbot.waitUntil(lambda: bool(gone_in))
    assert gone_in == [threading.main_thread()]


def test_python_collects_again_afterwards(qapp):
    garbage = GarbageCollection()
    assert not gc.isenabled()
    garbage.stop()
    assert gc.isenabled()
