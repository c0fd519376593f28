"""What the two ends said to each other: the bytes of both directions, in order, each once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush

import numpy as np

from tcpladder.decode.columns import ColumnTable
from tcpladder.tcp.connection import FIN, SYN, Connection, Step


class PieceKind(Enum):
    """What a piece is to the stream of bytes that it belongs to."""

    DATA = "data"               # the bytes that come next
    REPEATED = "repeated"       # bytes that were there before
    MISSING = "missing"         # bytes that were acknowledged or followed by others, but are not in the capture


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one direction. row is the frame that holds them, or for missing ones that shows that they are missing.

    offset counts from the first byte of the direction; length is that of the piece on the wire, of which data may hold
    less if the capture cut it.
    """

    kind: PieceKind
    from_client: bool
    row: int
    offset: int
    length: int
    data: bytes


def follow_tcp(connection: Connection, payload_of: Callable[[int], bytes]) -> Iterator[Piece]:
    """The pieces of a connection, in the order in which a receiver could use them.

    payload_of gives the payload of a frame, as far as it was captured. A gap is told when the other end acknowledges
    what lies behind it, or at the end.
    """
    both = {True: _Direction(True), False: _Direction(False)}
    for step in connection.steps:
        own, other = both[step.from_client], both[not step.from_client]
        if step.ack is not None:
            yield from other.give_up(step.ack, step.row)
        yield from own.take(step, payload_of)
    for direction in both.values():
        yield from direction.give_up(None, connection.steps[-1].row)


class _Direction:
    """One end's bytes: which come next, and which wait for others before them. Numbers are relative."""

    def __init__(self, from_client: bool) -> None:
        self._from_client = from_client
        self._first = self._next = -1
        self._waiting: list[tuple[int, int, int, bytes]] = []       # number, row, length, bytes
        self._end = -1          # the number of the FIN

    def take(self, step: Step, payload_of: Callable[[int], bytes]) -> Iterator[Piece]:
        """What a segment adds."""
        begin = step.seq + bool(step.flags & SYN)
        if self._next < 0 and step.sequence_length:
            self._first = self._next = begin
        if step.length:
            heappush(self._waiting, (begin, step.row, step.length, payload_of(step.row)))
        if step.flags & FIN:
            self._end = begin + step.length
        yield from self._what_comes_next()

    def give_up(self, acknowledged: int | None, row: int) -> Iterator[Piece]:
        """The gaps below a number that the other end has acknowledged (None: all gaps), and what lies between them."""
        while self._next >= 0:
            waits = self._waiting[0][0] if self._waiting else None
            until = waits if acknowledged is None or (waits is not None and waits < acknowledged) else acknowledged
            if until is None or until <= self._next:
                return
            if until - 1 == self._next == self._end or (waits is None and until - 1 == self._next):
                return      # the number of a FIN, seen or not
            yield Piece(PieceKind.MISSING, self._from_client, row, self._next - self._first, until - self._next, b"")
            self._next = until
            yield from self._what_comes_next()

    def _what_comes_next(self) -> Iterator[Piece]:
        while self._waiting and self._waiting[0][0] <= self._next:
            begin, row, length, data = heappop(self._waiting)
            known = min(self._next - begin, length)
            if known:
                yield Piece(PieceKind.REPEATED, self._from_client, row, begin - self._first, known, data[:known])
            if known < length:
                yield Piece(PieceKind.DATA, self._from_client, row, self._next - self._first, length - known,
                            data[known:])
                self._next = begin + length


def tcp_payloads(columns: ColumnTable) -> Callable[[int], bytes]:
    """Gives the TCP payload of a row, of its innermost header; empty where there is none."""
    return _payloads(columns, "tcp.payload")


def follow_udp(columns: ColumnTable, stream: int) -> list[Piece]:
    """The datagrams of a udp.stream; "client" is who sent the first."""
    numbers, present = columns.layer_values("udp.stream")
    places = np.flatnonzero(present & (numbers == stream))
    rows = columns.layer("udp").rows[places]
    ports = columns.layer_values("udp.srcport")[0][places]
    senders = _senders(columns, places)
    payload_of = _payloads(columns, "udp.payload")
    sent = {True: 0, False: 0}
    pieces = []
    for row, port, sender in zip(rows.tolist(), ports.tolist(), senders, strict=True):
        from_client = (port, sender) == (int(ports[0]), senders[0])
        data = payload_of(row)
        pieces.append(Piece(PieceKind.DATA, from_client, row, sent[from_client], len(data), data))
        sent[from_client] += len(data)
    return pieces


def _senders(columns: ColumnTable, places: np.ndarray) -> list[bytes]:
    """The source addresses of some UDP headers."""
    found = [b""] * len(places)
    for carrier in ("ip", "ipv6"):
        own, outer = columns.parents("udp", carrier)
        sources = columns.layer_values(f"{carrier}.src")[0]
        at = np.searchsorted(own, places)
        for number, place in enumerate(at.tolist()):
            if place < len(own) and own[place] == places[number]:
                found[number] = sources[outer[place]].tobytes()
    return found


def _payloads(columns: ColumnTable, name: str) -> Callable[[int], bytes]:
    column = columns.column(name)

    def payload_of(row: int) -> bytes:
        place = int(np.searchsorted(column.rows, row, side="right")) - 1
        return column.spans.bytes_of(place) if place >= 0 and column.rows[place] == row else b""

    return payload_of
