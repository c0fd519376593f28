"""The variables of both ends (RFC 9293 section 3.3.1) after each step, as far as the segments tell them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tcpladder.tcp.connection import FIN, RST, SYN, Connection, State, Step

_KEPT_EVERY = 1_024     # steps between two states that are kept, so that going back is quick
_MOST_RANGES = 32       # of bytes received beyond a gap


@dataclass(frozen=True, slots=True)
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


Sides = tuple[Side, Side]     # client, server


class Numbers:
    """Both ends at any step of a connection; made once, asked often."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: list[Sides] = [(Side(connection.client_start), Side(connection.server_start))]
        self._last: tuple[int, Sides] = (0, self._kept[0])      # steps taken, and where they led

    def before(self, step: int) -> Sides:
        """Both ends before a step."""
        steps = self._connection.steps
        done, sides = self._last
        if not done <= step:
            done = min(step // _KEPT_EVERY, len(self._kept) - 1) * _KEPT_EVERY
            sides = self._kept[done // _KEPT_EVERY]
        while done < step:
            sides = _after(sides, steps[done])
            done += 1
            if done == len(self._kept) * _KEPT_EVERY:
                self._kept.append(sides)
        self._last = done, sides
        return sides

    def after(self, step: int) -> Sides:
        """Both ends after a step was sent and, unless it was lost, received."""
        return _after(self.before(step), self._connection.steps[step])

    def stream_ends(self) -> tuple[int, int]:
        """How many numbers the client and the server use in the whole connection, from their base on."""
        client, server = self.before(len(self._connection.steps))
        return _extent(client), _extent(server)


def _extent(side: Side) -> int:
    return 0 if side.base is None or side.snd_nxt is None else side.snd_nxt - side.base


def _after(sides: Sides, step: Step) -> Sides:
    sender, receiver = sides if step.from_client else sides[::-1]
    sender_state, receiver_state = ((step.client_state, step.server_state) if step.from_client else
                                    (step.server_state, step.client_state))
    takes_part = not step.flags & RST
    if takes_part:
        sender = _sent(sender, step)
    if takes_part and not step.lost:
        receiver = _received(receiver, step)
    sender, receiver = replace(sender, state=sender_state), replace(receiver, state=receiver_state)
    return (sender, receiver) if step.from_client else (receiver, sender)


def _sent(side: Side, step: Step) -> Side:
    return replace(
        side, base=step.seq if side.base is None else side.base,
        snd_una=step.seq if side.snd_una is None else side.snd_una,
        snd_nxt=_later(side.snd_nxt, step.next_seq), rcv_wnd=step.window,
        rcv_nxt=side.rcv_nxt if step.ack is None else _later(side.rcv_nxt, step.ack),
        has_syn=side.has_syn or bool(step.flags & SYN),
        fin=step.seq + step.length if step.flags & FIN else side.fin)


def _received(side: Side, step: Step) -> Side:
    if step.ack is not None:
        side = replace(side, snd_una=_later(side.snd_una, step.ack), snd_wnd=step.window)
    elif step.flags & SYN:
        side = replace(side, snd_wnd=step.window)
    if not step.sequence_length:
        return side
    expected = step.seq if side.rcv_nxt is None else side.rcv_nxt
    waiting: list[tuple[int, int]] = []
    for first, end in sorted((*side.beyond_gap, (step.seq, step.next_seq))):
        if first <= expected:
            expected = max(expected, end)
        elif waiting and first <= waiting[-1][1]:
            waiting[-1] = waiting[-1][0], max(waiting[-1][1], end)
        else:
            waiting.append((first, end))
    return replace(side, rcv_nxt=expected, beyond_gap=tuple(waiting[:_MOST_RANGES]))


def _later(known: int | None, told: int) -> int:
    """The later of two numbers; told may be old."""
    return told if known is None or told > known else known
