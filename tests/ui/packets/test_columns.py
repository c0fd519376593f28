"""Columns of the packet list: added from fields, moved, hidden, renamed, aligned, removed, sorted, remembered."""

import json
import shutil
import subprocess

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox

from tcpladder.resource_files import captures_path
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.packets.column_editing import ColumnDialog
from tcpladder.ui.packets.list_columns import USUAL_LAYOUT, Alignment, ListColumn, layout_of_text, text_of_layout
from tcpladder.ui.packets.sort_keys import Column
from tcpladder.ui.settings import Settings

pytestmark = pytest.mark.gui


@pytest.fixture
def columns(telnet):
    return telnet.packets.columns


def cells(window, section: int) -> list[str]:
    model = window.workspace.packets.packets
    return [model.index(place, section).data() for place in range(model.rowCount())]


def keys(columns) -> list[str]:
    return [column.key for column in columns.layout]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.tshark
@pytest.mark.parametrize("field", ["ip.proto", "tcp.flags.syn", "tcp.flags", "tcp.port", "eth.type", "tcp",
                                   "tcp.options.mss_val", "tcp.stream", "frame.time_relative"])
def test_cells_of_fields_are_those_of_tshark(window, open_capture, settle, field):
    path = captures_path() / "https-handshake.pcap"
    answer = subprocess.run(["tshark", "-n", "-2", "-r", path, "-o", f'gui.column.format:"X","%Cus:{field}:0:R"'],
                            capture_output=True, text=True, check=True)
    open_capture(path)
    window.packets.columns.add(field)
    assert cells(window, len(Column)) == [line.strip() for line in answer.stdout.splitlines()]


def test_a_column_is_added_before_info_removed_and_both_taken_back(telnet, columns):
    columns.add("tcp.srcport", "From")
    assert keys(columns)[-2:] == ["tcp.srcport", "@info"]
    header = telnet.workspace.packets.packets.headerData(len(Column), Qt.Orientation.Horizontal)
    assert header == "From"
    columns.remove("tcp.srcport")
    assert keys(columns) == [column.key for column in USUAL_LAYOUT]
    telnet.packets.undo_stack.undo()
    assert keys(columns)[-2:] == ["tcp.srcport", "@info"]
    telnet.packets.undo_stack.undo()
    assert keys(columns) == [column.key for column in USUAL_LAYOUT]


def test_the_selected_field_becomes_a_column(telnet, columns):
    telnet.session.select_field(telnet.session.packet.find("tcp.window_size_value"))
    action = next(one for one in telnet.all_actions() if one.text() == "Apply Field as Colu&mn")
    action.trigger()
    assert cells(telnet, len(Column)) == ["32792", "32768", "4099", "4099", "4096", "4096", "4099"]
    model = telnet.workspace.packets.packets
    assert model.data(model.index(0, len(Column)), Qt.ItemDataRole.TextAlignmentRole) \
        == Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@pytest.mark.parametrize(("field", "numbers"), [
    ("tcp.srcport", [2, 5, 6, 1, 3, 4, 7]),     # 9502 before 55002
    ("tcp.options.mss_val", [3, 4, 5, 6, 7, 1, 2]),     # packets without the field come first
    ("ip.src", [1, 2, 3, 4, 5, 6, 7]),
    ("tcp.payload", [1, 2, 3, 5, 7, 6, 4]),     # b"Server got hello" comes before b"hello"
])
def test_the_list_is_sorted_by_a_field(telnet, columns, settle, field, numbers):
    columns.add(field)
    telnet.workspace.packets.packets.sort_by(field, Qt.SortOrder.AscendingOrder)
    settle()
    assert [int(text) for text in cells(telnet, Column.NUMBER)] == numbers
    columns.remove(field)
    settle()
    assert telnet.workspace.packets.packets.is_in_capture_order


