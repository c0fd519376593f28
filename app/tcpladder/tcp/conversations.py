"""Everything about the TCP headers of a capture that several readers need, worked out once per capture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.heap import give_back_memory
from tcpladder.tcp.analysis import Analysis, WholeAnalysis, analyse
from tcpladder.tcp.announced import announced_streams
from tcpladder.tcp.connection import FIN
from tcpladder.tcp.headers import Headers, read_headers
from tcpladder.tcp.phases import Phases, tell_phases
from tcpladder.tcp.streams import Streams, first_places, number_streams
from tcpladder.tcp.unwrapped import Flow, unwrap
from tcpladder.work.interruption import proceed
from tcpladder.work.workers import computed_in_order, worker_count

Told = tuple[NDArray[Any], NDArray[np.bool_]]      # values, and where there is one
_WORTH_A_PROCESS = 100_000      # segments
SEGMENTS_AT_ONCE = 1 << 14      # so that what is computed of them stays near the processor, and little at a time



@dataclass(frozen=True, slots=True)
class Conversations:
    """The TCP headers of the first frame_count rows: grouped into streams, and analysed."""

    frame_count: int
    headers: Headers
    streams: Streams
    analysis: WholeAnalysis
    phases: Phases
    completeness: NDArray[np.uint8]     # (m, 2) see Streams.completeness
    closer: NDArray[np.int8]            # (m,) the side that sent the first FIN, -1: there is none
    place_of: NDArray[np.int32]         # (n,) of each segment in the order of the capture, its place in stream order

    def with_times(self, times: NDArray[np.int64]) -> Conversations:
        """The same with other times of the frames: none where they are handed to another process, which has them."""
        segments = replace(self.streams.segments, times=times)
        return replace(self, streams=replace(self.streams, segments=segments))

    def told(self, first: int, last: int, tell: Callable[[NDArray[np.int32]], Told]) -> Told:
        """What is told of segments at some places, for the TCP headers [first, last) of the capture."""
        here, where = self.headers.segments_within(first, last)
        values, present = tell(self.place_of[here])
        if where is None:
            return values, present
        spread, there = np.zeros((last - first, *values.shape[1:]), values.dtype), np.zeros(last - first, np.bool_)
        spread[where], there[where] = values, present
        return spread, there

    def flow_of(self, stream: int) -> Flow:
        """The unwrapped numbers of one stream; its places count from the stream's first segment."""
        return unwrap(self.streams.part(stream, stream + 1))


def conversations_of(columns: ColumnTable) -> Conversations:
    """The conversations of a capture as far as it has been decoded; kept until it grows."""
    known = _known.get(columns)
    if known is None or known.frame_count != columns.frame_count:
        frame_count = columns.frame_count
        known = _known[columns] = _converse(columns, frame_count)
    return known


def take_over(columns: ColumnTable, found: Conversations) -> None:
    """Takes conversations for those of a capture that were found elsewhere, for as many frames, without its times."""
    _known[columns] = found.with_times(columns.capture.time_ns)


def _converse(columns: ColumnTable, frame_count: int) -> Conversations:
    found = read_headers(columns)
    streams = number_streams(found.segments, found.source, found.destination)
    completeness = streams.completeness(announced_streams(columns, found, streams))
    headers = found.headers
    del found       # the segments in the order of the capture are not needed any more
    give_back_memory()
    first_fin = first_places(streams.stream, (streams.segments.flags & FIN) != 0, streams.count)
    closer = np.append(streams.side.astype(np.int8), np.int8(-1))[first_fin]
    analysis, phases = look_at(streams)
    place_of = np.empty_like(streams.order)
    place_of[streams.order] = np.arange(len(place_of), dtype=np.int32)
    return Conversations(frame_count, headers, streams, analysis, phases, completeness, closer, place_of)


def look_at(streams: Streams, at_once: int = SEGMENTS_AT_ONCE) -> tuple[WholeAnalysis, Phases]:
    """The analysis of all segments and the phases of all streams, made of some streams at a time.

    Of many segments by several processes, where this one may have some.
    """
    total = len(streams.segments)
    analysis = WholeAnalysis(total, streams.count)
    phases = Phases.nothing(streams.count)
    runs = list(_runs(streams, at_once))
    for (first, last), found in zip(runs, _looked_at(streams, runs), strict=True):
        start = int(streams.starts[first])
        analysis.put(found[0], start, first)
        phases.put(found[1], start, first)
        proceed(int(streams.ends[last - 1]), total)
    return analysis, phases


def _looked_at(streams: Streams, runs: list[tuple[int, int]]) -> Iterator[tuple[Analysis, Phases]]:
    def look(run: tuple[int, int]) -> tuple[Analysis, Phases]:
        part = streams.part(*run)
        flow = unwrap(part)
        return analyse(part, flow), tell_phases(part, flow)

    return computed_in_order(look, runs, worker_count(len(streams.segments) // _WORTH_A_PROCESS))


def _runs(streams: Streams, at_once: int) -> Iterator[tuple[int, int]]:
    """Streams one after the other that have about so many segments together."""
    first = 0
    while first < streams.count:
        last = max(first + 1, int(np.searchsorted(streams.ends, streams.starts[first] + at_once, "right")))
        yield first, last
        first = last


_known: WeakKeyDictionary[ColumnTable, Conversations] = WeakKeyDictionary()
