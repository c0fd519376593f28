"""pcapng files: sections of blocks; interfaces with clocks of their own; options on everything.

After draft-ietf-opsawg-pcapng. What makes a block unreadable here makes it so for tshark 4.0.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import (
    NO_TIME,
    CaptureError,
    Interface,
    OddTimes,
    OtherBlocks,
    Rows,
    Section,
    SparseValues,
)
from tcpladder.packets.pcapng_blocks import (
    ENHANCED_PACKET,
    INTERFACE,
    NO_DROP_COUNT,
    OBSOLETE_PACKET,
    SECTION_HEADER,
    SIMPLE_PACKET,
)
from tcpladder.packets.pcapng_options import (
    COMMENT,
    DROP_COUNT,
    FLAGS,
    Damaged,
    PacketOptions,
    find_packet_options,
    read_options,
    read_packet_options,
)
from tcpladder.packets.scanning import Pause, Scan, gather, longest_frame
from tcpladder.packets.times import Times, times_of_clock
from tcpladder.texts import _

MAGIC: Final = SECTION_HEADER.to_bytes(4, "big")
_BYTE_ORDERS: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_VERSIONS: Final = ((1, 0), (1, 2))

# Bytes of the smallest block: type, length, fixed fields, and the length once more.
_SMALLEST_BLOCK: Final = 12
_SMALLEST_SECTION: Final = 28
_SMALLEST_INTERFACE: Final = 20
_PACKETS: Final = {OBSOLETE_PACKET: 32, SIMPLE_PACKET: 16, ENHANCED_PACKET: 32}
_STATE_BLOCKS: Final = (SECTION_HEADER, INTERFACE)
_MOST_INTERFACES: Final = 1 << 16

_SECTION_TEXTS: Final = {2: "hardware", 3: "os", 4: "application"}
_INTERFACE_TEXTS: Final = {2: "name", 3: "description", 12: "os", 15: "hardware"}
_RESOLUTION: Final = 9
_FILTER: Final = 11
_FCS_LENGTH: Final = 13
_TIME_OFFSET: Final = 14


class _Cut(Exception):
    """The bytes at hand end within the block at the position."""


class PcapngScanner:
    """Reads the blocks of one pcapng file.

    Raises CaptureError where the first section header cannot be read.
    """

    def __init__(self, data: NDArray[np.uint8], name: str) -> None:
        self.position = 0
        self.interfaces: list[Interface] = []
        self.sections: list[Section] = []
        self._name = name
        self._order = "<"
        self._records = _Records("<")
        self._first_interface = 0  # of this section, in the interfaces of the file
        self._tables: _InterfaceTables | None = None
        self._frames_before = 0  # what is scanned now
        try:
            self._read_section(data.data)
        except Damaged as damage:
            raise CaptureError(self._sentence(damage)) from None
        except _Cut:
            raise CaptureError(
                _("{name}: the file ends within its first section header, after {available:,} bytes.").format(
                    name=name, available=len(data)
                )
            ) from None

    def scan(self, data: NDArray[np.uint8], most_frames: int, frames_before: int) -> Scan:
        """See `Scanner.scan`. Comes back early where an interface or a section begins."""
        view = data.data
        blocks: list[int] = []
        others: list[tuple[int, int, int]] = []
        sentence = ""
        self._frames_before = frames_before
        try:
            pause = self._walk(view, blocks, others, most_frames)
        except Damaged as damage:
            pause, sentence = Pause.DAMAGE, self._sentence(damage)
        except _Cut:
            pause, sentence = Pause.BYTES_ENDED, self._cut_sentence(view, frames_before + len(blocks) + 1)
        rows = self._packet_rows(data, np.array(blocks, np.int64), _other_blocks(others))
        if len(rows) < len(blocks):
            self.position = blocks[len(rows)]
            pause = Pause.DAMAGE
            sentence = self._sentence(self._packet_damage(view, self.position))
        return Scan(rows, pause, sentence, self.position)

    def _walk(self, view: memoryview, blocks: list[int], others: list[tuple[int, int, int]],
              most_blocks: int) -> Pause:
        """Collects where packet blocks begin, each there to its last byte, and moves `position` on.

        Other blocks go into others: how many packet blocks come before, where it begins, its section.

        Raises _Cut or Damaged for the block at `position`.
        """
        size = len(view)
        position = self.position
        head = Struct(self._order + "II").unpack_from
        append = blocks.append
        try:
            for _block in range(most_blocks):
                if position + 8 > size:
                    if position == size:
                        return Pause.BYTES_ENDED
                    raise _Cut
                kind, length = head(view, position)
                if kind == ENHANCED_PACKET or kind in _PACKETS:
                    following = position + length if not length & 3 else position + (length + 3 & ~3)
                    if following > size:
                        raise _Cut
                    append(position)
                    position = following
                elif kind in _STATE_BLOCKS:
                    if blocks:
                        return Pause.ENOUGH
                    self.position = position
                    if kind == INTERFACE:
                        self._read_interface(view)
                    else:
                        self._read_section(view)
                        head = Struct(self._order + "II").unpack_from
                    position = self.position
                else:
                    following = self._block_end(view, position, length, _SMALLEST_BLOCK)
                    others.append((len(blocks), position, len(self.sections) - 1))
                    position = following
        finally:
            self.position = position
        return Pause.ENOUGH

    def _block_end(self, view: memoryview, position: int, length: int, smallest: int) -> int:
        """Where the block ends. Raises _Cut, or Damaged where its two lengths are wrong."""
        following = position + (length + 3 & ~3)
        if following - position < smallest:
            raise Damaged(
                _("{name}: the block at byte {offset:,} says {length:,} bytes; it needs {smallest}."),
                length=length,
                smallest=smallest,
            )
        if following > len(view):
            raise _Cut
        (again,) = Struct(self._order + "I").unpack_from(view, following - 4)
        if again + 3 & ~3 != following - position:
            raise Damaged(
                _(
                    "{name}: the block at byte {offset:,} says {length:,} bytes at its beginning "
                    "and {again:,} at its end."
                ),
                length=length,
                again=again,
            )
        return following

    def _read_section(self, view: memoryview) -> None:
        """Takes in the section header at `position`; what follows has its byte order."""
        start = self.position
        if start + 24 > len(view):
            raise _Cut
        order = _BYTE_ORDERS.get(bytes(view[start + 8 : start + 12]))
        if order is None:
            raise Damaged(_("{name}: the section header at byte {offset:,} has no known byte order."))
        length, major, minor = Struct(order + "4xI4xHH").unpack_from(view, start)
        self._order = order
        self._records = _Records(order)
        if (major, minor) not in _VERSIONS:
            raise Damaged(
                _("{name}: the section at byte {offset:,} is of version {major}.{minor}; only 1.0 is known."),
                major=major,
                minor=minor,
            )
        end = self._block_end(view, start, length, _SMALLEST_SECTION)
        texts: dict[str, str] = {}
        comments: list[str] = []
        options_end = start + 24
        for option in read_options(view, start + 24, end - 4, order):
            options_end = option.start + (option.length + 3 & ~3)
            if option.code == COMMENT:
                comments.append(_text(view, option.start, option.length))
            elif option.code in _SECTION_TEXTS:
                texts.setdefault(_SECTION_TEXTS[option.code], _text(view, option.start, option.length))
        self.sections.append(
            Section(
                hardware=texts.get("hardware", ""),
                os=texts.get("os", ""),
                application=texts.get("application", ""),
                comments=tuple(comments),
                order=order,
                options=bytes(view[start + 24 : options_end]),
                first_row=self._frames_before,
            )
        )
        self._first_interface = len(self.interfaces)
        self._tables = None
        self.position = end

    def _read_interface(self, view: memoryview) -> None:
        """Takes in the interface description at `position`."""
        start, order = self.position, self._order
        (length,) = Struct(order + "4xI").unpack_from(view, start)
        end = self._block_end(view, start, length, _SMALLEST_INTERFACE)
        if len(self.interfaces) == _MOST_INTERFACES:
            raise Damaged(
                _("{name}: at byte {offset:,} there are more than {most:,} interfaces."),
                most=_MOST_INTERFACES,
            )
        linktype, snaplen = Struct(order + "8xH2xI").unpack_from(view, start)
        texts: dict[str, str] = {}
        comments: list[str] = []
        numbers: dict[int, int] = {}
        options_end = start + 16
        for option in read_options(view, start + 16, end - 4, order):
            options_end = option.start + (option.length + 3 & ~3)
            value = view[option.start : option.start + option.length]
            if option.code == COMMENT:
                comments.append(_text(view, option.start, option.length))
            elif option.code in _INTERFACE_TEXTS:
                texts.setdefault(_INTERFACE_TEXTS[option.code], _text(view, option.start, option.length))
            elif option.code == _FILTER and option.length and value[0] == 0:
                texts.setdefault("filter", _text(view, option.start + 1, option.length - 1))
            elif option.code in (_RESOLUTION, _FCS_LENGTH) and option.length == 1:
                numbers.setdefault(option.code, value[0])
            elif option.code == _TIME_OFFSET and option.length == 8:
                numbers.setdefault(option.code, Struct(order + "q").unpack(value)[0])
        resolution = numbers.get(_RESOLUTION, 6)
        interface = Interface(
            linktype,
            section=len(self.sections) - 1,
            number=len(self.interfaces) - self._first_interface,
            snaplen=snaplen,
            ticks_per_second=(2 if resolution & 0x80 else 10) ** (resolution & 0x7F),
            offset_s=numbers.get(_TIME_OFFSET, 0),
            fcs_len=numbers.get(_FCS_LENGTH),
            comments=tuple(comments),
            options=bytes(view[start + 16 : options_end]),
            **texts,
        )
        self.interfaces.append(interface)
        self._tables = None
        self.position = end

    def _packet_rows(self, data: NDArray[np.uint8], blocks: NDArray[np.int64], others: OtherBlocks) -> Rows:
        """The frames of packet blocks, up to the first that cannot be read, and the other blocks before that one."""
        found = self._packet_blocks(data, blocks)
        good = int(np.argmin(found.readable)) if not found.readable.all() else len(blocks)
        first_option = found.offset + padded(found.captured_len)
        has_options = (first_option < found.end - 4) & (found.kind != SIMPLE_PACKET)
        has_options[good:] = False
        rows = np.flatnonzero(has_options)
        options = find_packet_options(data, rows, first_option[rows], found.end[rows] - 4, self._order)
        if options.first_bad_row is not None:
            good = options.first_bad_row
        times = self._times(found, good)
        options = options.before(good)
        before = slice(0, int(np.searchsorted(others.rows, good, side="right")))
        return Rows(
            offset=found.offset[:good],
            captured_len=found.captured_len[:good].astype(np.uint32),
            wire_len=found.wire_len[:good].astype(np.uint32),
            time_ns=times.time_ns,
            interface=(found.interface[:good] + self._first_interface).astype(np.uint16),
            odd_times=times.odd,
            flags=_numbers(data, options.of(FLAGS), np.dtype(f"{self._order}u4")),
            drop_counts=self._drop_counts(data, options.of(DROP_COUNT), found, good),
            comments=_places(options.of(COMMENT)),
            other_blocks=OtherBlocks(others.rows[before], others.offset[before], others.section[before]),
        )

    def _packet_blocks(self, data: NDArray[np.uint8], blocks: NDArray[np.int64]) -> "_PacketBlocks":
        """What the fixed fields of packet blocks say, and which of them make sense."""
        tables = self._interface_tables()
        count = len(blocks)
        # Nearly always all blocks are enhanced packet blocks: then one gathering does for all.
        enhanced = self._records.packets[ENHANCED_PACKET]
        at_once = count > 0 and int(blocks[-1]) + enhanced.itemsize <= len(data)
        heads = gather(data, blocks, enhanced if at_once else self._records.head)
        kind, end = heads["kind"], blocks + padded(heads["length"].astype(np.int64))
        offset, captured, wire, interface = (np.zeros(count, np.int64) for _column in range(4))
        ticks = np.zeros(count, np.uint64)
        drops = np.full(count, NO_DROP_COUNT, np.uint16)
        smallest = np.where(kind == SIMPLE_PACKET, _PACKETS[SIMPLE_PACKET], _PACKETS[ENHANCED_PACKET])
        readable = end - blocks >= smallest
        for code in np.unique(kind):
            these = readable & (kind == code)
            at: Any = slice(None) if these.all() else np.flatnonzero(these)
            if at_once and code == ENHANCED_PACKET:
                fields = heads[at]
            else:
                fields = gather(data, blocks[at], self._records.packets[int(code)])
            offset[at] = blocks[at] + fields.itemsize
            wire[at] = fields["wire_len"]
            if code == SIMPLE_PACKET:
                captured[at] = np.minimum(fields["wire_len"], tables.kept_of_simple_packets)
                continue
            captured[at] = fields["captured_len"]
            interface[at] = fields["interface"]
            ticks[at] = fields["ticks_high"].astype(np.uint64) << np.uint64(32) | fields["ticks_low"]
            if code == OBSOLETE_PACKET:
                drops[at] = fields["drops"]
        readable &= interface < len(tables.longest)
        interface[~readable] = 0
        if len(tables.longest):
            readable &= captured <= tables.longest[interface]
        readable &= offset + padded(captured) + 4 <= end
        sound = np.flatnonzero(readable)
        again = gather(data, end[sound] - 4, self._records.length)["length"].astype(np.int64)
        readable[sound] = padded(again) == end[sound] - blocks[sound]
        return _PacketBlocks(kind, end, offset, captured, wire, interface, ticks, drops, readable)

    def _times(self, found: "_PacketBlocks", count: int) -> Times:
        """Times of the first so many frames, each after the clock of its interface."""
        tables = self._interface_tables()
        timed = found.kind[:count] != SIMPLE_PACKET
        time_ns = np.full(count, NO_TIME, np.int64)
        odd = [OddTimes.none()]
        clock_of_frame = tables.clock[found.interface[:count]] if count else np.empty(0, np.int64)
        for clock in np.unique(clock_of_frame):
            rows = np.flatnonzero(timed & (clock_of_frame == clock))
            times = times_of_clock(found.ticks[rows], *tables.clocks[clock])
            time_ns[rows] = times.time_ns
            if len(times.odd.rows):
                odd.append(OddTimes(rows[times.odd.rows], times.odd.seconds, times.odd.nanoseconds))
        odd_rows = np.concatenate([one.rows for one in odd])
        order = np.argsort(odd_rows)
        return Times(
            time_ns,
            OddTimes(
                odd_rows[order],
                np.concatenate([one.seconds for one in odd])[order],
                np.concatenate([one.nanoseconds for one in odd])[order],
            ),
        )

    def _drop_counts(
        self, data: NDArray[np.uint8], options: PacketOptions, found: "_PacketBlocks", count: int
    ) -> SparseValues:
        """Drop counts from options, and from the field of obsolete packet blocks where no option has one."""
        written = _numbers(data, options, np.dtype(f"{self._order}u8"))
        rows = np.setdiff1d(np.flatnonzero(found.drops[:count] != NO_DROP_COUNT), written.rows)
        if not len(rows):
            return written
        every_row = np.concatenate([written.rows, rows])
        every_value = np.concatenate([written.values, found.drops[rows].astype(np.uint64)])
        order = np.argsort(every_row, kind="stable")
        return SparseValues(every_row[order], every_value[order])

    def _interface_tables(self) -> "_InterfaceTables":
        """What the interfaces of this section say, as arrays."""
        if self._tables is None:
            self._tables = _InterfaceTables(self.interfaces[self._first_interface :])
        return self._tables

    def _packet_damage(self, view: memoryview, position: int) -> Damaged:
        """Why the packet block at a position cannot be read."""
        kind, length = Struct(self._order + "II").unpack_from(view, position)
        try:
            end = self._block_end(view, position, length, _PACKETS[kind])
            if kind == SIMPLE_PACKET:
                (wire,) = Struct(self._order + "8xI").unpack_from(view, position)
                interface, start = 0, position + 12
                captured = min(wire, self._interface_tables().kept_of_simple_packets)
            else:
                form = "8xI8xI" if kind == ENHANCED_PACKET else "8xH10xI"
                interface, captured = Struct(self._order + form).unpack_from(view, position)
                start = position + 28
            count = len(self.interfaces) - self._first_interface
            if interface >= count:
                return Damaged(
                    _(
                        "{name}: the packet at byte {offset:,} is of interface {interface:,}, "
                        "its section describes {count:,}."
                    ),
                    interface=interface,
                    count=count,
                )
            longest = longest_frame(self.interfaces[self._first_interface + interface].linktype)
            if captured > longest:
                return Damaged(
                    _(
                        "{name}: the packet at byte {offset:,} says {captured:,} bytes; "
                        "more than {longest:,} can only be damage."
                    ),
                    captured=captured,
                    longest=longest,
                )
            options = start + (captured + 3 & ~3)
            if options > end - 4:
                return Damaged(
                    _(
                        "{name}: the packet at byte {offset:,} says {captured:,} bytes, "
                        "its block has room for {room:,}."
                    ),
                    captured=captured,
                    room=end - 4 - start,
                )
            for _option in read_packet_options(view, options, end - 4, self._order):
                pass
        except Damaged as damage:
            return damage
        raise AssertionError("this block is sound")

    def _sentence(self, damage: Damaged) -> str:
        return damage.sentence.format(name=self._name, offset=self.position, **damage.values)

    def _cut_sentence(self, view: memoryview, record: int) -> str:
        return _(
            "{name}: the block at byte {offset:,}, where record {record:,} would be next, is cut: "
            "the file ends after {left:,} bytes of it."
        ).format(name=self._name, offset=self.position, record=record, left=len(view) - self.position)


class _Records:
    """The fixed fields of packet blocks in one byte order, as numpy has them."""

    def __init__(self, order: str) -> None:
        u2, u4 = f"{order}u2", f"{order}u4"
        head = [("kind", u4), ("length", u4)]
        rest = [("ticks_high", u4), ("ticks_low", u4), ("captured_len", u4), ("wire_len", u4)]
        self.head = np.dtype(head)
        self.length = np.dtype([("length", u4)])
        self.packets = {
            OBSOLETE_PACKET: np.dtype([*head, ("interface", u2), ("drops", u2), *rest]),
            SIMPLE_PACKET: np.dtype([*head, ("wire_len", u4)]),
            ENHANCED_PACKET: np.dtype([*head, ("interface", u4), *rest]),
        }


@dataclass(frozen=True, slots=True)
class _PacketBlocks:
    """Fields of packet blocks: arrays of one length, an item per block."""

    kind: NDArray[np.uint32]
    end: NDArray[np.int64]
    offset: NDArray[np.int64]
    captured_len: NDArray[np.int64]
    wire_len: NDArray[np.int64]
    interface: NDArray[np.int64]
    ticks: NDArray[np.uint64]
    drops: NDArray[np.uint16]
    readable: NDArray[np.bool_]


class _InterfaceTables:
    """The interfaces of one section, as arrays to look up with interface numbers."""

    def __init__(self, interfaces: list[Interface]) -> None:
        self.longest = np.array([longest_frame(interface.linktype) for interface in interfaces], np.int64)
        clocks = [(interface.ticks_per_second, interface.offset_s) for interface in interfaces]
        self.clocks = list(dict.fromkeys(clocks))
        numbers = {clock: number for number, clock in enumerate(self.clocks)}
        self.clock = np.array([numbers[clock] for clock in clocks], np.int64)
        snaplen = interfaces[0].snaplen if interfaces else 0
        self.kept_of_simple_packets = snaplen or 0xFFFF_FFFF


def _other_blocks(found: list[tuple[int, int, int]]) -> OtherBlocks:
    if not found:
        return OtherBlocks.none()
    return OtherBlocks(*np.array(found, np.int64).T.copy())


def padded(length: NDArray[np.int64]) -> NDArray[np.int64]:
    """Lengths rounded up to 32 bits."""
    return length + 3 & ~3


def _text(view: memoryview, start: int, length: int) -> str:
    return bytes(view[start : start + length]).decode("utf-8", "replace")


def _numbers(data: NDArray[np.uint8], options: PacketOptions, number: np.dtype[Any]) -> SparseValues:
    """The values of options that are numbers."""
    return SparseValues(options.row, gather(data, options.start, number).astype(np.uint64))


def _places(options: PacketOptions) -> SparseValues:
    """Where the values of options lie, as `Rows.comments` has it."""
    places = options.start.astype(np.uint64) << np.uint64(16) | options.length.astype(np.uint64)
    return SparseValues(options.row, places)
