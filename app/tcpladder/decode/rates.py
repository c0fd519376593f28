"""How many packets, or how many bytes, came in each interval of a capture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME

MOST_INTERVALS = 2_000_000
INTERVALS_NS: tuple[int, ...] = (*(int(10**power) for power in range(4, 12)), 60 * 10**9, 600 * 10**9)
_WANTED = 300       # intervals in a graph whose width nobody chose


class Unit(Enum):
    """What is counted."""

    PACKETS = "packets"
    BYTES = "bytes"     # on the wire
    BITS = "bits"


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Into which interval each packet falls: intervals, int64, shape (frame_count,), -1 for packets without a time."""

    start_ns: int
    interval_ns: int
    count: int
    intervals: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Of each interval the sum, float64, and the row of the first packet that counts, -1 for none; shape (count,)."""

    sums: NDArray[np.float64]
    first_rows: NDArray[np.int64]


def possible_intervals(time_ns: NDArray[np.int64]) -> tuple[int, ...]:
    """Those of INTERVALS_NS that do not cut the capture into too many."""
    span = _span(time_ns)[1]
    return tuple(interval for interval in INTERVALS_NS if span // interval < MOST_INTERVALS)


def usual_interval(time_ns: NDArray[np.int64]) -> int:
    """The shortest interval that keeps a graph of the whole capture readable."""
    span = _span(time_ns)[1]
    return next((interval for interval in INTERVALS_NS if span // interval < _WANTED), INTERVALS_NS[-1])


def make_clock(time_ns: NDArray[np.int64], interval_ns: int) -> Clock:
    """Intervals of a width from the earliest time on; times may run backwards."""
    start, span = _span(time_ns)
    intervals = (time_ns - start) // interval_ns
    intervals[time_ns == NO_TIME] = -1
    return Clock(start, interval_ns, span // interval_ns + 1, intervals)


def count_rates(clock: Clock, rows: NDArray[Any], wire_len: NDArray[Any], unit: Unit) -> Rates:
    """What the packets of some rows (ascending) add up to; wire_len is that of all rows."""
    intervals = clock.intervals[rows]
    rows, intervals = rows[intervals >= 0], intervals[intervals >= 0]
    weights = None if unit is Unit.PACKETS else wire_len[rows].astype(np.float64) * (8 if unit is Unit.BITS else 1)
    sums = np.bincount(intervals, weights, clock.count).astype(np.float64)
    first_rows = np.full(clock.count, -1, np.int64)
    first_rows[intervals[::-1]] = rows[::-1]
    return Rates(sums, first_rows)


def highest(sums: NDArray[np.float64], first: int, last: int, most: int) -> tuple[NDArray[np.int64],
                                                                                 NDArray[np.float64]]:
    """The sums from first to last (exclusive), and where they stand; if there are more than most, the highest of each
    group of neighbours."""
    first, last = max(first, 0), min(last, len(sums))
    if last <= first:
        return np.empty(0, np.int64), np.empty(0)
    width = -(-(last - first) // most)
    begins = np.arange(first, last, width)
    return begins, np.maximum.reduceat(sums[first:last], begins - first)


def _span(time_ns: NDArray[np.int64]) -> tuple[int, int]:
    """The earliest time, and how much later the latest is."""
    known = time_ns[time_ns != NO_TIME]
    if not len(known):
        return 0, 0
    start = int(known.min())
    return start, int(known.max()) - start
