"""The window end to end, on the telnet session that tcpdump printed (captures/port-9502.pcap)."""

import shutil
import threading
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent, QFontMetrics, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget

from tcpladder.packets.reading import CaptureReader
from tcpladder.resource_files import captures_path
from tcpladder.ui import app, loading
from tcpladder.ui.app import WindowArguments
from tcpladder.ui.filter.field_filter import FilterWish, Joining
from tcpladder.ui.main_window import MainWindow
from tcpladder.ui.packets import packet_list
from tcpladder.ui.packets.sort_keys import Column
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import DARK, LIGHT, Appearance, theme_of
from tcpladder.ui.windows.connections_window import ConnectionsWindow
from tcpladder.work.forked import can_fork
from tests.ui.conftest import TELNET

pytestmark = pytest.mark.gui

CONTROL = Qt.KeyboardModifier.ControlModifier


# Opening


def test_opening_fills_the_list_and_selects_the_first_packet(telnet):
    assert telnet.workspace.packets.packets.rowCount() == 7
    assert telnet.session.packet.frame_number == 1
    assert telnet.workspace.packets.currentIndex().row() == 0
    assert telnet.workspace.isVisible()
    assert telnet.windowTitle() == "port-9502.pcap – tcpladder"
    assert telnet.message_bar.isHidden()
    assert "7 packets" in telnet.status.packets.text()


def test_an_open_file_is_remembered_and_offered_again(telnet, settings):
    telnet.session.close_capture()
    assert settings.recent_files() == [TELNET]
    assert telnet.start_page.isVisible()
    assert telnet.windowTitle() == "tcpladder"
    assert telnet.session.packet is None


def test_a_dropped_file_is_opened(window, qtbot):
    data = QMimeData()
    data.setUrls([QUrl("https://example.net/x.pcap"), QUrl.fromLocalFile(str(TELNET))])
    drop = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                      Qt.KeyboardModifier.NoModifier)
    with qtbot.waitSignal(window.session.jobs.became_idle):
        window.dropEvent(drop)
    assert drop.isAccepted()
    assert window.session.frame_count == 7


