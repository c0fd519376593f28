"""Follows records that each say how long they are from many places of a file at once.

Where a record begins is known only from the one before it. So guesses are made, some way apart, of where records begin,
and the chains that start there are followed side by side. A guess proves right when the chain before it, which is known
to be right, comes to exactly that place; what is found is never more than what is proved.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

_APART: Final = 1 << 16         # bytes from one guess to the next
_SEARCHED: Final = 2048         # bytes in which a record's begin is looked for: some more than an Ethernet frame


def follow_chains(data: NDArray[np.uint8], first: int, header: int, length_at: int, order: str, longest: int, *,
                  apart: int = _APART) -> tuple[Positions, int]:
    """Where records lie from first on, ascending, as far as was proved; and where the one after them begins.

    A record is a header of so many bytes, in it 32-bit numbers in an order ("<" or ">"): seconds at its begin, and at
    length_at how many bytes follow. longest is the most that they may be.
    """
    none = np.empty(0, np.int64), first
    if len(data) - first < 3 * apart:
        return none
    lengths = np.ndarray((len(data) - length_at - 3,), f"{order}u4", data, length_at, (1,))
    guesses = _guesses(data, first, header, lengths, order, longest, apart)
    if len(guesses) < 2:
        return none
    position, limit = guesses[:-1].copy(), guesses[1:]
    found: list[Positions] = []
    ends = np.empty(len(limit), np.int64)
    lanes = np.arange(len(limit))
    while len(lanes):
        found.append(position)
        position = position + lengths[position]
        position += header
        going = position < limit
        if not going.all():
            ended = ~going
            ends[lanes[ended]] = position[ended]
            lanes, position, limit = lanes[going], position[going], limit[going]
    wrong = np.flatnonzero(ends != guesses[1:])
    following = int(ends[wrong[0]] if len(wrong) else ends[-1])
    proved = int(guesses[wrong[0] + 1]) if len(wrong) else following
    positions = np.concatenate(found)
    positions = np.sort(positions[positions < proved])
    if following > len(data):       # the last of them is not there to its end
        return positions[:-1], int(positions[-1])
    return positions, following


def _guesses(data: NDArray[np.uint8], first: int, header: int, lengths: NDArray[np.uint32], order: str,
             longest: int, apart: int) -> Positions:
    """The first record, and behind it one place in each stretch that looks like the begin of another.

    The upper half of its seconds is that of the first, it is not too long, and behind it comes another such.
    """
    high, low = (3, 2) if order == "<" else (0, 1)
    searched = min(_SEARCHED, apart)
    count = (len(data) - header - searched - first) // apart
    upper, lower = (np.ndarray((count, searched), np.uint8, data, first + apart + at, (apart, 1)) for at in (high, low))
    alike = (upper == data[first + high]) & (lower == data[first + low])
    stretch, inner = np.divmod(np.flatnonzero(alike), searched)
    places = first + apart + stretch * apart + inner
    kept = places <= len(data) - header
    stretch, places = stretch[kept], places[kept]
    captured = lengths[places].astype(np.int64)
    kept = (captured > 0) & (captured <= longest) & (places + header + captured <= len(data) - header)
    stretch, places, captured = stretch[kept], places[kept], captured[kept]
    following = places + header + captured
    kept = (data[following + high] == data[first + high]) & (data[following + low] == data[first + low])
    _stretch, index = np.unique(stretch[kept], return_index=True)
    return np.concatenate([[first], places[kept][index]])
