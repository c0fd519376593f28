"""The field tree on packets made by hand: what it shows, what it selects, what it remembers."""

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester

from tcpladder.fields.node import DecodedPacket, FieldNode, Problem, ProblemKind
from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType
from tcpladder.ui.details.field_tree import FieldTree, FieldTreeModel, split_bit_picture
from tcpladder.ui.session import Session

pytestmark = pytest.mark.gui

CUT = Problem(ProblemKind.CUT, "TCP header", 20, 13, "frame cut at 47 of 60 bytes")


def node(name: str, value: object = None, first: int = 0, last: int = 0, *, kind: FieldType = FieldType.UINT16,
         children: tuple[FieldNode, ...] = (), **spec: object) -> FieldNode:
    made = FieldNode(FieldSpec(name=name, label=name.upper(), type=kind, **spec), value, first * 8, last * 8)
    made.children.extend(children)
    return made


def packet(row: int = 0) -> DecodedPacket:
    ports = (node("tcp.srcport", 8080, 2, 4), node("tcp.dstport", 40_001, 4, 6),
             node("tcp.port", 8080, 2, 4, hidden=True), node("tcp.len", 0, generated=True))
    tcp = node("tcp", None, 2, 6, kind=FieldType.PROTOCOL, children=ports)
    tcp.problem = CUT
    udp = node("data", None, 0, 2, kind=FieldType.PROTOCOL, children=(node("data.len", 2, 0, 2),))
    return DecodedPacket(row, (bytes(6),), [udp, tcp], [CUT])


def lines(model: FieldTreeModel, parent: QModelIndex | None = None, depth: int = 0) -> list[str]:
    parent = parent or QModelIndex()
    found = []
    for place in range(model.rowCount(parent)):
        index = model.index(place, 0, parent)
        found.append("  " * depth + index.data())
        found += lines(model, index, depth + 1)
    return found


def test_the_tree_shows_visible_fields_generated_ones_in_brackets_and_problems(qapp):
    model = FieldTreeModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_packet(packet())
    assert lines(model) == [
        "DATA",
        "  DATA.LEN: 2",
        "TCP",
        "  TCP.SRCPORT: 8080",
        "  TCP.DSTPORT: 40001",
        "  [TCP.LEN: 0]",
        "  [Cut by the capture: TCP header needs 20 bytes, 13 were captured (frame cut at 47 of 60 bytes).]",
    ]
    assert tester.model() is model


def test_a_problem_without_a_field_stands_at_the_end(qapp):
    model = FieldTreeModel()
    malformed = Problem(ProblemKind.MALFORMED, "TCP", 0, 0, "", "TCP header length is 12 bytes.")
    model.show_packet(DecodedPacket(0, (b"",), [node("data", None, kind=FieldType.PROTOCOL)], [malformed]))
    assert lines(model) == ["DATA", "[Malformed by the sender: TCP header length is 12 bytes. Malformed packet.]"]


@pytest.fixture
def tree(qtbot):
    session = Session()
    tree = FieldTree(session)
    qtbot.addWidget(tree)
    return session, tree


def show(session: Session, shown: DecodedPacket) -> DecodedPacket:
    session.packet = shown
    session.packet_selected.emit(shown)
    return shown


def test_a_line_that_is_clicked_is_the_selected_field(tree, qtbot):
    session, view = tree
    shown = show(session, packet())
    view.show()
    port = shown.find("tcp.srcport")
    place = view.visualRect(view.fields.index_of(port)).topLeft() + QPoint(10, 5)
    with qtbot.waitSignal(session.field_selected) as told:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [port]


def test_a_field_selected_elsewhere_is_shown_even_in_a_closed_layer(tree, qtbot):
    session, view = tree
    shown = show(session, packet())
    length = shown.find("data.len")
    with qtbot.assertNotEmitted(session.filter_wanted):
        session.select_field(length)
    assert view.fields.node_of(view.currentIndex()) is length
    assert view.isExpanded(view.currentIndex().parent())
    assert "data" not in view.open_names, "opened for this packet only"


def test_a_problem_line_stands_for_its_layer(tree):
    session, view = tree
    shown = show(session, packet())
    layer = view.fields.index_of(shown.find("tcp"))
    view.setCurrentIndex(view.fields.index(view.fields.rowCount(layer) - 1, 0, layer))
    assert session.field is shown.find("tcp")


def test_what_is_open_stays_open_in_the_next_packet(tree):
    session, view = tree
    first = show(session, packet())
    view.expand(view.fields.index_of(first.find("data")))
    view.collapse(view.fields.index_of(first.find("tcp")))
    second = show(session, packet(1))
    assert view.isExpanded(view.fields.index_of(second.find("data")))
    assert not view.isExpanded(view.fields.index_of(second.find("tcp")))


def test_expand_and_collapse_all(tree):
    session, view = tree
    view.collapse_all()
    shown = show(session, packet())
    layers = [view.fields.index_of(layer) for layer in shown.layers]
    assert not any(map(view.isExpanded, layers))
    view.expand_all()
    assert all(map(view.isExpanded, layers))


@pytest.mark.parametrize(("text", "picture", "rest"), [
    (".... .... ..1. = Syn: Set", ".... .... ..1. = ", "Syn: Set"),
    ("0100 .... = Version: 4", "0100 .... = ", "Version: 4"),
    ("Source Port: 8080", "", "Source Port: 8080"),
    ("[Calculated = 10]", "", "[Calculated = 10]"),
    (" = nothing", "", " = nothing"),
])
def test_bit_pictures_are_told_from_text(text, picture, rest):
    assert split_bit_picture(text) == (picture, rest)


def test_there_is_room_for_the_longest_line_that_is_open(tree):
    session, view = tree
    long = node("tcp.a_name_that_is_longer_than_any_line_beside_it_and_than_the_tree_is_wide", 1)
    tcp = node("tcp", None, 0, 2, kind=FieldType.PROTOCOL, children=(long,))
    view.resize(200, 100)
    view.show()
    show(session, DecodedPacket(0, (bytes(6),), [tcp], []))
    needed = view.fontMetrics().horizontalAdvance(view.fields.text_of(view.fields.index_of(long)))
    assert view.header().sectionSize(0) > needed > view.viewport().width()
    assert view.horizontalScrollBar().maximum() > 0
    view.collapse(view.fields.index_of(tcp))
    assert view.header().sectionSize(0) == view.viewport().width()
