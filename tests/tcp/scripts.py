"""Captures told as scripts, one line per segment, in the manner of packetdrill.

    +.01  > P. 1:101(100) ack 1 win 502 <mss 1460, sackOK, TS 10 0, wscale 7>

Seconds since the line before; ">" from client 10.0.0.1:40000 to server 10.0.0.2:80, "<" back; flags (S F R P . U, "-"
for none); first and next number relative to the initial ones, with the length; then what the line needs of ack, win,
options and "port N" (the client's). Options: mss, wscale, sackOK, TS value echo, sack left:right …, cookie HEX.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dpkt

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.reading import read_capture
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.fields import register_tcp_fields

CLIENT_ISN, SERVER_ISN = 1000, 5000
BEGIN_S = 1_700_000_000
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, ".": 16, "U": 32, "-": 0}
LINE = re.compile(
    r"\+(?P<wait>\S+)\s+(?P<way>[<>])\s+(?P<flags>[SFRP.U]+|-)\s+(?P<seq>-?\d+):-?\d+\((?P<length>\d+)\)"
    r"(?:\s+ack\s+(?P<ack>-?\d+))?(?:\s+win\s+(?P<win>\d+))?(?:\s+<(?P<options>[^>]*)>)?(?:\s+port\s+(?P<port>\d+))?$")


@dataclass(frozen=True, slots=True)
class Told:
    """A script's capture, read and analysed."""

    columns: ColumnTable
    table: ConnectionTable

    def named(self, field: str) -> list[int]:
        """The numbers of the frames that have the field."""
        present = self.columns.layer_values(field)[1]
        return [int(row) + 1 for row in self.columns.layer("tcp").rows[present]]

    def values(self, field: str) -> list[int | None]:
        """The field's value in every frame, None where it is missing."""
        return [int(value) if there else None for value, there in zip(*self.columns.layer_values(field), strict=True)]


def script(text: str, path: Path, isns: tuple[int, int] = (CLIENT_ISN, SERVER_ISN)) -> Told:
    """Writes the capture that a script tells to path, and reads it."""
    write_script(text, path, isns)
    return read(path)


def read(path: Path) -> Told:
    capture, progress = read_capture(path)
    for _ in progress:
        pass
    columns = ColumnTable(capture)
    columns.extend(capture.frame_count)
    register_tcp_fields(columns)
    return Told(columns, ConnectionTable(columns))


def write_script(text: str, path: Path, isns: tuple[int, int] = (CLIENT_ISN, SERVER_ISN)) -> None:
    microseconds = 0
    records = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)]
    for line in filter(str.strip, text.splitlines()):
        words = LINE.match(line.strip())
        assert words is not None, line
        microseconds += round(float(words["wait"]) * 1_000_000)
        frame = _frame(words, isns)
        records += [struct.pack("<IIII", BEGIN_S + microseconds // 1_000_000, microseconds % 1_000_000, len(frame),
                                len(frame)), frame]
    path.write_bytes(b"".join(records))


def _frame(words: re.Match[str], isns: Sequence[int]) -> bytes:
    from_client = words["way"] == ">"
    mine, other = isns if from_client else (isns[1], isns[0])
    port = int(words["port"] or 40_000)
    options = _options(words["options"] or "", other)
    segment = dpkt.tcp.TCP(
        sport=port if from_client else 80, dport=80 if from_client else port,
        seq=(int(words["seq"]) + mine) % 2**32,
        ack=(int(words["ack"]) + other) % 2**32 if words["ack"] is not None else 0,
        flags=sum(FLAGS[letter] for letter in words["flags"]), win=int(words["win"] or 64_240),
        off=5 + len(options) // 4, opts=options, data=b"x" * int(words["length"]))
    ends = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
    packet = dpkt.ip.IP(p=dpkt.ip.IP_PROTO_TCP, data=segment, src=ends[not from_client], dst=ends[from_client])
    packet.len = len(packet)
    return bytes(dpkt.ethernet.Ethernet(src=bytes(6), dst=bytes(6), data=packet))


def _options(text: str, base: int) -> bytes:
    packed = b"".join(_option(words.split(), base) for words in text.split(",") if words.strip())
    return packed + b"\x01" * (-len(packed) % 4)


def _option(words: list[str], base: int) -> bytes:
    values: Any = words[1:]
    match words[0]:
        case "mss":
            return struct.pack(">BBH", 2, 4, int(values[0]))
        case "wscale":
            return struct.pack(">BBB", 3, 3, int(values[0]))
        case "sackOK":
            return b"\x04\x02"
        case "TS":
            return struct.pack(">BBII", 8, 10, int(values[0]), int(values[1]))
        case "sack":
            edges = [(int(edge) + base) % 2**32 for block in values for edge in block.split(":")]
            return struct.pack(f">BB{len(edges)}I", 5, 2 + 4 * len(edges), *edges)
        case "cookie":
            cookie = bytes.fromhex(values[0])
            return struct.pack(">BB", 34, 2 + len(cookie)) + cookie
    raise ValueError(words)
