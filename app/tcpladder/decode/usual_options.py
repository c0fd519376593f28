"""The TCP options that nearly all segments have, found without reading them one by one."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.all_packets import Instances
from tcpladder.packets.capture import Capture
from tcpladder.packets.scanning import gather
from tcpladder.protocols.tcp_options import ONLY_TIMESTAMPS

# Lengths of the options that add to the end of Info words that begin with a space, or nothing; 0: one byte.
USUAL_LENGTHS: Final[Mapping[int, tuple[int, ...]]] = {
    0: (0,), 1: (0,), 2: (4,), 3: (3,), 4: (2,), 5: (10, 18, 26, 34), 8: (10,)}
# The fields in them that do so.
USUAL_WORDS: Final = ("tcp.options.mss_val", "tcp.options.wscale.multiplier", "tcp.options.sack_perm",
                      "tcp.options.sack_le", "tcp.options.sack_re", "tcp.options.timestamp.tsval",
                      "tcp.options.timestamp.tsecr")
_STAMPS: Final = np.dtype([("begin", ">u4"), ("tsval", ">u4"), ("tsecr", ">u4")])


def have_usual_options(headers: Instances) -> NDArray[np.bool_]:
    """Which TCP headers have no options, or whole ones that only end Info with words that begin with a space."""
    header, there = headers.lookup("tcp.hdr_len")
    # Nearly always there are timestamps and nothing else.
    usual: NDArray[np.bool_] = ~(there & (header > 20)) | headers.has_usual("tcp.options")
    left = np.flatnonzero(~usual & (headers.start + header <= headers.captured))
    usual[left] = _are_usual(headers.batch.capture, headers.rows[left], headers.start[left] + 20,
                             header[left].astype(np.int64) - 20)
    return usual


def _are_usual(capture: Capture, rows: NDArray[np.integer[Any]], start: NDArray[np.integer[Any]],
               size: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Where options are whole and of the usual kinds; start and size are bytes in the frame, all of them captured."""
    position = capture.offset[rows] + start
    end = position + size
    chunks = capture.chunk[rows]
    usual = np.zeros(len(rows), bool)
    for number, raw in enumerate(capture.chunks):
        left = np.flatnonzero(chunks == number)
        while len(left):
            at = position[left]
            kind, said = raw[at], raw[np.minimum(at + 1, len(raw) - 1)]
            good = (kind <= 1) | (_lengths()[kind, said] & (at + said <= end[left]))
            left, at, kind, said = left[good], at[good], kind[good], said[good]
            position[left] = np.where(kind == 0, end[left], at + np.where(kind == 1, 1, said))
            done = position[left] >= end[left]
            usual[left[done]] = True
            left = left[~done]
    return usual


def only_timestamps(capture: Capture, rows: NDArray[np.integer[Any]], start: NDArray[np.integer[Any]],
                    size: NDArray[np.integer[Any]]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The values in options that are nothing but timestamps, "tsval" and "tsecr", and where that is so."""
    position, chunk = capture.offset[rows] + start, capture.chunk[rows]
    stamps, stamped = np.zeros(len(rows), _STAMPS), size == _STAMPS.itemsize
    for number, raw in enumerate(capture.chunks):
        here = np.flatnonzero(stamped & (chunk == number))
        stamps[here] = gather(raw, position[here], _STAMPS)
    stamped &= stamps["begin"] == int.from_bytes(ONLY_TIMESTAMPS[1])
    return stamps, stamped


@cache
def _lengths() -> NDArray[np.bool_]:
    """Which lengths the kinds of options that are usual may have: shape (256, 256)."""
    allowed = np.zeros((256, 256), bool)
    for kind, lengths in USUAL_LENGTHS.items():
        allowed[kind, list(lengths)] = True
    return allowed
