"""Everything about the TCP headers of a capture that several readers need, worked out once per capture."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.tcp.analysis import Analysis, analyse
from tcpladder.tcp.announced import announced_streams
from tcpladder.tcp.headers import Headers, read_headers
from tcpladder.tcp.streams import Streams, number_streams
from tcpladder.tcp.unwrapped import Flow, unwrap


@dataclass(frozen=True, slots=True)
class Conversations:
    """The TCP headers of the first frame_count rows: grouped into streams, and analysed."""

    frame_count: int
    headers: Headers
    streams: Streams
    flow: Flow
    analysis: Analysis
    announced: NDArray[np.bool_]     # (m,) streams that FTP announced


def conversations_of(columns: ColumnTable) -> Conversations:
    """The conversations of a capture as far as it has been decoded; kept until it grows."""
    known = _known.get(columns)
    if known is None or known.frame_count != columns.frame_count:
        frame_count = columns.frame_count
        headers = read_headers(columns)
        streams = number_streams(headers.segments)
        flow = unwrap(streams)
        known = Conversations(frame_count, headers, streams, flow, analyse(streams, flow),
                              announced_streams(columns, headers, streams))
        _known[columns] = known
    return known


_known: WeakKeyDictionary[ColumnTable, Conversations] = WeakKeyDictionary()
