"""Marks, ignoring, time references, comments, copies, windows and comparisons of packets."""

import csv
import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QMessageBox

from tcpladder.ui.details.packet_diff import compared
from tcpladder.ui.packets.comment_dialog import CommentDialog
from tcpladder.ui.packets.copy_as import CopyForm, frame_filter
from tcpladder.ui.packets.sort_keys import Column
from tests.packets.files import read

pytestmark = pytest.mark.gui


@pytest.fixture
def annotations(telnet):
    return telnet.packets.annotations


@pytest.fixture
def copy(telnet, settle):
    """Copies the selected packets in a form, and gives what the clipboard has then."""

    def copied(form: CopyForm) -> str:
        telnet.packets.copy(form)
        settle()
        return QGuiApplication.clipboard().text()

    return copied


def select(window, *numbers: int) -> None:
    packets = window.workspace.packets
    packets.clearSelection()
    flags = packets.selectionModel().SelectionFlag
    for number in numbers:
        packets.selectionModel().setCurrentIndex(packets.packets.index(number - 1, 1), flags.Select | flags.Rows)


def act(window, title: str) -> None:
    next(action for action in window.all_actions() if action.text().replace("&", "") == title).trigger()


# Marks


def test_marking_is_undone_and_done_again(telnet):
    select(telnet, 2, 4)
    act(telnet, "Mark or Unmark Packets")
    assert telnet.session.marked == {1, 3}
    telnet.packets.undo_stack.undo()
    assert telnet.session.marked == set()
    telnet.packets.undo_stack.redo()
    assert telnet.session.marked == {1, 3}
    act(telnet, "Mark or Unmark Packets")
    assert telnet.session.marked == set()


def test_all_displayed_packets_are_marked_and_visited(telnet, settle):
    telnet.filter_bar.apply_text("tcp.len > 0")
    settle()
    act(telnet, "Mark All Displayed")
    assert telnet.session.marked == {3, 5}
    seen = []
    for title in ("Next Mark", "Next Mark", "Next Mark", "Previous Mark"):
        act(telnet, title)
        seen.append(telnet.session.row)
    assert seen == [3, 5, 3, 5]
    act(telnet, "Unmark All Displayed")
    assert telnet.session.marked == set()
    act(telnet, "Next Mark")
    assert telnet.message_bar.sentences[-1] == "There is no such packet."


# Ignoring


def test_ignored_packets_are_named_so_and_pass_no_filter(telnet, settle):
    select(telnet, 4)
    act(telnet, "Ignore or Unignore Packets")
    model = telnet.workspace.packets.packets
    assert model.index(3, Column.INFO).data() == "<Ignored>"
    assert model.index(3, Column.SOURCE).data() == ""
    telnet.filter_bar.apply_text("tcp.len > 0")
    settle()
    assert telnet.session.shown.tolist() == [5]
    telnet.packets.undo_stack.undo()
    settle()
    assert telnet.session.shown.tolist() == [3, 5]


# Time references


def test_times_count_from_the_last_reference(telnet):
    telnet.session.select_row(3)
    act(telnet, "Set or Unset Time Reference")
    model = telnet.workspace.packets.packets
    times = [model.index(row, Column.TIME).data() for row in range(7)]
    # Packet 4 came 4.078000 s after the first one, packets 5 to 7 at 4.078016, 4.078240 and 4.078252.
    assert times == ["0.000000", "0.000014", "0.000024", "*REF*", "0.000016", "0.000240", "0.000252"]
    act(telnet, "Unset All")
    assert model.index(6, Column.TIME).data() == "4.078252"


@pytest.mark.parametrize(("digits", "text"), [(0, "4"), (3, "4.078"), (9, "4.078252000"), (None, "4.078252")])
def test_the_time_column_has_as_many_decimals_as_wanted(telnet, digits, text):
    telnet.set_time_digits(digits)
    assert telnet.workspace.packets.packets.index(6, Column.TIME).data() == text


# Comments


