"""A step in its place: what came before it, under names that sentences use."""

from tcpladder.tcp.connection import ACK, FIN, SYN, Connection, Step
from tcpladder.tcp.spans import span_text
from tcpladder.texts import _

_LOOK_BACK = 5_000      # steps


class Story:
    """A step in its place: what came before it, under names that sentences use."""

    def __init__(self, connection: Connection, step: Step) -> None:
        self.connection = connection
        self.step = step
        client, server = connection.states_before(step.index)
        self.sender_before, self.receiver_before = (client, server) if step.from_client else (server, client)
        self.sender_after, self.receiver_after = (
            (step.client_state, step.server_state) if step.from_client else (step.server_state, step.client_state))
        self.sender = _("client") if step.from_client else _("server")
        self.receiver = _("server") if step.from_client else _("client")
        endpoint = connection.client if step.from_client else connection.server
        peer = connection.server if step.from_client else connection.client
        self.sender_address, self.receiver_address = endpoint, peer
        self.sender_isn, self.receiver_isn = (
            (connection.client_isn, connection.server_isn) if step.from_client else
            (connection.server_isn, connection.client_isn))

    @property
    def acked(self) -> Step | None:
        """The segment that this one acknowledges."""
        return None if self.step.acknowledges is None else self.connection.steps[self.step.acknowledges]

    @property
    def after_acked(self) -> str:
        """The time since the acknowledged segment."""
        acked = self.acked
        return span_text(self.step.time_ns - acked.time_ns) if acked else ""

    def fins(self) -> tuple[Step | None, Step | None]:
        """The first FIN of the sender and of the receiver that the closing counts."""
        found: dict[bool, Step] = {}
        for index in self.connection.closing.steps:
            step = self.connection.steps[index]
            if step.flags & FIN:
                found.setdefault(step.from_client, step)
        return found.get(self.step.from_client), found.get(not self.step.from_client)

    def earlier_copy(self) -> Step | None:
        """The segment before this one that carried the same numbers."""
        step = self.step
        for earlier in reversed(self.connection.steps[max(0, step.index - _LOOK_BACK):step.index]):
            if (earlier.from_client == step.from_client and earlier.sequence_length
                    and earlier.seq <= step.seq < earlier.next_seq):
                return earlier
        return None

    def has_gap(self) -> bool:
        """Whether the receiver has sent anything that lies beyond what this step acknowledges."""
        step = self.step
        earlier = reversed(self.connection.steps[max(0, step.index - _LOOK_BACK):step.index])
        return any(other.from_client != step.from_client and other.next_seq > (step.ack or 0) for other in earlier)

    def has_sent_syn_ack(self) -> bool:
        """Whether the sender has sent a SYN, ACK before."""
        opening = (self.connection.steps[index] for index in self.connection.opening.steps)
        return any(step.index < self.step.index and step.from_client == self.step.from_client
                   and step.flags & SYN and step.flags & ACK for step in opening)

    def first_syn(self) -> Step | None:
        """The first SYN of the connection."""
        return next((self.connection.steps[index] for index in self.connection.opening.steps
                     if self.connection.steps[index].flags & SYN), None)
