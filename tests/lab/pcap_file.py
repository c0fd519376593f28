"""Writing pcap files: nothing but the records."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

MAGIC_NANOSECONDS = 0xA1B23C4D
LINKTYPE_ETHERNET = 1
SECOND = 1_000_000_000


def write_pcap(path: Path, frames: Iterable[tuple[int, bytes]]) -> None:
    """Write Ethernet frames, each with its time in nanoseconds since 1970, as a little-endian pcap file."""
    parts = [struct.pack("<IHHiIII", MAGIC_NANOSECONDS, 2, 4, 0, 0, 262_144, LINKTYPE_ETHERNET)]
    for time_ns, frame in frames:
        parts += struct.pack("<IIII", time_ns // SECOND, time_ns % SECOND, len(frame), len(frame)), frame
    path.write_bytes(b"".join(parts))
