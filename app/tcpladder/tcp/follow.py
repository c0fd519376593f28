"""What the two ends said to each other: the bytes of both directions, in order, each once."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.capture import Capture
from tcpladder.tcp.connection import FIN, SYN, Connection, Step


class PieceKind(Enum):
    """What a piece is to the stream of bytes that it belongs to."""

    DATA = "data"               # the bytes that come next
    REPEATED = "repeated"       # bytes that were there before
    MISSING = "missing"         # bytes that were acknowledged or followed by others, but are not in the capture


KINDS = tuple(PieceKind)


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


@dataclass(frozen=True, slots=True, eq=False)
class Pieces(Sequence[Piece]):
    """The pieces of a stream as arrays of one length; the bytes stay in the capture until a piece is asked for.

    kind is an index into KINDS; start is where the piece's bytes lie in its frame, held how many there are.
    """

    capture: Capture
    kind: NDArray[np.uint8]
    from_client: NDArray[np.bool_]
    row: NDArray[np.int64]
    offset: NDArray[np.int64]
    length: NDArray[np.int64]
    start: NDArray[np.int64]
    held: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kind)

    @overload
    def __getitem__(self, index: int) -> Piece: ...

    @overload
    def __getitem__(self, index: "slice | NDArray[Any]") -> "Pieces": ...

    def __getitem__(self, index: "int | slice | NDArray[Any]") -> "Piece | Pieces":
        if isinstance(index, (slice, np.ndarray)):
            return Pieces(self.capture, self.kind[index], self.from_client[index], self.row[index], self.offset[index],
                          self.length[index], self.start[index], self.held[index])
        row, start, held = int(self.row[index]), int(self.start[index]), int(self.held[index])
        data = bytes(self.capture.frame(row)[start:start + held]) if held else b""
        return Piece(KINDS[self.kind[index]], bool(self.from_client[index]), row, int(self.offset[index]),
                     int(self.length[index]), data)

    def are(self, kind: PieceKind) -> NDArray[np.bool_]:
        """Which pieces are of a kind."""
        result: NDArray[np.bool_] = self.kind == KINDS.index(kind)
        return result

    @staticmethod
    def none() -> "Pieces":
        """No pieces, of no capture."""
        return Pieces.of(Capture(Path()), [])

    @staticmethod
    def of(capture: Capture, found: Iterable["Found"]) -> "Pieces":
        """Found pieces as arrays."""
        kinds, columns = array("B"), [array("q") for _column in range(6)]
        for kind, *values in found:
            kinds.append(KINDS.index(kind))
            for column, value in zip(columns, values, strict=True):
                column.append(value)
        from_client, row, offset, length, start, held = (np.array(column, np.int64) for column in columns)
        return Pieces(capture, np.array(kinds, np.uint8), from_client.astype(bool), row, offset, length, start, held)


# A kind, from_client, row, offset, length, start and held, as in Pieces.
Found = tuple[PieceKind, bool, int, int, int, int, int]
Span = tuple[int, int]      # where bytes begin in their frame, and how many it holds


def follow_tcp(connection: Connection, columns: ColumnTable, check: Callable[[], None] = lambda: None) -> Pieces:
    """The pieces of a connection, in the order in which a receiver could use them.

    A gap is told when the other end acknowledges what lies behind it, or at the end. check() is called often, and may
    raise.
    """
    return Pieces.of(columns.capture, _found(connection, _payload_spans(connection, columns), check))


def _found(connection: Connection, spans: Iterable[Span], check: Callable[[], None]) -> Iterator[Found]:
    both = {True: _Direction(True), False: _Direction(False)}
    for step, span in zip(connection.steps, spans, strict=True):
        if not step.index & 0xFFF:
            check()
        own, other = both[step.from_client], both[not step.from_client]
        if step.ack is not None:
            yield from other.give_up(step.ack, step.row)
        yield from own.take(step, span)
    for direction in both.values():
        yield from direction.give_up(None, connection.steps[-1].row)


def _payload_spans(connection: Connection, columns: ColumnTable) -> Iterable[Span]:
    """Where the TCP payload of each step lies, that of its innermost header; (0, 0) where there is none."""
    return _spans(columns, "tcp.payload", np.array([step.row for step in connection.steps], np.int64))


def _spans(columns: ColumnTable, name: str, rows: NDArray[np.int64]) -> Iterable[Span]:
    column = columns.column(name)
    place = np.searchsorted(column.rows, rows, side="right") - 1
    present = place >= 0
    present[present] = column.rows[place[present]] == rows[present]
    start, held = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    at = place[present]
    start[present] = column.spans.start[at]
    captured = columns.capture.captured_len[rows[present]].astype(np.int64)
    held[present] = np.clip(captured - start[present], 0, column.spans.length[at])
    return zip(start.tolist(), held.tolist(), strict=True)


class _Direction:
    """One end's bytes: which come next, and which wait for others before them. Numbers are relative."""

    def __init__(self, from_client: bool) -> None:
        self._from_client = from_client
        self._first = self._next = -1
        self._waiting: list[tuple[int, int, int, Span]] = []       # number, row, length, where its bytes lie
        self._end = -1          # the number of the FIN

    def take(self, step: Step, span: Span) -> Iterator[Found]:
        """What a segment adds."""
        begin = step.seq + bool(step.flags & SYN)
        if self._next < 0 and step.sequence_length:
            self._first = self._next = begin
        if step.length:
            heappush(self._waiting, (begin, step.row, step.length, span))
        if step.flags & FIN:
            self._end = begin + step.length
        yield from self._what_comes_next()

    def give_up(self, acknowledged: int | None, row: int) -> Iterator[Found]:
        """The gaps below a number that the other end has acknowledged (None: all gaps), and what lies between them."""
        while self._next >= 0:
            waits = self._waiting[0][0] if self._waiting else None
            until = waits if acknowledged is None or (waits is not None and waits < acknowledged) else acknowledged
            if until is None or until <= self._next:
                return
            if until - 1 == self._next == self._end or (waits is None and until - 1 == self._next):
                return      # the number of a FIN, seen or not
            yield (PieceKind.MISSING, self._from_client, row, self._next - self._first, until - self._next, 0, 0)
            self._next = until
            yield from self._what_comes_next()

    def _what_comes_next(self) -> Iterator[Found]:
        while self._waiting and self._waiting[0][0] <= self._next:
            begin, row, length, (start, held) = heappop(self._waiting)
            known = min(self._next - begin, length)
            if known:
                yield (PieceKind.REPEATED, self._from_client, row, begin - self._first, known, start,
                       min(known, held))
            if known < length:
                yield (PieceKind.DATA, self._from_client, row, self._next - self._first, length - known,
                       start + known, max(0, min(held, length) - known))
                self._next = begin + length


def follow_udp(columns: ColumnTable, stream: int) -> Pieces:
    """The datagrams of a udp.stream; "client" is who sent the first."""
    numbers, present = columns.layer_values("udp.stream")
    places = np.flatnonzero(present & (numbers == stream))
    rows = columns.layer("udp").rows[places].astype(np.int64)
    ports = columns.layer_values("udp.srcport")[0][places].tolist()
    senders = _senders(columns, places)

    def found() -> Iterator[Found]:
        sent = {True: 0, False: 0}
        spans = _spans(columns, "udp.payload", rows)
        for row, port, sender, (start, held) in zip(rows.tolist(), ports, senders, spans, strict=True):
            from_client = (port, sender) == (ports[0], senders[0])
            yield PieceKind.DATA, from_client, row, sent[from_client], held, start, held
            sent[from_client] += held

    return Pieces.of(columns.capture, found())


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
