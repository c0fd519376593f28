"""Everything about the TCP headers of a capture that several readers need, worked out once per capture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.interruption import proceed
from tcpladder.tcp.analysis import WholeAnalysis, analyse
from tcpladder.tcp.announced import announced_streams
from tcpladder.tcp.headers import Headers, read_headers
from tcpladder.tcp.phases import Phases, tell_phases
from tcpladder.tcp.streams import Streams, number_streams
from tcpladder.tcp.unwrapped import Flow, unwrap

SEGMENTS_AT_ONCE = 1 << 16      # so that what is computed of them stays near the processor, and little at a time


@dataclass(frozen=True, slots=True)
class Conversations:
    """The TCP headers of the first frame_count rows: grouped into streams, and analysed."""

    frame_count: int
    headers: Headers
    streams: Streams
    analysis: WholeAnalysis
    phases: Phases
    announced: NDArray[np.bool_]     # (m,) streams that FTP announced

    def flow_of(self, stream: int) -> Flow:
        """The unwrapped numbers of one stream; its places count from the stream's first segment."""
        return unwrap(self.streams.part(stream, stream + 1))


def conversations_of(columns: ColumnTable) -> Conversations:
    """The conversations of a capture as far as it has been decoded; kept until it grows."""
    known = _known.get(columns)
    if known is None or known.frame_count != columns.frame_count:
        frame_count = columns.frame_count
        headers, streams, announced = _read_streams(columns)
        known = Conversations(frame_count, headers, streams, *look_at(streams), announced)
        _known[columns] = known
    return known


def _read_streams(columns: ColumnTable) -> tuple[Headers, Streams, NDArray[np.bool_]]:
    found = read_headers(columns)
    streams = number_streams(found.segments, found.source, found.destination)
    return found.headers, streams, announced_streams(columns, found, streams)


def look_at(streams: Streams, at_once: int = SEGMENTS_AT_ONCE) -> tuple[WholeAnalysis, Phases]:
    """The analysis of all segments and the phases of all streams, made of some streams at a time."""
    total = len(streams.segments)
    analysis = WholeAnalysis(total, streams.count)
    phases = Phases.nothing(streams.count)
    for first, last in _runs(streams, at_once):
        part = streams.part(first, last)
        start = int(streams.starts[first])
        flow = unwrap(part)
        analysis.put(analyse(part, flow), start, first)
        phases.put(tell_phases(part, flow), start, first)
        proceed(start + len(part.segments), total)
    return analysis, phases


def _runs(streams: Streams, at_once: int) -> Iterator[tuple[int, int]]:
    """Streams one after the other that have about so many segments together."""
    first = 0
    while first < streams.count:
        last = max(first + 1, int(np.searchsorted(streams.ends, streams.starts[first] + at_once, "right")))
        yield first, last
        first = last


_known: WeakKeyDictionary[ColumnTable, Conversations] = WeakKeyDictionary()
