"""The Internet checksum (RFC 1071), of one packet's bytes and of many at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BYTES_AT_ONCE = 1 << 22     # so that the indices of many long messages do not fill the memory


def ones_sum(data: bytes) -> int:
    """The ones' complement sum of the 16-bit words; 0xffff where a checksum among them is right."""
    total = sum(data[0::2]) << 8
    total += sum(data[1::2])
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def ones_sums(raw: NDArray[np.uint8], position: NDArray[np.integer[Any]],
              length: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """ones_sum() of length[i] bytes from position[i] on, for each i; shape (n,)."""
    result = np.zeros(len(position), np.int64)
    filled = np.flatnonzero(length > 0)
    position, length = position[filled].astype(np.int64), length[filled].astype(np.int64)
    ends = np.cumsum(length)
    first = 0
    while first < len(filled):
        before = ends[first] - length[first]
        last = max(first + 1, int(np.searchsorted(ends, before + _BYTES_AT_ONCE, "right")))
        sizes = length[first:last]
        starts = np.cumsum(sizes) - sizes
        place = np.arange(sizes.sum()) - np.repeat(starts, sizes)
        values = raw[np.repeat(position[first:last], sizes) + place].astype(np.int64) << (8 * (place & 1 ^ 1))
        result[filled[first:last]] = folded(np.add.reduceat(values, starts))
        first = last
    return result


def word_sums(values: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The sum of the 16-bit words of each row; shape (n,) of (n, width)."""
    result: NDArray[np.int64] = values.astype(np.int64) @ np.tile([256, 1], values.shape[1] // 2)
    return result


def folded(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums with what is above 16 bits added to the 16 bits, as ones' complement arithmetic has it."""
    while (sums >> 16).any():
        sums = (sums & 0xffff) + (sums >> 16)
    return sums