def test_a_comment_is_written_shown_found_and_taken_back(telnet, settle, annotations):
    telnet.session.select_row(2)
    annotations.set_comments({2: ("handshake is done",)})
    assert telnet.session.packet.find("frame.comment").value == "handshake is done"
    assert telnet.workspace.packets.packets.sign_of(2) == "✎"
    assert "handshake is done" in telnet.workspace.packets.packets.mark_text(2)
    telnet.filter_bar.apply_text('frame.comment contains "hand"')
    settle()
    assert telnet.session.shown.tolist() == [2]
    telnet.packets.undo_stack.undo()
    assert telnet.session.packet.find("frame.comment") is None
    assert not telnet.files.has_unsaved


def test_the_dialog_edits_the_comments_of_one_packet(telnet, qtbot):
    telnet.session.select_row(2)
    telnet.packets.annotations.set_comments({2: ("one", "two")})
    act(telnet, "Packet Comment…")
    dialog = telnet.findChild(CommentDialog)
    assert dialog.edit.toPlainText() == "one\n---\ntwo"
    dialog.edit.setPlainText("three\nlines\nhere\n---\nand more")
    dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).click()
    assert telnet.session.capture.packet_comments(2) == ("three\nlines\nhere", "and more")


def test_the_dialog_adds_to_several_packets(telnet):
    telnet.packets.annotations.set_comments({1: ("here already",)})
    select(telnet, 2, 3)
    act(telnet, "Packet Comment…")
    dialog = telnet.findChild(CommentDialog)
    dialog.edit.setPlainText("both")
    dialog.accept()
    capture = telnet.session.capture
    assert [capture.packet_comments(row) for row in (1, 2)] == [("here already", "both"), ("both",)]
    act(telnet, "Delete All Packet Comments")
    assert capture.commented_rows.tolist() == []


def test_comments_are_asked_for_before_they_are_lost(telnet, settle, tmp_path, monkeypatch):
    telnet.packets.annotations.set_comments({0: ("keep me",)})
    target = tmp_path / "with-comments.pcapng"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_words: (str(target), ""))
    assert not telnet.close()
    telnet.files.question.button(QMessageBox.StandardButton.Cancel).click()
    assert telnet.files.has_unsaved
    telnet.files.leave(telnet.session.close_capture)
    save = next(button for button in telnet.files.question.buttons() if "Save" in button.text())
    save.click()
    settle()
    assert read(target).packet_comments(0) == ("keep me",)
    assert telnet.session.capture is None


def test_comments_that_are_saved_are_not_asked_for(telnet, settle, tmp_path):
    telnet.packets.annotations.set_comments({0: ("keep me",)})
    telnet.files.save_copy(tmp_path / "a.pcap")
    settle()
    assert telnet.message_bar.sentences == ("pcap cannot hold comments: 1 comment will be left out.",)
    assert telnet.files.has_unsaved
    telnet.files.save_copy(tmp_path / "a.pcapng")
    settle()
    assert not telnet.files.has_unsaved


# Copies


def test_lines_are_copied_as_csv_text_and_markdown(telnet, copy):
    select(telnet, 1, 4)
    rows = list(csv.reader(copy(CopyForm.CSV).splitlines()))
    assert rows[0] == ["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"]
    assert [row[:6] for row in rows[1:]] == [["1", "0.000000", "127.0.0.1", "127.0.0.1", "TCP", "74"],
                                             ["4", "4.078000", "127.0.0.1", "127.0.0.1", "TCP", "73"]]
    text = copy(CopyForm.TEXT).splitlines()
    assert text[2].startswith("4    4.078000  127.0.0.1  127.0.0.1    TCP       73      55002 → 9502 [PSH, ACK]")
    markdown = copy(CopyForm.MARKDOWN).splitlines()
    assert markdown[1] == "| --- | --- | --- | --- | --- | --- | --- |"
    assert markdown[3].startswith("| 4 | 4.078000 | 127.0.0.1 | 127.0.0.1 | TCP | 73 | 55002 → 9502 [PSH, ACK]")


def test_a_bar_in_a_cell_does_not_break_the_markdown_table(telnet, copy):
    telnet.packets.columns.add("frame.comment")
    telnet.packets.annotations.set_comments({0: ("a|b",)})
    telnet.workspace.packets.packets._forget_summaries()
    select(telnet, 1)
    assert " | a\\|b | " in copy(CopyForm.MARKDOWN)


