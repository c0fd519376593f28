"""A file that grows while it is open: its new packets appear, and what the person looks at stays."""

import time

import pytest
from PySide6.QtCore import Qt

from tcpladder.ui.packets.sort_keys import Column
from tests.ui.conftest import TELNET

pytestmark = pytest.mark.gui

WHOLE = TELNET.read_bytes()
ENDS = [24]     # of the file header and of each record
while ENDS[-1] < len(WHOLE):
    ENDS.append(ENDS[-1] + 16 + int.from_bytes(WHOLE[ENDS[-1] + 8:ENDS[-1] + 12], "little"))


@pytest.fixture
def growing(open_capture, tmp_path, qtbot):
    """A window on the first so many packets of the telnet session, and a function that appends further bytes."""
    path = tmp_path / "grows.pcap"

    def begin(packets: int):
        path.write_bytes(WHOLE[:ENDS[packets]])
        window = open_capture(path)
        window.file_watch.follow(True)

        def grow_to(end: int) -> None:
            with path.open("ab") as file:
                file.write(WHOLE[path.stat().st_size:end])
            window.file_watch.look()
            qtbot.waitUntil(lambda: window.session.jobs.is_idle and not window.session.is_behind)

        return window, grow_to

    return begin


def numbers(window) -> list[str]:
    model = window.workspace.packets.packets
    return [model.index(place, Column.NUMBER).data() for place in range(model.rowCount())]


def test_new_packets_appear_and_the_selection_stays(growing):
    window, grow_to = growing(3)
    session = window.session
    session.select_row(1)
    grow_to(ENDS[5])
    assert numbers(window) == list("12345")
    grow_to(ENDS[7])
    assert numbers(window) == list("1234567")
    assert session.row == 1
    assert window.workspace.packets.currentIndex().row() == 1
    assert len(session.connection.steps) == 7
    assert session.columns.frame_count == 7
    assert window.message_bar.isHidden()


def test_a_record_that_is_half_written_waits_for_its_end(growing):
    window, grow_to = growing(3)
    grow_to(ENDS[4] - 5)
    assert numbers(window) == list("123")
    grow_to(ENDS[4])
    assert numbers(window) == list("1234")
    assert window.session.capture.problems == []


def test_rows_are_there_at_once_and_digesting_rests(growing, qtbot):
    window, _grow_to = growing(3)
    session = window.session
    resting_until = session._digest_due = time.monotonic() + 0.5
    with session.capture.path.open("ab") as file:
        file.write(WHOLE[ENDS[3]:])
    window.file_watch.look()
    qtbot.waitUntil(lambda: session.jobs.is_idle)
    assert numbers(window) == list("1234567")
    assert session.is_behind
    assert session.columns.frame_count == 3
    qtbot.waitUntil(lambda: session.jobs.is_idle and not session.is_behind)
    assert session.columns.frame_count == 7
    assert time.monotonic() >= resting_until


@pytest.mark.parametrize("column", [Column.INFO, Column.SOURCE, Column.LENGTH])
def test_packets_that_are_not_digested_yet_can_be_sorted(growing, qtbot, column):
    window, _grow_to = growing(3)
    session, packets = window.session, window.workspace.packets
    path = session.capture.path
    with path.open("ab") as file:
        file.write(WHOLE[path.stat().st_size:])
    session._digest_due = time.monotonic() + 2.0
    window.file_watch.look()
    qtbot.waitUntil(lambda: session.frame_count == 7 and session.jobs.is_idle)
    assert session.is_behind
    with qtbot.assertNotEmitted(session.problem_found):
        packets.horizontalHeader().setSortIndicator(column, Qt.SortOrder.DescendingOrder)
        qtbot.waitUntil(lambda: session.jobs.is_idle)
    assert packets.packets.sorting is not None
    assert sorted(numbers(window)) == list("1234567")
    qtbot.waitUntil(lambda: session.jobs.is_idle and not session.is_behind)
    assert sorted(numbers(window)) == list("1234567")


def test_a_filter_and_a_sorting_take_new_packets_in(growing, settle):
    window, grow_to = growing(4)
    window.filter_bar.apply_text("tcp.len > 0")
    settle()
    assert numbers(window) == ["4"]
    window.workspace.packets.horizontalHeader().setSortIndicator(Column.NUMBER, Qt.SortOrder.DescendingOrder)
    settle()
    grow_to(ENDS[7])
    settle()
    assert numbers(window) == ["6", "4"]


def test_a_sorted_list_takes_new_packets_in(growing, settle):
    window, grow_to = growing(4)
    window.workspace.packets.horizontalHeader().setSortIndicator(Column.NUMBER, Qt.SortOrder.DescendingOrder)
    settle()
    grow_to(ENDS[7])
    settle()
    assert numbers(window) == list("7654321")


def test_without_following_it_is_only_told(growing):
    window, grow_to = growing(3)
    window.file_watch.follow(False)
    grow_to(ENDS[7])
    assert numbers(window) == list("123")
    assert "has grown" in window.message_bar.sentences[0]


def test_the_switch_in_the_menu(growing):
    window, grow_to = growing(3)
    action = next(action for action in window.all_actions() if "Growing" in action.text())
    window.file_watch.follow(False)
    action.trigger()
    assert window.file_watch.is_following
    grow_to(ENDS[4])
    assert numbers(window) == list("1234")


def test_progress_tells_bytes_while_a_file_is_read(window, qtbot):
    shown = []
    window.session.progress_changed.connect(lambda share: shown.append((share, window.status.speed.text())))
    with qtbot.waitSignal(window.session.jobs.became_idle):
        window.open_file(TELNET)
    assert shown[-1] == (1, "0 of 0 MB")
    assert window.session.progress.bytes_total == len(WHOLE)
    assert window.session.progress.frames == 7
