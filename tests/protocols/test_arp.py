"""ARP: values as RFC 826 lays them out, and what tshark 4.0 makes of them."""

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import DecodedPacket
from tcpladder.fields.show import label_text, show_text
from tests.protocols.frames import ARP_MESSAGES, CLIENT, SERVER, arp, ethernet

FIELDS = [
    ("request", "arp.opcode", "1"),
    ("request", "arp.src.hw_mac", "02:00:00:00:00:01"),
    ("request", "arp.src.proto_ipv4", "10.0.0.1"),
    ("request", "arp.dst.hw_mac", "00:00:00:00:00:00"),
    ("request", "arp.dst.proto_ipv4", "10.0.0.2"),
    ("short-hardware", "arp.src.hw", b"ab".hex(":")),
    ("short-hardware", "arp.src.proto_ipv4", "10.0.0.1"),
    ("short-hardware", "arp.dst.hw", b"cd".hex(":")),
    ("long-protocol", "arp.src.proto", bytes(16).hex(":")),
    ("long-protocol", "arp.src.proto_ipv4", None),
]
JUDGEMENTS = [
    ("request", set(), "request"),
    ("reply", set(), "reply"),
    ("gratuitous", {"arp.isgratuitous"}, "request/gratuitous ARP"),
    ("announcement", {"arp.isgratuitous", "arp.isannouncement"}, "ARP Announcement"),
    ("probe", {"arp.isprobe"}, "ARP Probe"),
]


def decoded(message: bytes) -> DecodedPacket:
    return decode_packet(ethernet(message, 0x0806), 1)


@pytest.mark.parametrize(("message", "name", "value"), FIELDS)
def test_field(message: str, name: str, value: str | None) -> None:
    node = decoded(ARP_MESSAGES[message]).find(name)
    assert (node and show_text(node)) == value


@pytest.mark.parametrize(("message", "names", "words"), JUDGEMENTS)
def test_what_a_message_is_for(message: str, names: set[str], words: str) -> None:
    packet = decoded(ARP_MESSAGES[message])
    assert {node.name for node in packet.walk() if node.name.startswith("arp.is")} == names
    assert label_text(packet.layers[2]) == f"Address Resolution Protocol ({words})"


def test_padding_behind_a_message_is_of_the_frame() -> None:
    packet = decode_packet(ethernet(ARP_MESSAGES["request"] + bytes(18), 0x0806), 1)
    padding, message = packet.find("eth.padding"), packet.layers[2]
    assert padding is not None
    assert (padding.start_byte, padding.size) == (42, 18)
    assert message.size == 28


@pytest.mark.parametrize("kept", range(15, 42))
def test_a_cut_message_still_shows_every_whole_field(kept: int) -> None:
    frame = ethernet(arp(2, CLIENT, SERVER), 0x0806)
    whole = decode_packet(frame, 1).layers[2]
    packet = decode_packet(frame[:kept], 1, facts={"@wire_length": len(frame)})
    expected = [node.name for node in whole.children if node.size and node.end_byte <= kept]
    assert [node.name for node in packet.layers[2].children] == expected
    assert packet.layers[2].size == kept - 14
