"""All connections of a capture as a table, and any of them in full when it is asked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.heap import give_back_memory
from tcpladder.tcp.connection import (
    SYN,
    Closing,
    Connection,
    Endpoint,
    Opening,
    Phase,
    SideOptions,
)
from tcpladder.tcp.conversations import conversations_of
from tcpladder.tcp.fates import Fates, infer_fates
from tcpladder.tcp.findings import find_findings
from tcpladder.tcp.phases import CLOSINGS, INITIATORS, NONE, OPENINGS
from tcpladder.tcp.segments import Trait
from tcpladder.tcp.states import Course, run_states
from tcpladder.tcp.steps import Story, cut_out, make_steps, unsummed_steps
from tcpladder.tcp.stream_rules import Mark

Array = NDArray[Any]

_KEPT = 64      # connections kept in full
_RETRANSMISSIONS = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Within it, Python does not look for garbage: it would look through all that is made, many times, for none."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()


class ConnectionTable:
    """The connections of the rows that were decoded when the table was made; arrays have shape (count,).

    opening, closing and initiator are indexes into OPENINGS, CLOSINGS and INITIATORS. Times are int64
    nanoseconds, -1 where not known. client and server hold endpoints as keys; endpoint() makes them readable.
    client_side is the side of the stream (0 or 1) that the client is.
    """

    def __init__(self, columns: ColumnTable) -> None:
        self._columns = columns
        self._conversations = conversations_of(columns)
        streams, analysis = self._conversations.streams, self._conversations.analysis
        segments = streams.segments
        self._phases = phases = self._conversations.phases
        self._kept: dict[int, Connection] = {}
        count = streams.count
        self.count = count
        self.stream = np.arange(count)
        self.client = streams.endpoints[self.stream, phases.client_side]
        self.server = streams.endpoints[self.stream, 1 - phases.client_side]
        self.client_side, self.roles_seen = phases.client_side, phases.roles_seen
        self.packets = np.bincount(streams.stream, minlength=count)
        sent = np.bincount(streams.flow, np.where(segments.quoted, 0, segments.length), 2 * count)
        by_side = sent.astype(np.int64).reshape(-1, 2)
        self.client_bytes = by_side[self.stream, phases.client_side]
        self.server_bytes = by_side[self.stream, 1 - phases.client_side]
        self.opening, self.closing, self.initiator = phases.opening, phases.closing, phases.initiator
        self.syn_tries = phases.syn_tries
        self.start_ns = segments.time_at(streams.starts)
        self.duration_ns = segments.time_at(streams.ends - 1) - self.start_ns
        known = phases.opened != NONE
        self.setup_time_ns = np.full(count, -1, np.int64)
        self.setup_time_ns[known] = segments.time_at(phases.opened[known]) - segments.time_at(phases.syn[known])
        self.rtt_ns = np.where(analysis.initial_rtt_ns > 0, analysis.initial_rtt_ns, -1)
        repeats = (analysis.marks & _RETRANSMISSIONS) != 0
        self.retransmissions = np.bincount(streams.stream[repeats], minlength=count)
        of_first, of_others = self._conversations.completeness.T
        self.completeness = np.where(self.packets > 1, of_others, of_first)
        self.first_row = segments.row[streams.starts]
        give_back_memory()

    def endpoint(self, key: int) -> Endpoint:
        """An item of client or server as address and port."""
        return self._conversations.headers.addresses.endpoint(int(key))

    def stream_of_row(self, row: int) -> int | None:
        """The stream of the innermost TCP header of a frame, or None."""
        conversations = self._conversations
        first, last = self._columns.borders("tcp", row, row + 1)
        here, _where = conversations.headers.segments_within(int(first), int(last))
        places = conversations.place_of[here]
        return int(conversations.streams.stream[places[-1]]) if len(places) else None

    def connection(self, stream: int) -> Connection:
        """A connection in full, with its steps. Raises IndexError where there is no such stream."""
        if not 0 <= stream < self.count:
            raise IndexError(stream)
        known = self._kept.get(stream)
        if known is None:
            with _collector_at_rest():
                known = self._make(stream)
            if len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[stream] = known
        return known

    def course(self, stream: int) -> tuple[Story, Fates, Course]:
        """The segments of a connection, what became of each, and both states after each."""
        story = cut_out(self._conversations, stream, int(self._phases.client_side[stream]))
        fates = infer_fates(story.spoken, max(int(self.rtt_ns[stream]), 0))
        return story, fates, run_states(story.spoken, fates,
                                        refused=OPENINGS[int(self.opening[stream])] == "refused")

    def _make(self, stream: int) -> Connection:
        conversations, phases = self._conversations, self._phases
        client_side = int(phases.client_side[stream])
        opening_kind = OPENINGS[int(self.opening[stream])]
        story, fates, course = self.course(stream)
        index_of = {place: index for index, place in enumerate(story.places)}

        def step_at(places: Array) -> int | None:
            place = int(places[stream])
            return index_of.get(place) if place != NONE else None

        opening_end = self._last_of_opening(stream, opening_kind, step_at, len(story.places))
        closing_begin = min((step for step in (step_at(phases.first_fin), step_at(phases.reset))
                             if step is not None), default=len(story.places))

        between = max(closing_begin - opening_end - 1, 0)
        told = ([Phase.OPENING] * (opening_end + 1) + [Phase.DATA] * between
                + [Phase.CLOSING] * (len(story.places) - opening_end - 1 - between))
        steps = make_steps(self._columns, conversations, story, fates, course, told)
        setup, rtt = int(self.setup_time_ns[stream]), int(self.rtt_ns[stream])
        opened = step_at(phases.opened)
        opening_steps = tuple(step.index for step in steps[:opening_end + 1]
                              if step.flags & SYN or step.index in (opened, step_at(phases.refusal)))
        closing_steps = tuple(sorted({step for step in (
            step_at(phases.first_fin), step_at(phases.first_fin_acked), step_at(phases.second_fin),
            step_at(phases.second_fin_acked), step_at(phases.reset)) if step is not None}))
        initiator = int(self.initiator[stream])
        options = [self._options(stream, client_side), self._options(stream, 1 - client_side)]
        agreed = [side for side in options if side is not None]
        both = len(agreed) == 2
        connection = Connection(
            stream=stream, client=self.endpoint(self.client[stream]), server=self.endpoint(self.server[stream]),
            roles_seen=bool(self.roles_seen[stream]), client_start=course.client_start,
            server_start=course.server_start, client_isn=self._initial_number(stream, client_side),
            server_isn=self._initial_number(stream, 1 - client_side), steps=tuple(steps),
            opening=Opening(opening_kind, opening_steps, int(self.syn_tries[stream]),
                            setup if setup >= 0 else None, rtt if rtt >= 0 else None),
            closing=Closing(CLOSINGS[int(self.closing[stream])],
                            INITIATORS[initiator] if initiator != NONE else None, closing_steps),
            client_options=options[0], server_options=options[1],
            window_scaling=both and all(side.wscale is not None for side in agreed),
            sack=both and all(side.sack_permitted for side in agreed),
            timestamps=both and all(side.timestamps for side in agreed),
            findings=(), client_bytes=int(self.client_bytes[stream]), server_bytes=int(self.server_bytes[stream]),
            completeness=int(self.completeness[stream]), retransmissions=int(self.retransmissions[stream]))
        findings = find_findings(connection, fates, unsummed_steps(self._columns, conversations, story, connection))
        named = {finding.step for finding in findings}
        marked = tuple(replace(step, finding=True) if step.index in named else step for step in connection.steps)
        return replace(connection, steps=marked, findings=findings)

    def _last_of_opening(self, stream: int, kind: str, step_at: Any, count: int) -> int:
        """Index of the last step that belongs to the opening; -1 where the capture has none of it."""
        if kind == "mid-stream":
            return -1
        if kind in ("unanswered", "incomplete"):
            reset = step_at(self._phases.reset)
            return (reset if reset is not None else count) - 1
        last = step_at(self._phases.refusal if kind == "refused" else self._phases.opened)
        return count - 1 if last is None else int(last)

    def _options(self, stream: int, side: int) -> SideOptions | None:
        """What a side offered in its first SYN."""
        alone = self._conversations.streams.part(stream, stream + 1)
        segments = alone.segments
        here = np.flatnonzero((segments.flags & SYN != 0) & (alone.side == side) & ~segments.quoted)
        if not len(here):
            return None
        place = int(here[0])
        mss, shift = int(segments.mss[place]), int(segments.window_shift[place])
        traits = Trait(int(segments.traits[place]))
        return SideOptions(mss if mss >= 0 else None, shift if shift >= 0 else None,
                           Trait.SACK_PERMITTED in traits, Trait.TIMESTAMPS in traits)

    def _initial_number(self, stream: int, side: int) -> int | None:
        streams = self._conversations.streams
        return int(streams.base_seq[stream, side]) if streams.base_known[stream, side] else None
