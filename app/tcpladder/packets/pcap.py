"""pcap files: a header, then records of seconds, fraction, captured length, wire length, bytes."""

from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import CaptureError, Interface, Rows, Section
from tcpladder.packets.chains import follow_chains
from tcpladder.packets.scanning import Pause, Scan, gather, longest_frame
from tcpladder.packets.times import times_as_written
from tcpladder.texts import _

FILE_HEADER_LENGTH: Final = 24


@dataclass(frozen=True, slots=True)
class _Variant:
    """What a magic number says of a file."""

    unit_ns: int
    file_header: int = FILE_HEADER_LENGTH
    record_headers: tuple[int, ...] = (16,)
    """Lengths that record headers may have; the first is the likeliest."""


# 16 bytes are the rule. Linux distributions of 1999 wrote 24 (and 28) bytes, with interface,
# protocol and packet type after the lengths; Ixia appends the length of all records to the header.
_VARIANTS: Final = {
    0xA1B2C3D4: _Variant(1000, record_headers=(16, 24)),
    0xA1B23C4D: _Variant(1),
    0xA1B2CD34: _Variant(1000, record_headers=(24, 28)),
    0x1C0001AC: _Variant(1, file_header=28),
    0x1C0001AB: _Variant(1000, file_header=28),
}
MAGICS: Final = {
    magic.to_bytes(4, "little" if order == "<" else "big"): (order, variant)
    for magic, variant in _VARIANTS.items()
    for order in "<>"
}

_HEADER_FIELDS: Final = ("seconds", "fraction", "captured_len", "wire_len")
_FCS_LENGTH_PRESENT: Final = 1 << 26


