"""The window lives while a disk takes its time, and says what a failing one does not deliver."""

import time
from itertools import pairwise

import pytest
from PySide6.QtCore import QTimer

from tcpladder.ui.packets.sort_keys import Column
from tests.lab.disks import slow_disk
from tests.packets.files import START_S, join, pcap_header, pcap_record

pytestmark = pytest.mark.gui

COUNT = 3_000
SLOW_S = 1.5


@pytest.fixture
def disk(window, open_capture, tmp_path):
    """A capture that is open, and of which nothing is in memory any more."""
    (tmp_path / "a.pcap").write_bytes(pcap_header() + join(
        pcap_record(bytes(12) + b"\x88\xb5" + number.to_bytes(4, "big") + bytes(1000), START_S + number)
        for number in range(COUNT)))
    (tmp_path / "disk").mkdir()
    with slow_disk(tmp_path / "a.pcap", tmp_path / "disk") as disk:
        open_capture(disk.path)
        window.session.capture.release_pages()
        disk.tell("forget")
        yield disk
        disk.tell("delay 0")
        window.session.jobs.stop()
        window.session.close_capture()


@pytest.fixture
def longest_pause(qtbot):
    """Calls something, lets the window live, and tells the longest time in which it did not, in seconds."""

    def measure(act, seconds):
        ticks = [time.monotonic()]
        timer = QTimer()
        timer.setInterval(5)
        timer.timeout.connect(lambda: ticks.append(time.monotonic()))
        timer.start()
        act()
        qtbot.wait(int(seconds * 1000))
        timer.stop()
        ticks.append(time.monotonic())
        return max(later - earlier for earlier, later in pairwise(ticks))

    return measure


def test_the_list_shows_what_is_there_and_the_rest_when_it_comes(window, disk, settle, longest_pause):
    packets = window.workspace.packets
    disk.tell(f"delay {SLOW_S}")
    pause = longest_pause(lambda: (packets.verticalScrollBar().setValue(2_000), packets.viewport().repaint()), 0.7)
    assert pause < SLOW_S / 2
    row = packets.rowAt(20)
    assert row >= 1_900
    assert packets.model().index(row, Column.INFO).data() == "…"
    assert packets.model().index(row, Column.NUMBER).data() == str(row + 1)
    settle()
    packets.viewport().repaint()
    settle()
    assert packets.model().index(row, Column.INFO).data() not in ("…", "")


def test_a_packet_is_selected_when_the_disk_has_delivered_it(window, disk, settle, longest_pause):
    disk.tell(f"delay {SLOW_S}")
    assert longest_pause(lambda: window.session.select_row(1_500), 0.7) < SLOW_S / 2
    assert window.session.row != 1_500
    settle()
    assert window.session.row == 1_500
    # Whoever changes their mind is not sent back.
    window.session.capture.release_pages()
    disk.tell("forget")
    window.session.select_row(2_500)
    disk.tell("delay 0")
    window.session.select_row(100)
    settle()
    assert window.session.row == 100


def test_bytes_that_the_disk_does_not_deliver_are_told(window, disk, settle):
    disk.tell("fail 2000000")
    window.session.select_row(2_500)
    settle()
    assert window.session.row == 2_500
    assert not any(window.session.packet.buffers[0])
    window.file_watch.look()
    assert window.message_bar.sentences[-1] == (
        "The disk does not deliver some bytes of a.pcap; zeros stand in their place.")
    window.session.select_row(10)
    settle()
    assert window.session.packet.buffers[0][14:18] == (10).to_bytes(4, "big")
