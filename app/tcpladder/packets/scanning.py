"""What the readers of the file formats have in common."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import Interface, Rows, Section
from tcpladder.packets.mapping import fetch_absent_pages

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

    An array of all overlapping records costs nothing, and indexing it copies each record whole: much faster than
    gathering bytes, and than records of named fields, which would be copied field by field.
    """
    if not len(positions):
        return np.empty(0, record)
    fetch_absent_pages(data, positions)     # reading them here would keep Python's lock while a slow disk is waited for
    every_position = len(data) - record.itemsize + 1
    overlapping = np.ndarray((every_position,), f"V{record.itemsize}", data, strides=(1,))
    gathered: NDArray[Any] = overlapping[positions].view(record)
    return gathered
