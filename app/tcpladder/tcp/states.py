"""The state machine of RFC 9293 section 3.3.2, run for both ends over what a capture shows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from tcpladder.tcp.connection import ACK, FIN, RST, SYN, State
from tcpladder.tcp.fates import Fates, Spoken

_OPEN = frozenset({State.SYN_RECEIVED, State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT,
                   State.CLOSING, State.LAST_ACK, State.TIME_WAIT})
_AFTER_SENDING_FIN = {State.SYN_RECEIVED: State.FIN_WAIT_1, State.ESTABLISHED: State.FIN_WAIT_1,
                      State.CLOSE_WAIT: State.LAST_ACK}
_AFTER_FIN_ACKED = {State.FIN_WAIT_1: State.FIN_WAIT_2, State.CLOSING: State.TIME_WAIT,
                    State.LAST_ACK: State.CLOSED}
_AFTER_RECEIVING_FIN = {State.SYN_RECEIVED: State.CLOSE_WAIT, State.ESTABLISHED: State.CLOSE_WAIT,
                        State.FIN_WAIT_1: State.CLOSING, State.FIN_WAIT_2: State.TIME_WAIT}
_NOWHERE = -1 << 62
_LOOK_AHEAD = 8      # segments of one side that are looked at for what comes after a reset


@dataclass(frozen=True, slots=True)
class Course:
    """States before the first segment, and after each one was sent and received (or sent and lost).

    A segment that its receiver takes only after it has spoken several times itself changes the receiver's state
    there, at the last of those segments: so nobody's state goes back.
    """

    client_start: State
    server_start: State
    states: list[tuple[State, State]]     # (client, server)


class _End:
    """One end of the connection."""

    __slots__ = ("fin_end", "missing", "next_expected", "peer_fin_end", "state", "was_listening")

    def __init__(self, state: State, listens: bool) -> None:
        self.state = state
        self.was_listening = listens
        self.fin_end: int | None = None           # the number after its own FIN
        self.peer_fin_end: int | None = None
        self.next_expected = _NOWHERE
        self.missing: list[tuple[int, int]] = []  # what came ahead of a gap: (seq, end)

    def take(self, seq: int, end: int) -> None:
        """Receives a range of numbers; what lies ahead of a gap waits."""
        if self.next_expected == _NOWHERE:
            self.next_expected = seq
        if seq > self.next_expected:
            heappush(self.missing, (seq, end))
            return
        self.know(end)

    def know(self, end: int) -> None:
        """Everything before end was received."""
        self.next_expected = max(self.next_expected, end)
        while self.missing and self.missing[0][0] <= self.next_expected:
            self.next_expected = max(self.next_expected, heappop(self.missing)[1])
        if self.peer_fin_end is not None and self.next_expected >= self.peer_fin_end:
            self.state = _AFTER_RECEIVING_FIN.get(self.state, self.state)


def run_states(spoken: Sequence[Spoken], fates: Fates, *, refused: bool) -> Course:
    """Both ends' states over a conversation.

    refused: nothing listened. Where the capture begins later than the connection, both ends count as
    ESTABLISHED before the first segment.
    """
    start = _first_states(spoken, refused)
    client, server = _End(start[0], False), _End(start[1], start[1] is not State.CLOSED)
    places: dict[bool, list[int]] = {True: [], False: []}
    late_ones: dict[int, list[int]] = {}      # by the segment after which they arrive
    for index, (segment, lost, after) in enumerate(zip(spoken, fates.lost, fates.arrives_after, strict=True)):
        places[segment.from_client].append(index)
        if not lost and after != index:
            late_ones.setdefault(after, []).append(index)
    states: list[tuple[State, State]] = [start] * len(spoken)

    def next_of(from_client: bool, after: int) -> Spoken | None:
        """Its next segment, if it speaks before the other side does."""
        following = spoken[after + 1] if after + 1 < len(spoken) else None
        return following if following is not None and following.from_client == from_client else None

    def speaks_again(from_client: bool, after: int) -> bool:
        """It goes on: sends anything but a reset."""
        mine = places[from_client]
        first = bisect_right(mine, after)
        return any(not spoken[place].flags & RST for place in mine[first:first + _LOOK_AHEAD])

    settled = State.ESTABLISHED, State.ESTABLISHED
    calm = _calm(spoken, late_ones)
    for index, segment in enumerate(spoken):
        sender, receiver = (client, server) if segment.from_client else (server, client)
        if (calm[index] and client.state is State.ESTABLISHED is server.state
                and client.peer_fin_end is None is server.peer_fin_end):
            states[index] = settled         # by far the most: numbers go on, states do not
            if segment.flags & ACK and segment.ack > sender.next_expected != _NOWHERE:
                sender.know(segment.ack)
            if segment.end > segment.seq and not fates.lost[index]:
                receiver.take(segment.seq, segment.end)
            continue
        arriving = late_ones.get(index, [])
        if fates.arrives_after[index] == index and not fates.lost[index]:
            arriving.append(index)
        _send(segment, sender, bool(segment.flags & RST) and speaks_again(segment.from_client, index))
        states[index] = client.state, server.state
        for arrived in arriving:
            late = spoken[arrived]
            receiver = server if late.from_client else client
            answer = next_of(not late.from_client, index)
            _receive(late, receiver, fates.unheeded[arrived])
            if answer is not None and _was_gone(late, answer) and not (
                    receiver.state is State.SYN_SENT and speaks_again(not late.from_client, index)):
                receiver.state = State.CLOSED
            if arrived == index - 1:
                sent_by_client = late.from_client
                states[arrived] = (states[arrived][0], server.state) if sent_by_client else (
                    client.state, states[arrived][1])
        states[index] = client.state, server.state
    return Course(*start, states)


def _calm(spoken: Sequence[Spoken], late_ones: Mapping[int, Sequence[int]]) -> list[bool]:
    """Segments that arrive at once, while nothing else does, and neither they nor the next open or close anything."""
    control = [segment.flags & (SYN | FIN | RST) != 0 for segment in spoken]
    calm = [not (mine or following) for mine, following in zip(control, [*control[1:], False], strict=True)]
    for after, arrived in late_ones.items():
        for index in (after, *arrived):
            calm[index] = False
    return calm


def _first_states(spoken: Sequence[Spoken], refused: bool) -> tuple[State, State]:
    """What the two ends were before the first segment."""
    if not any(segment.flags & SYN for segment in spoken):
        return State.ESTABLISHED, State.ESTABLISHED
    first = spoken[0]
    if first.is_syn:
        if refused:
            return State.CLOSED, State.CLOSED
        answer = next((segment for segment in spoken if not segment.from_client), None)
        if answer is not None and answer.flags & (SYN | RST | ACK) == ACK and answer.ack < 1:
            return State.CLOSED, State.ESTABLISHED      # it still believes in an earlier connection
        simultaneous = any(segment.is_syn and not segment.from_client for segment in spoken)
        return State.CLOSED, State.CLOSED if simultaneous else State.LISTEN
    if first.flags & SYN:
        return State.SYN_SENT, State.SYN_RECEIVED
    return State.ESTABLISHED, State.ESTABLISHED


def _send(segment: Spoken, sender: _End, speaks_again: bool) -> None:
    flags = segment.flags
    if flags & RST:
        if sender.state is not State.SYN_SENT or not speaks_again:
            sender.state = State.CLOSED
        return
    if segment.is_syn:
        if sender.state in (State.CLOSED, State.LISTEN):
            sender.state = State.SYN_SENT
    elif flags & SYN:
        if sender.state in (State.CLOSED, State.LISTEN):
            sender.state = State.SYN_RECEIVED
    elif flags & ACK and sender.state is State.SYN_SENT and segment.ack >= 1:
        sender.state = State.ESTABLISHED       # it has the SYN-ACK, whatever the capture shows of it
    if flags & ACK and sender.state in _OPEN and segment.ack > sender.next_expected != _NOWHERE:
        sender.know(segment.ack)
    if flags & FIN:
        sender.fin_end = segment.end
        sender.state = _AFTER_SENDING_FIN.get(sender.state, sender.state)


def _receive(segment: Spoken, receiver: _End, unheeded: bool) -> None:
    flags = segment.flags
    if flags & RST:
        _receive_reset(segment, receiver)
        return
    if flags & SYN:
        _receive_syn(segment, receiver)
    if flags & ACK:
        if receiver.state is State.SYN_RECEIVED and segment.ack >= 1 and not unheeded:
            receiver.state = State.ESTABLISHED
        if receiver.fin_end is not None and segment.ack >= receiver.fin_end:
            receiver.state = _AFTER_FIN_ACKED.get(receiver.state, receiver.state)
    if receiver.state in _OPEN and segment.end > segment.seq:
        if flags & FIN:
            receiver.peer_fin_end = segment.end
        receiver.take(segment.seq, segment.end)


def _receive_syn(segment: Spoken, receiver: _End) -> None:
    state = receiver.state
    if segment.is_syn:
        if state is State.LISTEN or (state is State.CLOSED and receiver.was_listening) or state is State.SYN_SENT:
            receiver.state = State.SYN_RECEIVED
            receiver.next_expected = segment.seq
    elif state is State.SYN_SENT and segment.ack >= 1:
        receiver.state = State.ESTABLISHED
        receiver.next_expected = segment.seq


def _receive_reset(segment: Spoken, receiver: _End) -> None:
    state = receiver.state
    if state is State.SYN_SENT:
        if segment.flags & ACK and segment.ack >= 1:
            receiver.state = State.CLOSED
    elif state is State.SYN_RECEIVED and receiver.was_listening:
        receiver.state = State.LISTEN
    elif state in _OPEN:
        receiver.state = State.CLOSED


def _was_gone(segment: Spoken, answer: Spoken) -> bool:
    """The answer is a bare RST with the number that the segment acknowledged: nobody was there any more."""
    return (not segment.flags & RST and answer.flags & (RST | ACK) == RST
            and (segment.flags & ACK) != 0 and answer.seq == segment.ack)