class PcapScanner:
    """Reads the records of one pcap file.

    Raises CaptureError where the file header is cut, or of a version that nobody reads.
    """

    def __init__(self, data: NDArray[np.uint8], name: str) -> None:
        view = data.data
        self._name = name
        self._order, variant = MAGICS[bytes(view[:4])]
        self._header = np.dtype([(field, f"{self._order}u4") for field in _HEADER_FIELDS])
        if len(view) < variant.file_header:
            raise CaptureError(
                _("{name}: a pcap file header needs {needed} bytes, the file has {available}.").format(
                    name=name, needed=variant.file_header, available=len(view)
                )
            )
        fields = Struct(self._order + "4xHHiIII").unpack_from(view)
        major, minor, _zone, _accuracy, snaplen, link_word = fields
        if major < 2:
            raise CaptureError(
                _("{name}: pcap version {major}.{minor} is not supported; 2.0 is the oldest.").format(
                    name=name, major=major, minor=minor
                )
            )
        # The word holds: length of the frame check sequence in units of 2 bytes (4 bits), a reserved
        # bit, "length present", a class that is 0 for every known link type (10 bits), the type.
        linktype = link_word & 0x03FF_FFFF
        fcs_len = (link_word >> 28) * 2 if link_word & _FCS_LENGTH_PRESENT else None
        interface = Interface(
            linktype,
            snaplen=snaplen,
            ticks_per_second=1_000_000_000 // variant.unit_ns,
            fcs_len=fcs_len,
        )
        self.interfaces = [interface]
        self.sections = [Section()]
        self.position = variant.file_header
        self._snaplen = snaplen
        self._unit_ns = variant.unit_ns
        self._longest = longest_frame(linktype)
        # Until version 2.3 the wire length stood before the captured length; files that call
        # themselves 2.3 have either order, but the captured length is never the greater.
        self._swapped = major == 543 or (major == 2 and minor < 3)
        self._maybe_swapped = major == 2 and minor == 3
        self._record_header = variant.record_headers[0]
        if (major, minor) == (2, 4):
            # Only what fits without a flaw is taken for another length: damage is likelier.
            flawless = (one for one in variant.record_headers if self._oddities(view, one) == 0)
            self._record_header = next(flawless, self._record_header)

    def scan(self, data: NDArray[np.uint8], most_frames: int, frames_before: int) -> Scan:
        """See `Scanner.scan`."""
        view = data.data
        positions = self._record_positions(data, most_frames)
        headers = gather(data, positions, self._header)
        captured, wire = self._lengths(headers)
        bad = np.flatnonzero(captured > self._longest)
        good = int(bad[0]) if len(bad) else len(positions)
        rows = self._rows(positions[:good], headers[:good], captured[:good], wire[:good])
        if len(bad):
            self.position = int(positions[good])
        elif len(positions):
            self.position = int(positions[-1]) + self._record_header + int(captured[-1])
        if not len(bad) and good == most_frames:
            return Scan(rows, Pause.ENOUGH)
        return self._pause(rows, view, frames_before + good + 1)

    def _record_positions(self, data: NDArray[np.uint8], most_frames: int) -> NDArray[np.int64]:
        """Where the records lie that are there to their last byte, at most so many."""
        view = data.data
        position, size = self.position, len(view)
        last_header = size - self._record_header
        positions: list[int] = []
        append = positions.append
        if self._maybe_swapped:
            two_lengths = Struct(self._order + "8xII").unpack_from
            while position <= last_header and len(positions) < most_frames:
                following = position + self._record_header + min(two_lengths(view, position))
                if following > size:
                    break
                append(position)
                position = following
            return np.array(positions, np.int64)
        header, offset_of_length = self._record_header, 12 if self._swapped else 8
        known, position = follow_chains(data, position, header, offset_of_length, self._order, self._longest)
        length_at = Struct(f"{self._order}{offset_of_length}xI").unpack_from
        for _number in range(most_frames - len(known)):
            if position > last_header:
                break
            following = position + header + length_at(view, position)[0]
            if following > size:
                break
            append(position)
            position = following
        return np.concatenate([known[:most_frames], np.array(positions, np.int64)])

    def _lengths(self, headers: NDArray[Any]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Captured and wire length of each record."""
        first, second = headers["captured_len"], headers["wire_len"]
        if self._maybe_swapped:
            return np.minimum(first, second), np.maximum(first, second)
        return (second, first) if self._swapped else (first, second)

    def _rows(
        self,
        positions: NDArray[np.int64],
        headers: NDArray[Any],
        captured: NDArray[np.uint32],
        wire: NDArray[np.uint32],
    ) -> Rows:
        times = times_as_written(
            headers["seconds"].astype(np.int64), headers["fraction"].astype(np.int64) * self._unit_ns
        )
        return Rows(
            offset=positions + self._record_header,
            captured_len=captured,
            wire_len=wire,
            time_ns=times.time_ns,
            interface=np.zeros(len(positions), np.uint16),
            odd_times=times.odd,
        )

    def _pause(self, rows: Rows, view: memoryview, record: int) -> Scan:
        """Why the record at `position` is not among the rows."""
        left = len(view) - self.position
        sentence = ""
        if 0 < left < self._record_header:
            sentence = _(
                "{name}: record {record:,} at byte {offset:,} needs a header of {needed} bytes, "
                "the file ends after {left:,}."
            ).format(name=self._name, record=record, offset=self.position, needed=self._record_header, left=left)
        elif left:
            header = np.frombuffer(view, self._header, 1, self.position)
            captured = int(self._lengths(header)[0][0])
            if captured > self._longest:
                sentence = _(
                    "{name}: record {record:,} at byte {offset:,} says {captured:,} bytes; "
                    "more than {longest:,} can only be damage."
                ).format(
                    name=self._name,
                    record=record,
                    offset=self.position,
                    captured=captured,
                    longest=self._longest,
                )
                return Scan(rows, Pause.DAMAGE, sentence, self.position)
            sentence = _(
                "{name}: record {record:,} at byte {offset:,} says {captured:,} bytes, the file ends after {left:,}."
            ).format(
                name=self._name,
                record=record,
                offset=self.position,
                captured=captured,
                left=left - self._record_header,
            )
        return Scan(rows, Pause.BYTES_ENDED, sentence, self.position)

    def _oddities(self, view: memoryview, header: int) -> int:
        """How much in the first three records looks wrong if their headers have this length."""
        position: int = self.position
        oddities: int = 0
        for _number in range(3):
            if position == len(view):
                break
            if position + header > len(view):
                return oddities + 1
            _seconds, fraction, captured, wire = Struct(self._order + "4I").unpack_from(view, position)
            oddities += (fraction >= 1_000_000) + (captured > self._snaplen)
            oddities += (wire > 128 << 20) + (captured > wire)
            if header > 16:
                interface, protocol, direction = Struct(self._order + "IHB").unpack_from(view, position + 16)
                known = protocol >= 0x600 or protocol <= 0x17 or protocol in (0x60, 0x200, 0x400)
                oddities += (interface > 10_000) + (not known) + (direction > 4)
            if captured > self._longest:
                return oddities + 1
            position += header + captured
            if position > len(view):
                return oddities + 1
        return oddities
