"""TCP: options and payloads whose lines say more than their fields, as tshark 4.0 words them."""

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import ProblemKind
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
    assert packet.find("data") is None


@pytest.mark.parametrize(("port", "payload", "chain"), [
    (8080, b"hello\n", "eth:ethertype:ip:tcp"),
    (8080, b"GET / HTTP/1.1\r\n\r\n", "eth:ethertype:ip:tcp:http"),
    (9999, b"hello\n", "eth:ethertype:ip:tcp:data"),
])
def test_on_a_port_of_http_other_payloads_are_not_looked_into(port, payload, chain):
    """As tshark 4.0 has it, where the connection has carried nothing before."""
    packet = decode_packet(segment(payload, 40000, port), ETHERNET)
    assert show_text(packet.find("frame.protocols")) == chain


def with_flags(flags: int, options: bytes):
    frame = bytearray(segment(b"", 40000, 9999, options))
    frame[47] = flags
    return decode_packet(bytes(frame), ETHERNET)


def remarks_of(packet):
    return [label_text(node) for node in packet.find("tcp.options").walk() if node.spec.name in REMARKS]


REMARKS = {"tcp.nop", "tcp.option.len.invalid", "tcp.non_zero_bytes_after_eol", "tcp.suboption_malformed",
           "tcp.options.mss.absent", "tcp.options.mss.present"}
FOUR_NOPS = "4 NOP in a row - a router may have removed some options"
NO_MSS = "The SYN packet does not contain a MSS option"
SYN, ACK = 0x02, 0x10


@pytest.mark.parametrize(("flags", "options", "remarks"), [
    (ACK, "02000000", ["Maximum segment size (with too-short option length = 0 bytes)"]),
    (ACK, "01010201", ["Maximum segment size (with too-short option length = 1 byte)"]),
    (ACK, "99090000", ["Unknown (0x99) (option length = 9 bytes says option goes past end of options)"]),
    (ACK, "01010102", ["Maximum segment size (length byte past end of options)"]),
    (ACK, "00010203", ["Non-zero header padding"]),
    (ACK, "00000000", []),
    (ACK, "050b0101010101010101010101", ["suboption would go past end of option"]),
    (ACK, "020405b4", ["The non-SYN packet does contain a MSS option"]),
    (SYN, "020405b4", []),
    (SYN, "00000000", [NO_MSS]),
    (SYN, "03000000", ["Window scale (with too-short option length = 0 bytes)"]),
    (SYN, "00010203", ["Non-zero header padding"]),
    (SYN, "01010101", [NO_MSS, FOUR_NOPS]),
    (ACK, "0101010402010101", [FOUR_NOPS]),
    (ACK, "0101" "050a" + 8 * "00" + "0101" "0402", []),
    (ACK, "0303070101010100", []),
])
def test_remarks_on_options(flags, options, remarks):
    """What tshark 4.0 remarks on the same options."""
    assert remarks_of(with_flags(flags, bytes.fromhex(options))) == remarks


def test_a_sack_option_without_a_block_is_malformed():
    packet = with_flags(ACK, bytes.fromhex("05020101"))
    assert [problem.kind for problem in packet.problems] == [ProblemKind.MALFORMED]


@pytest.mark.parametrize("options", ["02000000", "00010203", "050b0101010101010101010101"])
def test_an_option_that_is_remarked_on_does_not_end_the_packet(options):
    assert with_flags(ACK, bytes.fromhex(options)).problems == []
