"""Writes packets of a capture as pcapng, with all that belongs to them."""

from struct import pack, unpack_from
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME, Capture, Interface, Section
from tcpladder.packets.pcapng_blocks import (
    ENHANCED_PACKET,
    FIXED_OF_PACKET,
    FIXED_OF_SIMPLE,
    INTERFACE,
    OBSOLETE_PACKET,
    SECTION_HEADER,
    SIMPLE_PACKET,
    block,
    comment_options,
    copied_block,
    copied_options,
    copied_packet,
    ended,
    is_copied,
    option,
    section_block,
)
from tcpladder.packets.pcapng_options import (
    COMMENT,
    CUSTOM_OPTIONS,
    DESCRIPTION,
    NOT_COPIED_OPTIONS,
    find_packet_options,
)
from tcpladder.packets.scanning import gather

Rows = NDArray[np.int64]
Piece = bytes | memoryview

_NANOSECONDS: Final = 1_000_000_000
_RESOLUTION, _FCS_LENGTH = 9, 13
_PADDING: Final = (b"", b"\0", b"\0\0", b"\0\0\0")


class PcapngWriter:
    """Packets of some rows of a capture, in this order.

    A packet block of a pcapng file is copied, with its time in the ticks of its clock and with all its options. What
    else its section holds (options, interfaces, names, statistics, secrets, journal and custom blocks) comes along, at
    its place among the packets; a section stays a section, unless packets of several are mixed: then there is one.
    What the format forbids to copy, and blocks of unknown kinds, are left out.
    """

    def __init__(self, capture: Capture, rows: Rows, *, one_section: bool = False) -> None:
        self._capture = capture
        self._edited = np.fromiter(capture.edited_comments, np.int64)
        self._section_of_interface = np.array([interface.section for interface in capture.interfaces], np.int64)
        numbers = list(range(len(capture.sections)))
        is_one = one_section or not numbers or bool(np.any(np.diff(self._sections(rows)) < 0))
        groups = [numbers] if is_one else [[number] for number in numbers]
        self._written = [_WrittenSection(capture, group) for group in groups]
        self._written_as = [0 if is_one else number for number in numbers]
        self._number = np.zeros(len(capture.interfaces), np.int64)
        for written in self._written:
            self._number[written.interfaces] = np.arange(len(written.interfaces))
        self._between = self._what_comes_between(rows)
        self._next = 0      # of these
        self._done = 0      # of the rows

    def packets(self, rows: Rows) -> bytes:
        """The next of the rows, with what comes before them."""
        pieces: list[Piece] = []
        first, self._done = self._done, self._done + len(rows)
        at = first
        while self._next < len(self._between) and self._between[self._next][0] < self._done:
            place = self._between[self._next][0]
            self._add_packets(rows[at - first:place - first], pieces)
            self._add_next(pieces)
            at = place
        self._add_packets(rows[at - first:], pieces)
        return b"".join(pieces)

    def rest(self) -> bytes:
        """What comes after the last packet."""
        pieces: list[Piece] = []
        while self._next < len(self._between):
            self._add_next(pieces)
        return b"".join(pieces)

    def _sections(self, rows: Rows) -> NDArray[np.int64]:
        return self._section_of_interface[self._capture.interface[rows]] if len(rows) else np.empty(0, np.int64)

    def _what_comes_between(self, rows: Rows) -> list[tuple[int, int, int]]:
        """Other blocks and heads of sections, in order: before which of the rows, section, byte offset (-1: a head).

        Each comes before the first of the rows that it came before in its file.
        """
        others = self._capture.other_blocks
        in_order = np.argsort(rows, kind="stable")

        def places(anchors: NDArray[np.int64]) -> list[int]:
            found: list[int] = np.append(in_order, len(rows))[np.searchsorted(rows, anchors, sorter=in_order)].tolist()
            return found

        heads = places(np.array([written.first_row for written in self._written[1:]], np.int64))
        result = [(place, number, -1) for number, place in enumerate([0, *heads])]
        result += zip(places(others.rows), others.section.tolist(), others.offset.tolist(), strict=True)
        return sorted(result, key=lambda one: (one[0], one[1] if one[2] < 0 else self._written_as[one[1]], one[2] >= 0))

    def _add_next(self, pieces: list[Piece]) -> None:
        _place, number, offset = self._between[self._next]
        self._next += 1
        if offset < 0:
            pieces.append(self._written[number].head)
            return
        section, written = self._capture.sections[number], self._written[self._written_as[number]]
        view = self._capture.chunks[section.chunk].data
        if is_copied(*unpack_from(section.order + "I", view, offset)):
            numbers = self._number[self._section_of_interface == number].tolist()
            pieces.append(copied_block(view, offset, section.order, written.order, numbers))

    def _add_packets(self, rows: Rows, pieces: list[Piece]) -> None:
        """The packet blocks of some rows: those of each section at once, then in the order of the rows."""
        sections = self._sections(rows)
        present = np.unique(sections).tolist()
        if len(present) == 1:
            pieces += self._blocks(rows, present[0])
            return
        found: list[Piece] = [b""] * len(rows)
        for number in present:
            places = np.flatnonzero(sections == number)
            for place, made in zip(places.tolist(), self._blocks(rows[places], number), strict=True):
                found[place] = made
        pieces += found

    def _blocks(self, rows: Rows, number: int) -> list[Piece]:
        """A block for each of some rows of one section."""
        section = self._capture.sections[number]
        to = self._written[self._written_as[number]].order
        return self._copied(rows, section, to) if section.order else self._made(rows, section, to)

    def _copied(self, rows: Rows, section: Section, to: str) -> list[Piece]:
        """Blocks from a pcapng section."""
        capture, order = self._capture, section.order
        data, view = capture.chunks[section.chunk], capture.chunks[section.chunk].data
        frame, captured = capture.offset[rows], capture.captured_len[rows].astype(np.int64)
        head = np.dtype([("kind", f"{order}u4"), ("length", f"{order}u4"), ("number", f"{order}u4"),
                         ("time", f"{order}u8"), ("captured", f"{order}u4"), ("wire", f"{order}u4")])
        heads = gather(data, frame - FIXED_OF_PACKET, head)
        # What stands at this place before the frame of a simple packet block, its length, is greater than the frame.
        is_long = np.isin(heads["kind"], (ENHANCED_PACKET, OBSOLETE_PACKET)) & (heads["captured"] == captured)
        start = frame - np.where(is_long, FIXED_OF_PACKET, FIXED_OF_SIMPLE)
        begins = gather(data, start, np.dtype(head.descr[:2]))
        kind, end = begins["kind"], start + (begins["length"].astype(np.int64) + 3 & ~3)
        wanted = self._number[capture.interface[rows]]
        as_it_is = (order == to) & ~np.isin(rows, self._edited) & ~self._has_uncopied(data, order, frame, captured, end,
                                                                                    kind)
        renumbered = as_it_is & (kind == ENHANCED_PACKET) & (heads["number"] != wanted)
        as_it_is &= (kind == ENHANCED_PACKET) | ((kind == SIMPLE_PACKET) & (wanted == 0))
        heads["number"] = wanted
        new_heads = heads.tobytes()
        size = head.itemsize
        result: list[Piece] = [view[first:last] for first, last in zip(start.tolist(), end.tolist(),
                                                                                    strict=True)]
        for place in np.flatnonzero(renumbered).tolist():
            result[place] = new_heads[place * size:(place + 1) * size] + result[place][size:]
        edited = capture.edited_comments
        for place in np.flatnonzero(~as_it_is).tolist():
            result[place] = copied_packet(view, int(start[place]), int(frame[place]), int(captured[place]), order, to,
                                          number=int(wanted[place]), comments=edited.get(int(rows[place])))
        return result

    @staticmethod
    def _has_uncopied(data: NDArray[np.uint8], order: str, frame: NDArray[np.int64], captured: NDArray[np.int64],
                      end: NDArray[np.int64], kind: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Which packet blocks have options that must not be copied."""
        first = frame + (captured + 3 & ~3)
        result = np.zeros(len(frame), np.bool_)
        with_options = np.flatnonzero((kind != SIMPLE_PACKET) & (first < end - 4))
        found = find_packet_options(data, with_options, first[with_options], end[with_options] - 4, order)
        result[found.row[np.isin(found.code, NOT_COPIED_OPTIONS)]] = True
        return result

    def _made(self, rows: Rows, section: Section, to: str) -> list[Piece]:
        """Blocks of packets from a pcap file."""
        capture = self._capture
        view = capture.chunks[section.chunk].data
        captured = capture.captured_len[rows].astype(np.int64)
        number = capture.interface[rows]
        times = capture.time_ns[rows]
        unit = np.array([_tick_ns(interface) for interface in capture.interfaces], np.int64)[number]
        ticks = np.where(times == NO_TIME, 0, times) // unit
        heads = np.zeros(len(rows), np.dtype([(name, f"{to}u4") for name in (
            "kind", "length", "number", "high", "low", "captured", "wire")]))
        heads["kind"], heads["length"] = ENHANCED_PACKET, 32 + (captured + 3 & ~3)
        heads["number"] = self._number[number]
        heads["high"], heads["low"] = ticks >> 32, ticks & 0xFFFF_FFFF
        heads["captured"], heads["wire"] = captured, capture.wire_len[rows]
        edited = capture.edited_comments
        options = {place: ended(comment_options(edited[int(rows[place])], to))
                   for place in np.flatnonzero(np.isin(rows, self._edited)).tolist()}
        for place, made in options.items():
            heads["length"][place] += len(made)
        headers, size = heads.tobytes(), heads.itemsize
        frames = zip(capture.offset[rows].tolist(), captured.tolist(), strict=True)
        result: list[Piece] = []
        for place, (offset, length) in enumerate(frames):
            head = headers[place * size:(place + 1) * size]
            result.append(b"".join((head, view[offset:offset + length], _PADDING[-length & 3], options.get(place, b""),
                                    head[4:8])))
        return result


class _WrittenSection:
    """A section that is written: which of the capture's interfaces it holds, and how it begins."""

    def __init__(self, capture: Capture, sections: list[int]) -> None:
        own = [capture.sections[number] for number in sections]
        self.order = next((section.order for section in own if section.order), "<")
        self.interfaces = [number for number, one in enumerate(capture.interfaces) if one.section in sections]
        self.first_row = own[0].first_row if own else 0
        options = b""
        for section in own:
            options += copied_options(section.options, SECTION_HEADER, section.order or self.order, self.order,
                                      wanted=_may_be_repeated if options else None)
        self.head = section_block(options, self.order)
        for number in self.interfaces:
            interface = capture.interfaces[number]
            described = _options_of(interface, capture.sections[interface.section].order, self.order)
            fields = pack(self.order + "HHI", interface.linktype, 0, interface.snaplen)
            self.head += block(INTERFACE, fields + ended(described), self.order)


def _may_be_repeated(code: int) -> bool:
    return code == COMMENT or code in CUSTOM_OPTIONS


def _options_of(interface: Interface, order: str, to: str) -> bytes:
    """The options of an interface's description: those of its file, or what a pcap file says of it."""
    if order:
        return copied_options(interface.options, INTERFACE, order, to)
    options = option(DESCRIPTION, interface.description.encode(), to) if interface.description else b""
    options += option(_RESOLUTION, bytes([len(str(_NANOSECONDS // _tick_ns(interface))) - 1]), to)
    return options + (b"" if interface.fcs_len is None else option(_FCS_LENGTH, bytes([interface.fcs_len]), to))


def _tick_ns(interface: Interface) -> int:
    """Nanoseconds of a tick of a pcap file."""
    return max(1, _NANOSECONDS // interface.ticks_per_second)
