"""Where everything of a connection's diagram lies, as arithmetic.

Vertical places are in units from the top of the first row; a line of text is about 14 units high. Sideways there
are only two sides, client and server: how far apart they stand is for whoever draws. Rows are arrays and only the
rows that are asked for become objects, so 200,000 steps cost no more to draw than 20.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np

from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.tcp.connection import FIN, RST, SYN, Connection, Kind, Phase, State, Step
from tcpladder.tcp.spans import count_text, span_text
from tcpladder.texts import _, ngettext

TITLE_HEIGHT = 30.0
START_HEIGHT = 38.0
STEP_HEIGHT = 46.0
FOLD_HEIGHT = 40.0
OPEN_FOLD_HEIGHT = 22.0
END_HEIGHT = 30.0
GHOST_HEIGHT = 66.0
ARRIVAL_HEIGHT = 21.0       # added to a step that changes its receiver's state: room for name, duration and call
OPTIONS_HEIGHT = 14.0       # added to a step that shows options
ARITHMETIC_HEIGHT = 18.0    # added to the selected step where it acknowledges something
SILENCE_HEIGHT = 24.0       # added above a step that comes after a silence

TAIL = 19.0     # from the top of a step's row to where its arrow leaves
SLANT = 10.0    # how far an arrow falls on its way
SILENCE_NS = 200_000_000    # from here on a pause between two rows is drawn


class RowKind(IntEnum):
    """What a row of the diagram shows."""

    TITLE = 0       # the verdict on a phase
    START = 1       # both ends before the first segment
    OPEN_FOLD = 2   # above the steps of a fold that is open
    STEP = 3
    FOLD = 4        # many plain data segments and their ACKs
    END = 5         # after the last segment


@dataclass(frozen=True, slots=True)
class LadderOptions:
    """What the reader chose.

    fold_from: a run of so many plain segments is folded; 0 folds nothing. opened: the folds that are open, by
    their first step. selected: the step that is lit, if any. names: what is shown by name.
    """

    relative_numbers: bool = True
    delta_times: bool = False
    fold_from: int = 8
    opened: frozenset[int] = frozenset()
    selected: int | None = None
    names: Names = NUMBERS_ONLY


USUAL_OPTIONS = LadderOptions()


@dataclass(frozen=True, slots=True)
class Arrow:
    """A segment's way: it leaves its sender at tail and reaches the other side at head."""

    step: Step
    row: int
    tail: float
    head: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A stay of one side in one state. entered_ns and left_ns are None where the capture does not show it."""

    client: bool
    state: State
    top: float
    bottom: float
    entered_ns: int | None
    left_ns: int | None
    entered_step: int | None

    @property
    def duration_ns(self) -> int | None:
        """How long the state lasted, or None where one of its ends was not captured."""
        if self.entered_ns is None or self.left_ns is None:
            return None
        return self.left_ns - self.entered_ns


@dataclass(frozen=True, slots=True)
class Band:
    """A phase: the rows from top to bottom, under a title with its verdict."""

    phase: Phase
    title: str
    top: float
    bottom: float
    first_step: int
    last_step: int


@dataclass(frozen=True, slots=True)
class Fold:
    """What a fold hides: steps first to last, segments with data, their bytes, and pure ACKs, by sender."""

    first: int
    last: int
    client_segments: int
    client_bytes: int
    server_segments: int
    server_bytes: int
    client_acks: int
    server_acks: int

    @property
    def text(self) -> str:
        """"12 segments, 16,384 bytes →, 6 ACKs ←"."""
        parts: list[str] = []
        for segments, byte_count, arrow in ((self.client_segments, self.client_bytes, "→"),
                                            (self.server_segments, self.server_bytes, "←")):
            if segments:
                parts.append(ngettext("{segments} segment, {bytes} bytes {arrow}",
                                      "{segments} segments, {bytes} bytes {arrow}", segments).format(
                    segments=count_text(segments), bytes=count_text(byte_count), arrow=arrow))
        for acks, arrow in ((self.client_acks, "→"), (self.server_acks, "←")):
            if acks:
                parts.append(ngettext("{acks} ACK {arrow}", "{acks} ACKs {arrow}", acks).format(
                    acks=count_text(acks), arrow=arrow))
        return ", ".join(parts)


@dataclass(slots=True, eq=False)
class Facts:
    """What the layout needs of all steps, as arrays; read once per connection."""

    times: np.ndarray           # int64 ns, shape (n,)
    plain: np.ndarray           # bool: data or ACK, about which there is nothing to tell
    with_options: np.ndarray    # int64: the steps that show options
    sums: dict[str, np.ndarray]     # int64, shape (n + 1,): running totals by sender
    phases: list[tuple[int, Phase]]     # first step of each stretch of one phase
    states: dict[bool, list[tuple[int, State]]]     # of the client (True) and the server: changes, in order
    arrivals: np.ndarray        # int64: the steps that change their receiver's state
    arrival_set: frozenset[int]
    severities: dict[int, str]  # the gravest finding of each step that has one
    copies: dict[int, int]      # of each retransmission: it is the 2nd, 3rd, ... copy


def read_facts(connection: Connection) -> Facts:
    """One pass over the steps."""
    count = len(connection.steps)
    plain = np.zeros(count, bool)
    times = np.empty(count, np.int64)
    signed_lengths = np.empty(count, np.int64)     # the server's are counted as -1 - length
    with_options: list[int] = []
    phases: list[tuple[int, Phase]] = []
    client_changes: list[tuple[int, State]] = []
    server_changes: list[tuple[int, State]] = []
    phase: Phase | None = None
    client_state, server_state = connection.client_start, connection.server_start
    data, ack = Kind.DATA, Kind.ACK
    marked = SYN | FIN | RST
    harmless = _HARMLESS_TAGS
    for index, step in enumerate(connection.steps):
        times[index] = step.time_ns
        signed_lengths[index] = step.length if step.from_client else -1 - step.length
        changed = False
        if step.client_state is not client_state:
            client_state = step.client_state
            client_changes.append((index, client_state))
            changed = True
        if step.server_state is not server_state:
            server_state = step.server_state
            server_changes.append((index, server_state))
            changed = True
        if step.phase is not phase:
            phase = step.phase
            phases.append((index, phase))
        flags = step.flags
        if flags & SYN and step.options:
            with_options.append(index)
        if (step.kind is data or step.kind is ack) and not (
                changed or step.finding or step.lost or flags & marked
                or (step.tags and not harmless.issuperset(step.tags))):
            plain[index] = True
    from_client = signed_lengths >= 0
    arrivals = sorted({index for index, _state in client_changes if not from_client[index]}
                      | {index for index, _state in server_changes if from_client[index]})
    lengths = np.where(from_client, signed_lengths, -1 - signed_lengths)
    carries = lengths > 0
    sums = {
        "client_segments": carries & from_client, "client_bytes": np.where(from_client, lengths, 0),
        "server_segments": carries & ~from_client, "server_bytes": np.where(from_client, 0, lengths),
        "client_acks": ~carries & from_client, "server_acks": ~carries & ~from_client,
    }
    return Facts(times, plain, np.array(with_options, np.int64),
                 {name: _running_total(values) for name, values in sums.items()},
                 phases, {True: client_changes, False: server_changes}, np.array(arrivals, np.int64),
                 frozenset(arrivals), _severities(connection), _copies(connection))


@dataclass(slots=True, eq=False)
class Ladder:
    """The diagram of a connection. Rows are numbered from the top; row_first and row_last are steps."""

    connection: Connection
    options: LadderOptions
    facts: Facts
    row_kind: np.ndarray    # uint8, shape (rows,)
    row_first: np.ndarray   # int64
    row_last: np.ndarray    # int64, the step itself included
    silences: np.ndarray    # int64 ns: the pause drawn above the row, 0 for none
    heights: np.ndarray     # float64: of each row, without what selecting it adds
    stops: np.ndarray       # int64: the rows that hold steps
    stop_first: np.ndarray  # int64: their first steps
    tops: np.ndarray = field(default_factory=lambda: np.zeros(1))   # float64, shape (rows + 1,)
    bands: list[Band] = field(default_factory=list)
    _bars: dict[bool, list[Bar]] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self.row_kind)

    @property
    def height(self) -> float:
        """Where the last row ends."""
        return float(self.tops[-1])

    def relit(self, options: LadderOptions) -> Ladder:
        """The same rows under options that differ only in what is selected and how numbers and ends are written."""
        ladder = replace(self, options=options)
        ladder._stack()
        return ladder

    def _stack(self) -> None:
        """Gives every row, phase and state its height."""
        heights, selected = self.heights, self.options.selected
        if selected is not None and self.connection.steps[selected].acknowledges is not None:
            row = self.row_of(selected)
            if self.row_kind[row] == RowKind.STEP:
                heights = heights.copy()
                heights[row] += ARITHMETIC_HEIGHT
        self.tops = np.concatenate(([0.0], np.cumsum(heights)))
        self.bands = _bands(self)
        self._bars = {client: _bars(self, client) for client in (True, False)}

    def rows_between(self, top: float, bottom: float) -> range:
        """The rows of which something lies between two heights."""
        first = int(np.searchsorted(self.tops, top, "right")) - 1
        last = int(np.searchsorted(self.tops, bottom, "left"))
        return range(max(first, 0), min(last, self.row_count))

    def row_at(self, y: float) -> int | None:
        """The row at a height, or None above the first and below the last."""
        if not 0 <= y < self.height:
            return None
        return int(np.searchsorted(self.tops, y, "right")) - 1

    def row_of(self, step: int) -> int:
        """The row that shows a step, or the fold that hides it."""
        place = int(np.searchsorted(self.stop_first, step, "right")) - 1
        return int(self.stops[place])

    def is_folded(self, step: int) -> bool:
        """Whether a closed fold hides the step."""
        return bool(self.row_kind[self.row_of(step)] == RowKind.FOLD)

    def stop_after(self, step: int | None) -> int | None:
        """The step to go to next: that of the next row, a closed fold's last; None at the end."""
        place = 0 if step is None else int(np.searchsorted(self.stop_first, step, "right"))
        return int(self.row_last[self.stops[place]]) if place < len(self.stops) else None

    def stop_before(self, step: int | None) -> int | None:
        """The step to go back to; None at the beginning."""
        if step is None:
            return None
        place = int(np.searchsorted(self.stop_first, step, "right")) - 2
        return int(self.row_last[self.stops[place]]) if place >= 0 else None

    def content_top(self, row: int) -> float:
        """Where a row begins below the silence drawn above it."""
        return float(self.tops[row]) + (SILENCE_HEIGHT if self.silences[row] else 0.0)

    def arrow(self, row: int) -> Arrow:
        """The arrow of a row that shows one step."""
        tail = self.content_top(row) + TAIL
        return Arrow(self.connection.steps[int(self.row_first[row])], row, tail, tail + SLANT)

    def fold(self, row: int) -> Fold:
        """What the fold of a row, open or closed, holds."""
        first, last = int(self.row_first[row]), int(self.row_last[row])
        totals = {name: int(sums[last + 1] - sums[first]) for name, sums in self.facts.sums.items()}
        return Fold(first, last, **totals)

    def acknowledged_row(self, step: int) -> int | None:
        """The row of the step that a step acknowledges, or None where it acknowledges nothing new."""
        acknowledged = self.connection.steps[step].acknowledges
        return None if acknowledged is None else self.row_of(acknowledged)

    def bars_between(self, client: bool, top: float, bottom: float) -> list[Bar]:
        """The stays of one side of which something lies between two heights."""
        bars = self._bars[client]
        first = max(bisect_right(bars, top, key=lambda bar: bar.top) - 1, 0)
        last = bisect_right(bars, bottom, key=lambda bar: bar.top)
        return bars[first:last]

    def bands_between(self, top: float, bottom: float) -> list[Band]:
        """The phases of which something lies between two heights."""
        first = max(bisect_right(self.bands, top, key=lambda band: band.top) - 1, 0)
        last = bisect_right(self.bands, bottom, key=lambda band: band.top)
        return self.bands[first:last]

    def ghosts(self) -> list[bool]:
        """The sides (True for the client) that the capture leaves in TIME-WAIT."""
        last = self.connection.steps[-1]
        return [client for client, state in ((True, last.client_state), (False, last.server_state))
                if state is State.TIME_WAIT]


