"""The diagram as shapes: what lies between two heights of a layout, at a given width.

The window, SVG, PNG and PDF all draw what this module says; nothing else decides how the diagram looks.
"""

from __future__ import annotations

from dataclasses import dataclass

from tcpladder.tcp.calls import calls_at, calls_before
from tcpladder.tcp.connection import SHIFT_UNKNOWN, SYN, Connection, Kind, Phase, State, Step
from tcpladder.tcp.explanations.arithmetic import acknowledgement_arithmetic
from tcpladder.tcp.ladder import END_HEIGHT, USUAL_OPTIONS, Arrow, Band, Bar, Ladder, LadderOptions, RowKind
from tcpladder.tcp.pictures.palette import STATE_INKS, Ink
from tcpladder.tcp.pictures.shapes import Anchor, Area, Box, Face, Line, Shape, TextMeasure, Words
from tcpladder.tcp.spans import count_text, span_text
from tcpladder.texts import _

HEAD_HEIGHT = 56.0
NARROWEST = 330.0

NUMBERS_FACE = Face(12.0)
TIGHT_FACE = Face(10.5)
SMALL_FACE = Face(10.5)
CALL_FACE = Face(10.5, italic=True)
STATE_FACE = Face(10.0, bold=True)
DURATION_FACE = Face(9.5)
OPTIONS_FACE = Face(10.0)
ARITHMETIC_FACES = (Face(11.5, bold=True), Face(10.5, bold=True), Face(9.5, bold=True), Face(8.5, bold=True))
TURNED_FACES = (Face(9.5, bold=True), Face(8.5, bold=True), Face(7.5, bold=True))
TITLE_FACE = Face(12.0, bold=True)
HEAD_FACE = Face(13.0, bold=True)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand sideways, in units. A side's room for state names is 0 where they are turned."""

    width: float
    time_right: float
    client_x: float         # the lifelines
    server_x: float
    bar_width: float
    state_room: float       # beside each lifeline, outwards
    call_room: float        # beyond the states; 0 where calls share their room

    @property
    def middle(self) -> float:
        """Halfway between the lifelines."""
        return (self.client_x + self.server_x) / 2

    @property
    def label_room(self) -> float:
        """The width that a text between the lifelines may take."""
        return self.server_x - self.client_x - self.bar_width - 36.0


def columns_for(width: float) -> Columns:
    """Spends a width: the arrows come first, then state names, then a gutter of their own for the calls."""
    width = max(width, NARROWEST)
    time_right = 70.0
    if width < 540:
        bar = 17.0
        return Columns(width, 62.0, 62.0 + 8 + bar / 2, width - 6 - bar / 2, bar, 0.0, 0.0)
    state_room = 98.0
    call_room = 100.0 if width >= 860 else 0.0
    client_x = time_right + 10 + call_room + state_room + 5
    return Columns(width, time_right, client_x, width - 6 - call_room - state_room - 5, 10.0, state_room, call_room)


def draw_head(connection: Connection, columns: Columns, measure: TextMeasure,
              options: LadderOptions = USUAL_OPTIONS) -> list[Shape]:
    """The lifelines' heads: role, address and port, and the number that counts as 0."""
    shapes: list[Shape] = [
        Box(0, 0, columns.width, HEAD_HEIGHT, fill=Ink.HEAD),
        Line(((0, HEAD_HEIGHT - 0.5), (columns.width, HEAD_HEIGHT - 0.5)), Ink.GRID),
    ]
    left = columns.client_x - columns.bar_width / 2 - columns.state_room * 0.9
    right = columns.server_x + columns.bar_width / 2 + columns.state_room * 0.9
    room = columns.middle - left - 10
    if columns.state_room:
        for y, caption in ((31, _("seconds")), (46, _("#packet"))):
            shapes.append(Words(columns.time_right, y, caption, Ink.MUTED, DURATION_FACE, Anchor.END))
    client_role = _("client") if connection.roles_seen else _("client (assumed)")
    server_role = _("server") if connection.roles_seen else _("server (assumed)")
    for x, anchor, role, endpoint, isn in (
            (left, Anchor.START, client_role, connection.client, connection.client_isn),
            (right, Anchor.END, server_role, connection.server, connection.server_isn)):
        text = endpoint.named(options.names)
        face = HEAD_FACE if measure.width(text, HEAD_FACE) <= room else Face(10.5, bold=True)
        address = measure.fit_middle(text, face, room, len(options.names.port("tcp", endpoint.port)) + 6)
        shapes.append(Words(x, 15, role, Ink.MUTED, SMALL_FACE, anchor))
        shapes.append(Words(x, 31, address, Ink.TEXT, face, anchor))
        if isn is not None:
            note = next((note for note in _initial_number_notes(connection, isn, options.relative_numbers)
                         if measure.width(note, DURATION_FACE) <= room), "")
            shapes.append(Words(x, 46, note, Ink.MUTED, DURATION_FACE, anchor))
    return shapes


