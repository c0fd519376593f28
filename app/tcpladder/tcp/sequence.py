"""Sequence numbers wrap at 2**32 (RFC 9293 section 3.4): the way from one to another lives here, and nowhere else.

It goes whichever way round is shorter, so that it holds for numbers less than 2**31 apart.
"""

import numpy as np
from numpy.typing import NDArray

MODULUS = 1 << 32
HALF = 1 << 31


def signed_distance(start: int, end: int) -> int:
    """From start to end, negative where end lies before: -2**31 … 2**31 - 1."""
    return (end - start + HALF) % MODULUS - HALF


def signed_distances(start: NDArray[np.uint32], end: NDArray[np.uint32]) -> NDArray[np.int32]:
    """The same for arrays."""
    return np.subtract(end, start, dtype=np.uint32, casting="unsafe").view(np.int32)
