"""Packets from a hex dump, written as a pcapng file."""

import time
from collections.abc import Sequence
from pathlib import Path
from struct import pack
from typing import Final

from tcpladder.packets.dummy_headers import DummyHeaders
from tcpladder.packets.hex_dump import DumpedPacket
from tcpladder.packets.pcapng_blocks import block, comment_options, section_block
from tcpladder.packets.whole_file import whole_file

_SECTION: Final = section_block(b"")
_NANOSECOND_CLOCK: Final = pack("<HHB3xHH", 9, 1, 9, 0, 0)
_DAY_NS: Final = 86_400 * 10**9
_STEP_NS: Final = 1_000     # between packets whose text has no time


def save_dump(packets: Sequence[DumpedPacket], target: Path, linktype: int, headers: DummyHeaders, *,
              first_time_ns: int | None = None) -> None:
    """Writes the packets of a dump as pcapng, whole or not at all, with the comments that stood before them.

    A time of the day counts from the day of first_time_ns (now, where None is given); a packet without a time comes a
    microsecond after the one before. Raises WriteError and HeaderError.
    """
    start = time.time_ns() if first_time_ns is None else first_time_ns
    present = start
    sent = 0
    blocks = [_SECTION, block(1, pack("<HHI", headers.linktype(linktype), 0, 0) + _NANOSECOND_CLOCK)]
    for packet in packets:
        if packet.time_ns is not None:
            present = packet.time_ns + (start // _DAY_NS * _DAY_NS if packet.time_ns < _DAY_NS else 0)
        data = headers.wrapped(packet.data, sent)
        sent += len(packet.data)
        fields = pack("<IIIII", 0, present >> 32, present & 0xFFFF_FFFF, len(data), len(data))
        options = comment_options((packet.comment,)) + bytes(4) if packet.comment else b""
        blocks.append(block(6, fields + data + bytes(-len(data) % 4) + options))
        present += _STEP_NS
    with whole_file(target) as file:
        file.writelines(blocks)
