"""Link layers: values as the standards lay them out and as tshark 4.0 shows the same frames."""

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import DecodedPacket, ProblemKind
from tcpladder.fields.show import label_text, show_text
from tests.protocols.frames import (
    CLIENT,
    ETHERNET_PAYLOADS,
    LLC_PACKET,
    PACKET,
    TAG,
    cooked,
    cooked_2,
)

LOOPBACK, ETHERNET, OPENBSD_LOOPBACK, COOKED, COOKED_2 = 0, 1, 108, 113, 276
# Name, and what is shown at which first byte; None where there is none.
BEHIND_PAYLOAD = [
    ("padding", "eth.padding", ("00:" * 10)[:-1], 50),
    ("padding", "eth.trailer", None, 0),
    ("padding-of-others", "eth.padding", None, 0),
    ("padding-of-others", "eth.trailer", b"0123456789".hex(":"), 50),
    ("trailer", "eth.trailer", b"ab".hex(":"), 50),
    ("trailer", "eth.padding_bad", None, 0),
    ("padding-trailer-checksum", "eth.padding", ("00:" * 10)[:-1], 50),
    ("padding-trailer-checksum", "eth.trailer", b"trailer".hex(":"), 60),
    ("padding-trailer-checksum", "eth.fcs", "0x01020304", 67),
    ("padding-trailer-checksum", "eth.fcs.status", "2", 67),
    ("tag", "eth.padding", ("00:" * 6)[:-1], 54),
    ("tag", "vlan.trailer", ("00:" * 4)[:-1], 60),
    ("two-tags", "eth.padding", "00:00", 58),
    ("two-tags", "vlan.trailer", ("00:" * 18)[:-1], 60),
]
FIELDS = [
    ("padding", "eth.type", "0x0800"),
    ("length", "eth.len", "44"),
    ("length", "eth.type", None),
    ("length", "ip.version", "4"),
    ("length", "eth.padding", "00:00"),
    ("length", "eth.len.past_end", None),
    ("length-past-end", "eth.len.past_end", ""),
    ("neither", "eth.invalid_lentype", "0x05dd"),
    ("neither", "ip.version", None),
    ("novell", "llc.dsap", None),
    ("tag", "vlan.priority", "5"),
    ("tag", "vlan.dei", "1"),
    ("tag", "vlan.id", "100"),
    ("tag", "vlan.etype", "0x0800"),
    ("tag-with-length", "vlan.len", "44"),
    ("tag-with-length", "vlan.etype", None),
    ("tag-with-length", "ip.version", "4"),
    ("two-tags", "ieee8021ad.id", "200"),
    ("two-tags", "ieee8021ah.etype", "0x8100"),
    ("two-tags", "vlan.id", "100"),
]
COOKED_FIELDS = [
    (COOKED, cooked(PACKET), "sll.pkttype", "4"),
    (COOKED, cooked(PACKET), "sll.src.eth", "02:00:00:00:00:01"),
    (COOKED, cooked(PACKET), "sll.unused", "00:00"),
    (COOKED, cooked(PACKET), "sll.etype", "0x0800"),
    (COOKED, cooked(PACKET, address=CLIENT), "sll.src.ipv4", "10.0.0.1"),
    (COOKED, cooked(PACKET, address=b"abcdefgh"), "sll.src.other", b"abcdefgh".hex(":")),
    (COOKED, cooked(PACKET, address=b"abcdefgh"), "sll.unused", None),
    (COOKED, cooked(PACKET, hardware=778), "sll.gretype", "0x0800"),
    (COOKED, cooked(PACKET, hardware=778), "sll.etype", None),
    (COOKED, cooked(LLC_PACKET, 4), "sll.ltype", "0x0004"),
    (COOKED, cooked(LLC_PACKET, 4), "ip.version", "4"),
    (COOKED, cooked(PACKET + b"ab"), "sll.trailer", b"ab".hex(":")),
    (COOKED, cooked(TAG + PACKET, 0x8100), "vlan.id", "100"),
    (COOKED_2, cooked_2(PACKET), "sll.ifindex", "3"),
    (COOKED_2, cooked_2(PACKET), "sll.src.eth", "02:00:00:00:00:01"),
    (COOKED_2, cooked_2(PACKET), "sll.etype", "0x0800"),
    (COOKED_2, cooked_2(PACKET, hardware=778), "sll.gretype", "0x0800"),
]
LOOPBACK_FIELDS = [
    (LOOPBACK, "02000000", "null.family", "2", True),
    (LOOPBACK, "00000002", "null.family", "2", True),
    (OPENBSD_LOOPBACK, "00000002", "null.family", "2", True),
    (LOOPBACK, "07000000", "null.family", "7", False),
    (LOOPBACK, "00080000", "null.type", "0x0800", True),
    (LOOPBACK, "00000800", "null.type", "0x0800", True),
]
CHAINS = [
    (ETHERNET, ETHERNET_PAYLOADS["padding"], "eth:ethertype:ip:udp:data"),
    (ETHERNET, ETHERNET_PAYLOADS["length"], "eth:llc:ip:udp:data"),
    (ETHERNET, ETHERNET_PAYLOADS["two-tags"], "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:udp:data"),
    (COOKED, cooked(PACKET), "sll:ethertype:ip:udp:data"),
    (COOKED_2, cooked_2(PACKET), "sll:ethertype:ip:udp:data"),
    (LOOPBACK, b"\x02\0\0\0" + PACKET, "null:ip:udp:data"),
]


