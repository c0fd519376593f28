"""What the readers of the file formats have in common."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME, Interface, Rows, Section

NANOSECONDS = 1_000_000_000
LATEST_NS = int(np.iinfo(np.int64).max)
EARLIEST_NS = NO_TIME + 1

_USUAL_LONGEST_FRAME = 262_144
_LONGEST_FRAMES = {231: 128 << 20, 249: 128 << 20, 279: 8 << 20}  # D-Bus, USBPcap, EBHSCR


def longest_frame(linktype: int) -> int:
    """Bytes beyond which a captured length is taken for damage, as tshark 4.0 has it."""
    return _LONGEST_FRAMES.get(linktype, _USUAL_LONGEST_FRAME)


class Pause(Enum):
    """Why a scan came back."""

    ENOUGH = "as many frames as were asked for"
    BYTES_ENDED = "the bytes at hand are used up, maybe in the middle of a record"
    DAMAGE = "what follows cannot be read"


@dataclass(frozen=True, slots=True)
class Scan:
    """Frames that a scan found, and why it came back."""

    rows: Rows
    pause: Pause
    sentence: str = ""
    """What is wrong; with BYTES_ENDED what would be wrong if the file ended here, "" if nothing."""
    byte_offset: int = 0


class Scanner(Protocol):
    """Finds the frames in the bytes of one file format, a batch at a time."""

    position: int
    """Byte offset where the next record begins."""
    interfaces: list[Interface]
    sections: list[Section]

    def scan(self, data: NDArray[np.uint8], most_frames: int, frames_before: int) -> Scan:
        """Goes on from `position` to the next pause.

        `data` holds the file from its beginning; from call to call it may grow.
        """
        ...


def gather(data: NDArray[np.uint8], positions: NDArray[np.int64], record: np.dtype[Any]) -> NDArray[Any]:
    """The records that lie at byte positions, aligned or not: shape (n,). All must lie within data.

    An array of all overlapping records costs nothing, and indexing it copies each record whole:
    twice as fast as gathering bytes.
    """
    if not len(positions):
        return np.empty(0, record)
    every_position = len(data) - record.itemsize + 1
    overlapping = np.ndarray((every_position,), record, data, strides=(1,))
    gathered: NDArray[Any] = overlapping[positions]
    return gathered


def nanoseconds(
    seconds: NDArray[np.int64], fraction_ns: NDArray[np.int64]
) -> tuple[NDArray[np.int64], dict[int, tuple[int, int]]]:
    """Times as int64 nanoseconds, and row → (seconds, nanoseconds) where that does not say it all.

    See `Capture.odd_time`.
    """
    fits = (seconds >= EARLIEST_NS // NANOSECONDS + 1) & (seconds < LATEST_NS // NANOSECONDS - 4_295)
    time_ns = np.where(fits, seconds, 0) * NANOSECONDS + fraction_ns
    odd_rows = np.flatnonzero(~fits | (fraction_ns >= NANOSECONDS))
    odd_times = {int(row): (int(seconds[row]), int(fraction_ns[row])) for row in odd_rows}
    for row in np.flatnonzero(~fits):
        whole, fraction = odd_times[int(row)]
        time_ns[row] = min(max(whole * NANOSECONDS + fraction, EARLIEST_NS), LATEST_NS)
    return time_ns, odd_times


def ticks_to_time(
    ticks: NDArray[np.uint64], ticks_per_second: int, offset_s: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole seconds since 1970 and nanoseconds of the rest (rounded down), exact for every clock."""
    if ticks_per_second >= 1 << 64:
        return np.full(len(ticks), offset_s, np.int64), _exact_fraction(ticks, ticks_per_second)
    seconds, rest = np.divmod(ticks, np.uint64(ticks_per_second))
    if ticks_per_second <= (1 << 64) // NANOSECONDS:
        fraction = (rest * np.uint64(NANOSECONDS) // np.uint64(ticks_per_second)).astype(np.int64)
    else:
        fraction = _exact_fraction(rest, ticks_per_second)
    return seconds.astype(np.int64) + np.int64(offset_s), fraction


def _exact_fraction(rest: NDArray[np.uint64], ticks_per_second: int) -> NDArray[np.int64]:
    """Nanoseconds of less than a second, where 64 bits cannot hold the product."""
    return np.array([tick * NANOSECONDS // ticks_per_second for tick in rest.tolist()], np.int64)
