"""The filter bar, typed into as a person does, on the telnet session of port-9502.pcap (7 packets)."""

import time

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QMenu

from tcpladder.filters import FilterCancelled
from tcpladder.filters.compiled import CompiledFilter
from tcpladder.ui.filter.field_filter import FilterWish, Joining, dragged_filter, offer_filter
from tcpladder.ui.filter.saved_filters import SavedFilter, SavedFilters
from tcpladder.ui.filter.saved_filters_dialog import SavedFiltersDialog
from tcpladder.ui.settings import Settings
from tests.ui.conftest import TELNET

pytestmark = pytest.mark.gui

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def bar(telnet, qtbot):
    bar = telnet.filter_bar
    bar.edit.setFocus()
    qtbot.waitUntil(bar.edit.hasFocus)
    return bar


@pytest.fixture
def typed(bar, qtbot, window):
    """Types text, and waits until what may follow is known."""

    def type_it(text: str):
        qtbot.keyClicks(bar.edit, text)
        qtbot.waitUntil(lambda: not window.session.jobs.is_running("completion"))
        return bar.edit

    return type_it


def offered(edit) -> list[str]:
    return [choice.text for choice in edit.popup.choices]


# Completion


def test_fields_are_offered_and_tab_takes_the_first(typed, qtbot):
    edit = typed("tcp.srcp")
    assert offered(edit) == ["tcp.srcport"]
    assert edit.popup.choices[0].help.startswith("Source Port")
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.text() == "tcp.srcport"
    assert edit.hasFocus()
    assert not edit.popup.isVisible()


def test_values_of_this_capture_come_with_their_counts(typed):
    edit = typed("tcp.flags.push == ")
    # tcpdump prints [P.] for two of the seven packets of this lesson.
    counts = {choice.text: choice.help for choice in edit.popup.choices[:2]}
    assert counts == {"0": "Not set, 5 times in this capture", "1": "Set, 2 times in this capture"}


def test_operators_and_functions_are_offered(typed, bar):
    assert {"==", "contains", "in", "and"} <= set(offered(typed("tcp.port ")))
    bar.edit.clear()
    assert "upper(" in offered(typed("upp"))


def test_down_chooses_and_enter_takes_what_was_chosen(typed, qtbot, window, settle):
    edit = typed("tcp.flags.")
    wanted = edit.popup.choices[1].text
    qtbot.keyClick(edit, Qt.Key.Key_Down)
    qtbot.keyClick(edit, Qt.Key.Key_Down)
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert edit.text() == wanted
    assert window.session.filter_text == "", "nothing was applied yet"
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    settle()
    assert window.session.filter_text == wanted


def test_enter_applies_where_nothing_was_chosen(typed, qtbot, window, settle):
    edit = typed("tcp")
    assert edit.popup.isVisible()
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    settle()
    assert window.session.filter_text == "tcp"
    assert not edit.popup.isVisible()


def test_escape_closes_the_list_then_takes_back_then_clears(typed, bar, qtbot, window, settle):
    bar.apply_text("tcp.len > 0")
    settle()
    bar.edit.setFocus()
    edit = typed(" && ip.")
    assert edit.popup.isVisible()
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert not edit.popup.isVisible()
    assert edit.text() == "tcp.len > 0 && ip."
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert edit.text() == "tcp.len > 0"
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    settle()
    assert edit.text() == ""
    assert window.session.shown is None


def test_down_in_an_empty_bar_offers_what_was_applied_before(bar, qtbot, settle):
    bar.apply_text("udp.port == 53")
    bar.clear()
    settle()
    bar.edit.setFocus()
    qtbot.keyClick(bar.edit, Qt.Key.Key_Down)
    qtbot.waitUntil(bar.edit.popup.isVisible)
    assert offered(bar.edit)[0] == "udp.port == 53"
    assert bar.edit.popup.choices[0].help == "Applied before"


def test_whole_filters_come_after_words_and_stay_taken(bar, typed, qtbot, window):
    bar.saved.replace([SavedFilter("SYN", "tcp.flags.syn == 1")])
    edit = typed("tcp.flags.sy")
    assert offered(edit) == ["tcp.flags.syn", "tcp.flags.syn == 1"]
    qtbot.keyClick(edit, Qt.Key.Key_Up)
    assert edit.popup.chosen is None
    qtbot.keyClick(edit, Qt.Key.Key_PageDown)
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert edit.text() == "tcp.flags.syn == 1"
    assert not window.session.jobs.is_running("completion")


