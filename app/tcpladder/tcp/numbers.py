"""The variables of both ends (RFC 9293 section 3.3.1) after each step, as far as the segments tell them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tcpladder.tcp.connection import FIN, RST, SYN, Connection, State, Step

_KEPT_EVERY = 1_024     # steps between two states that are kept, so that going back is quick
_MOST_RANGES = 32       # of bytes received beyond a gap


@dataclass(slots=True)
class Side:
    """One end, in numbers relative to the initial ones. None: nothing has told it yet.

    base is the first number of its stream that was seen. beyond_gap: ranges [first, end) of the other side's
    numbers that have arrived beyond rcv_nxt. fin: the number that its FIN takes.
    """

    state: State
    base: int | None = None
    snd_una: int | None = None
    snd_nxt: int | None = None
    snd_wnd: int | None = None
    rcv_nxt: int | None = None
    rcv_wnd: int | None = None
    has_syn: bool = False
    fin: int | None = None
    beyond_gap: tuple[tuple[int, int], ...] = ()

    @property
    def in_flight(self) -> int | None:
        """Numbers sent and not yet acknowledged."""
        return None if self.snd_nxt is None or self.snd_una is None else self.snd_nxt - self.snd_una

    @property
    def extent(self) -> int:
        """How many numbers of its stream have been used, from base on."""
        return 0 if self.base is None or self.snd_nxt is None else self.snd_nxt - self.base


Sides = tuple[Side, Side]     # client, server


class Numbers:
    """Both ends at any step of a connection; made once, asked often."""

    def __init__(self, connection: Connection) -> None:
        self._steps = connection.steps
        self._kept: list[Sides] = [(Side(connection.client_start), Side(connection.server_start))]
        self._now: Sides = _copies(self._kept[0])
        self._done = 0      # steps that led to _now
        self._last: Sides | None = None

    def before(self, step: int) -> Sides:
        """Both ends before a step."""
        if self._done > step:
            kept = min(step // _KEPT_EVERY, len(self._kept) - 1)
            self._done, self._now = kept * _KEPT_EVERY, _copies(self._kept[kept])
        while self._done < step:
            _take(self._now, self._steps[self._done])
            self._done += 1
            if self._done == len(self._kept) * _KEPT_EVERY:
                self._kept.append(_copies(self._now))
        return _copies(self._now)

    def after(self, step: int) -> Sides:
        """Both ends after a step was sent and, unless it was lost, received."""
        sides = self.before(step)
        _take(sides, self._steps[step])
        return sides

    def last(self) -> Sides:
        """Both ends after the whole connection."""
        if self._last is None:
            self._last = self.before(len(self._steps))
        return self._last


def _copies(sides: Sides) -> Sides:
    return replace(sides[0]), replace(sides[1])


def _take(sides: Sides, step: Step) -> None:
    """Changes both ends as the step does."""
    client, server = sides
    client.state, server.state = step.client_state, step.server_state
    if step.flags & RST:
        return
    sender, receiver = (client, server) if step.from_client else (server, client)
    _send(sender, step)
    if not step.lost:
        _receive(receiver, step)


def _send(side: Side, step: Step) -> None:
    if side.base is None or side.snd_nxt is None:
        side.base = side.snd_una = step.seq
        side.snd_nxt = step.next_seq
    else:
        side.snd_nxt = max(side.snd_nxt, step.next_seq)
    side.rcv_wnd = step.window
    if step.ack is not None:
        side.rcv_nxt = step.ack if side.rcv_nxt is None else max(side.rcv_nxt, step.ack)
    if step.flags & SYN:
        side.has_syn = True
    if step.flags & FIN:
        side.fin = step.seq + step.length


def _receive(side: Side, step: Step) -> None:
    if step.ack is not None:
        side.snd_una = step.ack if side.snd_una is None else max(side.snd_una, step.ack)
    side.snd_wnd = step.window
    end = step.next_seq
    if end == step.seq:
        return
    expected = step.seq if side.rcv_nxt is None else side.rcv_nxt
    if step.seq <= expected and not side.beyond_gap:
        side.rcv_nxt = max(expected, end)
        return
    waiting: list[tuple[int, int]] = []
    for first, last in sorted((*side.beyond_gap, (step.seq, end))):
        if first <= expected:
            expected = max(expected, last)
        elif waiting and first <= waiting[-1][1]:
            waiting[-1] = waiting[-1][0], max(waiting[-1][1], last)
        else:
            waiting.append((first, last))
    side.rcv_nxt, side.beyond_gap = expected, tuple(waiting[:_MOST_RANGES])
