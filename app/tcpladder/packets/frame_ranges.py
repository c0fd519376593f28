"""Packets named by their numbers, as people write them: 1-5, 9, 20-."""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.texts import _

_RANGE: Final = re.compile(r"\s*(?:(\d{1,18})|(\d{1,18})?\s*-\s*(\d{1,18})?)\s*")


class RangeError(ValueError):
    """A text names no packets; the message is the sentence for the person."""


def rows_of_ranges(text: str, frame_count: int) -> NDArray[np.int64]:
    """The rows of the packets that a text names, ascending, each once: "1-5,9", "-3" (to 3), "20-" (from 20).

    Raises RangeError with a sentence where the text is no list of numbers and ranges, or names a packet that does
    not exist.
    """
    chosen = np.zeros(frame_count, bool)
    for part in text.split(","):
        match = _RANGE.fullmatch(part)
        if match is None or not part.strip(" -\t"):
            raise RangeError(_("{text!r} names no packets; write numbers and ranges such as 1-5,9.").format(
                text=part.strip()))
        first = int(match[1] or match[2] or 1)
        last = int(match[1] or match[3] or max(first, frame_count))
        if not 1 <= first <= last:
            raise RangeError(_("{text!r} names no packets: the first is 1, and a range goes up.").format(
                text=part.strip()))
        if last > frame_count:
            raise RangeError(_("There is no packet {number:,}; the capture has {count:,}.").format(
                number=last, count=frame_count))
        chosen[first - 1:last] = True
    return np.flatnonzero(chosen)
