"""TCP: options and payloads whose lines say more than their fields, as tshark 4.0 words them."""

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.show import label_text, show_text
from tests.protocols.frames import ACCURATE_ECN, segment

ETHERNET = 1


def packet_with(options: bytes = b"", payload: bytes = b""):
    return decode_packet(segment(payload, 40000, 9999, options), ETHERNET)


@pytest.mark.parametrize(("options", "name", "line"), [
    (ACCURATE_ECN, "tcp.options.experimental",
     "TCP Option - Experimental: Accurate ECN - Order 0: Accurate ECN (Order 0): EE0B 1, ECEB 2, EE1B 3"),
    (ACCURATE_ECN, "tcp.options.acc_ecn.eceb", "Accurate ECN Echo CE Byte Counter: 2"),
    (ACCURATE_ECN, "tcp.options", "Options: (16 bytes), Experimental, No-Operation (NOP), No-Operation (NOP), "
                                  "No-Operation (NOP)"),
    (bytes.fromhex("63040000"), "tcp.options", "Options: (4 bytes), Unknown (0x63)"),
    (bytes.fromhex("0101" "050a" "000000c9" "0000012d"), "tcp.options.sack", "TCP Option - SACK 201-301"),
    (bytes.fromhex("1e08200100000000"), "tcp.options", "Options: (8 bytes), MPTCP"),
])
def test_lines_of_options(options, name, line):
    assert label_text(packet_with(options).find(name)) == line


def test_a_reset_carries_a_cause_not_data():
    frame = bytearray(segment(b"gone away", 40000, 9999))
    frame[47] = 0x14        # RST, ACK
    packet = decode_packet(bytes(frame), ETHERNET)
    assert show_text(packet.find("tcp.reset_cause")) == "gone away"
    assert packet.find("tcp.payload") is None
