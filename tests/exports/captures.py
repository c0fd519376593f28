"""Captures for the tests of exports, read as the program reads them, and what tshark says of them."""

from __future__ import annotations

import os
import struct
import subprocess
from contextlib import closing
from pathlib import Path

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.reading import CaptureReader
from tcpladder.resource_files import captures_path
from tcpladder.tcp.fields import register_tcp_fields

LESSONS = sorted(path for path in captures_path().iterdir() if ".pcap" in path.name)

# No reassembly: each segment stands alone, as it does here.
_PREFERENCES = ("tcp.desegment_tcp_streams:FALSE", "nameres.dns_pkt_addr_resolution:FALSE")


def columns_of(path: Path) -> ColumnTable:
    """All columns of a capture, those of TCP included."""
    with closing(CaptureReader(path)) as reader:
        columns = ColumnTable(reader.capture)
        for progress in reader:
            columns.extend(progress.frames)
    register_tcp_fields(columns)
    return columns


def tshark(path: Path, settings: Path, *options: str) -> str:
    """What tshark prints; settings is an empty folder."""
    preferences = [word for preference in _PREFERENCES for word in ("-o", preference)]
    done = subprocess.run(["tshark", "-n", "-2", *preferences, "-r", path, *options], capture_output=True,
                          check=True, timeout=60, env={**os.environ, "WIRESHARK_CONFIG_DIR": str(settings)})
    return done.stdout.decode("utf-8", "replace")


def capture_with_comment(path: Path, comment: bytes) -> Path:
    """Writes a pcapng file of one ARP frame with a comment (pcapng, sections 4.1 to 4.3)."""
    frame = bytes.fromhex("ffffffffffff 020000000010 0806 0001 0800 0604 0001"
                          "020000000010 c000020a 000000000000 c0000250")
    padded = frame + bytes(-len(frame) % 4)
    option = struct.pack("<HH", 1, len(comment)) + comment + bytes(-len(comment) % 4) + bytes(4)
    path.write_bytes(
        _block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
        + _block(1, struct.pack("<HHI", 1, 0, 0))
        + _block(6, struct.pack("<IIIII", 0, 0, 1_000_000, len(frame), len(frame)) + padded + option))
    return path


def _block(kind: int, body: bytes) -> bytes:
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