def lay_out(connection: Connection, options: LadderOptions | None = None, facts: Facts | None = None) -> Ladder:
    """The diagram of a connection; facts may be those of an earlier layout of the same connection."""
    chosen = options or USUAL_OPTIONS
    known = facts or read_facts(connection)
    count = len(connection.steps)
    fold_first, fold_last = _folds(known.plain, chosen.fold_from)
    is_open = np.isin(fold_first, np.fromiter(chosen.opened, np.int64, len(chosen.opened)))
    closed_first, closed_last = fold_first[~is_open], fold_last[~is_open]

    # A closed fold leaves one row, in the place of its first step.
    depth = np.zeros(count + 1, np.int64)
    depth[closed_first + 1] += 1
    depth[closed_last + 1] -= 1
    shown = np.flatnonzero(np.cumsum(depth[:-1]) == 0)
    shown_last = shown.copy()
    folded = np.searchsorted(shown, closed_first)
    shown_last[folded] = closed_last
    shown_kind = np.full(len(shown), RowKind.STEP, np.int64)
    shown_kind[folded] = RowKind.FOLD

    phase_first = np.array([first for first, _phase in known.phases], np.int64)
    groups = (
        (RowKind.TITLE, phase_first, phase_first),
        (RowKind.START, np.zeros(1, np.int64), np.zeros(1, np.int64)),
        (RowKind.OPEN_FOLD, fold_first[is_open], fold_last[is_open]),
        (shown_kind, shown, shown_last),
        (RowKind.END, np.array([count]), np.array([count])),
    )
    first = np.concatenate([steps for _kind, steps, _last in groups])
    last = np.concatenate([last for _kind, _steps, last in groups])
    kind = np.concatenate([np.broadcast_to(kind, len(steps)) for kind, steps, _last in groups])
    order = np.lexsort((np.minimum(kind, RowKind.STEP), first))
    first, last, kind = first[order], last[order], kind[order]
    stops = np.flatnonzero((kind == RowKind.STEP) | (kind == RowKind.FOLD))

    silences = np.zeros(len(first), np.int64)
    if len(stops) > 1:
        pauses = known.times[first[stops[1:]]] - known.times[last[stops[:-1]]]
        silences[stops[1:]] = np.where(pauses >= SILENCE_NS, pauses, 0)

    heights = _BASE_HEIGHTS[kind]
    heights[silences > 0] += SILENCE_HEIGHT
    heights[np.isin(first, known.arrivals) & (kind == RowKind.STEP)] += ARRIVAL_HEIGHT
    heights[np.isin(first, known.with_options) & (kind == RowKind.STEP)] += OPTIONS_HEIGHT
    final = connection.steps[-1]
    if State.TIME_WAIT in (final.client_state, final.server_state):
        heights[-1] = GHOST_HEIGHT
    ladder = Ladder(connection, chosen, known, kind, first, last, silences, heights, stops, first[stops])
    ladder._stack()
    return ladder


