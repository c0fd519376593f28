"""The packet list. Expected cells are those that tshark prints for the telnet session in captures/port-9502.pcap."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractItemView

from tcpladder.ui.filter.field_filter import filter_for_cell
from tcpladder.ui.packets.list_painting import RowPainter
from tcpladder.ui.packets.sort_keys import Column
from tcpladder.ui.time_text import TimeFormat

pytestmark = pytest.mark.gui

TSHARK_ROWS = [
    "1 0.000000 127.0.0.1 127.0.0.1 TCP 74 55002 → 9502 [SYN] Seq=0 Win=32792 Len=0 MSS=16396 SACK_PERM"
    " TSval=255474104 TSecr=0 WS=8",
    "2 0.000014 127.0.0.1 127.0.0.1 TCP 74 9502 → 55002 [SYN, ACK] Seq=0 Ack=1 Win=32768 Len=0 MSS=16396 SACK_PERM"
    " TSval=255474104 TSecr=255474104 WS=8",
    "3 0.000024 127.0.0.1 127.0.0.1 TCP 66 55002 → 9502 [ACK] Seq=1 Ack=1 Win=32792 Len=0 TSval=255474104"
    " TSecr=255474104",
    "4 4.078000 127.0.0.1 127.0.0.1 TCP 73 55002 → 9502 [PSH, ACK] Seq=1 Ack=1 Win=32792 Len=7 TSval=255478182"
    " TSecr=255474104",
    "5 4.078016 127.0.0.1 127.0.0.1 TCP 66 9502 → 55002 [ACK] Seq=1 Ack=8 Win=32768 Len=0 TSval=255478182"
    " TSecr=255478182",
    "6 4.078240 127.0.0.1 127.0.0.1 TCP 84 9502 → 55002 [PSH, ACK] Seq=1 Ack=8 Win=32768 Len=18 TSval=255478182"
    " TSecr=255478182",
    "7 4.078252 127.0.0.1 127.0.0.1 TCP 66 55002 → 9502 [ACK] Seq=8 Ack=19 Win=32792 Len=0 TSval=255478182"
    " TSecr=255478182",
]


def cells(model, column: Column) -> list[str]:
    return [model.index(place, column).data() for place in range(model.rowCount())]


@pytest.fixture
def packets(telnet):
    return telnet.workspace.packets


def test_the_rows_are_those_that_tshark_prints(packets):
    model = packets.packets
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert [model.row_text(row).replace("\t", " ") for row in range(7)] == TSHARK_ROWS
    assert tester.model() is model


def test_a_click_selects_the_packet(packets, window, qtbot):
    place = packets.visualRect(packets.packets.index(4, Column.INFO)).center()
    with qtbot.waitSignal(window.session.packet_selected) as told:
        qtbot.mouseClick(packets.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args[0].frame_number == 5


def test_arrow_keys_home_and_end_go_through_the_list(packets, window, qtbot):
    seen = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_End, Qt.Key.Key_Home):
        qtbot.keyClick(packets, key)
        seen.append(window.session.row)
    assert seen == [1, 2, 1, 6, 0]


def test_typing_letters_does_not_search(packets, window, qtbot):
    qtbot.keyClicks(packets, "7")
    assert window.session.row == 0


def test_getting_the_focus_selects_nothing(packets, window, settle):
    window.filter_bar.apply_text("frame.number > 3")
    settle()
    packets.clearFocus()
    packets.setFocus(Qt.FocusReason.TabFocusReason)
    assert window.session.row == 0


def test_sorting_by_length_and_back(packets, window, settle):
    header = packets.horizontalHeader()
    window.session.select_row(5)
    header.setSortIndicator(Column.LENGTH, Qt.SortOrder.DescendingOrder)
    settle()
    assert cells(packets.packets, Column.LENGTH) == ["84", "74", "74", "73", "66", "66", "66"]
    assert cells(packets.packets, Column.NUMBER) == ["6", "1", "2", "4", "3", "5", "7"]
    assert packets.currentIndex().row() == 0, "the selected packet stays selected"
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    settle()
    assert cells(packets.packets, Column.NUMBER) == list("1234567")
    assert window.session.row == 5


@pytest.mark.parametrize("column", [column for column in Column if column is not Column.MARK])
@pytest.mark.parametrize("order", Qt.SortOrder)
def test_every_column_sorts(packets, settle, column, order):
    packets.horizontalHeader().setSortIndicator(column, order)
    settle()
    shown = cells(packets.packets, column)
    if column in (Column.NUMBER, Column.LENGTH, Column.TIME):
        shown = [float(text) for text in shown]
    assert shown == sorted(shown, reverse=order is Qt.SortOrder.DescendingOrder)


def test_a_filter_and_a_sorting_together(packets, window, settle):
    packets.horizontalHeader().setSortIndicator(Column.NUMBER, Qt.SortOrder.DescendingOrder)
    settle()
    window.filter_bar.apply_text("tcp.len > 0")
    settle()
    assert cells(packets.packets, Column.NUMBER) == ["6", "4"]


def test_time_since_the_previous_shown_packet(packets, window, settle):
    window.filter_bar.apply_text("tcp.len > 0")
    settle()
    packets.packets.set_time_format(TimeFormat.DELTA_SHOWN)
    assert cells(packets.packets, Column.TIME) == ["0.000000", "0.000240"]
    packets.packets.set_time_format(TimeFormat.DELTA)
    assert cells(packets.packets, Column.TIME) == ["4.077976", "0.000224"]


def test_marks_tell_in_words_what_they_show(packets, window, settle):
    model = packets.packets
    window.session.marked.add(1)
    window.session.select_row(4)        # acknowledges the seven bytes of packet 4
    settle()
    words = [model.index(row, Column.MARK).data(Qt.ItemDataRole.AccessibleTextRole) for row in (1, 3, 4)]
    assert words == ["In the selected connection. Marked.",
                     "In the selected connection. Acknowledged by the selected packet.",
                     "In the selected connection."]
    assert not packets.grab().isNull()


@pytest.mark.parametrize(("column", "condition"), [
    (Column.NUMBER, "frame.number == 2"), (Column.SOURCE, "ip.src == 127.0.0.1"),
    (Column.DESTINATION, "ip.dst == 127.0.0.1"), (Column.PROTOCOL, "tcp"), (Column.LENGTH, "frame.len == 74"),
    (Column.TIME, ""), (Column.INFO, ""),
])
def test_the_filter_of_a_cell(packets, window, column, condition):
    window.session.select_row(1)
    text = packets.packets.index(1, column).data()
    assert filter_for_cell(window.session.packet, column, text) == condition


def test_copying_a_line_by_key(packets, qtbot):
    qtbot.keyClick(packets, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().replace("\t", " ") == TSHARK_ROWS[0]


def test_colours_can_be_switched_off(packets):
    model = packets.packets
    syn = model.index(0, Column.INFO)
    assert model.data(syn, Qt.ItemDataRole.BackgroundRole).name() == "#a0a0a0"
    assert model.data(model.index(3, Column.INFO), Qt.ItemDataRole.BackgroundRole).name() == "#e7e6ff"
    model.set_colours_on(False)
    assert model.data(syn, Qt.ItemDataRole.BackgroundRole) is None


def test_only_cells_in_view_are_made(packets, window, qtbot, monkeypatch):
    qtbot.waitUntil(lambda: not packets._widening.isActive())
    made = []
    model = packets.packets
    monkeypatch.setattr(model, "_order", np.zeros(5_000_000, np.int64))
    monkeypatch.setattr(model, "_count", 5_000_000)
    model.modelReset.emit()
    monkeypatch.setattr(model, "cell_text", lambda row, column, position: made.append(position) or "")
    for first in (0, 4_000_000):
        made.clear()
        packets.scrollTo(model.index(first, 0), QAbstractItemView.ScrollHint.PositionAtTop)
        packets.viewport().grab()
        assert set(made) == set(range(first, max(made) + 1))
        assert len(set(made)) < 100


def test_while_threads_work_painting_rests_as_long_as_it_took(packets, window, qtbot, monkeypatch):
    model = packets.packets
    monkeypatch.setattr(model, "_order", np.zeros(5_000, np.int64))
    monkeypatch.setattr(model, "_count", 5_000)
    monkeypatch.setattr(model, "cell_text", lambda row, column, position: "")
    model.modelReset.emit()
    with qtbot.waitSignal(window.session.jobs.became_idle):
        window.session.jobs.start("other work", lambda _job: time.sleep(0.5), then=lambda _nothing: None)
        packets.viewport().repaint()
        for place in range(100, 200):
            packets.verticalScrollBar().setValue(place)
        assert packets.rowAt(0) == 0
        qtbot.waitUntil(lambda: packets.rowAt(0) == 199)
    packets.verticalScrollBar().setValue(300)
    assert packets.rowAt(0) == 300


def test_the_selected_row_has_the_colours_of_the_selection_and_others_those_of_their_rules(packets, window):
    window.session.select_row(3)
    packets.clearFocus()
    picture = packets.viewport().grab().toImage()
    left = packets.columnViewportPosition(Column.NUMBER)
    shown = [picture.pixelColor(left + 1, packets.rowViewportPosition(row) + 1).name() for row in (0, 3, 4)]
    assert shown == ["#a0a0a0", packets.palette().color(
        QPalette.ColorGroup.Inactive, QPalette.ColorRole.Highlight).name(), "#e7e6ff"]


def test_several_packets_are_selected_and_the_last_one_is_shown(packets, window, qtbot):
    packets.packets.sort_by(None, Qt.SortOrder.AscendingOrder)
    packets.go_to_position(2)
    qtbot.keyClick(packets, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(packets, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert packets.selected_rows().tolist() == [2, 3, 4]
    assert window.session.row == 4
    packets.selectAll()
    assert packets.selected_rows().tolist() == list(range(7))
    assert window.session.row == 4
    packets.go_to_position(0)
    assert packets.selected_rows().tolist() == [0]


def test_a_click_paints_no_more_than_what_it_changes(packets, qtbot, monkeypatch):
    """The two rows and the marks: a page takes as long as everything else of a click together."""
    packets.selectRow(1)
    qtbot.wait(50)
    painted = []
    monkeypatch.setattr(RowPainter, "paint", lambda _painter, area: painted.append(area))
    packets.selectRow(4)
    qtbot.waitUntil(lambda: bool(painted))
    qtbot.wait(50)
    marks = packets.columnWidth(Column.MARK)
    rows = {packets.rowAt(area.center().y()) for area in painted if area.width() > marks}
    assert rows == {1, 4}
