"""What a capture holds: bytes, one row per frame, interfaces, comments and problems.

A capture grows while it is read. One reading thread appends; any other thread may read the rows
below `Capture.frame_count`, which is raised last. Rows never change once they are published.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.mapping import fetch_pages, is_lost, is_resident, release_pages

NO_TIME: int = int(np.iinfo(np.int64).min)
"""`time_ns` of a frame whose record holds no time (pcapng simple packet blocks)."""


class CaptureError(Exception):
    """A file cannot be opened as a capture at all; the message is the sentence for the person."""


@dataclass(frozen=True, slots=True)
class Interface:
    """Where frames were captured: their link type and their clock."""

    linktype: int
    """LINKTYPE_ number; the FCS bits of the pcap link-type word are masked off."""
    section: int = 0
    """Index into `Capture.sections`."""
    number: int = 0
    """Interface number within its section, as packets refer to it."""
    name: str = ""
    description: str = ""
    filter: str = ""
    os: str = ""
    hardware: str = ""
    snaplen: int = 0
    """Longest part of a frame that is kept, in bytes; 0 where there is no limit."""
    ticks_per_second: int = 1_000_000
    offset_s: int = 0
    """Seconds added to every time (if_tsoffset); `Capture.time_ns` includes it already."""
    fcs_len: int | None = None
    """Bytes of frame check sequence at the end of frames; None where the file does not say."""
    comments: tuple[str, ...] = ()
    options: bytes = b""
    """All options of its description as the file has them, without the end mark."""


@dataclass(frozen=True, slots=True)
class Section:
    """What a pcapng section says of its origin. A pcap file is one section that says nothing."""

    hardware: str = ""
    os: str = ""
    application: str = ""
    comments: tuple[str, ...] = ()
    order: str = ""
    """The byte order of its blocks, "<" or ">"; "" where the file is no pcapng."""
    options: bytes = b""
    """All options of its header as the file has them, without the end mark."""
    first_row: int = field(default=0, compare=False)
    chunk: int = field(default=0, compare=False)
    """Index into `Capture.chunks`: where its blocks lie."""


@dataclass(frozen=True, slots=True)
class CaptureProblem:
    """Why reading ended before the end of the file, as sentences for the person."""

    message: str
    byte_offset: int
    """Where the trouble lies in the file, or in what its compression holds."""
    record: int | None
    """Number of the packet that could not be read, from 1; None where no packet is concerned."""


@dataclass(frozen=True, slots=True)
class SparseValues:
    """Values that only some rows have: ascending rows (one may occur several times), a value each."""

    rows: NDArray[np.int64]
    values: NDArray[Any]

    @staticmethod
    def none() -> "SparseValues":
        return SparseValues(np.empty(0, np.int64), np.empty(0, np.uint64))


@dataclass(frozen=True, slots=True)
class OddTimes:
    """What `Capture.odd_time` answers, for all rows for which it does: arrays of one length."""

    rows: NDArray[np.int64]
    seconds: NDArray[np.int64]
    nanoseconds: NDArray[np.int64]

    @staticmethod
    def none() -> "OddTimes":
        return OddTimes(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class OtherBlocks:
    """Blocks of pcapng sections that are no packets, interfaces or headers: arrays of one length, in their order."""

    rows: NDArray[np.int64]
    """The row of the packet that comes next, which may be still to come: ascending."""
    offset: NDArray[np.int64]
    """Byte offset in the chunk of the section."""
    section: NDArray[np.int64]
    """Index into `Capture.sections`."""

    @staticmethod
    def none() -> "OtherBlocks":
        return OtherBlocks(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch of frames on its way into a capture: arrays of one length, an item per frame."""

    offset: NDArray[np.int64]
    captured_len: NDArray[np.uint32]
    wire_len: NDArray[np.uint32]
    time_ns: NDArray[np.int64]
    interface: NDArray[np.uint16]
    odd_times: OddTimes = field(default_factory=OddTimes.none)
    flags: SparseValues = field(default_factory=SparseValues.none)
    drop_counts: SparseValues = field(default_factory=SparseValues.none)
    comments: SparseValues = field(default_factory=SparseValues.none)
    """Where the text of each comment lies: byte offset << 16 | length in bytes."""
    other_blocks: OtherBlocks = field(default_factory=OtherBlocks.none)

    def __len__(self) -> int:
        return len(self.offset)