def opening_title(connection: Connection) -> str:
    """The verdict on how the connection opened."""
    opening = connection.opening
    titles = {
        "three-way": _("Opening: three-way handshake, {span}"),
        "simultaneous": _("Opening: both ends at once, {span}"),
        "fast-open": _("Opening: Fast Open, data in the SYN, {span}"),
        "refused": _("Opening: refused"),
        "unanswered": _("Opening: never answered"),
        "incomplete": _("Opening: never completed"),
        "mid-stream": _("Opening: not captured"),
    }
    title = titles.get(opening.kind, titles["incomplete"])
    span = span_text(opening.setup_time_ns) if opening.setup_time_ns is not None else _("time unknown")
    title = title.format(span=span)
    if opening.syn_tries > 1:
        title = _("{title} · SYN sent {tries} times").format(title=title, tries=opening.syn_tries)
    return title


def closing_title(connection: Connection) -> str:
    """The verdict on how the connection closed."""
    closing = connection.closing
    titles = {
        ("four-way", "client"): _("Closing: four-way, started by the client"),
        ("four-way", "server"): _("Closing: four-way, started by the server"),
        ("three-way", "client"): _("Closing: three packets, started by the client"),
        ("three-way", "server"): _("Closing: three packets, started by the server"),
        ("reset", "client"): _("Closing: reset by the client"),
        ("reset", "server"): _("Closing: reset by the server"),
        ("half-closed", "client"): _("Closing: half-closed, only the client has sent FIN"),
        ("half-closed", "server"): _("Closing: half-closed, only the server has sent FIN"),
    }
    if closing.kind == "simultaneous":
        return _("Closing: both ends at once")
    return titles.get((closing.kind, closing.initiator or ""), _("Closing: not finished in the capture"))


