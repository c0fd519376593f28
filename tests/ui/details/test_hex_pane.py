"""The byte pane on packets made by hand: clicks, keys, copies, and following the fields."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType
from tcpladder.ui.details.hex_pane import HexPane
from tcpladder.ui.session import Session

pytestmark = pytest.mark.gui

DATA = bytes(range(256)) * 4


def field(name: str, first: int, last: int, buffer: int = 0) -> FieldNode:
    return FieldNode(FieldSpec(name=name, label=name, type=FieldType.BYTES), DATA[first:last], first * 8, last * 8,
                     buffer)


@pytest.fixture
def pane(qtbot):
    session = Session()
    pane = HexPane(session)
    qtbot.addWidget(pane)
    pane.resize(700, 200)
    pane.show()
    fields = [field("a", 0, 6), field("b", 6, 20), field("c", 900, 904), field("other", 0, 3, buffer=1)]
    session.packet = DecodedPacket(0, (DATA, b"xyz"), fields, [])
    session.packet_selected.emit(session.packet)
    return session, pane


def place_of(pane: HexPane, byte: int) -> QPoint:
    return pane.rect_of(byte).center().toPoint()


def test_a_click_selects_the_field_of_the_byte(pane, qtbot):
    session, view = pane
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place_of(view, 17))
    assert session.field.name == "b"
    assert view.selected_bytes() == DATA[6:20]


def test_hovering_points_at_the_field_and_leaving_at_none(pane, qtbot):
    session, view = pane
    with qtbot.waitSignal(session.field_hovered) as told:
        qtbot.mouseMove(view.viewport(), place_of(view, 3))
    assert told.args[0].name == "a"


def test_a_selected_field_scrolls_into_view_and_is_announced(pane):
    session, view = pane
    assert not view.viewport().rect().contains(place_of(view, 900))
    session.select_field(session.packet.find("c"))
    assert view.viewport().rect().contains(place_of(view, 900))
    assert view.accessibleDescription() == "c: 4 bytes from offset 900."


def test_a_field_of_another_buffer_brings_its_bytes(pane):
    session, view = pane
    session.select_field(session.packet.find("other"))
    assert view.selected_bytes() == b"xyz"
    session.select_field(session.packet.find("a"))
    assert view.selected_bytes() == DATA[:6]


@pytest.mark.parametrize(("keys", "name"), [
    ([Qt.Key.Key_End], None),
    ([Qt.Key.Key_Home], "a"),
    ([Qt.Key.Key_Home, *[Qt.Key.Key_Right] * 6], "b"),
    ([Qt.Key.Key_Home, Qt.Key.Key_Down], "b"),
    ([Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Up], "a"),
    ([Qt.Key.Key_Home, Qt.Key.Key_Left, Qt.Key.Key_Up], "a"),
])
def test_keys_go_from_byte_to_byte(pane, qtbot, keys, name):
    session, view = pane
    for key in keys:
        qtbot.keyClick(view, key)
    assert (session.field.name if session.field else None) == name


@pytest.mark.parametrize(("title", "text"), [
    ("As Hex Dump", "0000  00 01 02 03 04 05" + 30 * " " + "   ......\n"),
    ("As Hex Stream", "000102030405"),
    ("As C Array", "static const unsigned char packet_1[6] = {\n  0x00, 0x01, 0x02, 0x03, 0x04, 0x05\n};\n"),
])
def test_copies_of_the_selected_field(pane, title, text):
    session, view = pane
    session.select_field(session.packet.find("a"))
    menu = QMenu()
    view.add_copies(menu, view.selected_bytes())
    actions = {action.text().replace("&", ""): action for action in menu.actions()}
    actions[title].trigger()
    assert QGuiApplication.clipboard().text() == text
    actions["As Raw Bytes"].trigger()
    content = QGuiApplication.clipboard().mimeData().data("application/octet-stream")
    assert bytes(content) == DATA[:6]


def test_no_packet_no_bytes(pane, qtbot):
    session, view = pane
    session.packet = None
    session.packet_selected.emit(None)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.byte_at(QPoint(100, 10)) is None
    assert not view.grab().isNull()
