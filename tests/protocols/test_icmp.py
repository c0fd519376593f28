"""ICMP: values as the RFCs lay them out and as tshark shows the same frames."""

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.node import DecodedPacket, ProblemKind
from tcpladder.fields.show import label_text, show_text
from tests.protocols.frames import ICMP_MESSAGES, QUOTED, ethernet, icmp, ipv4

TIME_NS = 1_700_000_010_000_000_000
FIELDS = [
    ("echo", "icmp.ident", "1"),
    ("echo", "icmp.ident_le", "256"),
    ("echo", "icmp.seq", "2"),
    ("echo", "icmp.seq_le", "512"),
    ("echo", "icmp.checksum.status", "1"),
    ("echo", "icmp.data_time", "Nov 14, 2023 22:13:20.000005000 UTC"),
    ("echo", "icmp.data_time_relative", "9.999995000"),
    ("echo", "data.data", b"payload".hex(":")),
    ("echo-little-endian", "icmp.data_time", "Nov 14, 2023 22:13:20.000005000 UTC"),
    ("echo-without-time", "icmp.data_time", None),
    ("echo-without-time", "data.data", b"abcdefghijkl".hex(":")),
    ("unreachable", "icmp.unused", "00:00:00:00"),
    ("unreachable", "udp.dstport", "2000"),
    ("too-big", "icmp.unused", "00:00"),
    ("too-big", "icmp.mtu", "1400"),
    ("redirect", "icmp.redir_gw", "10.0.0.2"),
    ("parameter-problem", "icmp.pointer", "20"),
    ("parameter-problem", "icmp.unused", "00:00:00"),
    ("with-extensions", "icmp.length.original_datagram", "128"),
    ("with-extensions", "icmp.ext.version", "2"),
    ("with-extensions", "icmp.ext.checksum.status", "1"),
    ("with-extensions", "icmp.mpls.label", "16"),
    ("with-extensions", "icmp.mpls.exp", "5"),
    ("with-extensions", "icmp.mpls.ttl", "64"),
    ("with-extensions", "icmp.int_info.index", "7"),
    ("with-extensions", "icmp.int_info.ipv4", "10.0.0.2"),
    ("with-extensions", "icmp.int_info.name", "eth0"),
    ("with-extensions", "icmp.int_info.mtu", "1500"),
    ("router-advertisement", "icmp.router_address", "10.0.0.2"),
    ("router-advertisement", "icmp.pref_level", "-1"),
    ("timestamp", "icmp.originate_timestamp", "84281096"),
    ("address-mask", "icmp.address_mask", "255.255.255.0"),
    ("extended-echo", "icmp.ext.echo.seq", "2"),
    ("extended-echo", "icmp.ext.echo.req.local", "1"),
    ("extended-echo", "icmp.int_ident.name", "eth0"),
    ("extended-echo", "icmp.int_ident.index", "7"),
    ("extended-echo", "icmp.int_ident.ipv4", "10.0.0.2"),
    ("extended-echo", "icmp.ext.data", b"abcd".hex(":")),
    ("extended-echo-reply", "icmp.ext.echo.rsp.state", "2"),
    ("extended-echo-reply", "icmp.ext.echo.rsp.active", "1"),
]
DIVIDED = {"icmp.pointer", "icmp.unused"}
LABELS = [
    ("unreachable", "icmp.type", "Type: 3 (Destination unreachable)"),
    ("unreachable", "icmp.code", "Code: 3 (Port unreachable)"),
    ("echo", "icmp.code", "Code: 0"),
    ("echo", "icmp.ident", "Identifier (BE): 1 (0x0001)"),
    ("timestamp", "icmp.originate_timestamp",
     "Originate Timestamp: 84281096 (23 hours, 24 minutes, 41.096 seconds after midnight UTC)"),
    ("with-extensions", "icmp.mpls.exp", ".... .... .... .... .... 101. = Experimental: 5"),
    ("extended-echo-reply", "icmp.ext.echo.rsp.state", "010. .... = State: Reachable (2)"),
]


def decoded(message: bytes) -> DecodedPacket:
    return decode_packet(ethernet(ipv4(message, 1)), 1, facts={"@time": TIME_NS})


@pytest.mark.parametrize(("message", "name", "shown"), FIELDS)
def test_field(message: str, name: str, shown: str | None) -> None:
    node = decoded(ICMP_MESSAGES[message]).find(name)
    assert (node and show_text(node)) == shown


@pytest.mark.parametrize(("message", "name", "label"), LABELS)
def test_label(message: str, name: str, label: str) -> None:
    node = decoded(ICMP_MESSAGES[message]).find(name)
    assert node is not None
    assert label_text(node) == label


def test_quoted_packet_lies_in_the_message() -> None:
    packet = decoded(ICMP_MESSAGES["unreachable"])
    assert [layer.name for layer in packet.layers] == ["frame", "eth", "ip", "icmp"]
    assert [child.name for child in packet.layers[3].children][-3:] == ["ip", "udp", "data"]
    assert packet.find_all("ip.dst")[1].start_byte == 34 + 8 + 16


def test_wrong_checksum_says_what_would_be_right() -> None:
    right = ICMP_MESSAGES["echo"]
    packet = decoded(right[:2] + b"\x12\x34" + right[4:])
    status, remark = packet.find("icmp.checksum.status"), packet.find("icmp.checksum_bad")
    assert status is not None
    assert remark is not None
    assert status.value == 0
    assert label_text(remark) == f"Bad checksum [should be 0x{right[2:4].hex()}]"


def test_checksum_of_a_message_in_a_quoted_packet_is_not_judged() -> None:
    inner = ipv4(icmp(8, 0, bytes(8)), 1)
    statuses = decoded(icmp(3, 1, bytes(4) + inner)).find_all("icmp.checksum.status")
    assert [node.value for node in statuses] == [1, 2]


@pytest.mark.parametrize("message", ICMP_MESSAGES)
def test_a_cut_message_still_shows_every_whole_field_of_its_header(message: str) -> None:
    """Except times, which are recognised by all their bytes, and the word that its second byte divides."""
    frame = ethernet(ipv4(ICMP_MESSAGES[message], 1))
    whole = decode_packet(frame, 1, facts={"@time": TIME_NS})
    expected = [(node.name, node.value, node.end_byte) for node in whole.layers[3].children
                if node.name.startswith("icmp.") and node.size]
    for kept in range(34, len(frame)):
        packet = decode_packet(frame[:kept], 1, facts={"@time": TIME_NS, "@wire_length": len(frame)})
        found = {(node.name, node.value) for node in packet.walk()}
        for name, value, end in expected:
            divided = name in DIVIDED and kept < 40
            if end <= kept and "data_time" not in name and not divided:
                assert (name, value) in found, f"{name} of {message}, {kept} bytes kept"
        assert all(problem.kind is ProblemKind.CUT for problem in packet.problems), packet.problems


def test_quoted_packet_may_end_anywhere() -> None:
    """RFC 792 asks for the header and eight bytes; what is missing is no fault of a capture."""
    packet = decoded(icmp(3, 3, bytes(4) + QUOTED[:24]))
    assert packet.find("udp.srcport") is not None
    assert packet.find("udp.length") is None