_HARMLESS_TAGS = frozenset({"TCP Window Update"})   # the rest of tshark's tags keep a step out of folds
_BASE_HEIGHTS = np.array([TITLE_HEIGHT, START_HEIGHT, OPEN_FOLD_HEIGHT, STEP_HEIGHT, FOLD_HEIGHT, END_HEIGHT])


def _running_total(values: np.ndarray) -> np.ndarray:
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)))


def _severities(connection: Connection) -> dict[int, str]:
    order = ("note", "warning", "error")
    gravest: dict[int, str] = {}
    for finding in connection.findings:
        if finding.step is not None:
            known = gravest.get(finding.step, order[0])
            gravest[finding.step] = max(known, finding.severity, key=order.index)
    return gravest


def _copies(connection: Connection) -> dict[int, int]:
    again = [step for step in connection.steps if step.kind is Kind.RETRANSMISSION]
    wanted = {(step.from_client, step.seq_raw) for step in again}
    seen: dict[tuple[bool, int], int] = {}
    copies: dict[int, int] = {}
    for step in connection.steps if wanted else ():
        place = (step.from_client, step.seq_raw)
        if place in wanted and step.sequence_length:
            seen[place] = seen.get(place, 0) + 1
            if step.kind is Kind.RETRANSMISSION:
                copies[step.index] = seen[place]
    return copies