def test_the_list_closes_when_the_bar_loses_the_focus(typed, window):
    edit = typed("tcp.")
    assert edit.popup.isVisible()
    window.workspace.packets.setFocus()
    assert not edit.popup.isVisible()


# What is wrong


def underlined(edit) -> range:
    """The columns of the picture that the underlining changes."""
    marked = edit.grab().toImage()
    QApplication.sendEvent(edit, QInputMethodEvent("", []))     # takes all formats away
    plain = edit.grab().toImage()
    columns = [x for x in range(plain.width())
               if any(plain.pixel(x, y) != marked.pixel(x, y) for y in range(plain.height()))]
    return range(columns[0], columns[-1] + 1) if columns else range(0)


def test_the_wrong_part_is_underlined_and_no_other(bar):
    bar.edit.setText("tcp && tcp.prt == 1")
    bar.edit.clearFocus()
    bar.edit.setCursorPosition(len("tcp && "))
    start = bar.edit.cursorRect().center().x()
    bar.edit.setCursorPosition(len("tcp && tcp.prt"))
    end = bar.edit.cursorRect().center().x()
    bar.edit.check()
    marked = underlined(bar.edit)
    assert abs(marked.start - start) <= 3
    assert abs(marked.stop - end) <= 3
    bar.edit.setText("tcp")
    assert len(underlined(bar.edit)) == 0


def test_what_was_meant_is_taken_by_tab(typed, qtbot):
    edit = typed("tcp.prt == 80")
    assert "did you mean tcp.port?" in edit.popup.message.text()
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.text() == "tcp.port == 80"
    edit.undo()
    assert edit.text() == "tcp.prt == 80"


def test_what_was_meant_is_taken_by_a_click(typed):
    edit = typed("tcp.port = 80")
    edit.popup.message.linkActivated.emit("#")
    assert edit.text() == "tcp.port == 80"


def test_the_bar_is_as_high_and_as_wide_with_a_long_sentence(bar, window):
    before = bar.edit.geometry()
    bar.edit.setText("tcp.nonsense" * 40)
    bar.layout().activate()
    assert bar.edit.geometry() == before


def test_an_undecoded_protocol_has_a_remark(bar, settle):
    bar.apply_text("smtp")
    settle()
    assert bar.result.text().startswith("0 of 7 packets")
    assert "smtp cannot be decoded yet" in bar.result.text()


@pytest.mark.parametrize("text", ["(" * 10_000, "x" * 99_999, 'tcp matches "' + "(" * 2000 + '"'])
def test_monstrous_filters_are_refused_while_one_types(bar, text):
    bar.edit.setText(text)
    assert bar.edit.error is not None
    assert bar.result.text() == str(bar.edit.error)


# Preview


def test_the_count_is_shown_before_the_filter_is_applied(typed, bar, qtbot, window):
    typed("tcp.len > 0")
    qtbot.waitUntil(lambda: bar.result.text().startswith("Enter: 2 of 7 packets, "))
    assert window.session.shown is None
    typed(" && ")
    assert bar.result.text().startswith("The filter ends")


# From elsewhere


def test_a_prepared_condition_waits_in_the_bar(bar, window, settle):
    bar.apply_text("tcp")
    settle()
    window.session.filter_wanted.emit(FilterWish("ip", Joining.AND_NOT, is_applied=False))
    assert bar.edit.text() == "(tcp) && !(ip)"
    assert window.session.filter_text == "tcp"


def test_one_menu_offers_all_ways(window, qtbot):
    menu = QMenu(window)
    offer_filter(menu, window.session, "tcp.port == 80")
    ways = [submenu.menu() for submenu in menu.actions()]
    assert [way.title() for way in ways] == ["Apply as &Filter", "&Prepare as Filter"]
    assert [[action.text() for action in way.actions()] for way in ways] == [[joining.title for joining in Joining]] * 2
    with qtbot.waitSignal(window.session.filter_wanted) as told:
        ways[1].actions()[3].trigger()
    assert told.args == [FilterWish("tcp.port == 80", Joining.OR, is_applied=False)]


