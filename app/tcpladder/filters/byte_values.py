"""Byte strings of many packets at once: addresses, payloads, protocols and texts, in one form.

All of them answer the same few questions with arrays, so that comparing needs no Python per packet.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.filters.tree import Range
from tcpladder.packets.capture import Capture
from tcpladder.work.interruption import proceed

IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]

_BLOCK = 1 << 22        # bytes that are gathered at a time


class ByteValues(ABC):
    """n byte strings."""

    __slots__ = ()

    @property
    @abstractmethod
    def lengths(self) -> IntArray:
        """Bytes of each: shape (n,)."""

    @abstractmethod
    def item(self, index: int) -> bytes:
        """One of them."""

    @abstractmethod
    def take(self, index: NDArray[Any]) -> ByteValues:
        """Some of them, by places or by a mask."""

    @abstractmethod
    def padded(self, width: int) -> NDArray[np.uint8]:
        """The first width bytes of each, zeros where there are fewer: shape (n, width)."""

    def __len__(self) -> int:
        return len(self.lengths)

    def test(self, predicate: Callable[[bytes], bool]) -> BoolArray:
        """Which of them pass a test; whoever watches may stop it."""
        result = np.zeros(len(self), bool)
        for index in range(len(self)):
            if index & 0xff == 0:
                proceed(index, len(self))
            result[index] = predicate(self.item(index))
        return result

    def part(self, bounds: Range) -> ByteValues:
        """A part of each; nothing where it does not lie within the value."""
        lengths = self.lengths.astype(np.int64)
        begin = np.where(bounds.first >= 0, bounds.first, lengths + bounds.first)
        if bounds.count is not None:
            end = begin + bounds.count
        elif bounds.last is not None:
            end = np.where(bounds.last >= 0, bounds.last, lengths + bounds.last) + 1
        else:
            end = lengths
        fits = (begin >= 0) & (begin < end) & (end <= lengths)
        return self._cut(np.where(fits, begin, 0), np.where(fits, end, 0))

    @abstractmethod
    def _cut(self, begin: IntArray, end: IntArray) -> ByteValues:
        """The bytes from begin to end of each."""


class FixedBytes(ByteValues):
    """Byte strings of one length: uint8, shape (n, length)."""

    __slots__ = ("matrix",)

    def __init__(self, matrix: NDArray[np.uint8]) -> None:
        self.matrix = matrix

    @property
    def lengths(self) -> IntArray:
        return np.broadcast_to(np.int64(self.matrix.shape[1]), (len(self.matrix),))

    def item(self, index: int) -> bytes:
        return bytes(self.matrix[index])

    def take(self, index: NDArray[Any]) -> ByteValues:
        return FixedBytes(self.matrix[index])

    def padded(self, width: int) -> NDArray[np.uint8]:
        length = self.matrix.shape[1]
        if width <= length:
            return self.matrix[:, :width]
        return np.pad(self.matrix, ((0, 0), (0, width - length)))

    def _cut(self, begin: IntArray, end: IntArray) -> ByteValues:
        bounds = slice(int(begin[0]), int(end[0])) if len(begin) else slice(0, 0)     # the same for all
        return FixedBytes(self.matrix[:, bounds])


class CapturedBytes(ByteValues):
    """Bytes that lie in the capture: frame, first byte in it and number of bytes of each."""

    __slots__ = ("_capture", "_rows", "_size", "_start")

    def __init__(self, capture: Capture, rows: IntArray, start: IntArray, size: IntArray) -> None:
        self._capture = capture
        self._rows = rows
        self._start = start
        self._size = size

    @property
    def lengths(self) -> IntArray:
        return self._size

    def item(self, index: int) -> bytes:
        start = int(self._start[index])
        return bytes(self._capture.frame(int(self._rows[index]))[start:start + int(self._size[index])])

    def take(self, index: NDArray[Any]) -> ByteValues:
        return CapturedBytes(self._capture, self._rows[index], self._start[index], self._size[index])

    def padded(self, width: int) -> NDArray[np.uint8]:
        result = np.zeros((len(self), width), np.uint8)
        step = max(1, _BLOCK // max(width, 1))
        for first in range(0, len(self), step):
            block = slice(first, first + step)
            self._gather(block, result[block])
        return result

    def _gather(self, block: slice, result: NDArray[np.uint8]) -> None:
        rows, start, size = self._rows[block], self._start[block], self._size[block]
        places = self._capture.offset[rows] + start
        chunks = self._capture.chunk[rows]
        columns = np.arange(result.shape[1])
        for chunk in np.unique(chunks):
            data = self._capture.chunks[chunk]
            mine = np.flatnonzero(chunks == chunk)
            index = np.minimum(places[mine, None] + columns, len(data) - 1)
            result[mine] = np.where(columns < size[mine, None], data[index], 0)

    def _cut(self, begin: IntArray, end: IntArray) -> ByteValues:
        return CapturedBytes(self._capture, self._rows, self._start + begin, end - begin)


class CodedBytes(ByteValues):
    """Texts of which many are alike: a table of different ones and each one's place in it.

    Every question is answered once for each text in the table.
    """

    __slots__ = ("_codes", "_table")

    def __init__(self, table: Sequence[bytes], codes: IntArray) -> None:
        self._table = table
        self._codes = codes

    @classmethod
    def of(cls, values: Sequence[bytes]) -> CodedBytes:
        """From one byte string each."""
        places: dict[bytes, int] = {}
        codes = np.array([places.setdefault(value, len(places)) for value in values], np.int64)
        return cls(list(places), codes)

    @property
    def lengths(self) -> IntArray:
        return np.array([len(text) for text in self._table], np.int64)[self._codes]

    def item(self, index: int) -> bytes:
        return self._table[int(self._codes[index])]

    def take(self, index: NDArray[Any]) -> ByteValues:
        return CodedBytes(self._table, self._codes[index])

    def padded(self, width: int) -> NDArray[np.uint8]:
        joined = b"".join(text[:width].ljust(width, b"\0") for text in self._table)
        return np.frombuffer(joined, np.uint8).reshape(len(self._table), width)[self._codes]

    def test(self, predicate: Callable[[bytes], bool]) -> BoolArray:
        passed = np.zeros(len(self._table), bool)
        for index, text in enumerate(self._table):
            if index & 0xff == 0:
                proceed(index, len(self._table))
            passed[index] = predicate(text)
        return passed[self._codes]

    def numbers(self, number_of: Callable[[bytes], int]) -> NDArray[np.int8]:
        """A small number for each text."""
        return np.array([number_of(text) for text in self._table], np.int8)[self._codes]

    def mapped(self, change: Callable[[bytes], bytes]) -> CodedBytes:
        """Each text changed in the same way."""
        return CodedBytes([change(text) for text in self._table], self._codes)

    def _cut(self, begin: IntArray, end: IntArray) -> ByteValues:
        bounds = zip(begin.tolist(), end.tolist(), strict=True)
        return CodedBytes.of([self.item(index)[first:last] for index, (first, last) in enumerate(bounds)])


def prefix_mask(length: int, prefix: int) -> bytes:
    """So many bytes, of which the first bits are ones and the others zeros."""
    bits = 8 * length
    return ((1 << bits) - (1 << bits - prefix)).to_bytes(length, "big")


def equal_to_constant(values: ByteValues, constant: bytes, prefix: int | None = None) -> BoolArray:
    """Which of the values are this one, as far as the first bits of the prefix go (None: altogether)."""
    if isinstance(values, CodedBytes):
        return values.test(lambda text: text == constant)
    length = len(constant)
    result: BoolArray = values.lengths == length
    places = np.flatnonzero(result)
    matrix = (values if len(places) == len(values) else values.take(places)).padded(length)
    mask = b"\xff" * length if prefix is None else prefix_mask(length, prefix)
    # Eight bytes at a time where they lie so, else one.
    unit = np.dtype(np.uint64 if length % 8 == 0 and matrix.flags.c_contiguous else np.uint8)
    words = matrix.view(unit)
    pairs = zip(np.frombuffer(constant, unit), np.frombuffer(mask, unit), strict=True)
    equal = np.ones(len(places), bool)
    for column, (wanted, bits) in enumerate(pairs):
        if bits:
            equal &= words[:, column] & bits == wanted & bits
    result[places] = equal
    return result


def compare_to_constant(values: ByteValues, constant: bytes, lengths_first: bool) -> NDArray[np.int8]:
    """Each value against one: -1 less, 0 equal, 1 greater.

    Texts are compared letter by letter; of two byte strings the longer is greater (as in Wireshark).
    """
    if isinstance(values, CodedBytes):
        return values.numbers(lambda text: _order_of(text, constant, lengths_first))
    other = np.frombuffer(constant, np.uint8)
    length = np.int64(len(other))
    return _order(values.padded(len(other)), values.lengths, other[None, :], length, lengths_first)


def compare_pairs(left: ByteValues, right: ByteValues, lengths_first: bool) -> NDArray[np.int8]:
    """Each value against its partner, as compare_to_constant()."""
    width = int(max(left.lengths.max(initial=0), right.lengths.max(initial=0)))
    if width > 64:
        return np.array([_order_of(left.item(index), right.item(index), lengths_first)
                         for index in range(len(left))], np.int8)
    return _order(left.padded(width), left.lengths, right.padded(width), right.lengths, lengths_first)


def _order_of(left: bytes, right: bytes, lengths_first: bool) -> int:
    if lengths_first and len(left) != len(right):
        return 1 if len(left) > len(right) else -1
    return (left > right) - (left < right)


def _order(left: NDArray[np.uint8], left_lengths: IntArray, right: NDArray[np.uint8], right_lengths: Any,
           lengths_first: bool) -> NDArray[np.int8]:
    by_length: NDArray[np.int8] = np.sign(left_lengths.astype(np.int64) - right_lengths).astype(np.int8)
    if left.shape[1] == 0:
        return by_length
    common = np.minimum(left_lengths, right_lengths)
    differs = (left != right) & (np.arange(left.shape[1]) < np.asarray(common)[..., None])
    first = differs.argmax(axis=1)
    every = np.arange(len(left))
    right = np.broadcast_to(right, left.shape)
    by_content = np.where(differs[every, first],
                          np.where(left[every, first] > right[every, first], 1, -1), 0).astype(np.int8)
    if lengths_first:
        return np.where(by_length != 0, by_length, by_content)
    return np.where(by_content != 0, by_content, by_length)