def _folds(plain: np.ndarray, fold_from: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last step of every run of plain steps that is long enough."""
    edges = np.diff(np.concatenate(([0], plain.view(np.int8), [0])))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    long = (last - first + 1 >= fold_from) & (fold_from > 0)
    return first[long], last[long]


def _bands(ladder: Ladder) -> list[Band]:
    phases = ladder.facts.phases
    rows = np.flatnonzero(ladder.row_kind == RowKind.TITLE)
    bands: list[Band] = []
    seen: set[Phase] = set()
    for place, (first_step, phase) in enumerate(phases):
        is_last = place + 1 == len(phases)
        last_step = len(ladder.connection.steps) - 1 if is_last else phases[place + 1][0] - 1
        bottom = ladder.height if is_last else float(ladder.tops[rows[place + 1]])
        title = _band_title(ladder, phase, first_step, last_step)
        if phase in seen and phase is not Phase.DATA:
            title = _("{title} (continued)").format(title=title)
        seen.add(phase)
        bands.append(Band(phase, title, float(ladder.tops[rows[place]]), bottom, first_step, last_step))
    return bands


def _band_title(ladder: Ladder, phase: Phase, first_step: int, last_step: int) -> str:
    if phase is Phase.OPENING:
        return opening_title(ladder.connection)
    if phase is Phase.CLOSING:
        return closing_title(ladder.connection)
    sums = ladder.facts.sums
    byte_count = sum(int(sums[name][last_step + 1] - sums[name][first_step])
                     for name in ("client_bytes", "server_bytes"))
    segments = last_step - first_step + 1
    return ngettext("Data: {segments} segment, {bytes} bytes", "Data: {segments} segments, {bytes} bytes",
                    segments).format(segments=count_text(segments), bytes=count_text(byte_count))


def _bars(ladder: Ladder, client: bool) -> list[Bar]:
    connection = ladder.connection
    start_row = int(np.flatnonzero(ladder.row_kind == RowKind.START)[0])
    state = connection.client_start if client else connection.server_start
    top = float(ladder.tops[start_row])
    entered_ns: int | None = None
    entered_step: int | None = None
    bars: list[Bar] = []
    for index, new_state in ladder.facts.states[client]:
        step = connection.steps[index]
        arrow = ladder.arrow(ladder.row_of(index))
        y = arrow.tail if step.from_client == client else arrow.head
        bars.append(Bar(client, state, top, y, entered_ns, step.time_ns, entered_step))
        state, top, entered_ns, entered_step = new_state, y, step.time_ns, index
    end = float(ladder.tops[-2])
    bottom = end + (0.0 if state in (State.TIME_WAIT, State.CLOSED) else END_HEIGHT / 2)
    bars.append(Bar(client, state, top, bottom, entered_ns, None, entered_step))
    return bars

