"""The header picture: boxes where RFC 791, 8200, 9293, 768 and 826 draw them, linked with the selection."""

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType
from tcpladder.ui.details.header_diagram import HeaderDiagram
from tcpladder.ui.details.header_layout import Piece, changed_boxes, lay_out_header
from tests.ui.conftest import TELNET

ETHERNET, RAW_IP = 1, 101
SYN = bytes.fromhex(    # captures/https-handshake.pcap, frame 1
    "7057bfe6ea00a0369fa0c8770800"
    "450000345eac400080060000" "0a31e005acfd765e"
    "f8ed01bbe327ceb700000000" "8002200094f50000" "020405b40103030801010402")
IPV6_UDP = bytes.fromhex("6000000000091140" + "20010db8000000000000000000000010" + "20010db8000000000000000000000080"
                         "d43100350009" "0000" "41")
ARP = bytes.fromhex("ffffffffffff020000000010" "0806" "0001080006040001" "020000000010c000020a" "000000000000c0000250")


def boxes(data: bytes, linktype: int, protocol: str) -> list[tuple[str, tuple[Piece, ...]]]:
    packet = decode_packet(data, linktype)
    layer = next(layer for layer in packet.layers if layer.name == protocol)
    return [(box.node.name, box.pieces) for box in lay_out_header(layer).boxes]


def test_tcp_lies_as_in_rfc_9293():
    drawn = dict(boxes(SYN, ETHERNET, "tcp"))
    assert drawn["tcp.srcport"] == (Piece(0, 0, 16),)
    assert drawn["tcp.dstport"] == (Piece(0, 16, 32),)
    assert drawn["tcp.seq_raw"] == (Piece(1, 0, 32),)
    assert drawn["tcp.ack_raw"] == (Piece(2, 0, 32),)
    assert drawn["tcp.hdr_len"] == (Piece(3, 0, 4),)
    assert [drawn[f"tcp.flags.{flag}"] for flag in ("cwr", "ece", "urg", "ack", "push", "reset", "syn", "fin")] == [
        (Piece(3, bit, bit + 1),) for bit in range(8, 16)]
    assert drawn["tcp.window_size_value"] == (Piece(3, 16, 32),)
    assert drawn["tcp.checksum"] == (Piece(4, 0, 16),)
    assert drawn["tcp.urgent_pointer"] == (Piece(4, 16, 32),)
    assert drawn["tcp.options.mss_val"] == (Piece(5, 16, 32),)
    assert drawn["tcp.options.wscale.shift"] == (Piece(6, 24, 32),)


def test_ipv4_lies_as_in_rfc_791():
    drawn = dict(boxes(SYN, ETHERNET, "ip"))
    assert drawn["ip.version"] == (Piece(0, 0, 4),)
    assert drawn["ip.len"] == (Piece(0, 16, 32),)
    assert drawn["ip.flags.df"] == (Piece(1, 17, 18),)
    assert drawn["ip.frag_offset"] == (Piece(1, 19, 32),)
    assert drawn["ip.ttl"] == (Piece(2, 0, 8),)
    assert drawn["ip.src"] == (Piece(3, 0, 32),)
    assert drawn["ip.dst"] == (Piece(4, 0, 32),)


def test_ipv6_and_udp():
    drawn = dict(boxes(IPV6_UDP, RAW_IP, "ipv6"))
    assert drawn["ipv6.flow"] == (Piece(0, 12, 32),)
    assert drawn["ipv6.src"] == tuple(Piece(row, 0, 32) for row in range(2, 6))
    assert drawn["ipv6.dst"] == tuple(Piece(row, 0, 32) for row in range(6, 10))
    assert dict(boxes(IPV6_UDP, RAW_IP, "udp"))["udp.length"] == (Piece(1, 0, 16),)


def test_ethernet_and_arp():
    drawn = dict(boxes(ARP, ETHERNET, "eth"))
    assert drawn["eth.dst"] == (Piece(0, 0, 32), Piece(1, 0, 16))
    assert drawn["eth.src"] == (Piece(1, 16, 32), Piece(2, 0, 32))
    drawn = dict(boxes(ARP, ETHERNET, "arp"))
    assert drawn["arp.opcode"] == (Piece(1, 16, 32),)
    assert drawn["arp.src.proto_ipv4"] == (Piece(3, 16, 32), Piece(4, 0, 16))


@pytest.mark.parametrize("data", [SYN, ARP], ids=["syn", "arp"])
@pytest.mark.parametrize("kept", [0, 1, 13, 14, 15, 27, 34, 40, 47, 53, 60])
def test_no_two_boxes_share_a_bit_however_the_packet_is_cut(data, kept):
    for layer in decode_packet(data[:kept], ETHERNET).layers:
        seen = set()
        for box in lay_out_header(layer).boxes:
            for piece in box.pieces:
                bits = {(piece.row, bit) for bit in range(piece.first, piece.end)}
                assert not bits & seen
                seen |= bits


def test_a_long_field_is_drawn_shortened():
    spec = FieldSpec(name="data", label="Data", type=FieldType.PROTOCOL)
    part = FieldSpec(name="data.data", label="Data", type=FieldType.BYTES)
    layer = FieldNode(spec, None, 0, 8000, children=[FieldNode(part, bytes(1000), 0, 8000)])
    picture = lay_out_header(layer)
    assert picture.rows == 3
    assert picture.boxes[0].shortened


