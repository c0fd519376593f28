"""Arrays of whole numbers, kept in as little memory as their shape allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """first + step × index, and what each number is more than that: in most headers nothing, or a small number."""

    count: int
    first: int
    step: int
    more: NDArray[Any] | None

    def unpacked(self) -> Numbers:
        """The numbers as they were: int32, shape (count,)."""
        if self.step:
            return np.arange(self.first, self.first + self.count, dtype=np.int32)
        if self.more is None:
            return np.full(self.count, self.first, np.int32)
        numbers = self.more.astype(np.int32)
        numbers += np.int32(self.first)
        return numbers

    def at(self, places: NDArray[np.integer[Any]]) -> Numbers:
        """The numbers at some places."""
        if self.step:
            return (places + self.first).astype(np.int32)
        if self.more is None:
            return np.full(len(places), self.first, np.int32)
        numbers: Numbers = self.more[places].astype(np.int32) + np.int32(self.first)
        return numbers

    def below(self, limits: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """How many of the numbers, which ascend, are less than each of these."""
        relative = limits.astype(np.int64) - self.first
        np.maximum(relative, 0, out=relative)       # np.clip takes its time with few numbers
        if self.more is not None:
            highest = np.iinfo(self.more.dtype).max
            found = self.more.searchsorted(np.minimum(relative, highest).astype(self.more.dtype))
            return np.where(relative > highest, self.count, found)
        return np.minimum(relative if self.step else relative * self.count, self.count)


def pack(numbers: NDArray[np.integer[Any]]) -> Packed:
    """Numbers that fit int32, in as few bytes as they need."""
    count = len(numbers)
    if not count:
        return Packed(0, 0, 0, None)
    first, last = int(numbers[0]), int(numbers[-1])
    if count > 1 and last - first == count - 1 and bool((np.diff(numbers) == 1).all()):
        return Packed(count, first, 1, None)
    low, high = int(numbers.min()), int(numbers.max())
    if low == high:
        return Packed(count, low, 0, None)
    width = next(dtype for dtype in (np.uint8, np.uint16, np.uint32) if high - low <= np.iinfo(dtype).max)
    return Packed(count, low, 0, np.subtract(numbers, low, dtype=np.int64).astype(width))