def ends_text(ladder: Ladder) -> str:
    """Both ends, as a title."""
    ends = (ladder.connection.client, ladder.connection.server)
    return " – ".join(end.named(ladder.options.names) for end in ends)


def draw_rows(ladder: Ladder, columns: Columns, measure: TextMeasure, top: float, bottom: float, *,
              stepping: bool = False, hovered: int | None = None) -> list[Shape]:
    """Everything between two heights of the layout; stepping dims what comes after the selected step."""
    drawing = _Drawing(ladder, columns, measure, top, bottom)
    selected = ladder.options.selected
    selected_row = None if selected is None else ladder.row_of(selected)
    rows = ladder.rows_between(top, bottom)
    for band in ladder.bands_between(top, bottom):
        drawing.band(band)
    if hovered is not None and hovered in rows and hovered != selected_row:
        drawing.light(hovered, 0.45)
    if selected_row is not None:
        if selected_row in rows:
            drawing.light(selected_row, 1.0)
        acknowledged = ladder.acknowledged_row(selected) if selected is not None else None
        if acknowledged is not None and acknowledged in rows:
            drawing.light(acknowledged, 0.5)
    for client in (True, False):
        drawing.lane(client)
    if selected is not None and selected_row is not None:
        drawing.way_back(selected, selected_row)
    for row in rows:
        drawing.row(row, is_selected=row == selected_row)
    if stepping and selected_row is not None:
        after = max(float(ladder.tops[selected_row + 1]), top)
        if after < bottom:
            drawing.shapes.append(Box(0, after, columns.width, min(bottom, ladder.height) - after, fill=Ink.PAPER,
                                      opacity=0.66))
    drawing.titles()
    return drawing.shapes


def _initial_number_notes(connection: Connection, isn: int, relative: bool) -> tuple[str, ...]:
    """What number counts as 0, from the clearest to the shortest."""
    if not relative:
        return (_("initial number {number}").format(number=isn), _("ISN {number}").format(number=isn))
    if connection.roles_seen:
        return (_("initial number {number}, shown as 0").format(number=isn), _("ISN {number} = 0").format(number=isn))
    return (_("counted from {number}, shown as 0").format(number=isn), _("{number} = 0").format(number=isn))


_PHASE_INKS = {Phase.OPENING: (Ink.OPENING, Ink.OPENING_TITLE), Phase.DATA: (Ink.DATA, Ink.DATA_TITLE),
               Phase.CLOSING: (Ink.CLOSING, Ink.CLOSING_TITLE)}


@dataclass(frozen=True, slots=True)
class _Style:
    """How an arrow of some kind is drawn, so that it can be told without colour."""

    ink: Ink
    width: float
    dash: tuple[float, ...] = ()
    open_head: bool = False
    tail: str = ""          # "dot", "square", "bar"
    double: bool = False


_STYLES = {
    Kind.SYN: _Style(Ink.SYN_LINE, 2.0, tail="dot"),
    Kind.FIN: _Style(Ink.FIN_LINE, 2.0, tail="square"),
    Kind.RST: _Style(Ink.RST_LINE, 1.6, double=True),
    Kind.DATA: _Style(Ink.DATA_LINE, 2.6),
    Kind.ACK: _Style(Ink.ACK_LINE, 1.2, open_head=True),
    Kind.RETRANSMISSION: _Style(Ink.TROUBLE_LINE, 2.2, (7, 4)),
    Kind.OUT_OF_ORDER: _Style(Ink.TROUBLE_LINE, 2.2, (9, 3, 2, 3)),
    Kind.DUP_ACK: _Style(Ink.TROUBLE_LINE, 1.4, (1.5, 3), open_head=True),
    Kind.ZERO_WINDOW: _Style(Ink.TROUBLE_LINE, 1.4, tail="bar", open_head=True),
    Kind.KEEP_ALIVE: _Style(Ink.ACK_LINE, 1.4, (3, 6), open_head=True),
}


