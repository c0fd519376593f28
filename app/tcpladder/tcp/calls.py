"""The socket calls that explain a segment. They are inferred: no capture shows them."""

from dataclasses import dataclass

from tcpladder.tcp.connection import ACK, FIN, PSH, RST, SYN, Connection, Kind, State, Step
from tcpladder.texts import _


@dataclass(frozen=True, slots=True)
class SocketCalls:
    """What either program most likely did: the sender before the segment, the receiver after it. "" for nothing."""

    sender: str
    receiver: str


NOTHING = SocketCalls("", "")


def calls_before(connection: Connection) -> str:
    """What the server's program did before the first segment."""
    return "listen()" if connection.server_start is State.LISTEN else ""


def calls_at(connection: Connection, index: int) -> SocketCalls:
    """The calls around one step."""
    step = connection.steps[index]
    client_before, server_before = connection.states_before(index)
    before, after = (server_before, step.server_state) if step.from_client else (client_before, step.client_state)
    if step.kind is Kind.RETRANSMISSION:
        return NOTHING      # the kernel repeats without being asked
    if step.flags & RST:
        return _around_reset(step, before)
    if step.flags & SYN:
        if not step.flags & ACK:
            return SocketCalls("connect()", "")
        returns = after is State.ESTABLISHED and before is not after and not step.from_client
        return SocketCalls("", _("connect() returns") if returns else "")
    if step.flags & FIN:
        return SocketCalls("close()" if _may_be_close(connection, step) else "shutdown()",
                           "" if step.lost else _("recv() returns 0"))
    if step.from_client and before is State.SYN_RECEIVED and after is State.ESTABLISHED:
        return SocketCalls("", _("accept() returns"))
    if step.length and _starts_a_run(connection, step):
        return SocketCalls("send()", "")
    return NOTHING


def _around_reset(step: Step, receiver_before: State) -> SocketCalls:
    if step.lost:
        return NOTHING
    if receiver_before is State.SYN_SENT:
        return SocketCalls("", _("connect() fails"))
    if receiver_before in (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.FIN_WAIT_2):
        return SocketCalls("", _("recv() fails"))
    return NOTHING


def _may_be_close(connection: Connection, fin: Step) -> bool:
    """False where data that came after the FIN was accepted: only shutdown() leaves the receiving half open."""
    later = connection.steps[fin.index + 1:fin.index + 1_001]
    resets = any(step.flags & RST and step.from_client == fin.from_client for step in later)
    data_after = any(step.length and step.from_client != fin.from_client and not step.lost for step in later)
    return resets or not data_after


def _starts_a_run(connection: Connection, step: Step) -> bool:
    """Whether the segment before it from the same side ended a send() (PSH), or carried no data at all."""
    for earlier in reversed(connection.steps[max(0, step.index - 64):step.index]):
        if earlier.from_client != step.from_client:
            if earlier.length:
                return True
        elif earlier.length:
            return bool(earlier.flags & PSH)
        elif earlier.flags & SYN:
            return True
    return step.index < 64
