"""From the numbers of a record to int64 nanoseconds since 1970, exactly."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME, OddTimes

NANOSECONDS: Final = 1_000_000_000
_LATEST_NS: Final = int(np.iinfo(np.int64).max)
_EARLIEST_NS: Final = NO_TIME + 1
# Whole seconds that fit with any fraction: pcap's reach to 2**32 microseconds, or 4,295 s.
_FIRST_SECOND: Final = _EARLIEST_NS // NANOSECONDS + 1
_LAST_SECOND: Final = _LATEST_NS // NANOSECONDS - 4_296


@dataclass(frozen=True, slots=True)
class Times:
    """Times of a batch of frames."""

    time_ns: NDArray[np.int64]
    odd: OddTimes = field(default_factory=OddTimes.none)


def times_as_written(seconds: NDArray[np.int64], fraction_ns: NDArray[np.int64]) -> Times:
    """Times from whole seconds and a fraction, which may pass a second; see `Capture.odd_time`."""
    fits = (seconds >= _FIRST_SECOND) & (seconds <= _LAST_SECOND)
    time_ns = np.where(fits, seconds, 0) * NANOSECONDS + fraction_ns
    odd_rows = np.flatnonzero(~fits | (fraction_ns >= NANOSECONDS))
    if not len(odd_rows):
        return Times(time_ns)
    time_ns[seconds < _FIRST_SECOND] = _EARLIEST_NS
    time_ns[seconds > _LAST_SECOND] = _LATEST_NS
    return Times(time_ns, OddTimes(odd_rows, seconds[odd_rows], fraction_ns[odd_rows]))


def times_of_clock(ticks: NDArray[np.uint64], ticks_per_second: int, offset_s: int) -> Times:
    """Times from the ticks of a clock since 1970 and an offset; a rest below a nanosecond is dropped."""
    if len(ticks) and NANOSECONDS % ticks_per_second == 0:
        tick_ns = NANOSECONDS // ticks_per_second
        latest_ns = int(ticks.max()) * tick_ns
        if latest_ns <= _LATEST_NS and abs(offset_s) * NANOSECONDS <= _LATEST_NS - latest_ns:
            return Times(ticks.astype(np.int64) * tick_ns + offset_s * NANOSECONDS)
    if ticks_per_second >= 1 << 64:
        return times_as_written(np.full(len(ticks), offset_s), _exact_fraction(ticks, ticks_per_second))
    seconds, rest = np.divmod(ticks, np.uint64(ticks_per_second))
    if ticks_per_second <= (1 << 64) // NANOSECONDS:
        fraction_ns = (rest * np.uint64(NANOSECONDS) // np.uint64(ticks_per_second)).astype(np.int64)
    else:
        fraction_ns = _exact_fraction(rest, ticks_per_second)
    # Seconds beyond 2**63 wrap, as they do for tshark.
    return times_as_written(seconds.astype(np.int64) + np.int64(offset_s), fraction_ns)


def _exact_fraction(rest: NDArray[np.uint64], ticks_per_second: int) -> NDArray[np.int64]:
    """Nanoseconds of less than a second, where 64 bits cannot hold the product."""
    return np.array([tick * NANOSECONDS // ticks_per_second for tick in rest.tolist()], np.int64)
