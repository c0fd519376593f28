"""What is known of one TCP connection: its steps, how it opened and closed, and what is worth telling.

Plain data, made by tcp/connections.py and read by everything that shows a connection.
"""

from dataclasses import dataclass
from enum import Enum
from functools import cache

from tcpladder.protocols.names import NUMBERS_ONLY, Names

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE = (1 << bit for bit in range(9))

SHIFT_UNKNOWN = -1      # the handshake was not captured
SHIFT_NOT_AGREED = -2   # one side did not offer window scaling (RFC 7323 section 2.2)


class State(Enum):
    """The states of RFC 9293 section 3.3.2, under its names."""

    CLOSED = "CLOSED"
    LISTEN = "LISTEN"
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"


class Phase(Enum):
    """The three acts of a connection."""

    OPENING = "opening"
    DATA = "data"
    CLOSING = "closing"


class Kind(Enum):
    """What a segment is first of all, for the way it is drawn."""

    SYN = "syn"
    FIN = "fin"
    RST = "rst"
    DATA = "data"
    ACK = "ack"
    RETRANSMISSION = "retransmission"
    OUT_OF_ORDER = "out_of_order"
    DUP_ACK = "dup_ack"
    ZERO_WINDOW = "zero_window"
    KEEP_ALIVE = "keep_alive"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address in its usual spelling, and a port."""

    address: str
    port: int

    @property
    def text(self) -> str:
        """"192.0.2.1:80", or "[2001:db8::1]:80"."""
        return self.named(NUMBERS_ONLY)

    def named(self, names: Names) -> str:
        """The same with the name of the service, if so wished: "192.0.2.1:http"."""
        return address_and_port(self.address, names.port("tcp", self.port))


def address_and_port(address: str, port: str) -> str:
    """Both in one text."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@dataclass(frozen=True, slots=True)
class Step:
    """One segment of a connection, as it was sent and (unless it was lost) received.

    seq and ack are relative to the initial sequence numbers of their direction; ack is None where the
    ACK flag is not set. window is in bytes, scaled; None where the scale is not known. window_shift is the
    shift that was applied, or SHIFT_UNKNOWN or SHIFT_NOT_AGREED. The states are those after the segment was
    sent and received. acknowledges is the step that this one is the first to acknowledge to its end, the
    latest if there are several.
    """

    index: int
    row: int
    time_ns: int
    from_client: bool
    phase: Phase
    kind: Kind
    label: str                  # "SYN, ACK"
    flags: int
    seq: int
    seq_raw: int
    ack: int | None
    ack_raw: int
    length: int
    window_raw: int
    window: int | None
    window_shift: int
    options: tuple[str, ...]    # as tshark writes them: "MSS=1460", "SACK_PERM", "TSval=1", "SLE=10"
    client_state: State
    server_state: State
    lost: bool                  # the capture proves that it did not arrive
    tags: tuple[str, ...]       # "TCP Retransmission", "TCP Dup ACK 4#1": what tshark puts in brackets
    acknowledges: int | None
    finding: bool               # a finding names this step

    @property
    def frame_number(self) -> int:
        """1-based, as people are shown it."""
        return self.row + 1

    @property
    def sequence_length(self) -> int:
        """Sequence numbers that the segment takes: a byte takes one, SYN and FIN take one each."""
        return self.length + bool(self.flags & SYN) + bool(self.flags & FIN)

    @property
    def next_seq(self) -> int:
        """The number that acknowledges the whole segment: seq + len + SYN + FIN."""
        return self.seq + self.sequence_length


@dataclass(frozen=True, slots=True)
class Opening:
    """How a connection came about.

    kind: three-way, simultaneous, fast-open, refused, unanswered, mid-stream, incomplete. setup_time_ns runs
    from the first SYN to the ACK that completes the handshake, lost tries included; initial_rtt_ns from the
    SYN that was answered.
    """

    kind: str
    steps: tuple[int, ...]
    syn_tries: int
    setup_time_ns: int | None
    initial_rtt_ns: int | None


@dataclass(frozen=True, slots=True)
class Closing:
    """How a connection ended.

    kind: four-way, three-way (one segment is ACK and FIN), simultaneous, reset, half-closed, none.
    initiator: "client" or "server", whoever sent the first FIN or the RST; None where nobody did.
    """

    kind: str
    initiator: str | None
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SideOptions:
    """What one side offered in its SYN."""

    mss: int | None
    wscale: int | None
    sack_permitted: bool
    timestamps: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth telling about a connection, in words. severity: note, warning, error."""

    severity: str
    step: int | None
    row: int
    text: str

    @property
    def frame_number(self) -> int:
        """1-based, as people are shown it."""
        return self.row + 1


@dataclass(frozen=True, slots=True)
class Connection:
    """A TCP connection, from the first captured segment to the last.

    roles_seen: a SYN shows who is the client; otherwise the roles are assumed. client_start and
    server_start are the states before the first step. client_isn and server_isn are the raw numbers that
    count as 0 (None where nothing shows them). Options are None where the SYN of that side was not captured.
    client_bytes and server_bytes count payload bytes sent, each captured copy once.
    """

    stream: int
    client: Endpoint
    server: Endpoint
    roles_seen: bool
    client_start: State
    server_start: State
    client_isn: int | None
    server_isn: int | None
    steps: tuple[Step, ...]
    opening: Opening
    closing: Closing
    client_options: SideOptions | None
    server_options: SideOptions | None
    window_scaling: bool
    sack: bool
    timestamps: bool
    findings: tuple[Finding, ...]
    client_bytes: int
    server_bytes: int
    completeness: int
    retransmissions: int

    @property
    def first_row(self) -> int:
        """The row of the first segment."""
        return self.steps[0].row

    @property
    def start_ns(self) -> int:
        """Time of the first segment, nanoseconds since 1970."""
        return self.steps[0].time_ns

    @property
    def duration_ns(self) -> int:
        """From the first segment to the last."""
        return self.steps[-1].time_ns - self.steps[0].time_ns

    def states_before(self, index: int) -> tuple[State, State]:
        """The client's and the server's state before a step."""
        if index == 0:
            return self.client_start, self.server_start
        return self.steps[index - 1].client_state, self.steps[index - 1].server_state


@cache
def flags_label(flags: int) -> str:
    """The flags that are set, as Info lists them: "SYN, ACK"; "<None>" where none is set."""
    return ", ".join(name for bit, name in _LABEL_ORDER if flags & bit) or "<None>"


_LABEL_ORDER = ((FIN, "FIN"), (SYN, "SYN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"), (URG, "URG"),
                (ECE, "ECE"), (CWR, "CWR"), (AE, "AE"))