def test_fields_that_differ_from_an_earlier_header_are_found():
    later = bytearray(SYN)
    later[47] |= 0x10       # ACK
    later[14 + 8] -= 1      # time to live

    def picture(data: bytes, name: str):
        layers = decode_packet(bytes(data), ETHERNET).layers
        return lay_out_header(next(layer for layer in layers if layer.name == name))

    changed = changed_boxes(picture(later, "tcp"), picture(SYN, "tcp"))
    assert [box.node.name for box in changed] == ["tcp.flags.ack"]
    assert [box.node.name for box in changed_boxes(picture(later, "ip"), picture(SYN, "ip"))] == ["ip.ttl"]


class FakeSession(QObject):
    """Selection and hover, as the window's session announces them."""

    packet_selected = Signal(object)
    field_selected = Signal(object)
    field_hovered = Signal(object)
    step_selected = Signal(object)
    connection = None
    columns = None
    step = None

    def __init__(self) -> None:
        super().__init__()
        self.packet = decode_packet(SYN, ETHERNET)
        self.field = None

    def select_field(self, node):
        self.field = node
        self.field_selected.emit(node)

    def hover_field(self, node):
        self.field_hovered.emit(node)


@pytest.fixture
def diagram(qtbot):
    session = FakeSession()
    diagram = HeaderDiagram(session)
    diagram.session = session
    qtbot.addWidget(diagram)
    diagram.resize(640, 420)
    diagram.show()
    return diagram


def box(diagram, name):
    return next(box for box in diagram.view.picture.boxes if box.node.name == name)


@pytest.mark.gui
def test_a_click_on_a_box_selects_its_field(diagram):
    place = diagram.view.centre_of(box(diagram, "tcp.flags.syn")).toPoint()
    QTest.mouseClick(diagram.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert diagram.session.field.name == "tcp.flags.syn"


@pytest.mark.gui
def test_a_field_selected_elsewhere_brings_its_layer_forward(diagram):
    diagram.session.select_field(diagram.session.packet.find("ip.ttl"))
    assert diagram.view.picture.layer.name == "ip"
    assert [diagram.tabs.tabText(place) for place in range(diagram.tabs.count())] == ["Ethernet", "IPv4", "TCP"]
    assert diagram.tabs.tabText(diagram.tabs.currentIndex()) == "IPv4"


@pytest.mark.gui
def test_what_is_selected_unseen_is_there_when_the_pane_is_shown(diagram):
    session, before = diagram.session, diagram.view.picture
    diagram.hide()
    session.packet = decode_packet(SYN, ETHERNET)
    session.packet_selected.emit(session.packet)
    session.select_field(session.packet.find("ip.ttl"))
    session.step_selected.emit(None)
    assert diagram.view.picture is before       # nobody sees it
    diagram.show()
    assert diagram.view.picture.layer is next(layer for layer in session.packet.layers if layer.name == "ip")
    diagram.hide()
    session.packet = None
    session.packet_selected.emit(None)
    assert diagram.view.picture is None         # nothing of a closed capture is kept


@pytest.mark.gui
def test_the_mouse_lights_a_field_in_the_other_panes(diagram):
    seen = []
    diagram.session.field_hovered.connect(lambda node: seen.append(node.name if node else None))
    QTest.mouseMove(diagram.view.viewport(), diagram.view.centre_of(box(diagram, "tcp.checksum")).toPoint())
    assert seen == ["tcp.checksum"]


@pytest.mark.gui
def test_arrow_keys_go_from_box_to_box(diagram):
    for key, name in ((Qt.Key.Key_Right, "tcp.srcport"), (Qt.Key.Key_Right, "tcp.dstport"),
                      (Qt.Key.Key_Left, "tcp.srcport"), (Qt.Key.Key_Left, "tcp.srcport")):
        QTest.keyClick(diagram.view, key)
        assert diagram.session.field.name == name


@pytest.mark.gui
def test_a_selected_box_is_filled_with_the_colour_of_selected_fields(diagram):
    node = diagram.session.packet.find("tcp.window_size_value")
    diagram.session.select_field(node)
    chosen = box(diagram, "tcp.window_size_value")
    place = diagram.view.centre_of(chosen).toPoint()
    image = diagram.view.viewport().grab().toImage()
    other = diagram.view.centre_of(box(diagram, "tcp.urgent_pointer")).toPoint()
    assert image.pixelColor(place.x() - 60, place.y()) != image.pixelColor(other.x() - 60, other.y())


@pytest.mark.gui
def test_no_packet_leaves_the_diagram_empty(diagram):
    diagram.session.packet_selected.emit(None)
    assert diagram.view.picture is None
    assert diagram.tabs.count() == 0
    diagram.grab()


def test_behind_the_bytes_nothing_is_laid_out_until_it_is_seen(telnet, qtbot):
    workspace = telnet.workspace
    workspace.show_byte(0)
    qtbot.wait(50)
    shown = workspace.header.view.picture
    telnet.session.select_row(3)
    assert workspace.header.view.picture is shown
    dock = workspace.header.parentWidget()
    dock.raise_()
    qtbot.waitUntil(lambda: workspace.header.view.picture is not shown)
    assert any(workspace.header.view.picture.layer is layer for layer in telnet.session.packet.layers)


def test_in_front_before_a_capture_is_opened_it_shows_the_first_packet(window, open_capture, qtbot):
    """The first packet comes before Qt has given the panes their room."""
    header = window.workspace.header
    header.parentWidget().raise_()
    open_capture(TELNET)
    qtbot.waitUntil(lambda: header.view.picture is not None)
    assert any(header.view.picture.layer is layer for layer in window.session.packet.layers)
