"""Find, on the telnet session of port-9502.pcap: 7 packets, of which 4 and 6 carry 7 and 18 bytes of data."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tcpladder.ui.packets import find_bar
from tcpladder.ui.packets.packet_search import (
    Found,
    Search,
    SearchError,
    SearchKind,
    SearchPlace,
    check_search,
    find_packet,
)
from tcpladder.ui.packets.sort_keys import Column

pytestmark = pytest.mark.gui

FILTER, TEXT, EXPRESSION, HEX = SearchKind
LIST, FIELDS, BYTES = SearchPlace


@pytest.fixture
def find(telnet, settle, qtbot):
    """Looks for something by the bar, onwards or backwards, and gives the row that is selected then."""
    bar = telnet.find_bar
    bar.open()

    def find_it(kind, text, place=LIST, match_case=False, backwards=False) -> int:
        bar.kind.setCurrentIndex(bar.kind.findData(kind))
        bar.place.setCurrentIndex(bar.place.findData(place))
        bar.match_case.setChecked(match_case)
        bar.edit.setText(text)
        qtbot.keyClick(bar.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier if backwards
                       else Qt.KeyboardModifier.NoModifier)
        settle()
        return telnet.session.row

    return find_it


@pytest.mark.parametrize(("kind", "text", "place", "match_case", "row"), [
    (FILTER, "tcp.len == 18", LIST, False, 5),
    (TEXT, "[syn, ack]", LIST, False, 1),
    (TEXT, "127.0.0.1", LIST, True, 1),
    (EXPRESSION, r"\[SYN(, ACK)\]", LIST, True, 1),
    (EXPRESSION, r"len=(7|18)\b", LIST, False, 3),
    (TEXT, "flags: 0x018 (psh, ack)", FIELDS, False, 3),
    (EXPRESSION, r"Push: Set$", FIELDS, True, 3),
    (HEX, "01:01:08:0a", LIST, False, 2),
    (HEX, "0101 080A", BYTES, False, 2),
    (EXPRESSION, r"\x01\x01\x08\x0a", BYTES, True, 2),
])
def test_finding_the_next_packet(find, telnet, kind, text, place, match_case, row):
    assert find(kind, text, place, match_case) == row
    assert telnet.find_bar.result.text() == ""


def test_letter_case_counts_only_where_it_is_asked_for(find, telnet):
    assert find(TEXT, "[syn, ack]", LIST, match_case=True) == 0
    assert telnet.find_bar.result.text() == "No packet matches."


def test_the_field_where_it_was_found_is_selected(find, telnet):
    find(TEXT, "push: set", FIELDS)
    assert telnet.session.field.name == "tcp.flags.push"
    tree = telnet.workspace.fields
    assert tree.visualRect(tree.currentIndex()).intersects(tree.viewport().rect())


def test_the_bytes_where_it_was_found_are_in_sight(find, telnet):
    telnet.workspace.header.setFocus()
    payload = bytes(telnet.session.capture.frame(5))[-18:]
    assert find(HEX, payload.hex()) == 5
    assert telnet.session.field.start_byte == 84 - 18
    assert telnet.workspace.bytes.isVisible()


@pytest.mark.parametrize("code", ["utf-8", "utf-16-le", "utf-16-be"])
def test_text_in_bytes_is_found_in_three_codes(code):
    class Frames:
        capture = None

        def frame(self, row):
            return memoryview(b"\x00\xff" + ("" if row < 2 else "Passwörd").encode(code))

    table = Frames()
    table.capture = table
    found = find_packet(table, np.arange(3), 0, 1, Search(TEXT, "PASSW", BYTES), lambda _done: None)
    assert found == Found(2, span=(2, 2 + len("Passw".encode(code))))


def test_going_round_the_end_is_said(find, telnet):
    assert find(FILTER, "tcp.flags.syn == 1", backwards=True) == 1
    assert telnet.find_bar.result.text() == "Went on from the last packet."
    assert find(FILTER, "tcp.flags.syn == 1", backwards=True) == 0
    assert telnet.find_bar.result.text() == ""
    telnet.session.select_row(4)
    assert find(FILTER, "tcp.flags.syn == 1") == 0
    assert telnet.find_bar.result.text() == "Went on from the first packet."


def test_only_packets_that_are_shown_are_found(find, telnet, settle):
    telnet.filter_bar.apply_text("tcp.len > 0")
    settle()
    assert find(FILTER, "tcp") == 3, "the first that is shown, after the selected one that is not"
    assert find(FILTER, "tcp") == 5
    telnet.session.select_row(4)
    assert find(FILTER, "tcp", backwards=True) == 3


def test_a_sorted_list_is_looked_through_as_it_stands(find, telnet, settle):
    telnet.workspace.packets.packets.sort_by(Column.LENGTH, Qt.SortOrder.DescendingOrder)
    settle()
    telnet.session.select_row(5)
    assert find(FILTER, "tcp.len > 0") == 3
    assert telnet.find_bar.result.text() == "", "18 bytes of data stand above 7"
    assert find(FILTER, "tcp.len > 0") == 5
    assert telnet.find_bar.result.text() == "Went on from the first packet."


@pytest.mark.parametrize(("kind", "text", "sentence"), [
    (HEX, "xyz", "“xyz” is not a row of hex bytes such as 48:54:54:50."),
    (EXPRESSION, "(", "“(” is no regular expression: missing ) at position 1."),
    (FILTER, "tcp ==", "The filter ends where a field or a value should follow.   (column 7)"),
])
def test_what_cannot_be_looked_for_is_refused_while_one_types(find, telnet, kind, text, sentence):
    bar = telnet.find_bar
    bar.kind.setCurrentIndex(bar.kind.findData(kind))
    bar.edit.setText(text)
    assert bar.result.text() == sentence
    picture = bar.edit.grab().toImage()
    assert picture.pixelColor(picture.width() // 2, picture.height() // 2).name() == "#ffafaf"
    assert find(kind, text) == 0


def test_a_catastrophic_expression_is_given_up():
    class Zeros:
        capture = None

        def frame(self, _row):
            return memoryview(b"a" * 5000 + b"!")

    table = Zeros()
    table.capture = table
    check_search(search := Search(EXPRESSION, r"(a+a+)+b", BYTES))
    with pytest.raises(SearchError, match="unreasonably long"):
        find_packet(table, np.arange(1), 0, 1, search, lambda _done: None)


def test_a_long_search_tells_how_far_it_is_and_can_be_cancelled(telnet, qtbot, monkeypatch):
    let_on = threading.Event()

    def slow(columns, rows, start, step, search, proceed):
        assert let_on.wait(10)
        while True:
            proceed(3)

    monkeypatch.setattr(find_bar, "find_packet", slow)
    bar = telnet.find_bar
    bar.open()
    bar.edit.setText("tcp")
    bar.find_next()
    assert bar.result.text() == "Searching…"
    let_on.set()
    qtbot.waitUntil(lambda: bar.result.text() == "Searching… 42 %")
    qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    assert bar.result.text() == "The search was cancelled."
    assert bar.isVisible()
    qtbot.waitUntil(lambda: telnet.session.jobs.is_idle)
    assert bar.result.text() == "The search was cancelled."
    qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    assert not bar.isVisible()


def test_places_and_letter_case_are_asked_only_for_texts(telnet):
    bar = telnet.find_bar
    enabled = {}
    for kind in SearchKind:
        bar.kind.setCurrentIndex(bar.kind.findData(kind))
        enabled[kind] = (bar.place.isEnabled(), bar.match_case.isEnabled())
    assert enabled == {FILTER: (False, False), TEXT: (True, True), EXPRESSION: (True, True), HEX: (False, False)}