def shown(packet: DecodedPacket, name: str) -> str | None:
    node = packet.find(name)
    return None if node is None else show_text(node)


@pytest.mark.parametrize(("frame", "name", "value", "start"), BEHIND_PAYLOAD)
def test_what_stands_behind_the_payload(frame: str, name: str, value: str | None, start: int) -> None:
    packet = decode_packet(ETHERNET_PAYLOADS[frame], ETHERNET)
    assert shown(packet, name) == value
    node = packet.find(name)
    assert node is None or node.start_byte == start


def test_padding_of_other_bytes_is_remarked_on() -> None:
    assert decode_packet(ETHERNET_PAYLOADS["padding-of-others"], ETHERNET).find("eth.padding_bad") is not None


@pytest.mark.parametrize(("frame", "name", "value"), FIELDS)
def test_field(frame: str, name: str, value: str | None) -> None:
    assert shown(decode_packet(ETHERNET_PAYLOADS[frame], ETHERNET), name) == value


@pytest.mark.parametrize(("linktype", "frame", "name", "value"), COOKED_FIELDS)
def test_field_of_a_cooked_capture(linktype: int, frame: bytes, name: str, value: str | None) -> None:
    packet = decode_packet(frame, linktype)
    assert shown(packet, name) == value
    assert packet.layers[1].name == "sll"


@pytest.mark.parametrize(("linktype", "head", "name", "value", "is_ip"), LOOPBACK_FIELDS)
def test_family_in_either_byte_order(linktype: int, head: str, name: str, value: str, is_ip: bool) -> None:
    packet = decode_packet(bytes.fromhex(head) + PACKET, linktype)
    assert shown(packet, name) == value
    assert (packet.find("ip.version") is not None) is is_ip


@pytest.mark.parametrize(("linktype", "frame", "chain"), CHAINS)
def test_protocols_in_frame(linktype: int, frame: bytes, chain: str) -> None:
    assert shown(decode_packet(frame, linktype), "frame.protocols") == chain


def test_inner_ethernet_has_no_check_sequence() -> None:
    """Only the network card of the outer frame may leave one."""
    inner = ETHERNET_PAYLOADS["padding-trailer-checksum"]
    gre = bytes.fromhex("00006558") + inner
    outer = inner[:14] + bytes([0x45, 0, 0, 20 + len(gre), 0, 1, 0, 0, 64, 47, 0, 0]) + CLIENT * 2 + gre
    packet = decode_packet(outer, ETHERNET)
    assert len(packet.find_all("eth.dst")) == 2
    assert packet.find("eth.fcs") is None
    assert shown(packet, "eth.trailer") == (bytes(10) + b"trailer" + b"\x01\x02\x03\x04").hex(":")


def test_labels() -> None:
    packet = decode_packet(ETHERNET_PAYLOADS["tag"], ETHERNET)
    labels = {node.name: label_text(node) for node in packet.walk()}
    assert labels["vlan"] == "802.1Q Virtual LAN, PRI: 5, DEI: 1, ID: 100"
    assert labels["vlan.priority"] == "101. .... .... .... = Priority: Voice, < 10ms latency and jitter (5)"
    assert labels["eth.dst.lg"] == (".... ..1. .... .... .... .... = LG bit: Locally administered address "
                                    "(this is NOT the factory default)")


@pytest.mark.parametrize("frame", ETHERNET_PAYLOADS)
def test_a_cut_frame_still_shows_every_whole_field(frame: str) -> None:
    data = ETHERNET_PAYLOADS[frame]
    whole = decode_packet(data, ETHERNET)
    headers = [layer for layer in whole.layers if layer.name in ("eth", "vlan", "ieee8021ad")]
    expected = [(node.name, node.value, node.position + node.size) for layer in headers for node in layer.children
                if not node.name.endswith((".trailer", ".fcs", ".fcs.status", ".padding"))]
    for kept in range(1, len(data)):
        packet = decode_packet(data[:kept], ETHERNET, facts={"@wire_length": len(data)})
        found = {(node.name, node.value) for node in packet.walk()}
        for name, value, end in expected:
            assert end > kept or (name, value) in found, f"{name}, {kept} bytes kept"
        if frame not in ("length-past-end",):
            assert all(problem.kind is ProblemKind.CUT for problem in packet.problems), packet.problems