@pytest.mark.parametrize("content", [b"This is a text, not a capture.\n", b"\x00" * 100])
def test_a_file_that_is_no_capture_is_refused_with_a_sentence(open_capture, tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    window = open_capture(path)
    assert window.message_bar.isVisible()
    assert "notes.txt" in window.message_bar.sentences[0]
    assert window.session.capture is None
    assert window.start_page.isVisible()


def test_what_was_open_stays_open_when_another_file_is_refused(telnet, open_capture, tmp_path):
    open_capture(tmp_path / "missing.pcap")
    assert len(telnet.message_bar.sentences) == 1
    assert "missing.pcap does not exist." in telnet.message_bar.sentences[0]
    assert telnet.session.frame_count == 7


def test_a_cut_file_shows_what_could_be_read_and_says_why_it_ends(open_capture, tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(TELNET.read_bytes()[:-10])
    window = open_capture(path)
    assert window.session.frame_count == 6
    assert len(window.message_bar.sentences) == 1
    assert "cut.pcap" in window.message_bar.sentences[0]


def test_opening_another_file_takes_old_sentences_away(telnet, open_capture, tmp_path):
    open_capture(tmp_path / "missing.pcap")
    open_capture(TELNET)
    assert telnet.message_bar.isHidden()


def test_reload_reads_what_was_added(open_capture, tmp_path, qtbot):
    path = tmp_path / "grows.pcap"
    whole = TELNET.read_bytes()
    path.write_bytes(whole[:24 + 16 + 74])      # file header, first record
    window = open_capture(path)
    assert window.session.frame_count == 1
    path.write_bytes(whole)
    with qtbot.waitSignal(window.session.jobs.became_idle):
        window.session.reload()
    assert window.session.frame_count == 7


# Loading off the GUI thread


@pytest.fixture
def slow_reader(monkeypatch):
    """A reader that gives one packet, and then waits to be let on before each further one."""
    let_on = threading.Semaphore(0)

    class SlowReader(CaptureReader):
        def __init__(self, paths):
            super().__init__(paths[0], batch_frames=1, first_batch_frames=1)

        def __iter__(self):
            for progress in super().__iter__():
                yield progress
                assert let_on.acquire(timeout=10)

    monkeypatch.setattr(loading, "merging_reader", SlowReader)
    return let_on


def test_first_rows_show_while_the_rest_is_still_being_read(window, slow_reader, qtbot):
    with qtbot.waitSignal(window.session.capture_grew):
        window.open_file(TELNET)
    packets = window.workspace.packets.packets
    assert packets.rowCount() == 1
    assert window.session.packet.frame_number == 1
    assert "being found" in window.workspace.connection.card.toPlainText()
    assert window.session.is_loading
    assert "Seq=2927179378" in packets.row_text(0), "only the whole capture tells what counts as 0"
    qtbot.waitUntil(window.status.cancel.isVisible)
    with qtbot.waitSignal(window.session.jobs.became_idle):
        slow_reader.release(100)
    assert packets.rowCount() == 7
    assert "Seq=0" in packets.row_text(0)
    assert window.session.packet.find("tcp.seq").value == 0
    assert not window.status.cancel.isVisible()


@pytest.mark.skipif(not can_fork(), reason="programs cannot be copied here")
def test_a_filter_shows_what_matches_of_the_packets_that_are_there(window, slow_reader, qtbot):
    with qtbot.waitSignal(window.session.capture_grew):
        window.open_file(TELNET)
    packets = window.workspace.packets.packets

    def numbers() -> list[int]:
        return [packets.capture_row(position) + 1 for position in range(packets.rowCount())]

    def release(batches: int) -> None:
        read = window.session.frame_count
        slow_reader.release(batches)
        qtbot.waitUntil(lambda: window.session.frame_count == read + batches)

    release(2)
    window.filter_bar.apply_text("tcp.stream == 0 && tcp.seq > 0")     # what only the connections tell
    qtbot.waitUntil(lambda: window.session.shown is not None)
    assert numbers() == [3]
    assert window.session.is_loading
    assert window.status.cancel.isVisible()
    release(2)
    qtbot.waitUntil(lambda: numbers() == [3, 4, 5])
    window.filter_bar.apply_text("")
    qtbot.waitUntil(lambda: numbers() == [1, 2, 3, 4, 5])
    window.filter_bar.apply_text("tcp.len > 0")
    qtbot.waitUntil(lambda: numbers() == [4])
    with qtbot.waitSignal(window.session.jobs.became_idle):
        slow_reader.release(100)
    qtbot.waitUntil(lambda: numbers() == [4, 6])
    assert not window.session.is_loading
    window.session.reload()
    slow_reader.release(100)
    qtbot.waitUntil(lambda: window.session.jobs.is_idle and not window.session.is_loading)
    assert numbers() == [4, 6]


def test_cancel_keeps_what_was_read(window, slow_reader, qtbot):
    with qtbot.waitSignal(window.session.capture_grew):
        window.open_file(TELNET)
    with qtbot.waitSignal(window.session.jobs.became_idle):
        qtbot.mouseClick(window.status.cancel, Qt.MouseButton.LeftButton)
        slow_reader.release(100)
    assert 1 <= window.session.frame_count < 7
    assert window.message_bar.sentences == ("Loading was cancelled; the packets read until then are shown.",)
    window.session.select_row(0)
    assert window.session.packet.find("tcp.srcport").value == 55_002


def test_closing_the_window_while_loading_does_not_wait_and_ends_the_thread(window, slow_reader, qtbot):
    with qtbot.waitSignal(window.session.capture_grew):
        window.open_file(TELNET)
    with qtbot.waitSignal(window.session.jobs.became_idle):
        window.close()
        assert not window.session.jobs.is_idle, "the reader still waits to be let on"
        slow_reader.release(100)
    assert window.session.frame_count == 1


# One selection


def test_a_field_lights_its_bytes_and_a_byte_its_field(telnet, qtbot):
    telnet.session.select_field(telnet.session.packet.find("tcp.srcport"))
    assert telnet.workspace.bytes.selected_bytes() == (55_002).to_bytes(2)
    assert telnet.status.field.text() == "Source Port (tcp.srcport), 2 bytes"
    bytes_pane = telnet.workspace.bytes
    place = bytes_pane.rect_of(14 + 20 + 2).center().toPoint()      # Ethernet, IPv4, source port
    qtbot.mouseClick(bytes_pane.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert telnet.session.field.name == "tcp.dstport"
    tree = telnet.workspace.fields
    assert tree.fields.node_of(tree.currentIndex()) is telnet.session.field


def test_hovering_over_a_byte_lights_the_field_in_the_tree(telnet, qtbot):
    telnet.session.select_field(telnet.session.packet.find("tcp.srcport"))
    bytes_pane, tree = telnet.workspace.bytes, telnet.workspace.fields
    qtbot.mouseMove(bytes_pane.viewport(), bytes_pane.rect_of(14 + 20 + 2).center().toPoint())
    assert tree.fields.node_of(tree.hovered_index).name == "tcp.dstport"


def test_the_same_field_stays_selected_in_the_next_packet(telnet):
    telnet.session.select_field(telnet.session.packet.find("tcp.window_size_value"))
    telnet.session.select_row(1)
    assert telnet.session.field.name == "tcp.window_size_value"
    assert telnet.session.field.value == 32_768


def test_each_change_is_told_once(telnet, qtbot, settle):
    told = []
    telnet.session.packet_selected.connect(lambda packet: told.append(packet.row))
    telnet.session.step_selected.connect(lambda step: told.append(("step", step)))
    telnet.session.select_row(3)
    settle()
    assert told == [3, ("step", 3)]


def test_the_connection_follows_the_packet(telnet):
    assert (telnet.session.connection.client.text, telnet.session.connection.server.text) == (
        "127.0.0.1:55002", "127.0.0.1:9502")
    assert telnet.session.step == 0
    telnet.session.select_step(5)
    assert telnet.session.row == 5
    assert telnet.workspace.packets.currentIndex().row() == 5


# Keys


@pytest.mark.parametrize(("keys", "row"), [
    ([(Qt.Key.Key_Down, CONTROL)], 4),
    ([(Qt.Key.Key_Up, CONTROL)], 2),
    ([(Qt.Key.Key_F8, Qt.KeyboardModifier.NoModifier)], 4),
    ([(Qt.Key.Key_F7, Qt.KeyboardModifier.NoModifier)], 2),
    ([(Qt.Key.Key_Period, CONTROL)], 4),
    ([(Qt.Key.Key_Comma, CONTROL)], 2),
    ([(Qt.Key.Key_Home, CONTROL)], 0),
    ([(Qt.Key.Key_End, CONTROL)], 6),
    ([(Qt.Key.Key_End, CONTROL), (Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)], 3),
    ([(Qt.Key.Key_End, CONTROL), (Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier),
      (Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)], 6),
])
@pytest.mark.parametrize("pane", ["packets", "fields", "bytes"])
def test_keys_go_to_other_packets_from_any_pane(telnet, qtbot, settle, pane, keys, row):
    telnet.session.select_row(3)
    settle()
    widget = getattr(telnet.workspace, pane)
    widget.setFocus()
    for key, modifiers in keys:
        qtbot.keyClick(widget, key, modifiers)
    settle()
    assert telnet.session.row == row


@pytest.mark.parametrize(("steps", "row"), [(+1, 5), (-1, 3)])
def test_next_and_previous_begin_where_the_selected_packet_would_stand(telnet, settle, steps, row):
    telnet.session.select_row(4)
    telnet.filter_bar.apply_text("tcp.flags.push == 1")     # packets 4 and 6
    settle()
    telnet.workspace.packets.move_by(steps)
    assert telnet.session.row == row


def test_nothing_comes_before_the_first_packet_or_after_the_last(telnet):
    packets = telnet.workspace.packets
    packets.move_by(-1)
    assert telnet.session.row == 0
    packets.go_to_last()
    packets.move_by(+1)
    assert telnet.session.row == 6


def test_the_keys_of_the_fields_and_the_filter_bar(telnet, qtbot):
    telnet.workspace.packets.setFocus()
    qtbot.keyClick(telnet, Qt.Key.Key_Right, CONTROL)
    assert "tcp.flags" in telnet.workspace.fields.open_names
    qtbot.keyClick(telnet, Qt.Key.Key_Left, CONTROL)
    assert not telnet.workspace.fields.open_names
    qtbot.keyClick(telnet, Qt.Key.Key_Slash, CONTROL)
    assert telnet.filter_bar.edit.hasFocus()


def test_marking_and_copying_by_key(telnet, qtbot):
    qtbot.keyClick(telnet, Qt.Key.Key_M, CONTROL)
    assert telnet.session.marked == {0}
    telnet.session.select_field(telnet.session.packet.find("tcp.srcport"))
    qtbot.keyClick(telnet, Qt.Key.Key_C, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert QGuiApplication.clipboard().text() == "tcp.srcport == 55002"


def test_the_keys_of_the_menus_work_in_other_windows_except_their_own(telnet, qtbot, settle):
    telnet.session.select_row(3)
    telnet.statistics.show_connections()
    settle()
    other = telnet.findChild(ConnectionsWindow)
    qtbot.waitUntil(other.isActiveWindow)
    qtbot.keyClick(other.table, Qt.Key.Key_F8)
    assert telnet.session.row == 4
    qtbot.keyClick(other.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    settle()
    assert telnet.session.filter_text == "tcp.stream == 0"
    qtbot.keyClick(other.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert other.text.hasFocus()
    assert not telnet.find_bar.isVisible()
    qtbot.keyClick(other.table, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert not other.isVisible()
    assert telnet.session.capture is not None


def test_no_two_actions_have_the_same_key(window):
    keys = [keys.toString() for action in window.all_actions() for keys in action.shortcuts()]
    assert sorted(keys) == sorted(set(keys))
    wanted = {"Ctrl+O", "Ctrl+W", "Ctrl+Shift+S", "Ctrl+R", "Ctrl+Q", "Ctrl+F", "Ctrl+N", "Ctrl+B", "Ctrl+M",
              "Ctrl+Shift+C", "Ctrl+Right", "Ctrl+Left", "Ctrl++", "Ctrl+-", "Ctrl+0", "Ctrl+G", "Ctrl+Down",
              "Ctrl+Up", "F8", "F7", "Ctrl+.", "Ctrl+,", "Alt+Left", "Alt+Right", "Ctrl+Home", "Ctrl+End",
              "Ctrl+/", "Ctrl+L", "F11", "Ctrl+Shift+P", "Ctrl+Shift+W"}
    assert wanted <= set(keys)


# Filter


def test_a_filter_shows_the_packets_that_match_and_counts_them(telnet, settle):
    telnet.filter_bar.edit.setText("tcp.flags.push == 1")
    telnet.filter_bar.edit.returnPressed.emit()
    settle()
    assert telnet.session.shown.tolist() == [3, 5]
    assert telnet.filter_bar.result.text().startswith("2 of 7 packets, ")
    telnet.filter_bar.clear()
    settle()
    assert telnet.session.shown is None
    assert telnet.workspace.packets.packets.rowCount() == 7


def test_the_bar_is_green_red_yellow_or_plain(telnet):
    colours = []
    for text in ("tcp", "tcp ==", "smtp", ""):
        telnet.filter_bar.edit.setText(text)
        picture = telnet.filter_bar.edit.grab().toImage()
        colours.append(picture.pixelColor(picture.width() // 2, picture.height() // 2).name())
    assert colours == ["#afffaf", "#ffafaf", "#ffffaf", theme_of(telnet.palette()).base.lower()]


def test_a_wrong_filter_says_why_and_changes_nothing(telnet, settle):
    telnet.filter_bar.apply_text("tcp.nonsense == 1")
    settle()
    assert "tcp.nonsense" in telnet.filter_bar.result.text()
    assert telnet.session.shown is None


def test_the_selected_packet_stays_selected_where_it_passes(telnet, settle):
    telnet.session.select_row(5)
    telnet.filter_bar.apply_text("tcp.len > 0")
    settle()
    assert telnet.session.row == 5
    assert telnet.workspace.packets.currentIndex().row() == 1


def test_a_condition_from_the_tree_joins_the_filter(telnet, settle):
    telnet.filter_bar.apply_text("tcp.len > 0")
    telnet.session.filter_wanted.emit(FilterWish("tcp.srcport == 9502", Joining.AND, is_applied=True))
    settle()
    assert telnet.filter_bar.edit.text() == "(tcp.len > 0) && (tcp.srcport == 9502)"
    assert telnet.session.shown.tolist() == [5]


# The rest of the window


def test_going_to_a_packet_that_does_not_exist(telnet):
    assert not telnet.go_to_packet(8)
    assert telnet.message_bar.sentences == ("There is no packet 8; the capture has 7.",)


def test_saving_a_copy_never_writes_to_the_open_file(telnet, tmp_path, settle, qtbot):
    copy = tmp_path / "copy.pcap"
    telnet.files.save_copy(copy)
    settle()
    assert copy.read_bytes() == TELNET.read_bytes()
    with qtbot.waitSignal(telnet.session.jobs.became_idle):
        telnet.open_file(copy)
    telnet.files.save_copy(copy)
    settle()
    assert telnet.message_bar.sentences == ("copy.pcap is the open capture; choose another name.",)
    assert copy.read_bytes() == TELNET.read_bytes()


def test_dark_and_light(telnet, qtbot):
    telnet.filter_bar.edit.setText("tcp")
    for appearance, theme in ((Appearance.DARK, DARK), (Appearance.LIGHT, LIGHT)):
        telnet.set_appearance(appearance)
        for pane in (telnet.workspace.packets, telnet.workspace.bytes, telnet.workspace.connection):
            qtbot.waitUntil(lambda pane=pane, theme=theme: theme_of(pane.palette()) is theme)
        assert telnet.filter_bar.edit.palette().base().color().name() == theme.filter_valid.background.lower()
        assert not telnet.grab().isNull()


def test_zoom_changes_the_panes(telnet):
    before = telnet.workspace.packets.rowHeight(0), telnet.workspace.bytes.rect_of(1).height()
    telnet.set_text_size(telnet.text_size + 6)
    after = telnet.workspace.packets.rowHeight(0), telnet.workspace.bytes.rect_of(1).height()
    assert all(new > old for new, old in zip(after, before, strict=True))


def test_the_layout_is_remembered_and_can_be_reset(telnet, qtbot, settings):
    panes = {action.text(): action for action in telnet.workspace.pane_actions()}
    panes["Fields"].trigger()
    assert not telnet.workspace.fields.isVisible()
    telnet.close()
    again = MainWindow(settings)
    qtbot.addWidget(again, before_close_func=lambda window: window.session.jobs.stop())
    again.show()
    with qtbot.waitSignal(again.session.jobs.became_idle):
        again.open_file(TELNET)
    assert not again.workspace.fields.isVisible()
    again.reset_layout()
    assert again.workspace.fields.isVisible()


def test_every_lesson_is_on_the_start_page_and_opens(open_capture):
    for path in sorted(captures_path().glob("*.pcap*")):
        window = open_capture(path)
        assert window.session.frame_count > 0, path.name
        assert window.message_bar.sentences == (), path.name


# The command line


@pytest.fixture
def run(qtbot, monkeypatch, tmp_path):
    """Runs the window as the command line does; it must end by itself."""
    windows = []

    class NotedWindow(MainWindow):
        def __init__(self, settings):
            super().__init__(settings)
            windows.append(self)
            qtbot.addWidget(self)

    monkeypatch.setattr(app, "MainWindow", NotedWindow)

    def run_it(**arguments):
        picture = tmp_path / "window.png"
        status = app.run_window(WindowArguments(screenshot=picture, **arguments))
        return status, QImage(str(picture)) if picture.exists() else None, windows[-1] if windows else None

    return run_it


def test_a_screenshot_shows_what_was_asked_for(run, capsys):
    status, picture, window = run(captures=(TELNET,), filter="tcp.len > 0", frame=6, size=(1000, 700))
    assert status == 0
    assert (picture.width(), picture.height()) == (1000, 700)
    assert window.session.shown.tolist() == [3, 5]
    assert window.session.packet.frame_number == 6
    assert window.session.step == 5
    assert capsys.readouterr().err == ""


def test_a_screenshot_of_a_connection(run):
    status, picture, window = run(captures=(captures_path() / "connection-refused.pcap",), stream=0)
    assert status == 0
    assert (picture.width(), picture.height()) == (1400, 900)
    assert window.session.connection.stream == 0
    assert window.session.step == 0


@pytest.mark.parametrize(("place", "sentence"), [
    ({"frame": 8}, "tcpladder: There is no packet 8; the capture has 7.\n"),
    ({"stream": 1}, "tcpladder: There is no connection 1; the capture has 1.\n"),
])
def test_there_is_no_screenshot_of_a_place_that_does_not_exist(run, capsys, place, sentence):
    status, picture, _window = run(captures=(TELNET,), **place)
    assert status == 1
    assert picture is None
    assert capsys.readouterr().err == sentence


def test_a_screenshot_of_the_start_page(run):
    status, picture, _window = run()
    assert status == 0
    assert picture is not None


def test_a_screenshot_of_what_cannot_be_read_is_refused(run, tmp_path, capsys):
    status, picture, _window = run(captures=(tmp_path / "missing.pcap",))
    assert status == 1
    assert picture is None
    assert capsys.readouterr().err.endswith("missing.pcap does not exist.\n")


def test_a_screenshot_of_a_cut_file_shows_the_rest_and_says_so(run, tmp_path, capsys):
    path = tmp_path / "cut.pcap"
    path.write_bytes(TELNET.read_bytes()[:-10])
    status, picture, window = run(captures=(path,))
    assert status == 1
    assert picture is not None
    assert window.session.frame_count == 6
    assert capsys.readouterr().err.startswith("tcpladder: cut.pcap: ")


def test_a_screenshot_that_cannot_be_written(run, tmp_path, capsys, monkeypatch):
    status = app.run_window(WindowArguments(captures=(TELNET,), screenshot=tmp_path / "no" / "folder.png"))
    assert status == 1
    assert "folder.png" in capsys.readouterr().err


def test_a_wrong_filter_is_wrong_usage(run, capsys):
    status, picture, _window = run(captures=(TELNET,), filter="tcp ==")
    assert status == 2
    assert picture is None
    assert capsys.readouterr().err.count("\n") == 1


def test_the_open_capture_is_never_written_to(open_capture, tmp_path, settle):
    path = tmp_path / "mine.pcap"
    shutil.copyfile(TELNET, path)
    path.chmod(0o400)
    before = path.stat()
    window = open_capture(path)
    window.session.select_row(3)
    settle()
    window.session.close_capture()
    assert (path.stat().st_mtime_ns, path.stat().st_size) == (before.st_mtime_ns, before.st_size)


# What is let go


@pytest.mark.parametrize("act", ["reload", "close_capture"])
def test_a_capture_that_is_let_go_gives_back_its_memory_and_its_file(open_capture, tmp_path, settle, qtbot, act):
    path = tmp_path / "telnet.pcap"
    shutil.copy(TELNET, path)
    window = open_capture(path)
    window.session.select_row(3)
    window.workspace.packets.packets.sort_by(Column.INFO, Qt.SortOrder.AscendingOrder)
    settle()
    let_go = [weakref.ref(window.session.capture), weakref.ref(window.session.columns),
              weakref.ref(window.session.capture.chunks[0])]
    getattr(window.session, act)()
    settle()
    qtbot.waitUntil(lambda: [ref() for ref in let_go] == [None, None, None])
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert maps.read_text().count(str(path)) == (1 if act == "reload" else 0)


# What changes, and what takes its time


def test_an_empty_capture_says_that_it_holds_nothing(open_capture, tmp_path):
    path = tmp_path / "empty.pcap"
    path.write_bytes(TELNET.read_bytes()[:24])
    window = open_capture(path)
    assert window.message_bar.sentences == ("empty.pcap holds no packets.",)


@pytest.mark.parametrize(("content", "sentence"), [
    (lambda whole: whole[:300], "became shorter"),
    (lambda whole: whole + whole[24:], "has grown"),
    (lambda whole: None, "is not there any more"),
])
def test_a_file_that_changes_while_it_is_open_is_noticed_once(open_capture, tmp_path, content, sentence):
    path = tmp_path / "changes.pcap"
    whole = TELNET.read_bytes()
    path.write_bytes(whole)
    window = open_capture(path)
    window.file_watch.look()
    assert window.message_bar.isHidden()
    changed = content(whole)
    if changed is None:
        path.unlink()
    else:
        path.write_bytes(changed)
    window.file_watch.look()
    assert sentence in window.message_bar.sentences[0]
    window.message_bar.clear()
    window.file_watch.look()
    assert window.message_bar.isHidden()


def test_cancelling_is_acknowledged_at_once(window, slow_reader, qtbot):
    with qtbot.waitSignal(window.session.capture_grew):
        window.open_file(TELNET)
    window.status.cancel.click()
    assert not window.status.cancel.isEnabled()
    assert window.status.cancel.text() == "Cancelling…"
    with qtbot.waitSignal(window.session.jobs.became_idle):
        slow_reader.release(100)
    while slow_reader.acquire(blocking=False):
        pass        # the next file waits again
    with qtbot.waitSignal(window.session.capture_grew):
        window.open_file(TELNET)
    qtbot.waitUntil(window.status.cancel.isEnabled)
    assert window.status.cancel.text() == "Cancel"
    with qtbot.waitSignal(window.session.jobs.became_idle):
        slow_reader.release(100)


def test_the_arrow_appears_when_the_list_is_sorted(telnet, settle):
    header = telnet.workspace.packets.horizontalHeader()
    header.setSortIndicator(Column.INFO, Qt.SortOrder.DescendingOrder)
    assert header.sortIndicatorSection() == -1
    assert telnet.workspace.packets.packets.is_in_capture_order
    settle()
    assert header.sortIndicatorSection() == Column.INFO
    assert header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder


def test_sorting_that_is_cancelled_leaves_the_order_of_the_capture(telnet, qtbot, monkeypatch, settle):
    let_on = threading.Event()
    sort = packet_list.sorted_rows

    def slow(*arguments, check, **named):
        check(0)
        assert let_on.wait(10)
        return sort(*arguments, check=check, **named)

    monkeypatch.setattr(packet_list, "sorted_rows", slow)
    header = telnet.workspace.packets.horizontalHeader()
    header.setSortIndicator(Column.INFO, Qt.SortOrder.DescendingOrder)
    qtbot.waitUntil(telnet.status.cancel.isVisible)
    assert telnet.status.cancel.text() == "Cancel Sorting"
    telnet.status.cancel.click()
    let_on.set()
    settle()
    assert not telnet.status.cancel.isVisible()
    assert header.sortIndicatorSection() == -1
    assert [telnet.workspace.packets.packets.capture_row(place) for place in range(7)] == list(range(7))


def test_the_first_column_has_room_for_the_number_of_the_last_packet(qtbot, telnet):
    packets = telnet.workspace.packets
    before = packets.columnWidth(Column.NUMBER)
    telnet.session.frame_count = 10_000_000
    telnet.session.loading_finished.emit()
    needed = QFontMetrics(packets.font()).horizontalAdvance("10000000")
    qtbot.waitUntil(lambda: packets.columnWidth(Column.NUMBER) > max(before, needed))
    telnet.session.frame_count = 7


def test_the_panes_are_painted_before_the_first_capture_comes(qtbot, monkeypatch):
    window = MainWindow(Settings(None))
    qtbot.addWidget(window)
    painted = []
    for pane in (window.workspace.packets, window.workspace.connection):
        monkeypatch.setattr(pane, "grab", lambda pane=pane: painted.append(pane))
    window.show()
    qtbot.waitUntil(lambda: len(painted) == 2)
    assert not window.workspace.isVisible()


def test_collapsed_fields_stay_collapsed_in_the_next_window(qtbot, tmp_path):
    store = tmp_path / "settings.ini"
    for is_first in (True, False):
        window = MainWindow(Settings(QSettings(str(store), QSettings.Format.IniFormat)))
        qtbot.addWidget(window, before_close_func=lambda window: window.session.jobs.stop())
        assert bool(window.workspace.fields.open_names) is is_first
        window.workspace.fields.collapse_all()
        window.close()


def test_a_library_that_qt_lacks_is_named(monkeypatch, tmp_path, capsys):
    plugin = tmp_path / "platforms" / "libqxcb.so"
    plugin.parent.mkdir()
    plugin.write_bytes(b"no library")
    monkeypatch.setattr(app.QLibraryInfo, "path", lambda _which: str(tmp_path))
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert app.run_window(WindowArguments()) == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith("tcpladder: ")
    assert "libqxcb.so" in complaint
    assert "--screenshot" in complaint
    assert complaint.count("\n") == 1


def test_a_filter_of_the_command_line_stands_in_the_bar_while_the_file_loads(window, slow_reader, qtbot):
    requests = app.Requests(window, WindowArguments(captures=(TELNET,), filter="tcp.flags.syn == 1"))
    with qtbot.waitSignal(window.session.capture_grew):
        requests.begin()
    assert window.filter_bar.edit.text() == "tcp.flags.syn == 1"
    assert window.filter_bar.isVisible()
    with qtbot.waitSignal(window.session.jobs.became_idle):
        slow_reader.release(100)
    assert window.session.shown.tolist() == [0, 1]


def test_tab_goes_through_the_panes_in_the_order_in_which_they_stand(telnet, qtbot):
    pane, bar = telnet.workspace.connection, telnet.filter_bar
    telnet.workspace.packets.setFocus()
    passed = []
    for _ in range(40):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        passed.append(QApplication.focusWidget())
        if passed[-1] is telnet.workspace.packets:
            break
    wanted = [telnet.workspace.fields, telnet.workspace.bytes, pane.picker, pane.tabs.tabBar(), pane.ladder, pane.card,
              bar.edit, telnet.workspace.packets]
    assert [widget for widget in passed if widget in wanted] == wanted


def sizes_of(window):
    return {dock.objectName(): dock.width() for dock in window.workspace.findChildren(QDockWidget) if dock.isVisible()}


def test_panes_are_next_time_where_they_were(telnet, settings, qtbot):
    """Also where they have no room yet when they are asked to be there."""
    dock = telnet.workspace.findChild(QDockWidget, "connection")
    telnet.workspace.resizeDocks([dock], [dock.width() + 90], Qt.Orientation.Horizontal)
    QCoreApplication.processEvents()
    wanted = sizes_of(telnet)
    settings.keep("layout", telnet.workspace.layout_state())
    other = MainWindow(settings)
    qtbot.addWidget(other, before_close_func=lambda window: window.session.jobs.stop())
    other.resize(telnet.size())
    assert other.workspace.layout_state() == settings.state("layout")      # nobody has seen them
    other.show()
    with qtbot.waitSignal(other.session.jobs.became_idle):
        other.open_file(TELNET)
    assert sizes_of(other) == wanted


def test_a_window_that_showed_no_capture_knows_no_layout(window, settings):
    window.close()
    assert settings.state("layout") is None


def test_a_border_that_was_moved_stays_when_the_window_is_resized(telnet):
    workspace, dock = telnet.workspace, telnet.workspace.findChild(QDockWidget, "connection")
    telnet.resize(telnet.width() + 20, telnet.height())
    QCoreApplication.processEvents()
    border, before = QPoint(dock.x() - 1, dock.y() + 50), dock.width()
    QTest.mousePress(workspace, Qt.MouseButton.LeftButton, pos=border)
    for step in (20, 40, 60):
        QTest.mouseMove(workspace, border - QPoint(step, 0))
        QCoreApplication.processEvents()
    QTest.mouseRelease(workspace, Qt.MouseButton.LeftButton, pos=border - QPoint(60, 0))
    moved = dock.width()
    assert moved > before + 40
    telnet.resize(telnet.width() + 20, telnet.height())
    QCoreApplication.processEvents()
    assert dock.width() == moved