class _Drawing:
    """Collects the shapes of one picture of a part of the layout."""

    def __init__(self, ladder: Ladder, columns: Columns, measure: TextMeasure, top: float, bottom: float) -> None:
        self.ladder = ladder
        self.columns = columns
        self.measure = measure
        self.top = top
        self.bottom = bottom
        self.shapes: list[Shape] = []
        self.label_ends = {True: top, False: top}   # below a state name that stays in sight
        self.time_decimals = 6 if ladder.connection.duration_ns < 1000 * 10**9 else 3

    def text(self, x: float, y: float, text: str, ink: Ink, face: Face, anchor: Anchor = Anchor.START) -> None:
        self.shapes.append(Words(x, y, text, ink, face, anchor))

    # Behind everything

    def band(self, band: Band) -> None:
        shade = _PHASE_INKS[band.phase][0]
        top, bottom = max(band.top, self.top), min(band.bottom, self.bottom)
        self.shapes.append(Box(0, top, self.columns.width, bottom - top, fill=shade))

    def titles(self) -> None:
        """The titles in sight; that of the phase which reaches in from above stays at the top until the next comes."""
        for band in self.ladder.bands_between(self.top, self.bottom):
            y = band.top if band.top >= self.top else min(self.top, band.bottom - 26)
            self._title(band, y, _PHASE_INKS[band.phase][1])

    def _title(self, band: Band, y: float, shade: Ink) -> None:
        self.shapes.append(Box(0, y, self.columns.width, 24, fill=shade))
        title = self.measure.fit(band.title, TITLE_FACE, self.columns.width - 24)
        self.text(12, y + 16.5, title, Ink.TEXT, TITLE_FACE)

    def light(self, row: int, opacity: float) -> None:
        top = self.ladder.content_top(row)
        height = float(self.ladder.tops[row + 1]) - top
        self.shapes.append(Box(0, top, self.columns.width, height, fill=Ink.LIT, opacity=opacity))
        if opacity == 1.0:
            self.shapes.append(Box(0, top, 4, height, fill=Ink.ACCENT))

    # Lifelines and states

    def lane(self, client: bool) -> None:
        x = self.columns.client_x if client else self.columns.server_x
        for bar in self.ladder.bars_between(client, self.top, self.bottom):
            self._bar(bar, x)
        if client in self.ladder.ghosts():
            self._ghost(x)

    def _bar(self, bar: Bar, x: float) -> None:
        width = self.columns.bar_width
        top, bottom = max(bar.top, self.top - 20), min(bar.bottom, self.bottom + 20)
        if bottom <= top:
            return
        radius = 2.5
        idle = bar.state in (State.CLOSED, State.LISTEN)
        self.shapes.append(Box(x - width / 2, top + 0.75, width, bottom - top - 1.5, radius=radius,
                               fill=None if idle else STATE_INKS[bar.state], line=STATE_INKS[bar.state],
                               opacity=1.0))
        sight = self._sight()
        if self.columns.state_room:
            self._bar_label(bar, x, max(bar.top, sight))
        else:
            self._turned_label(bar, x, *self._clear_stretch(max(bar.top, sight), min(bar.bottom, self.bottom)))

    def _sight(self) -> float:
        """Where a state name can be read at the earliest: below the titles that lie over the top of the view."""
        sight = self.top
        for band in self.ladder.bands_between(self.top, self.top + 60):
            title = band.top if band.top >= self.top else min(self.top, band.bottom - 26)
            if title <= sight + 26:
                sight = max(sight, title + 26)
        return sight

    def _bar_label(self, bar: Bar, x: float, sight: float) -> None:
        offset = self.columns.bar_width / 2 + 5
        place, anchor = (x - offset, Anchor.END) if bar.client else (x + offset, Anchor.START)
        duration = "" if bar.duration_ns is None else span_text(bar.duration_ns)
        height = 25 if duration else 14
        y = min(sight, bar.bottom - height)
        if y < bar.top:
            y = bar.top
        if sight > bar.top:
            self.label_ends[bar.client] = max(self.label_ends[bar.client], y + height + 2)
        self.text(place, y + 11.5, bar.state.value, Ink.TEXT, STATE_FACE, anchor)
        if duration:
            self.text(place, y + 22.5, duration, Ink.MUTED, DURATION_FACE, anchor)

    def _clear_stretch(self, top: float, bottom: float) -> tuple[float, float]:
        """The longest part of a stretch that no title lies over."""
        best, begin = (top, top), top
        for band in self.ladder.bands_between(top, bottom):
            if band.top + 24 > top and band.top < bottom:
                best = max(best, (begin, band.top), key=_length)
                begin = band.top + 24
        return max(best, (begin, bottom), key=_length)

    def _turned_label(self, bar: Bar, x: float, top: float, bottom: float) -> None:
        """Reads upwards in the middle of the part of the bar that is in sight; left out where it does not fit."""
        idle = bar.state in (State.CLOSED, State.LISTEN)
        name, room = bar.state.value, bottom - top - 4
        face = next((face for face in TURNED_FACES if self.measure.width(name, face) <= room), None)
        if face is None:
            return
        middle = (top + bottom + self.measure.width(name, face)) / 2
        ink = Ink.TEXT if idle else Ink.ON_STATE
        self.shapes.append(Words(x + 3.4, middle, name, ink, face, Anchor.START, turned=True))

    def _ghost(self, x: float) -> None:
        row = self.ladder.row_count - 1
        top, bottom = float(self.ladder.tops[row]), self.ladder.height - 6
        if top < self.bottom:
            width = self.columns.bar_width
            self.shapes.append(Box(x - width / 2, top + 1, width, bottom - top, line=Ink.WAITING, dash=(3, 3),
                                   radius=2.5))

    # Rows

    def row(self, row: int, *, is_selected: bool) -> None:
        kind = self.ladder.row_kind[row]
        if self.ladder.silences[row]:
            self._silence(row)
        if kind == RowKind.STEP:
            self._step(self.ladder.arrow(row), is_selected)
        elif kind == RowKind.FOLD:
            self._fold(row, is_selected)
        elif kind == RowKind.OPEN_FOLD:
            self._open_fold(row)
        elif kind == RowKind.START:
            self._start(row)
        elif kind == RowKind.END:
            self._end(row)

    def _silence(self, row: int) -> None:
        y = float(self.ladder.tops[row]) + 13
        text = _("{span} later").format(span=span_text(int(self.ladder.silences[row])))
        half = self.measure.width(text, SMALL_FACE) / 2 + 10
        middle = self.columns.middle
        for side in (-1, 1):
            for dot in range(3):
                x = middle + side * (half + dot * 6)
                self.shapes.append(Box(x - 1, y - 4.5, 2, 2, fill=Ink.MUTED, radius=1))
        self.text(middle, y, text, Ink.MUTED, SMALL_FACE, Anchor.MIDDLE)

    def _start(self, row: int) -> None:
        connection = self.ladder.connection
        top = float(self.ladder.tops[row])
        self._call(False, top + 33, calls_before(connection))
        if connection.opening.kind == "mid-stream":
            self._paragraph(top + 12, _("The capture begins in the middle: the handshake was not captured."), 3)

    def _end(self, row: int) -> None:
        top = float(self.ladder.tops[row])
        columns = self.columns
        self.shapes.append(Line(((columns.client_x + 20, top + 4), (columns.server_x - 20, top + 4)), Ink.GRID))
        if self.ladder.ghosts():
            text = ghost_text()
        else:
            text = _("The capture ends here.")
        self._paragraph(top + 19, text, 4 if self.ladder.ghosts() else 1)

    def _paragraph(self, y: float, text: str, most: int) -> None:
        for number, line in enumerate(self.measure.wrap(text, SMALL_FACE, self.columns.label_room, most)):
            self.text(self.columns.middle, y + 13 * number, line, Ink.MUTED, SMALL_FACE, Anchor.MIDDLE)

    def _call(self, client: bool, y: float, call: str) -> None:
        if not call or not self.columns.state_room or y - 9 < self.label_ends[client]:
            return
        offset = self.columns.bar_width / 2 + 5 + (self.columns.state_room if self.columns.call_room else 0)
        room = self.columns.call_room or self.columns.state_room
        text = self.measure.fit(call, CALL_FACE, room - 4)
        if client:
            self.text(self.columns.client_x - offset, y, text, Ink.CALL, CALL_FACE, Anchor.END)
        else:
            self.text(self.columns.server_x + offset, y, text, Ink.CALL, CALL_FACE)

    def _time(self, step: Step, y: float, numbers: str) -> None:
        ladder = self.ladder
        if ladder.options.delta_times:
            earlier = ladder.connection.steps[max(step.index - 1, 0)].time_ns
            time = f"+{(step.time_ns - earlier) / 1e9:.{self.time_decimals}f}"
        else:
            time = f"{(step.time_ns - ladder.connection.start_ns) / 1e9:.{self.time_decimals}f}"
        self.text(self.columns.time_right, y + 1, time, Ink.TEXT, TIGHT_FACE, Anchor.END)
        self.text(self.columns.time_right, y + 13.5, numbers, Ink.MUTED, DURATION_FACE, Anchor.END)

    def _fold(self, row: int, is_selected: bool) -> None:
        columns, fold = self.columns, self.ladder.fold(row)
        steps = self.ladder.connection.steps
        top = self.ladder.content_top(row)
        left, width = columns.client_x + columns.bar_width / 2 + 12, columns.label_room + 12
        self._time(steps[fold.first], top + 16, f"#{steps[fold.first].frame_number} – "
                                               f"{steps[fold.last].frame_number}")
        self.shapes.append(Box(left + 3, top + 8, width - 6, 28, fill=Ink.FOLD, line=Ink.GRID, radius=4))
        self.shapes.append(Box(left, top + 4, width, 28, fill=Ink.FOLD, line=Ink.ACCENT if is_selected else Ink.GRID,
                               radius=4))
        self._disclosure(left + 13, top + 18, opened=False)
        lines = self.measure.wrap(fold.text, SMALL_FACE, width - 36, 2)
        for number, line in enumerate(lines):
            y = top + (22 if len(lines) == 1 else 16 + 12 * number)
            self.text(left + 24, y, line, Ink.TEXT, SMALL_FACE)

    def _open_fold(self, row: int) -> None:
        columns = self.columns
        top = float(self.ladder.tops[row])
        left = columns.client_x + columns.bar_width / 2 + 12
        self._disclosure(left + 8, top + 12, opened=True)
        text = self.measure.fit(self.ladder.fold(row).text, SMALL_FACE, columns.label_room - 20)
        self.text(left + 20, top + 15.5, text, Ink.MUTED, SMALL_FACE)

    def _disclosure(self, x: float, y: float, *, opened: bool) -> None:
        if opened:
            points = ((x - 4.5, y - 2.5), (x + 4.5, y - 2.5), (x, y + 4))
        else:
            points = ((x - 2.5, y - 4.5), (x - 2.5, y + 4.5), (x + 4, y))
        self.shapes.append(Area(points, Ink.MUTED))

    def _step(self, arrow: Arrow, is_selected: bool) -> None:
        step, columns = arrow.step, self.columns
        self._time(step, arrow.tail, f"#{step.frame_number}")
        severity = self.ladder.facts.severities.get(step.index)
        if severity:
            self._mark(16, arrow.tail + 9.5, severity)
        calls = calls_at(self.ladder.connection, step.index)
        self._call(step.from_client, arrow.tail - 4, calls.sender)
        self._call(not step.from_client, arrow.head + self._below_state(step), calls.receiver)
        self._arrow(arrow, is_selected)
        self._first_line(step, arrow.tail - 4)
        self._second_line(step, arrow.head + 12)
        y = arrow.head + 26
        if step.flags & SYN and step.options:
            self._options(step, y)
            y += 15
        if is_selected and step.acknowledges is not None:
            text = acknowledgement_arithmetic(self.ladder.connection, step.index,
                                              relative=self.ladder.options.relative_numbers)
            room = columns.label_room + 16
            face = next((face for face in ARITHMETIC_FACES if self.measure.width(text, face) <= room),
                        ARITHMETIC_FACES[-1])
            self.text(columns.middle, y + 1, self.measure.fit(text, face, room), Ink.ACCENT, face, Anchor.MIDDLE)

    def _below_state(self, step: Step) -> float:
        """How far under the arrow's head there is room for a call: below the name and duration of a new state."""
        facts = self.ladder.facts
        if self.columns.call_room or step.index not in facts.arrival_set:
            return 12.0
        lasts = facts.states[not step.from_client][-1][0] == step.index     # without a duration
        return 24.0 if lasts else 35.0

    def _mark(self, x: float, y: float, severity: str) -> None:
        ink = {"error": Ink.RST_LINE, "warning": Ink.WARNING}.get(severity, Ink.ACCENT)
        self.shapes.append(Area(((x - 6, y + 5), (x + 6, y + 5), (x, y - 6)), ink))
        self.text(x, y + 4, "!", Ink.PAPER, Face(8.5, bold=True), Anchor.MIDDLE)

    def _arrow(self, arrow: Arrow, is_selected: bool) -> None:
        step, columns = arrow.step, self.columns
        style = _STYLES[step.kind]
        half = columns.bar_width / 2 + 1
        start, end = columns.client_x + half, columns.server_x - half
        if not step.from_client:
            start, end = end, start
        tail, head = arrow.tail, arrow.head
        if step.lost:
            end, head = start + (end - start) * 0.9, tail + (head - tail) * 0.9
        way = 1 if end > start else -1
        if is_selected:
            self.shapes.append(Line(((start, tail), (end, head)), Ink.ACCENT, 8, opacity=0.22))
        stop = end if step.lost or style.open_head else end - way * 7
        fall = (head - tail) / abs(end - start)
        stop_y = head - fall * abs(end - stop)
        if style.double:
            for shift in (-1.9, 1.9):
                self.shapes.append(Line(((start, tail + shift), (stop, stop_y + shift)), style.ink, style.width))
        else:
            self.shapes.append(Line(((start, tail), (stop, stop_y)), style.ink, style.width, style.dash))
        if step.lost:
            for slope in (-1, 1):
                self.shapes.append(Line(((end - 6, head - 6 * slope), (end + 6, head + 6 * slope)), Ink.RST_LINE, 2.4))
        elif style.open_head:
            self.shapes.append(Line(((end - way * 8, head - 8 * fall - 4.5), (end, head),
                                     (end - way * 8, head - 8 * fall + 4.5)), style.ink, style.width + 0.4))
        else:
            self.shapes.append(Area(((end - way * 10, head - 10 * fall - 5.2), (end, head),
                                     (end - way * 10, head - 10 * fall + 5.2)), style.ink))
        self._tail(style, start, tail, way)

    def _tail(self, style: _Style, x: float, y: float, way: int) -> None:
        if style.tail == "dot":
            self.shapes.append(Box(x - 1 if way > 0 else x - 7, y - 4, 8, 8, fill=style.ink, radius=4))
        elif style.tail == "square":
            self.shapes.append(Box(x if way > 0 else x - 7, y - 3.5, 7, 7, fill=style.ink))
        elif style.tail == "bar":
            self.shapes.append(Line(((x + way * 3, y - 6), (x + way * 3, y + 6)), style.ink, 2.4))

    def _first_line(self, step: Step, y: float) -> None:
        relative = self.ladder.options.relative_numbers
        seq = step.seq if relative else step.seq_raw
        numbers = [_("seq {number}").format(number=seq)]
        if step.ack is not None:
            numbers.append(_("ack {number}").format(number=step.ack if relative else step.ack_raw))
        with_length = [*numbers, _("len {count}").format(count=step.length)]
        room, measure = self.columns.label_room, self.measure
        for parts, face in ((with_length, NUMBERS_FACE), (with_length, TIGHT_FACE),
                            (with_length if step.length else numbers, TIGHT_FACE), (numbers, Face(9.5))):
            flags_face = Face(face.size + (0.5 if face is NUMBERS_FACE else 0), bold=True)
            flags_width = measure.width(step.label, flags_face)
            text = "  ".join(parts)
            width = flags_width + 9 + measure.width(text, face)
            if width <= room:
                break
        text = measure.fit(text, face, room - flags_width - 9)
        left = self.columns.middle - (flags_width + 9 + measure.width(text, face)) / 2
        self.text(left, y, step.label, _TEXT_INKS.get(_STYLES[step.kind].ink, _STYLES[step.kind].ink), flags_face)
        self.text(left + flags_width + 9, y, text, Ink.TEXT, face)

    def _second_line(self, step: Step, y: float) -> None:
        # What matters most comes first: there may be no room for the rest.
        remarks = sorted((remark_text(tag) for tag in step.tags), key=lambda remark: "Retransmission" not in remark)
        copy = self.ladder.facts.copies.get(step.index)
        if copy and remarks:
            remarks[0] = _("{remark}, copy {number}").format(remark=remarks[0], number=copy)
        if step.lost:
            remarks.insert(0, _("lost on the way"))
        room, measure = self.columns.label_room + 8, self.measure
        remark = " · ".join(remarks)
        gap = 10 if remark else 0
        face = Face(10.5, bold=True)
        room_left = room - measure.width(remark, face) - gap
        window = next((text for text in window_texts(step) if measure.width(text, SMALL_FACE) <= room_left), "")
        remark = measure.fit(remark, face, room)
        gap = gap if window else 0
        left = self.columns.middle - (measure.width(remark, face) + gap + measure.width(window, SMALL_FACE)) / 2
        if remark:
            self.text(left, y, remark, Ink.RST_LINE if step.lost else Ink.WARNING, face)
            left += measure.width(remark, face) + gap
        if window:
            self.text(left, y, window, Ink.MUTED, SMALL_FACE)

    def _options(self, step: Step, y: float) -> None:
        """As many options as fit, and how many more there are."""
        room, measure = self.columns.label_room + 20, self.measure
        shown = list(step.options)
        if measure.width(" · ".join(shown), OPTIONS_FACE) > room:
            # The numbers of the timestamps say least, and take most room.
            shown = [option for option in shown if not option.startswith("TSecr")]
            shown = [option if not option.startswith("TSval") else "TS" for option in shown]
        whole = len(shown)
        text = " · ".join(shown)
        while len(shown) > 1 and measure.width(text, OPTIONS_FACE) > room:
            shown.pop()
            text = _("{options} · {count} more").format(options=" · ".join(shown), count=whole - len(shown))
        self.text(self.columns.middle, y, measure.fit(text, OPTIONS_FACE, room), Ink.SYN_LINE, OPTIONS_FACE,
                  Anchor.MIDDLE)

    # The selected step's way back

    def way_back(self, selected: int, selected_row: int) -> None:
        """A thin line from the selected ACK up to where the segment that it acknowledges arrived."""
        ladder, columns = self.ladder, self.columns
        acknowledged = ladder.acknowledged_row(selected)
        if acknowledged is None or ladder.row_kind[selected_row] != RowKind.STEP or acknowledged == selected_row:
            return
        here = ladder.arrow(selected_row)
        from_client = here.step.from_client
        x = columns.client_x if from_client else columns.server_x
        inwards = 1 if from_client else -1
        edge = x + inwards * columns.bar_width / 2
        turn = edge + inwards * 12
        if ladder.row_kind[acknowledged] == RowKind.STEP:
            there = ladder.arrow(acknowledged).head
        else:
            there = ladder.content_top(acknowledged) + 18
        if here.tail < self.top or there > self.bottom:
            return
        self.shapes.append(Line(((edge, here.tail), (turn, here.tail - 5), (turn, there + 6), (edge, there)),
                                Ink.ACCENT, 1.6, (4, 2.5)))
        self.shapes.append(Box(edge - 3.5, there - 3.5, 7, 7, fill=Ink.ACCENT, radius=3.5))


