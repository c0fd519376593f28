"""The flow of a capture as shapes: the packets between two heights, the lifelines between two places sideways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tcpladder.tcp.capture_flow import MARGIN, NO_LIFELINE, ROW_HEIGHT, Flow, x_of
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.tcp.pictures.shapes import Anchor, Area, Box, Face, Line, Shape, TextMeasure, Words
from tcpladder.texts import _

HEAD_HEIGHT = 44.0

_FACE = Face(10.5)
_LABEL_FACE = Face(10.5, bold=True)
_ADDRESS_FACE = Face(11.0, bold=True)
_PORT_FACE = Face(10.5)
_BASELINE = 13.0        # of a row's texts
_LINE = 19.0            # of a row's arrow
_HEAD = 8.0             # length of an arrow's head
_LOOP = 22.0            # of a packet that goes to where it came from
_GAP = 8.0
_LEAST_NAME = 34.0
_LEAST_NUMBER = 52.0    # width of its column
_LEAST_TIME = 80.0


@dataclass(frozen=True, slots=True)
class PacketText:
    """What stands beside and on a packet's arrow."""

    number: str
    time: str
    label: str          # on the arrow: flags, or the protocol
    info: str
    ink: Ink
    dashed: bool        # something is wrong with it


@dataclass(frozen=True, slots=True)
class FlowColumns:
    """Where things stand sideways, in units; scroll is how far the lifelines are shifted to the left."""

    width: float
    number_right: float
    time_right: float
    lines_left: float
    lines_right: float
    spacing: float
    scroll: float = 0.0

    @property
    def lines_width(self) -> float:
        """The room in which lifelines are seen."""
        return self.lines_right - self.lines_left

    def x(self, lifeline: int) -> float:
        """Where a lifeline stands in the picture."""
        return self.lines_left + x_of(lifeline, self.spacing) - self.scroll


def flow_columns(width: float, flow: Flow, spacing: float, text_of: Callable[[int], PacketText],
                 scroll: float = 0.0) -> FlowColumns:
    """Spends a width: numbers and times, lifelines, and what is left, but at least a quarter, for the information."""
    number, time = _LEAST_NUMBER, _LEAST_TIME
    if flow.row_count:
        last, measure = text_of(int(flow.rows[-1])), TextMeasure()      # which has most digits
        number = max(number, measure.width(last.number, _FACE) + _GAP)
        time = max(time, measure.width(last.time, _FACE) + 2 * _GAP)
    number_right, time_right = number, number + time
    left = time_right + _GAP
    info = max(width * 0.27, 130.0)
    room = max(width - left - info, spacing)
    return FlowColumns(width, number_right, time_right, left, left + min(room, flow.width(spacing)), spacing, scroll)


def picture_columns(flow: Flow, spacing: float, text_of: Callable[[int], PacketText],
                    info_width: float = 420.0) -> FlowColumns:
    """Columns with room for every lifeline, for a picture."""
    narrow = flow_columns(0.0, flow, spacing, text_of)
    right = narrow.lines_left + flow.width(spacing)
    return FlowColumns(right + info_width, narrow.number_right, narrow.time_right, narrow.lines_left, right, spacing)


def draw_flow_head(flow: Flow, columns: FlowColumns, measure: TextMeasure) -> list[Shape]:
    """Who stands above each lifeline."""
    shapes: list[Shape] = [Box(0, 0, columns.width, HEAD_HEIGHT, fill=Ink.HEAD)]
    for lifeline in flow.lifelines_between(columns.scroll, columns.scroll + columns.lines_width, columns.spacing):
        end, x = flow.end(lifeline), columns.x(lifeline)
        # A name that does not fit between the edges is shortened, not cut.
        room = min(columns.spacing - 10, 2 * (x - columns.lines_left), 2 * (columns.lines_right - x))
        if room < _LEAST_NAME:
            continue
        address = measure.fit_middle(end.address, _ADDRESS_FACE, room, min(len(end.address), 4))
        shapes.append(Words(x, 18 if end.port is not None else 25, address, Ink.TEXT, _ADDRESS_FACE, Anchor.MIDDLE))
        if end.port is not None:
            port = measure.fit_middle(end.port_text, _PORT_FACE, room, min(len(end.port_text), 4))
            shapes.append(Words(x, 33, port, Ink.MUTED, _PORT_FACE, Anchor.MIDDLE))
    shapes += [Box(0, 0, columns.lines_left, HEAD_HEIGHT, fill=Ink.HEAD),
               Box(columns.lines_right, 0, columns.width - columns.lines_right, HEAD_HEIGHT, fill=Ink.HEAD),
               Words(columns.number_right, 33, _("#packet"), Ink.MUTED, _FACE, Anchor.END),
               Words(columns.time_right, 33, _("seconds"), Ink.MUTED, _FACE, Anchor.END),
               Words(columns.lines_right + _GAP, 33, _("information"), Ink.MUTED, _FACE),
               Line(((0, HEAD_HEIGHT - 0.5), (columns.width, HEAD_HEIGHT - 0.5)), Ink.GRID)]
    return shapes