def test_fields_are_copied_as_json_and_text(telnet, copy):
    select(telnet, 2)
    packet, = json.loads(copy(CopyForm.JSON))
    assert packet["_source"]["layers"]["tcp"]["tcp.srcport"] == "9502"
    assert "\n    Source Port: 9502\n" in copy(CopyForm.DETAILS)


def test_bytes_are_copied_in_three_forms(telnet, copy):
    select(telnet, 4)
    frame = bytes(telnet.session.capture.frame(3))
    assert copy(CopyForm.HEX_STREAM) == frame.hex()
    assert copy(CopyForm.HEX_DUMP).splitlines()[0].startswith(f"0000  {frame[:16].hex(' ')}   ")
    assert copy(CopyForm.C_ARRAY).startswith(f"static const unsigned char packet_4[{len(frame)}]")


@pytest.mark.parametrize(("rows", "text"), [
    ([3], "frame.number == 4"), ([0, 1], "frame.number in {1, 2}"), ([4, 2, 3, 8], "frame.number in {3..5, 9}")])
def test_packets_as_a_filter(rows, text):
    assert frame_filter(rows) == text


def test_the_filter_of_packets_lets_them_through(telnet, settle, copy):
    select(telnet, 2, 3, 4, 7)
    telnet.filter_bar.apply_text(copy(CopyForm.FILTER))
    settle()
    assert telnet.session.shown.tolist() == [1, 2, 3, 6]


# Windows


def test_a_packet_stays_in_its_own_window(telnet, qtbot):
    telnet.session.select_row(3)
    act(telnet, "Show Packet in New Window")
    own, = telnet.packets.windows
    telnet.session.select_row(0)
    assert own.pinned.packet.frame_number == 4
    assert own.windowTitle() == "Packet 4 – port-9502.pcap"
    own.pinned.select_byte(0)
    assert telnet.session.field is None or telnet.session.field.name != "eth.dst.ig"
    assert own.pinned.field.name == "eth.dst.ig"
    own.close()
    qtbot.waitUntil(lambda: telnet.packets.windows == [])


def test_a_double_click_opens_the_window(telnet, qtbot):
    packets = telnet.workspace.packets
    place = packets.visualRect(packets.packets.index(2, Column.INFO)).center()
    qtbot.mouseClick(packets.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(packets.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [own.pinned.packet.frame_number for own in telnet.packets.windows] == [3]


def test_two_packets_are_compared_field_by_field(telnet):
    lines = compared(telnet.session.decode(0), telnet.session.decode(1))
    by_name = {}
    for line in lines:
        by_name.setdefault(line.name, line)
    assert not by_name["ip.src"].differs
    assert by_name["tcp.srcport"] == type(lines[0])(1, "tcp.srcport", "Source Port: 55002", "Source Port: 9502")
    assert by_name["tcp.analysis.acks_frame"].left is None
    assert [line.name for line in lines if line.depth == 0][:4] == ["frame", "eth", "ip", "tcp"]


def test_the_comparison_shows_only_differences_on_demand(telnet):
    select(telnet, 1, 2)
    act(telnet, "Compare Packets")
    table = telnet.packets.windows[0]
    table.only_differences.setChecked(True)
    shown = [line for number, line in enumerate(table.lines) if not table.table.isRowHidden(number)]
    assert shown
    assert all(line.differs for line in shown)
    assert "Source Port: 55002\tSource Port: 9502" in table.text().replace("≠\t", "")


def test_packets_far_apart_are_compared_one_after_the_other(telnet):
    select(telnet, 1)
    act(telnet, "Compare Packets")
    assert "Packet 1 will be compared" in telnet.message_bar.sentences[0]
    select(telnet, 6)
    act(telnet, "Compare Packets")
    assert telnet.packets.windows[0].windowTitle() == "Packet 1 and Packet 6 Compared"
    assert telnet.message_bar.sentences == ()
    assert not telnet.message_bar.isVisible()