_COLUMN_TYPES: dict[str, Any] = {
    "chunk": np.uint16,
    "offset": np.int64,
    "captured_len": np.uint32,
    "wire_len": np.uint32,
    "time_ns": np.int64,
    "interface": np.uint16,
}
_FIRST_CAPACITY = 4096
_FETCHED_AT_ONCE = 1 << 20
_NEAR = 1 << 16     # bytes between two frames that are fetched with them


class Capture:
    """Frames of a file: numpy columns with one item per frame, and the bytes that they point into.

    Each column is a view of the rows [0:frame_count], made anew at each access. While the capture
    grows, one column may be longer than another that was taken just before: whoever needs several
    takes `count = capture.frame_count` first and slices each to `[:count]`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.paths: tuple[Path, ...] = (path,)  # all files that the frames lie in, where several were merged
        self.format = ""  # "pcap", "pcapng", or "" for an empty file
        self.compression = ""  # "gzip" or ""
        self.file_size = 0  # bytes of the file as it lies on the disk, when it was last looked at
        self.sections: list[Section] = []
        self.interfaces: list[Interface] = []
        self.problems: list[CaptureProblem] = []
        # Read-only bytes that the frames lie in. When the file grows, an item is replaced by a
        # longer one that begins with the same bytes, so that the rows keep their meaning.
        self.chunks: list[NDArray[np.uint8]] = []
        self.frame_count = 0
        self._columns: dict[str, NDArray[Any]] = {
            name: np.empty(_FIRST_CAPACITY, dtype) for name, dtype in _COLUMN_TYPES.items()
        }
        self._odd_seconds = _GrowingSparse()
        self._odd_nanoseconds = _GrowingSparse()
        self._flags = _GrowingSparse()
        self._drop_counts = _GrowingSparse()
        self._comments = _GrowingSparse()
        self._block_offsets = _GrowingSparse()
        self._block_sections = _GrowingSparse()
        self._edited_comments: dict[int, tuple[str, ...]] = {}

    @property
    def comments(self) -> list[str]:
        """The comments on all sections."""
        return [comment for section in self.sections for comment in section.comments]

    @property
    def chunk(self) -> NDArray[np.uint16]:
        """Index into `chunks`: uint16, shape (frame_count,)."""
        return self._column("chunk")

    @property
    def offset(self) -> NDArray[np.int64]:
        """Byte offset of the frame in its chunk: int64, shape (frame_count,)."""
        return self._column("offset")

    @property
    def captured_len(self) -> NDArray[np.uint32]:
        """Bytes of the frame that the file holds: uint32, shape (frame_count,)."""
        return self._column("captured_len")

    @property
    def wire_len(self) -> NDArray[np.uint32]:
        """Bytes that the frame had on the wire: uint32, shape (frame_count,).

        A damaged file may say less than `captured_len`; it stays as the file says.
        """
        return self._column("wire_len")

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """Nanoseconds since 1970-01-01 UTC, or NO_TIME: int64, shape (frame_count,)."""
        return self._column("time_ns")

    @property
    def interface(self) -> NDArray[np.uint16]:
        """Index into `interfaces`: uint16, shape (frame_count,)."""
        return self._column("interface")

    @property
    def flags(self) -> SparseValues:
        """epb_flags of the frames that have them."""
        return self._flags.joined()

    @property
    def drop_counts(self) -> SparseValues:
        """Packets lost before a frame, for the frames of which the file says it."""
        return self._drop_counts.joined()

    @property
    def commented_rows(self) -> NDArray[np.int64]:
        """The rows that have comments, ascending, one item for each comment."""
        rows = self._comments.joined().rows
        edited = dict(self._edited_comments)
        if not edited:
            return rows
        added = np.repeat(np.fromiter(edited, np.int64), [len(comments) for comments in edited.values()])
        return np.sort(np.concatenate([rows[~np.isin(rows, np.fromiter(edited, np.int64))], added]))

    @property
    def edited_comments(self) -> dict[int, tuple[str, ...]]:
        """The comments on frames that differ from what the file says, by row."""
        return dict(self._edited_comments)

    def set_comments(self, row: int, comments: tuple[str, ...]) -> None:
        """Gives a frame other comments, here and not in the file."""
        self._check_row(row)
        if comments == self._comments_in_file(row):
            self._edited_comments.pop(row, None)
        else:
            self._edited_comments[row] = comments

    @property
    def odd_times(self) -> OddTimes:
        """What `odd_time` answers, for all rows for which it does."""
        seconds = self._odd_seconds.joined()
        return OddTimes(seconds.rows, seconds.values, self._odd_nanoseconds.joined().values)

    @property
    def other_blocks(self) -> OtherBlocks:
        """What a pcapng file holds beside packets."""
        offsets, sections = self._block_offsets.joined(), self._block_sections.joined()
        return OtherBlocks(offsets.rows, offsets.values.astype(np.int64), sections.values.astype(np.int64))

    def frame(self, row: int) -> memoryview:
        """The captured bytes of a frame, read-only.

        Raises IndexError where there is no such row.
        """
        self._check_row(row)
        start = int(self._columns["offset"][row])
        end = start + int(self._columns["captured_len"][row])
        data: memoryview = self.chunks[self._columns["chunk"][row]].data
        return data[start:end]

    def linktype_of(self, row: int) -> int:
        """LINKTYPE_ number of a frame."""
        self._check_row(row)
        linktype: int = self.interfaces[self._columns["interface"][row]].linktype
        return linktype

    def packet_comments(self, row: int) -> tuple[str, ...]:
        """The comments on a frame, in the order of the file, or as they were edited since."""
        self._check_row(row)
        edited = self._edited_comments.get(row)
        return self._comments_in_file(row) if edited is None else edited

    def _comments_in_file(self, row: int) -> tuple[str, ...]:
        data = self.chunks[self._columns["chunk"][row]]
        places = [divmod(place, 1 << 16) for place in self._comments.of_row(row)]
        return tuple(bytes(data[start : start + size]).decode("utf-8", "replace") for start, size in places)

    def packet_flags(self, row: int) -> int | None:
        """epb_flags of a frame, None where it has none."""
        return next(iter(self._flags.of_row(row)), None)

    def drop_count(self, row: int) -> int | None:
        """Packets lost between this frame and the one before it; None where the file does not say."""
        return next(iter(self._drop_counts.of_row(row)), None)

    def odd_time(self, row: int) -> tuple[int, int] | None:
        """(seconds, nanoseconds) as the file has them, where `time_ns` cannot say it.

        That is where the fraction is a second or more: tshark shows it as it is (10.1000000000),
        `time_ns` holds the sum. And where int64 nanoseconds do not reach, before the year 1678 and
        after 2262; `time_ns` is then the end of what they reach.
        """
        seconds, nanoseconds = self._odd_seconds.of_row(row), self._odd_nanoseconds.of_row(row)
        return (seconds[0], nanoseconds[0]) if seconds else None

    def append(self, rows: Rows, chunk: int) -> None:
        """Publishes a batch of frames whose bytes are in `chunks[chunk]` already."""
        first, last = self.frame_count, self.frame_count + len(rows)
        self._reserve(last)
        self._columns["chunk"][first:last] = chunk
        for name in ("offset", "captured_len", "wire_len", "time_ns", "interface"):
            self._columns[name][first:last] = getattr(rows, name)
        odd = rows.odd_times
        self._odd_seconds.append(SparseValues(odd.rows, odd.seconds), first)
        self._odd_nanoseconds.append(SparseValues(odd.rows, odd.nanoseconds), first)
        self._flags.append(rows.flags, first)
        self._drop_counts.append(rows.drop_counts, first)
        self._comments.append(rows.comments, first)
        others = rows.other_blocks
        self._block_offsets.append(SparseValues(others.rows, others.offset), first)
        self._block_sections.append(SparseValues(others.rows, others.section), first)
        self.frame_count = last

    def rows(self) -> Rows:
        """All frames as one batch, to be appended to another capture whose chunk holds the same bytes."""
        return Rows(self.offset, self.captured_len, self.wire_len, self.time_ns, self.interface, self.odd_times,
                    self.flags, self.drop_counts, self._comments.joined(), self.other_blocks)

    def frame_is_at_hand(self, row: int) -> bool:
        """What `is_at_hand` says of one frame."""
        start = int(self._columns["offset"][row])
        return is_resident(self.chunks[self._columns["chunk"][row]], start, start + int(
            self._columns["captured_len"][row]))

    def is_at_hand(self, rows: NDArray[np.int64]) -> bool:
        """Whether the bytes of frames can be read without waiting for the disk, as far as the system tells."""
        return all(is_resident(self.chunks[chunk], start, end) for chunk, start, end in self._stretches(rows))

    def fetch(self, rows: NDArray[np.int64], check: Callable[[], None] = lambda: None) -> None:
        """Waits until the bytes of frames are in memory, without holding Python's lock meanwhile.

        For whoever is about to read them in a thread. check() is called often, and may raise.
        """
        for chunk, start, end in self._stretches(rows):
            for at in range(start, end, _FETCHED_AT_ONCE):
                check()
                fetch_pages(self.chunks[chunk], at, min(at + _FETCHED_AT_ONCE, end))

    def _stretches(self, rows: NDArray[np.int64]) -> list[tuple[int, int, int]]:
        """Where frames lie, those together that are near each other: chunk, first byte, byte after the last."""
        rows = rows[rows < self.frame_count]
        if not len(rows):
            return []
        chunk, start = self.chunk[rows], self.offset[rows]
        order = np.lexsort((start, chunk))
        chunk, start = chunk[order], start[order]
        end = start + self.captured_len[rows][order]
        is_first = np.append(True, (np.diff(chunk) != 0) | (start[1:] - end[:-1] > _NEAR))
        firsts = np.flatnonzero(is_first)
        lasts = np.append(firsts[1:], len(rows)) - 1
        return list(zip(chunk[firsts].tolist(), start[firsts].tolist(), end[lasts].tolist(), strict=True))

    @property
    def has_lost_bytes(self) -> bool:
        """Some bytes of the file could not be read; zeros stand in their place."""
        return any(map(is_lost, tuple(self.chunks)))

    def release_pages(self) -> None:
        """Takes the file's bytes out of this program's memory; what is looked at next comes back.

        For whoever has gone through all frames: the pages count as ours until the kernel wants them.
        """
        for chunk in tuple(self.chunks):
            release_pages(chunk, 0, len(chunk))

    def close(self) -> None:
        """Lets go of the file's bytes; they are unmapped when no view of them is left."""
        self.frame_count = 0
        self.chunks.clear()

    def _column(self, name: str) -> NDArray[Any]:
        count = self.frame_count  # taken first: meanwhile the array may only be replaced by a longer one
        return self._columns[name][:count]

    def _check_row(self, row: int) -> None:
        if not 0 <= row < self.frame_count:
            raise IndexError(f"row {row} of {self.frame_count}")

    def _reserve(self, count: int) -> None:
        capacity = len(self._columns["offset"])
        if count <= capacity:
            return
        capacity = max(count, 2 * capacity)
        for name, old in self._columns.items():
            longer = np.empty(capacity, old.dtype)
            longer[: self.frame_count] = old[: self.frame_count]
            self._columns[name] = longer


class _GrowingSparse:
    """Values for some rows, appended batch by batch and found by row."""

    def __init__(self) -> None:
        self._batches: list[SparseValues] = []

    def append(self, values: SparseValues, first_row: int) -> None:
        if len(values.rows):
            self._batches.append(SparseValues(values.rows + first_row, values.values))

    def of_row(self, row: int) -> list[int]:
        at = bisect_left(self._batches, row, key=lambda batch: int(batch.rows[-1]))
        if at == len(self._batches):
            return []
        batch = self._batches[at]
        first, last = np.searchsorted(batch.rows, [row, row + 1])
        return [int(value) for value in batch.values[first:last]]

    def joined(self) -> SparseValues:
        batches = tuple(self._batches)
        if not batches:
            return SparseValues.none()
        return SparseValues(
            np.concatenate([batch.rows for batch in batches]),
            np.concatenate([batch.values for batch in batches]),
        )
