"""Options of pcapng blocks: a code, a length and a value each, padded to 32 bits."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.scanning import gather
from tcpladder.texts import _

END_OF_OPTIONS: Final = 0
COMMENT: Final = 1
FLAGS: Final = 2
HASH: Final = 3
DROP_COUNT: Final = 4
PACKET_ID: Final = 5
QUEUE: Final = 6
VERDICT: Final = 7
DESCRIPTION: Final = 3      # of an interface

# Lengths that options of packet blocks must have, and lengths that they must have at least.
_EXACT_LENGTHS: Final = {FLAGS: 4, DROP_COUNT: 8, PACKET_ID: 8, QUEUE: 4}
_LEAST_LENGTHS: Final = {HASH: 1, VERDICT: 1, 2988: 4, 2989: 4, 19372: 4, 19373: 4}
CUSTOM_OPTIONS: Final = (2988, 2989, 19372, 19373)
NOT_COPIED_OPTIONS: Final = (19372, 19373)      # by whatever writes packets of one file into another

_FEW_ROWS: Final = 32
_NO_OPTIONS: Final = (
    np.empty(0, np.int64),
    np.empty(0, np.uint16),
    np.empty(0, np.int64),
    np.empty(0, np.uint16),
)


class Damaged(Exception):
    """A block cannot be read. The sentence has places for {name} of the file and {offset} of the block."""

    def __init__(self, sentence: str, **values: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values


@dataclass(frozen=True, slots=True)
class Option:
    """Where the value of one option lies."""

    code: int
    start: int
    length: int


def read_options(view: memoryview, start: int, end: int, order: str) -> Iterator[Option]:
    """The options from start to end, without the padding and the end mark.

    Raises Damaged where an option passes the end.
    """
    header = Struct(order + "HH").unpack_from
    while start < end:
        if end - start < 4:
            raise Damaged(
                _("{name}: in the block at byte {offset:,} an option has {left} of the 4 bytes it needs."),
                left=end - start,
            )
        code, length = header(view, start)
        start += 4
        if (length + 3 & ~3) > end - start:
            raise Damaged(
                _("{name}: in the block at byte {offset:,} option {code} says {length:,} bytes, {left:,} are left."),
                code=code,
                length=length,
                left=end - start,
            )
        if code == END_OF_OPTIONS:
            return
        if code in CUSTOM_OPTIONS and length < 4:
            raise _wrong_length(code, length)
        yield Option(code, start, length)
        start += length + 3 & ~3


def read_packet_options(view: memoryview, start: int, end: int, order: str) -> Iterator[Option]:
    """Like `read_options`, for packet blocks. Raises Damaged for lengths that these forbid, too."""
    for option in read_options(view, start, end, order):
        if not _length_is_allowed(option.code, option.length):
            raise _wrong_length(option.code, option.length)
        yield option


def _length_is_allowed(code: int, length: int) -> bool:
    return length == _EXACT_LENGTHS.get(code, length) and length >= _LEAST_LENGTHS.get(code, 0)


def _wrong_length(code: int, length: int) -> Damaged:
    return Damaged(
        _("{name}: in the block at byte {offset:,} option {code} cannot have a length of {length:,}."),
        code=code,
        length=length,
    )


@dataclass(frozen=True, slots=True)
class PacketOptions:
    """Options of many packet blocks: arrays of one length, in the order of the file."""

    row: NDArray[np.int64]
    code: NDArray[np.uint16]
    start: NDArray[np.int64]
    length: NDArray[np.uint16]
    first_bad_row: int | None

    def of(self, code: int) -> "PacketOptions":
        """Only the options with this code."""
        return self._chosen(self.code == code)

    def before(self, row: int) -> "PacketOptions":
        """Only the options of the rows before a row."""
        return self._chosen(self.row < row)

    def _chosen(self, chosen: NDArray[np.bool_]) -> "PacketOptions":
        return PacketOptions(
            self.row[chosen], self.code[chosen], self.start[chosen], self.length[chosen], self.first_bad_row
        )


def find_packet_options(
    data: NDArray[np.uint8],
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    order: str,
) -> PacketOptions:
    """The options of packet blocks, given the row of each block and where its options lie.

    Goes through the first options of all blocks at once, then the second, and so on; few blocks
    with many options are read one by one.
    """
    found: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    bad_rows: list[int] = []
    at, end = starts, ends
    option_header = np.dtype([("code", f"{order}u2"), ("length", f"{order}u2")])
    while len(rows) > _FEW_ROWS:
        fits = end - at >= 4
        if not fits.all():
            bad_rows.append(int(rows[~fits][0]))
            rows, at, end = rows[fits], at[fits], end[fits]
            continue
        header = gather(data, at, option_header)
        code, length = header["code"], header["length"]
        following = at + 4 + (length.astype(np.int64) + 3 & ~3)
        bad = following > end
        for limited, least in _LEAST_LENGTHS.items():
            bad |= (code == limited) & (length < least)
        for limited, exact in _EXACT_LENGTHS.items():
            bad |= (code == limited) & (length != exact)
        if bad.any():
            bad_rows.append(int(rows[bad][0]))
        good = ~bad & (code != END_OF_OPTIONS)
        found.append((rows[good], code[good], at[good] + 4, length[good]))
        more = good & (following < end)
        rows, at, end = rows[more], following[more], end[more]
    view = data.data
    for row, first, last in zip(rows.tolist(), at.tolist(), end.tolist(), strict=True):
        options: list[Option] = []
        try:
            options.extend(read_packet_options(view, first, last, order))
        except Damaged:
            bad_rows.append(row)
        found.append(
            (
                np.full(len(options), row, np.int64),
                np.array([option.code for option in options], np.uint16),
                np.array([option.start for option in options], np.int64),
                np.array([option.length for option in options], np.uint16),
            )
        )
    if not found:
        return PacketOptions(*_NO_OPTIONS, first_bad_row=None)
    row, code, start, length = (np.concatenate(column) for column in zip(*found, strict=True))
    in_file_order = np.argsort(start)
    return PacketOptions(
        row[in_file_order],
        code[in_file_order],
        start[in_file_order],
        length[in_file_order],
        min(bad_rows, default=None),
    )
