"""Writes packets of a capture as pcap or pcapng."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from struct import pack, unpack_from
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME, Capture, Interface
from tcpladder.packets.mapping import is_lost
from tcpladder.packets.pcapng_blocks import is_copied
from tcpladder.packets.pcapng_writing import PcapngWriter
from tcpladder.packets.whole_file import WriteError, whole_file
from tcpladder.texts import _, ngettext

Rows = NDArray[np.int64]
Progressed = Callable[[int], None]

_BATCH: Final = 10_000
_NANOSECONDS: Final = 1_000_000_000
_LAST_PCAP_SECOND: Final = (1 << 32) - 1
_USUAL_SNAPLEN: Final = 262_144


class FileFormat(Enum):
    """The formats that packets are written in."""

    PCAPNG = "pcapng"
    PCAP = "pcap"

    @staticmethod
    def of(path: Path) -> "FileFormat":
        """What a file's name asks for: pcap for .pcap and .cap, packed or not, pcapng for all others."""
        name = path.name.lower()
        for packing in (".gz", ".bz2", ".xz", ".zst", ".lz4"):
            name = name.removesuffix(packing)
        return FileFormat.PCAP if name.endswith((".pcap", ".cap")) else FileFormat.PCAPNG


def save_packets(capture: Capture, rows: Rows, target: Path, form: FileFormat, *,
                 progressed: Progressed = lambda _done: None) -> None:
    """Writes the packets of some rows, in this order, to a file: whole or not at all.

    pcapng keeps all that a pcapng file says of the packets (see PcapngWriter); pcap keeps link type, bytes, lengths and
    times, in nanoseconds where microseconds do not do, and 1970 for a packet without a time.
    progressed(packets so far) is called often, and may raise to end it.
    Raises WriteError with a sentence where the format cannot hold the packets, or the file cannot be written.
    """
    writer = _PcapWriter(capture, rows) if form is FileFormat.PCAP else PcapngWriter(capture, rows)
    chunks = tuple(capture.chunks)
    with whole_file(target, sources=capture.paths) as file:
        for first in range(0, len(rows), _BATCH):
            progressed(first)
            capture.fetch(rows[first:first + _BATCH])
            file.write(writer.packets(rows[first:first + _BATCH]))
        file.write(writer.rest())
        if any(map(is_lost, chunks)):
            raise WriteError(_("{name} became shorter while it was read; nothing was written.").format(
                name=capture.path.name))


def losses(capture: Capture, rows: Rows, form: FileFormat) -> list[str]:
    """What is not kept of these packets and of what belongs to them, as sentences."""
    sentences = []
    others = capture.other_blocks
    if form is FileFormat.PCAPNG:
        left_out = len(others.rows) - sum(map(is_copied, _kinds(capture)))
        if left_out:
            sentences.append(ngettext(
                "{count:,} block of a kind that is unknown, or that may not be copied, will be left out.",
                "{count:,} blocks of kinds that are unknown, or that may not be copied, will be left out.",
                left_out).format(count=left_out))
        return sentences
    comments = len(capture.comments) + int(np.isin(capture.commented_rows, rows).sum())
    if comments:
        sentences.append(ngettext("pcap cannot hold comments: {count:,} comment will be left out.",
                                  "pcap cannot hold comments: {count:,} comments will be left out.",
                                  comments).format(count=comments))
    if len(others.rows):
        sentences.append(ngettext(
            "pcap holds packets only: {count:,} other block (names, statistics, keys) will be left out.",
            "pcap holds packets only: {count:,} other blocks (names, statistics, keys) will be left out.",
            len(others.rows)).format(count=len(others.rows)))
    interfaces = len(np.unique(capture.interface[rows]))
    if interfaces > 1:
        sentences.append(_("pcap does not say which of the {count:,} interfaces a packet came from.").format(
            count=interfaces))
    return sentences


def _kinds(capture: Capture) -> list[int]:
    """The kinds of the other blocks of a capture."""
    others = capture.other_blocks
    sections = [(section.order, capture.chunks[section.chunk].data) for section in capture.sections]
    found = []
    for number, offset in zip(others.section.tolist(), others.offset.tolist(), strict=True):
        order, view = sections[number]
        found.append(unpack_from(order + "I", view, offset)[0])
    return found


class _PcapWriter:
    """pcap, in little-endian order."""

    def __init__(self, capture: Capture, rows: Rows) -> None:
        self._capture = capture
        times = capture.time_ns[rows]
        times = times[times != NO_TIME]
        used = [capture.interfaces[number] for number in np.unique(capture.interface[rows]).tolist()]
        self._interface = used[0] if used else next(iter(capture.interfaces), Interface(1))
        linktypes = {interface.linktype for interface in used}
        if len(linktypes) > 1:
            raise WriteError(_("A pcap file has one link type, these packets have {count}: {linktypes}. "
                               "Choose pcapng, which can hold them all.").format(
                count=len(linktypes), linktypes=", ".join(map(str, sorted(linktypes)))))
        if len(times) and (times.min() < 0 or times.max() >= (_LAST_PCAP_SECOND + 1) * _NANOSECONDS):
            raise WriteError(_("pcap holds times from 1970 to 2106, and a packet lies outside of them. Choose pcapng."))
        self._unit_ns = 1 if np.any(times % 1000) else 1000
        self._longest = int(capture.captured_len[rows].max()) if len(rows) else 0
        self._before = self._head()

    def _head(self) -> bytes:
        interface = self._interface
        link_word = interface.linktype
        if interface.fcs_len is not None:
            link_word |= 1 << 26 | (interface.fcs_len // 2 & 0xF) << 28
        snaplen = max(interface.snaplen or _USUAL_SNAPLEN, self._longest)
        magic = 0xA1B23C4D if self._unit_ns == 1 else 0xA1B2C3D4
        return pack("<IHHiIII", magic, 2, 4, 0, 0, min(snaplen, (1 << 32) - 1), link_word)

    def packets(self, rows: Rows) -> bytes:
        """The records of the next of the rows."""
        capture = self._capture
        heads = np.zeros(len(rows), np.dtype([(name, "<u4") for name in ("seconds", "fraction", "captured", "wire")]))
        times = np.where(capture.time_ns[rows] == NO_TIME, 0, capture.time_ns[rows])
        heads["seconds"] = times // _NANOSECONDS
        heads["fraction"] = times % _NANOSECONDS // self._unit_ns
        heads["captured"], heads["wire"] = capture.captured_len[rows], capture.wire_len[rows]
        headers = heads.tobytes()
        pieces: list[bytes | memoryview] = [self._before]
        self._before = b""
        for at, data in zip(range(0, len(headers), heads.itemsize), _frames(capture, rows), strict=True):
            pieces += (headers[at:at + heads.itemsize], data)
        return b"".join(pieces)

    def rest(self) -> bytes:
        """What is left to be written where there was no packet."""
        return self._before


def _frames(capture: Capture, rows: Rows) -> list[memoryview]:
    """The bytes of some rows."""
    chunk, start, size = (part[rows].tolist() for part in (capture.chunk, capture.offset, capture.captured_len))
    views = [data.data for data in capture.chunks]
    if len(views) == 1:
        return [views[0][at:at + length] for at, length in zip(start, size, strict=True)]
    return [views[number][at:at + length] for number, at, length in zip(chunk, start, size, strict=True)]
