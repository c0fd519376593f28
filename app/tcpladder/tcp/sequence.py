"""Sequence numbers wrap at 2**32 (RFC 9293 section 3.4): their arithmetic and comparisons live here.

Every function takes ints or uint32 arrays. Comparisons hold for numbers less than 2**31 apart.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

MODULUS = 1 << 32
HALF = 1 << 31

Number = TypeVar("Number", int, NDArray[np.uint32])


def add(number: Number, count: Number) -> Number:
    """The number that lies count after it."""
    if isinstance(number, np.ndarray):
        return np.add(number, count, dtype=np.uint32, casting="unsafe")
    return (number + count) % MODULUS


def distance(start: Number, end: Number) -> Number:
    """How many numbers lie from start up to end: 0 … 2**32 - 1."""
    if isinstance(start, np.ndarray):
        return np.subtract(end, start, dtype=np.uint32, casting="unsafe")
    return (end - start) % MODULUS


def signed_distance(start: int, end: int) -> int:
    """From start to end, negative where end lies before: -2**31 … 2**31 - 1."""
    return (end - start + HALF) % MODULUS - HALF


def signed_distances(start: NDArray[np.uint32], end: NDArray[np.uint32]) -> NDArray[np.int32]:
    """The same for arrays."""
    return np.subtract(end, start, dtype=np.uint32, casting="unsafe").view(np.int32)


def before(a: int, b: int) -> bool:
    """a lies before b."""
    return (a - b) % MODULUS >= HALF
