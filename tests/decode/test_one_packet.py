"""One packet, decoded: values from how it was built, problems where it ends too early."""

import dpkt
import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import DecodedPacket, ProblemKind
from tcpladder.fields.show import label_text, show_text

ETHERNET = 1
OPTIONS = bytes.fromhex("020405b4" "0402" "080a0000000100000002" "01" "030307")
TCP_SYN = dpkt.tcp.TCP(sport=54918, dport=8080, seq=1000, ack=0, flags=dpkt.tcp.TH_SYN, win=65495, off=10,
                       opts=OPTIONS)
SYN_FRAME = bytes(dpkt.ethernet.Ethernet(
    src=bytes.fromhex("020000000001"), dst=bytes.fromhex("020000000002"), type=dpkt.ethernet.ETH_TYPE_IP,
    data=dpkt.ip.IP(src=bytes([10, 0, 0, 1]), dst=bytes([10, 0, 0, 2]), p=dpkt.ip.IP_PROTO_TCP, data=TCP_SYN)))

# Filter name, value as people are shown it, and the bytes that hold it: first and last + 1 (RFC 791, RFC 9293).
FIELDS_OF_SYN = [
    ("eth.dst", "02:00:00:00:00:02", 0, 6),
    ("eth.src", "02:00:00:00:00:01", 6, 12),
    ("eth.type", "0x0800", 12, 14),
    ("ip.version", "4", 14, 15),
    ("ip.hdr_len", "20", 14, 15),
    ("ip.len", "60", 16, 18),
    ("ip.ttl", "64", 22, 23),
    ("ip.proto", "6", 23, 24),
    ("ip.src", "10.0.0.1", 26, 30),
    ("ip.dst", "10.0.0.2", 30, 34),
    ("tcp.srcport", "54918", 34, 36),
    ("tcp.dstport", "8080", 36, 38),
    ("tcp.seq_raw", "1000", 38, 42),
    ("tcp.hdr_len", "40", 46, 47),
    ("tcp.flags", "0x0002", 46, 48),
    ("tcp.flags.syn", "1", 47, 48),
    ("tcp.window_size_value", "65495", 48, 50),
    ("tcp.options.mss_val", "1460", 56, 58),
    ("tcp.options.timestamp.tsval", "1", 62, 66),
    ("tcp.options.timestamp.tsecr", "2", 66, 70),
    ("tcp.options.wscale.shift", "7", 73, 74),
]


def names(packet: DecodedPacket) -> set[str]:
    return {node.name for node in packet.walk()}


@pytest.mark.parametrize(("name", "shown", "first", "end"), FIELDS_OF_SYN)
def test_each_field_has_its_value_and_its_bytes(name: str, shown: str, first: int, end: int) -> None:
    node = decode_packet(SYN_FRAME, ETHERNET).find(name)
    assert node is not None
    assert show_text(node) == shown
    assert (node.start_byte, node.end_byte) == (first, end)


@pytest.mark.parametrize("kept", range(len(SYN_FRAME)))
def test_a_cut_frame_still_shows_every_whole_field(kept: int) -> None:
    packet = decode_packet(SYN_FRAME[:kept], ETHERNET, facts={"@wire_length": len(SYN_FRAME)})
    expected = {name for name, _, _, end in FIELDS_OF_SYN if end <= kept}
    # The version and length of the IP header are one byte; an option's bytes are shown whole or not at all.
    assert expected <= names(packet)
    assert not {name for name, _, _, end in FIELDS_OF_SYN if end > kept} & names(packet)
    if kept > 0:
        assert [problem.kind for problem in packet.problems] in ([ProblemKind.CUT], [])
    assert all(node.end_byte <= kept or node.spec.region for node in packet.walk())


@pytest.mark.parametrize("cut_inside", [3, 20, 40, 60])
def test_a_cut_frame_says_what_was_needed_and_what_was_there(cut_inside: int) -> None:
    packet = decode_packet(SYN_FRAME[:cut_inside], ETHERNET, facts={"@wire_length": len(SYN_FRAME)})
    (problem,) = packet.problems
    assert problem.kind is ProblemKind.CUT
    assert problem.available < problem.needed
    assert str(problem.available) in problem.message
    assert str(problem.needed) in problem.message


def test_a_lying_header_length_is_the_senders_doing() -> None:
    frame = bytearray(SYN_FRAME)
    frame[46] = 0x30      # TCP header length: 3 words of 4 bytes
    (problem,) = decode_packet(frame, ETHERNET).problems
    assert problem.kind is ProblemKind.MALFORMED
    assert problem.message == "TCP header length is 12 bytes; the smallest possible is 20. Malformed packet."


def test_headers_nested_without_end_are_refused_at_a_depth() -> None:
    header = bytes.fromhex("45000000" "00004000" "40040000" "0a000001" "0a000002")     # protocol 4: IPv4 again
    packet = decode_packet(header * 200, 101)
    assert len(packet.layers) == 32
    assert "32 deep" in packet.problems[0].message


@pytest.mark.parametrize(("name", "label"), [
    ("tcp.flags.syn", ".... .... ..1. = Syn: Set"),
    ("tcp.flags", "Flags: 0x002 (SYN)"),
    ("ip.hdr_len", ".... 0101 = Header Length: 20 bytes (5)"),
    ("ip.version", "0100 .... = Version: 4"),
    ("eth.type", "Type: IPv4 (0x0800)"),
    ("ip.proto", "Protocol: TCP (6)"),
    ("tcp.options.wscale", "TCP Option - Window scale: 7 (multiply by 128)"),
    ("tcp.options.mss", "TCP Option - Maximum segment size: 1460 bytes"),
    ("ip.flags", "000. .... = Flags: 0x0"),
])
def test_labels_are_those_of_the_users_other_tool(name: str, label: str) -> None:
    node = decode_packet(SYN_FRAME, ETHERNET).find(name)
    assert node is not None
    assert label_text(node) == label


def test_a_byte_belongs_to_the_narrowest_field_that_holds_it() -> None:
    packet = decode_packet(SYN_FRAME, ETHERNET)
    found = {offset: node.name for offset in (2, 26, 34, 57, 73) if (node := packet.node_at(offset))}
    assert (found[26], found[34], found[57]) == ("ip.src", "tcp.srcport", "tcp.options.mss_val")
