"""Echo requests and the replies to them; the pairs are those that tshark -2 finds in the same packets."""

import ipaddress
import struct
from pathlib import Path

import dpkt
import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.fields.show import label_text, show_text
from tests.decode.test_two_walks import columns_of

LINKTYPE_RAW = 101
A, B, GROUP, EVERYBODY = "10.0.0.1", "10.0.0.2", "224.0.0.1", "255.255.255.255"
A6, B6, GROUP6 = "fe80::1", "fe80::2", "ff02::1"


def echo(kind: int, number: int, source: str, destination: str, data: bytes = b"abcd", code: int = 0) -> bytes:
    """An echo request or reply; the type says of which protocol."""
    ends = ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed
    body = struct.pack(">HH", 1, number) + data
    head = bytes([kind, code, 0, 0])
    is_v6 = kind >= 128
    pseudo_header = b"".join(ends) + struct.pack(">II", len(head + body), 58) if is_v6 else b""
    message = struct.pack(">BBH", kind, code, dpkt.in_cksum(pseudo_header + head + body)) + body
    if is_v6:
        return struct.pack(">IHBB", 6 << 28, len(message), 58, 64) + b"".join(ends) + message
    return bytes(dpkt.ip.IP(src=ends[0], dst=ends[1], p=1, len=20 + len(message), data=message))


def quoted(packet: bytes) -> bytes:
    """The packet in an error that says that its destination cannot be reached."""
    message = bytes([3, 1, 0, 0]) + bytes(4) + packet
    return bytes(dpkt.ip.IP(src=bytes([10, 0, 0, 9]), dst=bytes([10, 0, 0, 1]), p=1, len=20 + len(message),
                            data=message))


# Frame, and the frame that answers it ("-": none is expected, "?": missing) or that it answers ("<").
STORY = [
    (echo(8, 1, A, B), "2"),
    (echo(0, 1, B, A), "< 1"),
    (echo(0, 1, B, A), "-"),                    # again
    (echo(8, 2, A, B), "?"),
    (echo(8, 2, A, B), "6"),                    # again
    (echo(0, 2, B, A), "< 5"),
    (echo(8, 3, A, B), "?"),
    (echo(0, 3, B, A, b"other data"), "-"),
    (echo(8, 4, A, GROUP), "-"),
    (echo(8, 5, A, EVERYBODY), "-"),
    (echo(0, 5, B, A), "-"),
    (echo(0, 9, B, A), "-"),                    # before it is asked for
    (echo(8, 9, A, B), "?"),
    (echo(8, 7, A, A), "15"),                   # loopback
    (echo(0, 7, A, A), "< 14"),
    (quoted(echo(8, 20, A, B)), "-"),
    (echo(8, 21, A, B, code=3), "?"),
    (echo(0, 21, B, A), "-"),
    (echo(128, 1, A6, B6), "20"),
    (echo(129, 1, B6, A6), "< 19"),
    (echo(128, 2, A6, GROUP6), "-"),
    (echo(129, 2, B6, A6), "-"),
    (echo(128, 3, A6, B6), "?"),
    (echo(128, 3, A6, B6), "26"),
    (echo(8, 30, A, B)[:24], "-"),              # cut before the number
    (echo(129, 3, B6, A6), "< 24"),
]


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> ColumnTable:
    path: Path = tmp_path_factory.mktemp("echo") / "echo.pcap"
    records = [struct.pack("<IIII", 1, row * 1234, len(frame), len(frame)) + frame
               for row, (frame, _) in enumerate(STORY)]
    path.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, LINKTYPE_RAW) + b"".join(records))
    return columns_of(path, step=7)


@pytest.mark.parametrize("row", range(len(STORY)))
def test_pairs(columns: ColumnTable, row: int) -> None:
    fields = {node.name.partition(".")[2]: node for node in decode_row(columns, row).walk()
              if node.name.endswith(("resp_in", "resp_to", "resptime", "no_resp", "resp_not_found"))}
    expected = STORY[row][1]
    if expected.startswith("<"):
        assert set(fields) == {"resp_to", "resptime"}
        assert show_text(fields["resp_to"]) == expected[2:]
        distance = row + 1 - int(expected[2:])
        assert show_text(fields["resptime"]) == f"{1.234 * distance:.15g}"
        assert label_text(fields["resptime"]).endswith(f": {1.234 * distance:.3f} ms")
    elif expected == "?":
        assert set(fields) == {"no_resp", "resp_not_found"}
    elif expected == "-":
        assert not fields
    else:
        assert set(fields) == {"resp_in"}
        assert show_text(fields["resp_in"]) == expected


@pytest.mark.parametrize(("name", "values"), [
    ("icmp.resp_in", [2, 6, 15]), ("icmp.resp_to", [1, 5, 14]),
    ("icmpv6.resp_in", [20, 26]), ("icmpv6.resp_to", [19, 24]),
])
def test_the_columns_say_the_same(columns: ColumnTable, name: str, values: list[int]) -> None:
    assert columns.column(name).values.tolist() == values


def test_a_capture_without_echoes_has_no_pairs(tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, LINKTYPE_RAW))
    assert columns_of(path).column("icmpv6.resp_in").rows.tolist() == []