def test_an_arrow_of_the_ladder_offers_packet_sender_and_connection(telnet, qtbot):
    menu = QMenu(telnet)
    telnet.workspace.connection.offer_filters(menu, 1)
    told = []
    telnet.session.filter_wanted.connect(told.append)
    for action in menu.actions():
        action.menu().actions()[0].menu().actions()[0].trigger()
    assert [(action.text(), wish.condition) for action, wish in zip(menu.actions(), told, strict=True)] == [
        ("Packet 2", "frame.number == 2"),
        ("Packets from 127.0.0.1:9502", "tcp.stream == 0 && ip.src == 127.0.0.1 && tcp.srcport == 9502"),
        ("Connection 0", "tcp.stream == 0")]


def test_the_selected_field_is_applied_or_prepared_from_the_menu(telnet, settle):
    session = telnet.session
    session.select_field(session.packet.find("tcp.dstport"))
    analyze = next(action.menu() for action in telnet.menuBar().actions() if action.text() == "&Analyze")
    applying, preparing = (analyze.actions()[place].menu().actions() for place in (0, 1))
    applying[0].trigger()
    settle()
    assert session.filter_text == "tcp.dstport == 9502"
    preparing[1].trigger()
    assert telnet.filter_bar.edit.text() == "!(tcp.dstport == 9502)"
    assert session.filter_text == "tcp.dstport == 9502"


def drop(edit, data: QMimeData, x: int = 60) -> bool:
    place, copy, left = QPointF(x, 10), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    entering = QDragEnterEvent(place.toPoint(), copy, data, left, NONE)
    edit.dragEnterEvent(entering)
    if entering.isAccepted():
        edit.dropEvent(QDropEvent(place, copy, data, left, NONE))
    return entering.isAccepted()


def test_a_dropped_condition_is_put_in_where_it_falls(bar):
    data = dragged_filter("tcp.port == 80")
    assert data.text() == "tcp.port == 80"
    bar.edit.setText("   ")
    drop(bar.edit, data)
    assert bar.edit.text() == "tcp.port == 80"
    bar.edit.setText("ip &&")
    drop(bar.edit, data, x=400)
    assert bar.edit.text() == "ip && tcp.port == 80"
    drop(bar.edit, dragged_filter("arp"), x=400)
    assert bar.edit.text() == "(ip && tcp.port == 80) && (arp)", "beside a whole filter"
    bar.edit.setText("&& ip")
    drop(bar.edit, dragged_filter("arp"), x=0)
    assert bar.edit.text() == "arp && ip"


def test_a_dropped_file_is_not_for_the_bar(bar):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/x.pcap")])
    data.setText("file:///x.pcap")
    assert not drop(bar.edit, data)


def test_a_field_and_a_cell_can_be_dragged(telnet):
    fields = telnet.workspace.fields.fields
    port = fields.index_of(telnet.session.packet.find("tcp.dstport"))
    assert fields.mimeData([port]).text() == "tcp.dstport == 9502"
    assert fields.flags(port) & Qt.ItemFlag.ItemIsDragEnabled
    packets = telnet.workspace.packets
    assert packets.condition_of(packets.packets.index(0, 3)) == "ip.src == 127.0.0.1"


# References to the selected packet


def test_a_reference_stands_for_the_selected_packets_value(bar, window, settle):
    window.session.select_row(1)
    bar.apply_text("tcp.srcport == ${tcp.srcport}")
    settle()
    assert window.session.shown.tolist() == [row for row in range(7) if
                                             window.session.decode(row).find("tcp.srcport").value == 9502]


# Saved filters


def test_buttons_apply_their_filters(bar, window, settle):
    bar.saved.replace([SavedFilter("Data", "tcp.len > 0", "with payload", is_button=True), SavedFilter("A & B", "ip")])
    actions = bar.buttons.actions()
    assert [(action.text(), action.toolTip()) for action in actions] == [("Data", "with payload\ntcp.len > 0")]
    actions[0].trigger()
    settle()
    assert window.session.shown.tolist() == [3, 5]


def test_saved_filters_outlive_the_window():
    settings = Settings(None)
    items = (SavedFilter("1", "tcp", "c", True), SavedFilter("2", 'http.host == "ü"'))
    assert SavedFilters(settings).items, "some are there at first"
    SavedFilters(settings).replace(items)
    assert SavedFilters(settings).items == items
    SavedFilters(settings).replace(())
    assert SavedFilters(settings).items == ()