def draw_flow_rows(flow: Flow, columns: FlowColumns, measure: TextMeasure, text_of: Callable[[int], PacketText],
                   top: float, bottom: float, *, selected: int | None = None,
                   hovered: int | None = None) -> list[Shape]:
    """The packets between two heights; selected and hovered are places, text_of is asked for rows of the capture."""
    places = flow.rows_between(top, bottom)
    shapes: list[Shape] = []
    for place, opacity in ((hovered, 0.5), (selected, 1.0)):
        if place is not None and place in places:
            shapes.append(Box(0, place * ROW_HEIGHT, columns.width, ROW_HEIGHT, fill=Ink.LIT, opacity=opacity))
    low, high = max(top, 0.0), min(bottom, flow.height)
    for lifeline in flow.lifelines_between(columns.scroll, columns.scroll + columns.lines_width, columns.spacing):
        x = columns.x(lifeline)
        if columns.lines_left <= x <= columns.lines_right:
            shapes.append(Line(((x, low), (x, high)), Ink.GRID, 1.2))
    texts = [text_of(int(flow.rows[place])) for place in places]
    for place, text in zip(places, texts, strict=True):
        paper = Ink.LIT if place == selected else Ink.PAPER
        shapes += _arrow(flow, place, text, columns, measure, paper)
    for left, right in ((0.0, columns.lines_left), (columns.lines_right, columns.width)):
        shapes.append(Box(left, low, right - left, high - low, fill=Ink.PAPER))
        if selected is not None and selected in places:
            shapes.append(Box(left, selected * ROW_HEIGHT, right - left, ROW_HEIGHT, fill=Ink.LIT))
    for place, text in zip(places, texts, strict=True):
        y = place * ROW_HEIGHT + _BASELINE + 4
        shapes += [Words(columns.number_right, y, text.number, Ink.MUTED, _FACE, Anchor.END),
                   Words(columns.time_right, y, text.time, Ink.MUTED, _FACE, Anchor.END)]
        info = measure.fit(text.info, _FACE, columns.width - columns.lines_right - 2 * _GAP)
        shapes.append(Words(columns.lines_right + _GAP, y, info, Ink.TEXT, _FACE))
    return shapes


def _arrow(flow: Flow, place: int, text: PacketText, columns: FlowColumns, measure: TextMeasure,
           paper: Ink) -> list[Shape]:
    """The way of one packet, and its label above it."""
    top = place * ROW_HEIGHT
    y, left, right = top + _LINE, columns.lines_left, columns.lines_right
    source, destination = int(flow.source[place]), int(flow.destination[place])
    dash = (6.0, 3.0) if text.dashed else ()
    if source == NO_LIFELINE or destination == NO_LIFELINE:
        return _one_end(source if destination == NO_LIFELINE else destination, text, columns, measure, top)
    begin, end = columns.x(source), columns.x(destination)
    if max(begin, end) < left or min(begin, end) > right:
        return _out_of_sight(text, columns, measure, top, to_the_left=max(begin, end) < left)
    shapes: list[Shape] = []
    if source == destination:
        label = measure.fit(text.label, _LABEL_FACE, columns.spacing - _LOOP - _GAP)
        points = ((begin, y - 8), (begin + _LOOP, y - 8), (begin + _LOOP, y), (begin + 2, y))
        return [Line(points, text.ink, 1.6, dash), _head(begin, y, -1, text.ink),
                Words(begin + _LOOP + 5, y - 1, label, text.ink, _LABEL_FACE)]
    seen_left, seen_right = max(min(begin, end), left), min(max(begin, end), right)
    room = seen_right - seen_left - 2 * _HEAD
    label = measure.fit(text.label, _LABEL_FACE, room)
    if label:
        half = measure.width(label, _LABEL_FACE) / 2 + 2
        middle = (seen_left + seen_right) / 2
        shapes += [Box(middle - half, top + 3, 2 * half, _LINE - 5, fill=paper),
                   Words(middle, top + _BASELINE, label, text.ink, _LABEL_FACE, Anchor.MIDDLE)]
    way = 1 if end > begin else -1
    cut_begin, cut_end = (min(max(x, left - 2), right + 2) for x in (begin, end))
    shapes.append(Line(((cut_begin, y), (cut_end, y)), text.ink, 1.6, dash))
    if left <= end <= right:
        shapes.append(_head(end, y, way, text.ink))
    else:       # it ends beyond the edge: a chevron tells the direction
        edge = right - 3 if way > 0 else left + 3
        shapes.append(Line(((edge - way * 6, y - 4), (edge, y), (edge - way * 6, y + 4)), text.ink, 1.6))
    return shapes


def _one_end(lifeline: int, text: PacketText, columns: FlowColumns, measure: TextMeasure, top: float) -> list[Shape]:
    """A packet of which one end, or none, is known."""
    x = columns.lines_left + MARGIN * _GAP if lifeline == NO_LIFELINE else columns.x(lifeline)
    if not columns.lines_left <= x <= columns.lines_right:
        return []
    label = measure.fit(text.label, _LABEL_FACE, columns.spacing - 2 * _GAP)
    shapes: list[Shape] = [Words(x + _GAP, top + _BASELINE + 3, label, text.ink, _LABEL_FACE)]
    if lifeline != NO_LIFELINE:
        shapes.append(Box(x - 3, top + _BASELINE - 4, 6, 6, fill=text.ink, radius=3))
    return shapes


def _out_of_sight(text: PacketText, columns: FlowColumns, measure: TextMeasure, top: float, *,
                  to_the_left: bool) -> list[Shape]:
    """A hint at the edge that the arrow lies beyond it."""
    label = measure.fit(text.label, _FACE, columns.spacing - 2 * _GAP)
    if to_the_left:
        return [Words(columns.lines_left + 4, top + _BASELINE + 4, f"◂ {label}", Ink.MUTED, _FACE)]
    return [Words(columns.lines_right - 4, top + _BASELINE + 4, f"{label} ▸", Ink.MUTED, _FACE, Anchor.END)]


def _head(x: float, y: float, way: int, ink: Ink) -> Area:
    return Area(((x, y), (x - way * _HEAD, y - 3.6), (x - way * _HEAD, y + 3.6)), ink)