def _length(stretch: tuple[float, float]) -> float:
    return stretch[1] - stretch[0]


# Lines may be fainter than text.
_TEXT_INKS = {Ink.ACK_LINE: Ink.TEXT}


def remark_text(tag: str) -> str:
    """A tag of Info without the protocol's name: "TCP Retransmission" is "Retransmission"."""
    return tag.removeprefix("TCP ")


def ghost_text() -> str:
    """What comes after the last packet of a side in TIME-WAIT."""
    return _("The capture ends here. TIME-WAIT runs on for 2 MSL (60\u00a0s on Linux): no packet shows its end.")


def window_texts(step: Step) -> tuple[str, ...]:
    """The window that a segment announces, scaled where the scale is known; from the clearest to the shortest."""
    if step.window_shift == SHIFT_UNKNOWN or step.window is None:
        raw = count_text(step.window_raw)
        return (_("win {raw} × 2ⁿ unknown: handshake not captured").format(raw=raw),
                _("win {raw} × 2ⁿ, n not captured").format(raw=raw), _("win {raw} × 2ⁿ").format(raw=raw))
    return (_("win {window}").format(window=count_text(step.window)),)


def picture_height(ladder: Ladder) -> float:
    """Head and rows."""
    return HEAD_HEIGHT + ladder.height + END_HEIGHT / 5