@pytest.mark.parametrize("text", ["", "{", "3", '[1, {"name": 2}, {"name": "a"}]'])
def test_damaged_settings_are_no_filters(text):
    settings = Settings(None)
    settings.keep("saved-filters", text)
    assert SavedFilters(settings).items == ()


def test_a_button_is_made_in_the_dialog(bar, window, qtbot):
    bar.edit.setText("tcp.len > 0")
    bar.add_button()
    dialog = bar.findChild(SavedFiltersDialog)
    place = len(dialog.items) - 1
    assert dialog.items[-1] == SavedFilter("New filter", "tcp.len > 0", "", True)
    dialog.editor.model.setData(dialog.editor.model.index(place, 1), "Data")
    dialog.accept()
    assert bar.saved.items[-1] == SavedFilter("Data", "tcp.len > 0", "", True)
    assert [action.text() for action in bar.buttons.actions()] == ["Data"]


def test_a_line_without_a_filter_keeps_the_dialog_open(bar):
    bar.add_button()
    dialog = bar.findChild(SavedFiltersDialog)
    dialog.accept()
    assert dialog.isVisible()
    assert "“New filter” has no filter yet" in dialog.hint.text()
    dialog.editor.model.setData(dialog.editor.model.index(len(dialog.items) - 1, 2), "tcp")
    dialog.accept()
    assert bar.saved.items[-1].filter == "tcp"


# The place in the list


@pytest.fixture
def long_capture(tmp_path, open_capture):
    """The seven packets a hundred times."""
    whole = TELNET.read_bytes()
    path = tmp_path / "long.pcap"
    path.write_bytes(whole[:24] + whole[24:] * 100)
    return open_capture(path)


def height_of(packets, row: int) -> int:
    """Where a packet is drawn, in rows below the top of the list."""
    return packets.packets.position_of(row) - packets.rowAt(0)


def test_the_selected_packet_stays_where_it_is_on_the_screen(long_capture, settle):
    packets, session = long_capture.workspace.packets, long_capture.session
    session.select_row(353)     # the fourth of seven: it carries data
    packets.verticalScrollBar().setValue(350)
    assert height_of(packets, 353) == 3
    for text in ("tcp.len > 0", "tcp.len > 0 && tcp.srcport == 55002", ""):
        long_capture.filter_bar.apply_text(text)
        settle()
        assert session.row == 353
        assert packets.currentIndex().row() == packets.packets.position_of(353)
        assert height_of(packets, 353) == 3, text


def test_what_one_looks_at_stays_where_the_selected_packet_is_out_of_sight(long_capture, settle):
    packets = long_capture.workspace.packets
    long_capture.session.select_row(3)
    packets.verticalScrollBar().setValue(353)
    long_capture.filter_bar.apply_text("tcp.len > 0")
    settle()
    assert long_capture.session.row == 3
    assert packets.packets.capture_row(packets.rowAt(0)) == 353


def test_where_the_selected_packet_is_filtered_out_its_neighbours_are_in_sight(long_capture, settle):
    packets = long_capture.workspace.packets
    long_capture.session.select_row(351)
    packets.verticalScrollBar().setValue(350)
    long_capture.filter_bar.apply_text("tcp.len > 0")
    settle()
    assert long_capture.session.row == 351
    assert height_of(packets, 353) == 1


def test_a_filter_that_takes_long_shows_how_far_it_is_and_can_be_given_up(bar, window, qtbot, settle, monkeypatch):
    bar.apply_text("tcp.len > 0")
    settle()

    def slow(self, columns, *, references=None, cancelled=lambda: False, progress=lambda _portion: None):
        while not cancelled():
            progress(0.4)
            time.sleep(0.01)
        raise FilterCancelled

    monkeypatch.setattr(CompiledFilter, "select", slow)
    bar.apply_text("dns")
    qtbot.waitUntil(lambda: window.status.progress.value() == 400)
    assert window.status.cancel.text() == "Cancel Filtering"
    window.status.cancel.click()
    settle()
    assert not window.status.progress.isVisible()
    assert window.session.shown.tolist() == [3, 5]
    assert window.session.filter_text == "tcp.len > 0"
    assert bar.edit.text() == "dns", "Escape takes it back"
