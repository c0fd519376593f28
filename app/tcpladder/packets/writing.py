"""Writes packets of a capture as pcap or pcapng."""

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from struct import Struct, pack
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME, Capture, Interface, Section
from tcpladder.packets.mapping import is_lost
from tcpladder.packets.pcapng_options import COMMENT, DROP_COUNT, END_OF_OPTIONS, FLAGS
from tcpladder.packets.whole_file import WriteError, whole_file
from tcpladder.texts import _, ngettext

Rows = NDArray[np.int64]
Progressed = Callable[[int], None]

_BATCH: Final = 10_000
_NANOSECONDS: Final = 1_000_000_000
_LAST_PCAP_SECOND: Final = (1 << 32) - 1
_USUAL_SNAPLEN: Final = 262_144
LONGEST_OPTION: Final = 0xFFFF      # bytes: the length of an option is a 16-bit number


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

    pcapng keeps interfaces with their clocks, comments, flags and drop counts, and in one section what all sections say
    of their origin; pcap keeps link type, bytes, lengths and times, in nanoseconds where microseconds do not do.
    A packet without a time gets 1970. progressed(packets so far) is called often, and may raise to end it.
    Raises WriteError with a sentence where the format cannot hold the packets, or the file cannot be written.
    """
    writer = _PcapWriter(capture, rows) if form is FileFormat.PCAP else PcapngWriter(capture, rows)
    chunks = tuple(capture.chunks)
    with whole_file(target, sources=capture.paths) as file:
        file.write(writer.head())
        for first in range(0, len(rows), _BATCH):
            progressed(first)
            file.write(writer.packets(rows[first:first + _BATCH]))
        if any(map(is_lost, chunks)):
            raise WriteError(_("{name} became shorter while it was read; nothing was written.").format(
                name=capture.path.name))


def losses(capture: Capture, rows: Rows, form: FileFormat) -> list[str]:
    """What a format does not keep of these packets, as sentences."""
    if form is FileFormat.PCAPNG:
        return []
    sentences = []
    comments = len(capture.comments) + int(np.isin(capture.commented_rows, rows).sum())
    if comments:
        sentences.append(ngettext("pcap cannot hold comments: {count:,} comment will be left out.",
                                  "pcap cannot hold comments: {count:,} comments will be left out.",
                                  comments).format(count=comments))
    interfaces = len(np.unique(capture.interface[rows]))
    if interfaces > 1:
        sentences.append(_("pcap does not say which of the {count:,} interfaces a packet came from.").format(
            count=interfaces))
    return sentences


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

    def head(self) -> bytes:
        """The file header."""
        interface = self._interface
        link_word = interface.linktype
        if interface.fcs_len is not None:
            link_word |= 1 << 26 | (interface.fcs_len // 2 & 0xF) << 28
        snaplen = max(interface.snaplen or _USUAL_SNAPLEN, self._longest)
        magic = 0xA1B23C4D if self._unit_ns == 1 else 0xA1B2C3D4
        return pack("<IHHiIII", magic, 2, 4, 0, 0, min(snaplen, (1 << 32) - 1), link_word)

    def packets(self, rows: Rows) -> bytes:
        """The records of some rows."""
        capture = self._capture
        heads = np.zeros(len(rows), np.dtype([(name, "<u4") for name in ("seconds", "fraction", "captured", "wire")]))
        times = np.where(capture.time_ns[rows] == NO_TIME, 0, capture.time_ns[rows])
        heads["seconds"] = times // _NANOSECONDS
        heads["fraction"] = times % _NANOSECONDS // self._unit_ns
        heads["captured"], heads["wire"] = capture.captured_len[rows], capture.wire_len[rows]
        headers = heads.tobytes()
        pieces: list[bytes | memoryview] = []
        for at, data in zip(range(0, len(headers), heads.itemsize), _frames(capture, rows), strict=True):
            pieces += (headers[at:at + heads.itemsize], data)
        return b"".join(pieces)


class PcapngWriter:
    """pcapng, in little-endian order: one section, its interfaces, enhanced packet blocks."""

    def __init__(self, capture: Capture, rows: Rows) -> None:
        self._capture = capture
        interfaces = capture.interfaces
        self._tick_ns = np.array([_tick_ns(interface) for interface in interfaces], np.int64)
        self._offset_s = np.zeros(len(interfaces), np.int64)    # ticks are not negative
        times, interface = capture.time_ns[rows], capture.interface[rows]
        for number in np.unique(interface[times < 0]).tolist():
            early = times[(interface == number) & (times != NO_TIME)]
            self._offset_s[number] = min(0, int(early.min()) // _NANOSECONDS) if len(early) else 0
        self._commented = np.unique(capture.commented_rows)
        flags, drops = capture.flags, capture.drop_counts
        self._flags = dict(zip(flags.rows.tolist(), flags.values.tolist(), strict=True))
        self._drops = dict(zip(drops.rows.tolist(), drops.values.tolist(), strict=True))

    def head(self) -> bytes:
        """The section header and the descriptions of the interfaces."""
        capture = self._capture
        first = capture.sections[0] if capture.sections else Section()
        texts = ((2, first.hardware), (3, first.os), (4, first.application))
        options = _texts((COMMENT, text) for text in capture.comments) + _texts(texts)
        blocks = [block(0x0A0D0D0A, pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _ended(options))]
        for number, interface in enumerate(capture.interfaces):
            blocks.append(self._interface_block(interface, int(self._tick_ns[number]), int(self._offset_s[number])))
        return b"".join(blocks)

    def packets(self, rows: Rows) -> bytes:
        """The packet blocks of some rows."""
        capture = self._capture
        captured = capture.captured_len[rows].astype(np.int64)
        interface = capture.interface[rows]
        times = capture.time_ns[rows]
        since = np.where(times == NO_TIME, 0, times - self._offset_s[interface] * _NANOSECONDS)
        ticks = (since // self._tick_ns[interface]).astype(np.uint64) if len(rows) else since.astype(np.uint64)
        options = self._options(rows)
        heads = np.zeros(len(rows), _ENHANCED_PACKET)
        heads["kind"] = 6
        heads["length"] = 32 + (captured + 3 & ~3)
        for place, option in options.items():
            heads["length"][place] += len(option)
        heads["interface"] = interface
        heads["ticks_high"], heads["ticks_low"] = ticks >> np.uint64(32), ticks & np.uint64(0xFFFFFFFF)
        heads["captured"], heads["wire"] = captured, capture.wire_len[rows]
        headers, size = heads.tobytes(), heads.itemsize
        pads = (-captured & 3).tolist()
        pieces: list[bytes | memoryview] = []
        for place, data in enumerate(_frames(capture, rows)):
            at = place * size
            pieces += (headers[at:at + size], data, _PADDING[pads[place]], options.get(place, b""),
                       headers[at + 4:at + 8])
        return b"".join(pieces)

    def _options(self, rows: Rows) -> dict[int, bytes]:
        """The options of the rows that have some, by place among the rows."""
        capture = self._capture
        special = np.isin(rows, np.concatenate([self._commented, capture.flags.rows, capture.drop_counts.rows]))
        result: dict[int, bytes] = {}
        for place in np.flatnonzero(special).tolist():
            row = int(rows[place])
            data = comment_options(capture.packet_comments(row))
            if row in self._flags:
                data += _option(FLAGS, pack("<I", self._flags[row] & 0xFFFFFFFF))
            if row in self._drops:
                data += _option(DROP_COUNT, pack("<Q", self._drops[row]))
            if data:
                result[place] = _ended(data)
        return result

    def _interface_block(self, interface: Interface, tick_ns: int, offset_s: int) -> bytes:
        options = _texts((COMMENT, text) for text in interface.comments)
        options += _texts(((2, interface.name), (3, interface.description), (12, interface.os),
                           (15, interface.hardware)))
        if interface.filter:
            options += _option(11, b"\0" + interface.filter.encode())
        options += _option(9, bytes([len(str(_NANOSECONDS // tick_ns)) - 1]))
        if interface.fcs_len is not None:
            options += _option(13, bytes([interface.fcs_len]))
        if offset_s:
            options += _option(14, pack("<q", offset_s))
        return block(1, pack("<HHI", interface.linktype, 0, interface.snaplen) + _ended(options))


_ENHANCED_PACKET: Final[np.dtype[Any]] = np.dtype([(name, "<u4") for name in (
    "kind", "length", "interface", "ticks_high", "ticks_low", "captured", "wire")])
_PADDING: Final = (b"", b"\0", b"\0\0", b"\0\0\0")
_OPTION_HEAD: Final = Struct("<HH")


def _tick_ns(interface: Interface) -> int:
    """Nanoseconds of a tick in what is written: as the interface has it if that is a power of ten, otherwise 1."""
    ticks = interface.ticks_per_second
    is_decimal = ticks <= _NANOSECONDS and str(ticks).strip("0") == "1"
    return _NANOSECONDS // ticks if is_decimal else 1


def _frames(capture: Capture, rows: Rows) -> list[memoryview]:
    """The bytes of some rows."""
    chunk, start, size = (part[rows].tolist() for part in (capture.chunk, capture.offset, capture.captured_len))
    views = [data.data for data in capture.chunks]
    if len(views) == 1:
        return [views[0][at:at + length] for at, length in zip(start, size, strict=True)]
    return [views[number][at:at + length] for number, at, length in zip(chunk, start, size, strict=True)]


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block around a body, which is padded to 32 bits."""
    body += bytes(-len(body) % 4)
    length = pack(order + "I", 12 + len(body))
    return pack(order + "I", kind) + length + body + length


def comment_options(comments: tuple[str, ...], order: str = "<") -> bytes:
    """Comments as options of a pcapng block, without the end mark. Raises WriteError where one is too long."""
    return b"".join(_option(COMMENT, text.encode(), order) for text in comments)


def _option(code: int, value: bytes, order: str = "<") -> bytes:
    if len(value) > LONGEST_OPTION:
        raise WriteError(_("A comment has {bytes:,} bytes; a pcapng file can hold {most:,}.").format(
            bytes=len(value), most=LONGEST_OPTION))
    return pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def _texts(options: Any) -> bytes:
    return b"".join(_option(code, text.encode()) for code, text in options if text)


def _ended(options: bytes) -> bytes:
    """Options with the mark after the last; nothing where there are none."""
    return options + _OPTION_HEAD.pack(END_OF_OPTIONS, 0) if options else b""