def test_columns_are_moved_hidden_renamed_and_aligned(telnet, columns):
    header = telnet.workspace.packets.horizontalHeader()
    columns.move("@protocol", 0)
    columns.hide("@length")
    columns.rename("@source", "Who")
    columns.align("@number", Alignment.CENTER)
    assert keys(columns)[:3] == ["@mark", "@protocol", "@number"]
    assert header.isSectionHidden(Column.LENGTH)
    model = telnet.workspace.packets.packets
    assert model.headerData(Column.SOURCE, Qt.Orientation.Horizontal) == "Who"
    assert model.data(model.index(0, Column.NUMBER), Qt.ItemDataRole.TextAlignmentRole) \
        == Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
    columns.reset()
    assert columns.layout == USUAL_LAYOUT
    for _step in range(5):
        telnet.packets.undo_stack.undo()
    assert columns.layout == USUAL_LAYOUT


def test_the_arrangement_is_there_in_the_next_window(qtbot, telnet, settings, columns):
    columns.add("tcp.seq", "Seq")
    columns.move("tcp.seq", 1)
    columns.hide("@protocol")
    other = MainWindow(settings)
    qtbot.addWidget(other, before_close_func=lambda window: window.session.jobs.stop())
    assert other.packets.columns.layout == columns.layout


def test_a_width_given_by_the_person_stays(telnet, columns):
    packets = telnet.workspace.packets
    packets.column_resized.emit(Column.SOURCE, 77)
    packets.fit_columns()
    assert packets.columnWidth(Column.SOURCE) == 77
    assert json.loads(telnet.settings.text("columns", ""))[3]["width"] == 77
    packets.horizontalHeader().sectionHandleDoubleClicked.emit(Column.SOURCE)
    assert packets.columnWidth(Column.SOURCE) != 77


@pytest.mark.parametrize("kept", ["", "no json", "[1]", '[{"key": "@time"}]', "null", '{"key": 1}'])
def test_what_was_kept_and_makes_no_sense_gives_the_usual_columns(kept):
    assert layout_of_text(kept) == USUAL_LAYOUT


def test_fields_that_do_not_exist_any_more_are_left_out():
    layout = (*USUAL_LAYOUT[:3], ListColumn("no.such.field"), ListColumn("tcp.seq"), *USUAL_LAYOUT[3:])
    assert [column.key for column in layout_of_text(text_of_layout(layout))] == [
        "@mark", "@number", "@time", "tcp.seq", "@source", "@destination", "@protocol", "@length", "@info"]


def test_the_menu_of_a_header_offers_what_its_column_allows(telnet, columns):
    columns.add("tcp.seq")

    def titles(section: int) -> list[str]:
        return [action.text().replace("&", "") for action in columns.menu_of(section).actions() if action.text()]

    assert "Remove" in titles(len(Column))
    assert "Remove" not in titles(Column.TIME)
    assert "Hide" not in titles(Column.MARK)


def test_the_dialog_takes_only_fields_that_exist(qtbot, window):
    dialog = ColumnDialog(window)
    qtbot.addWidget(dialog)
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not ok.isEnabled()
    dialog.field_edit.setText("tcp.nonsense")
    assert not ok.isEnabled()
    dialog.field_edit.setText("tcp.ack")
    assert ok.isEnabled()
    assert dialog.field == "tcp.ack"


def test_columns_can_be_arranged_before_anything_is_open(qtbot):
    settings = Settings(None)
    settings.keep("columns", text_of_layout((*USUAL_LAYOUT, ListColumn("tcp.len"))))
    window = MainWindow(settings)
    qtbot.addWidget(window, before_close_func=lambda window: window.session.jobs.stop())
    assert window.workspace.packets.packets.columnCount() == len(Column) + 1


def test_a_column_that_was_dragged_goes_back_with_undo(telnet, columns):
    header, before = telnet.workspace.packets.horizontalHeader(), keys(columns)
    header.moveSection(header.visualIndex(Column.PROTOCOL), 1)     # what the mouse does
    after = keys(columns)
    assert after.index("@protocol") == 1
    telnet.packets.undo_stack.undo()
    assert keys(columns) == before
    telnet.packets.undo_stack.redo()
    assert keys(columns) == after
