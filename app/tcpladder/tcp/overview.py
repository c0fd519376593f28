"""All connections of a capture at a glance: verdicts in words, what went wrong, order and choice, by arrays alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.conversations import conversations_of
from tcpladder.tcp.findings import SLOW_HANDSHAKE_NS
from tcpladder.tcp.phases import CLOSINGS, INITIATORS, NONE, OPENINGS
from tcpladder.tcp.stream_rules import Mark
from tcpladder.texts import _, ngettext

Streams = NDArray[np.int64]
_BINS_A_DECADE = 10


class Trouble(IntFlag):
    """What went wrong with a connection, the gravest first."""

    REFUSED = 1
    UNANSWERED = 2
    INCOMPLETE = 4
    RESET = 8
    SYN_REPEATED = 16
    SLOW_HANDSHAKE = 32     # a second or more from the first SYN
    RETRANSMISSION = 64
    NOT_CAPTURED = 128      # a segment that was sent, to judge by what follows
    ZERO_WINDOW = 256
    OUT_OF_ORDER = 512


NO_TROUBLE = Trouble(0)
FAILED = Trouble.REFUSED | Trouble.UNANSWERED | Trouble.INCOMPLETE
GRAVE = FAILED | Trouble.RESET
SLOW = Trouble.SYN_REPEATED | Trouble.SLOW_HANDSHAKE
_OF_MARKS = ((Mark.LOST_SEGMENT, Trouble.NOT_CAPTURED), (Mark.ZERO_WINDOW, Trouble.ZERO_WINDOW),
             (Mark.OUT_OF_ORDER, Trouble.OUT_OF_ORDER))


class Fact(IntEnum):
    """What the list says of each connection, from left to right."""

    STREAM = 0
    CLIENT = 1
    SERVER = 2
    OPENING = 3
    CLOSING = 4
    CLOSED_BY = 5
    FINDINGS = 6
    SYN_TRIES = 7
    SETUP_TIME = 8
    RTT = 9
    PACKETS = 10
    CLIENT_BYTES = 11
    SERVER_BYTES = 12
    RETRANSMISSIONS = 13
    START = 14
    DURATION = 15


@dataclass(frozen=True, slots=True)
class Verdict:
    """A choice of connections by how they went: a name for people, and the condition."""

    title: str
    troubles: Trouble = NO_TROUBLE      # any of them
    opening: str = ""
    closing: str = ""


class Overview:
    """The connections of a table, and what is wrong with each: troubles, uint16, shape (count,)."""

    def __init__(self, table: ConnectionTable, columns: ColumnTable) -> None:
        self.table = table
        self._columns = columns
        self._resent = table.retransmissions - np.maximum(table.syn_tries - 1, 0)   # repeated SYNs count by themselves
        self.troubles = self._find_troubles()
        self._endpoints: dict[Names, tuple[NDArray[np.bytes_], NDArray[np.bytes_]]] = {}

    def sorted_by(self, streams: Streams, fact: Fact, *, descending: bool) -> Streams:
        """The streams in the order of a fact; equal ones in order of appearance, unknown ones always last."""
        key = self._key(fact)[streams]
        known = np.ones(len(streams), np.bool_) if fact not in _MAY_BE_UNKNOWN else key >= 0
        found, rest = streams[known], streams[~known]
        key = key[known]
        order = np.argsort(-key if descending else key, kind="stable")
        result: Streams = np.concatenate([found[order], rest])
        return result

    def chosen(self, text: str, verdict: Verdict | None, shown_rows: NDArray[Any] | None = None,
               names: Names = NUMBERS_ONLY) -> Streams:
        """The streams that fulfil a verdict, hold every word of a text, and have a packet among the shown rows.

        A word is looked for in "address:port" of both ends, with the number and with the name that is shown, in the
        words of the verdicts, and, if it is a number, it may be that of the connection. None for shown_rows: all are
        shown.
        """
        table = self.table
        keep = np.ones(table.count, np.bool_)
        if verdict is not None:
            if verdict.troubles:
                keep &= (self.troubles & int(verdict.troubles)) != 0
            if verdict.opening:
                keep &= table.opening == OPENINGS.index(verdict.opening)
            if verdict.closing:
                keep &= table.closing == CLOSINGS.index(verdict.closing)
        if shown_rows is not None:
            keep &= self._shown(shown_rows)
        for word in text.casefold().split():
            keep &= self._holding(word, names)
        return np.flatnonzero(keep)

    def trouble_text(self, stream: int) -> str:
        """"SYN sent 3 times, slow handshake": what went wrong, in words; "" for nothing."""
        troubles = Trouble(int(self.troubles[stream]))
        return ", ".join(self._one_trouble(trouble, stream) for trouble in Trouble if trouble & troubles)

    def _one_trouble(self, trouble: Trouble, stream: int) -> str:
        if trouble is Trouble.SYN_REPEATED:
            tries = int(self.table.syn_tries[stream])
            return ngettext("SYN sent {count} time", "SYN sent {count} times", tries).format(count=tries)
        if trouble is Trouble.RETRANSMISSION:
            count = int(self._resent[stream])
            return ngettext("{count} retransmission", "{count} retransmissions", count).format(count=f"{count:,}")
        return trouble_names()[trouble]

    def _find_troubles(self) -> NDArray[np.uint16]:
        table = self.table
        troubles = np.zeros(table.count, np.uint16)
        if not table.count:
            return troubles
        conversations = conversations_of(self._columns)
        starts = conversations.streams.starts
        marks = np.bitwise_or.reduceat(conversations.analysis.marks, starts)
        refused, unanswered, incomplete = (table.opening == OPENINGS.index(kind)
                                           for kind in ("refused", "unanswered", "incomplete"))
        found: list[tuple[NDArray[np.bool_], Trouble]] = [
            (refused, Trouble.REFUSED), (unanswered, Trouble.UNANSWERED), (incomplete, Trouble.INCOMPLETE),
            (table.closing == CLOSINGS.index("reset"), Trouble.RESET), (table.syn_tries > 1, Trouble.SYN_REPEATED),
            (table.setup_time_ns >= SLOW_HANDSHAKE_NS, Trouble.SLOW_HANDSHAKE),
            (self._resent > 0, Trouble.RETRANSMISSION)]
        found += [((marks & int(mark)) != 0, trouble) for mark, trouble in _OF_MARKS]
        for condition, trouble in found:
            troubles[condition] |= int(trouble)
        return troubles

    def _shown(self, rows: NDArray[Any]) -> NDArray[np.bool_]:
        """Which connections have a packet among the rows."""
        conversations = conversations_of(self._columns)
        is_shown = np.zeros(conversations.frame_count, np.bool_)
        is_shown[rows] = True
        streams = conversations.streams
        present = np.zeros(self.table.count, np.bool_)
        present[streams.stream[is_shown[streams.segments.row]]] = True
        return present

    def _holding(self, word: str, names: Names) -> NDArray[np.bool_]:
        table = self.table
        wanted = word.encode("utf-8")
        holds = np.zeros(table.count, np.bool_)
        for written in {NUMBERS_ONLY, names}:
            for ends in self._endpoint_texts(written):
                holds |= np.char.find(ends, wanted) >= 0
        if word.isascii() and word.isdigit():
            holds |= table.stream == int(word)
        for kinds, name, values in ((OPENINGS, opening_name, table.opening), (CLOSINGS, closing_name, table.closing)):
            for index, kind in enumerate(kinds):
                if word in name(kind).casefold() or word in kind:
                    holds |= values == index
        for trouble, name_of in trouble_names().items():
            if word in name_of.casefold():
                holds |= (self.troubles & int(trouble)) != 0
        return holds

    def _endpoint_texts(self, names: Names) -> tuple[NDArray[np.bytes_], NDArray[np.bytes_]]:
        """"address:port" of every client and server, in small letters; made once."""
        known = self._endpoints.get(names)
        if known is None:
            known = self._texts_of(self.table.client, names), self._texts_of(self.table.server, names)
            self._endpoints[names] = known
        return known

    def _texts_of(self, keys: NDArray[np.int64], names: Names) -> NDArray[np.bytes_]:
        hosts, place = np.unique(keys & ~0xFFFF, return_inverse=True)
        heads = np.array([self.table.endpoint(int(key)).text.removesuffix("0") for key in hosts.tolist()], np.bytes_)
        every, port = np.unique(keys & 0xFFFF, return_inverse=True)
        ports = np.array([names.port("tcp", number).casefold().encode() for number in every.tolist()], np.bytes_)
        return np.char.add(heads[place], ports[port]) if len(keys) else np.empty(0, "S1")

    def _key(self, fact: Fact) -> NDArray[np.int64]:
        table = self.table
        keys: Mapping[Fact, NDArray[Any]] = {
            Fact.STREAM: table.stream, Fact.CLIENT: table.client, Fact.SERVER: table.server,
            Fact.OPENING: table.opening, Fact.CLOSING: table.closing, Fact.CLOSED_BY: table.initiator,
            Fact.FINDINGS: self._gravity(), Fact.SYN_TRIES: table.syn_tries, Fact.SETUP_TIME: table.setup_time_ns,
            Fact.RTT: table.rtt_ns, Fact.PACKETS: table.packets, Fact.CLIENT_BYTES: table.client_bytes,
            Fact.SERVER_BYTES: table.server_bytes, Fact.RETRANSMISSIONS: table.retransmissions,
            Fact.START: table.start_ns, Fact.DURATION: table.duration_ns}
        return keys[fact].astype(np.int64)

    def _gravity(self) -> NDArray[np.int64]:
        """The graver the troubles, the higher: the bits from the last to the first."""
        gravity = np.zeros(self.table.count, np.int64)
        for place, trouble in enumerate(reversed(Trouble)):
            gravity |= ((self.troubles & int(trouble)) != 0).astype(np.int64) << place
        return gravity


_MAY_BE_UNKNOWN = frozenset({Fact.SETUP_TIME, Fact.RTT, Fact.CLOSED_BY})


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many connections took how long to set up: bins of equal width on a scale of tenfold steps.

    edges: base-10 logarithms of seconds, shape (n + 1,); counts: shape (n,).
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


def setup_times(table: ConnectionTable, streams: Streams) -> Histogram:
    """The set-up times of those streams that completed a handshake."""
    times = table.setup_time_ns[streams]
    logarithms = np.log10(np.maximum(times[times >= 0], 1) / 1e9)
    if not len(logarithms):
        return Histogram(np.zeros(1), np.zeros(0, np.int64))
    first = int(np.floor(logarithms.min() * _BINS_A_DECADE))
    last = int(np.floor(logarithms.max() * _BINS_A_DECADE)) + 1
    bins = np.clip(np.floor(logarithms * _BINS_A_DECADE).astype(np.int64) - first, 0, last - first - 1)
    return Histogram(np.arange(first, last + 1) / _BINS_A_DECADE, np.bincount(bins, minlength=last - first))


def verdicts() -> tuple[Verdict, ...]:
    """What can be chosen by, the questions that are asked most often first."""
    return (
        Verdict(_("Anything wrong"), Trouble(sum(Trouble))),
        Verdict(_("Failed opening"), FAILED),
        Verdict(_("Slow or repeated handshake"), SLOW),
        Verdict(_("With retransmissions"), Trouble.RETRANSMISSION),
        *(Verdict(_("Opening: {kind}").format(kind=opening_name(kind)), opening=kind) for kind in OPENINGS),
        *(Verdict(_("Closing: {kind}").format(kind=closing_name(kind)), closing=kind) for kind in CLOSINGS),
    )


def opening_name(kind: str) -> str:
    """An item of OPENINGS in the words of a list."""
    return {"three-way": _("three-way"), "simultaneous": _("simultaneous"), "fast-open": _("Fast Open"),
            "refused": _("refused"), "unanswered": _("never answered"), "mid-stream": _("not captured"),
            "incomplete": _("never completed")}[kind]


def closing_name(kind: str) -> str:
    """An item of CLOSINGS in the words of a list."""
    return {"four-way": _("four-way"), "three-way": _("three-packet"), "simultaneous": _("simultaneous"),
            "reset": _("reset"), "half-closed": _("half-closed"), "none": _("none")}[kind]


def initiator_name(index: int) -> str:
    """Who closed, in words; "" for nobody."""
    return "" if index == NONE else {"client": _("client"), "server": _("server")}[INITIATORS[index]]


def trouble_names() -> Mapping[Trouble, str]:
    """Each trouble in words, without numbers."""
    return MappingProxyType({
        Trouble.REFUSED: _("refused"), Trouble.UNANSWERED: _("never answered"),
        Trouble.INCOMPLETE: _("handshake never completed"), Trouble.RESET: _("reset"),
        Trouble.SYN_REPEATED: _("SYN repeated"), Trouble.SLOW_HANDSHAKE: _("slow handshake"),
        Trouble.RETRANSMISSION: _("retransmission"), Trouble.NOT_CAPTURED: _("segments missing"),
        Trouble.ZERO_WINDOW: _("zero window"), Trouble.OUT_OF_ORDER: _("out of order")})
