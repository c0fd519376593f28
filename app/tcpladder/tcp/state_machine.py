"""The state machine of RFC 9293 figure 5 as data, with places for drawing it in 550 × 400 units."""

from dataclasses import dataclass

from tcpladder.tcp.connection import RST, Connection, State
from tcpladder.texts import _

WIDTH, HEIGHT = 550.0, 400.0
BOX_WIDTH, BOX_HEIGHT = 100.0, 26.0


@dataclass(frozen=True, slots=True)
class Place:
    """A state's box, by its centre. CLOSED is drawn twice: where connections begin, and where they end."""

    state: State
    x: float
    y: float
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """An arrow of the figure: what happens, and what is sent because of it.

    path: its corners, from box to box. The label's two lines stand above and below label_y where the arrow runs
    across, beside the arrow where it runs down.
    """

    before: State
    after: State
    event: str
    action: str
    path: tuple[tuple[float, float], ...]
    label_x: float
    label_y: float
    anchor: str = "middle"      # of the label: start, middle, end

    @property
    def label(self) -> tuple[str, str]:
        """Two lines; the second may be empty."""
        if self.action:
            return self.event, self.action
        event, _of, rest = self.event.partition(" of ")
        return (event, f"of {rest}") if rest else (event, "")

    @property
    def text(self) -> str:
        """"CLOSE / send FIN", as the figure writes it."""
        return f"{self.event} / {self.action}" if self.action else self.event


@dataclass(frozen=True, slots=True)
class Move:
    """What a step did to one side. transition: the arrow of the figure, None where it has none (a reset).

    event says it in full; cause is the flag, or the flags, that did it.
    """

    client: bool
    before: State
    after: State
    transition: Transition | None
    event: str
    cause: str


PLACES = (
    Place(State.CLOSED, 275, 22), Place(State.LISTEN, 275, 84),
    Place(State.SYN_RECEIVED, 75, 138), Place(State.SYN_SENT, 475, 138),
    Place(State.ESTABLISHED, 275, 192),
    Place(State.FIN_WAIT_1, 75, 248), Place(State.CLOSE_WAIT, 475, 248),
    Place(State.CLOSING, 275, 300), Place(State.LAST_ACK, 475, 312),
    Place(State.FIN_WAIT_2, 75, 376), Place(State.TIME_WAIT, 275, 376), Place(State.CLOSED, 475, 376, is_end=True),
)

TRANSITIONS = (
    Transition(State.CLOSED, State.LISTEN, "passive OPEN", "", ((275, 35), (275, 71)), 271, 60, "end"),
    Transition(State.CLOSED, State.SYN_SENT, "active OPEN", "send SYN", ((325, 22), (475, 22), (475, 125)), 400, 22),
    Transition(State.LISTEN, State.SYN_RECEIVED, "receive SYN", "send SYN, ACK", ((225, 84), (75, 84), (75, 125)),
               150, 84),
    Transition(State.SYN_SENT, State.SYN_RECEIVED, "receive SYN", "send SYN, ACK", ((425, 138), (125, 138)), 275, 138),
    Transition(State.SYN_SENT, State.ESTABLISHED, "receive SYN, ACK", "send ACK",
               ((475, 151), (475, 192), (325, 192)), 400, 192),
    Transition(State.SYN_RECEIVED, State.ESTABLISHED, "receive ACK of SYN", "",
               ((95, 151), (95, 192), (225, 192)), 160, 192),
    Transition(State.SYN_RECEIVED, State.FIN_WAIT_1, "CLOSE", "send FIN", ((45, 151), (45, 235)), 49, 214, "start"),
    Transition(State.ESTABLISHED, State.FIN_WAIT_1, "CLOSE", "send FIN", ((245, 205), (245, 248), (125, 248)),
               185, 248),
    Transition(State.ESTABLISHED, State.CLOSE_WAIT, "receive FIN", "send ACK", ((305, 205), (305, 248), (425, 248)),
               365, 248),
    Transition(State.FIN_WAIT_1, State.CLOSING, "receive FIN", "send ACK", ((112, 261), (112, 300), (225, 300)),
               168, 300),
    Transition(State.FIN_WAIT_1, State.FIN_WAIT_2, "receive ACK of FIN", "", ((34, 261), (34, 363)), 38, 314, "start"),
    Transition(State.FIN_WAIT_1, State.TIME_WAIT, "receive FIN, ACK", "send ACK",
               ((98, 261), (98, 340), (250, 340), (250, 363)), 174, 340),
    Transition(State.FIN_WAIT_2, State.TIME_WAIT, "receive FIN", "send ACK", ((125, 376), (225, 376)), 175, 376),
    Transition(State.CLOSING, State.TIME_WAIT, "receive ACK of FIN", "", ((295, 313), (295, 363)), 299, 340, "start"),
    Transition(State.CLOSE_WAIT, State.LAST_ACK, "CLOSE", "send FIN", ((475, 261), (475, 299)), 471, 282, "end"),
    Transition(State.LAST_ACK, State.CLOSED, "receive ACK of FIN", "", ((475, 325), (475, 363)), 471, 345, "end"),
    Transition(State.TIME_WAIT, State.CLOSED, "after 2 MSL", "", ((325, 376), (425, 376)), 375, 376),
)


def moves_at(connection: Connection, step_index: int) -> list[Move]:
    """What a step did to the states of both sides, the sender first; empty where neither changes."""
    step = connection.steps[step_index]
    client_before, server_before = connection.states_before(step_index)
    sides = [(True, client_before, step.client_state), (False, server_before, step.server_state)]
    if not step.from_client:
        sides.reverse()
    moves: list[Move] = []
    for client, before, after in sides:
        if before is after:
            continue
        transition = next((known for known in TRANSITIONS if (known.before, known.after) == (before, after)), None)
        if step.flags & RST:
            event = _("sends RST") if client == step.from_client else _("receives RST")
        else:
            event = step.label if transition is None else transition.text
        moves.append(Move(client, before, after, transition, event, "RST" if step.flags & RST else step.label))
    return moves


def place_of(state: State, *, has_begun: bool) -> Place:
    """Where the token of a side stands; CLOSED after the first segment is the one at the end."""
    return next(place for place in PLACES if place.state is state and place.is_end == (
        has_begun and state is State.CLOSED))


class StateCourse:
    """Which states a connection passes through, and when; read once, asked often."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._entries: list[tuple[int, State]] = []     # in order: a step, and a state that a side is in after it
        client, server = connection.client_start, connection.server_start
        for step in connection.steps:
            if step.client_state is not client:
                client = step.client_state
                self._entries.append((step.index, client))
            if step.server_state is not server:
                server = step.server_state
                self._entries.append((step.index, server))

    def visited(self, step: int | None) -> set[Place]:
        """The places where either side has been, up to a step (None: before the first)."""
        starts = (self.connection.client_start, self.connection.server_start)
        visited = {place_of(state, has_begun=False) for state in starts}
        visited |= {place_of(state, has_begun=True) for index, state in self._entries
                    if step is not None and index <= step}
        return visited

    def entering_step(self, place: Place) -> int | None:
        """The first step that brings either side to a place; None where none does."""
        if place_of(place.state, has_begun=True) is not place:
            return None
        return next((index for index, state in self._entries if state is place.state), None)
