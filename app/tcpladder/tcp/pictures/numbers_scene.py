"""Both byte streams as number lines, and the variables of both ends, as shapes."""

from __future__ import annotations

from tcpladder.tcp.connection import Connection, SideOptions
from tcpladder.tcp.numbers import Numbers, Side
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.tcp.pictures.shapes import Anchor, Area, Box, Face, Line, Shape, TextMeasure, Words
from tcpladder.tcp.spans import count_text
from tcpladder.tcp.streams import LARGEST_SHIFT
from tcpladder.texts import _

STRIP_HEIGHT = 90.0
ROW_HEIGHT = 21.0
_MARGIN = 14.0
_CELL = 30.0        # width of a SYN or a FIN, which take one number each
_NARROWEST_COLUMN = 104.0       # of values, with remarks beside them
_TITLE = Face(11.5, bold=True)
_TEXT = Face(10.5)
_SMALL = Face(9.5)
_BOLD = Face(10.5, bold=True)


def numbers_height() -> float:
    """Of the whole picture."""
    return 2 * STRIP_HEIGHT + 30 + ROW_HEIGHT * 9 + 14


def draw_numbers(connection: Connection, numbers: Numbers, step: int | None, width: float,
                 measure: TextMeasure) -> list[Shape]:
    """The strips of both directions and the table under them, after a step (None: before the first)."""
    if step is None:
        now = before = numbers.before(0)
    else:
        before, now = numbers.before(step), numbers.after(step)
    final = numbers.last()
    drawing = _Drawing(width, measure)
    drawing.strip(8, _("What the client sends"), now[0], now[1], final[0])
    drawing.strip(8 + STRIP_HEIGHT, _("What the server sends"), now[1], now[0], final[1])
    drawing.legend(8 + 2 * STRIP_HEIGHT)
    drawing.table(30 + 2 * STRIP_HEIGHT, connection, now, before)
    return drawing.shapes


class _Drawing:
    """Collects the shapes."""

    def __init__(self, width: float, measure: TextMeasure) -> None:
        self.width = width
        self.measure = measure
        self.shapes: list[Shape] = []

    def text(self, x: float, y: float, text: str, ink: Ink, face: Face, anchor: Anchor = Anchor.START) -> None:
        self.shapes.append(Words(x, y, text, ink, face, anchor))

    # Strips

    def strip(self, top: float, title: str, sender: Side, receiver: Side, final: Side) -> None:
        """One direction: what of the stream is acknowledged, on its way, beyond a gap, and still to come."""
        self.text(_MARGIN, top + 14, title, Ink.TEXT, _TITLE)
        room = self.width - 2 * _MARGIN - self.measure.width(title, _TITLE) - 12
        flight = self.measure.fit(_flight_text(sender), _TEXT, room)
        self.text(self.width - _MARGIN, top + 14, flight, Ink.MUTED, _TEXT, Anchor.END)
        y, height = top + 26, 22.0
        if final.extent == 0:
            self.text(_MARGIN, y + 15, _("Nothing that takes a number is sent in this capture."), Ink.MUTED, _TEXT)
            return
        scale = _Scale(self.width, final)
        self.shapes.append(Box(scale.left, y, scale.right - scale.left, height, fill=Ink.HEAD, line=Ink.GRID))
        if sender.snd_nxt is not None and sender.snd_una is not None:
            una, nxt = scale.x(sender.snd_una), scale.x(sender.snd_nxt)
            self._fill(scale.left, una, y, height, Ink.ESTABLISHED)
            self._fill(una, nxt, y, height, Ink.HANDSHAKE)
            for first, end in receiver.beyond_gap:
                self._fill(scale.x(first), scale.x(end), y, height, Ink.WAITING)
        for x, name, number in scale.cells():
            is_sent = sender.snd_nxt is not None and sender.snd_nxt > number
            self.shapes.append(Box(x, y, _CELL, height, line=Ink.MUTED))
            self.text(x + _CELL / 2, y + 15, name, Ink.ON_STATE if is_sent else Ink.MUTED, Face(9.5, bold=True),
                      Anchor.MIDDLE)
        if sender.snd_nxt is not None and sender.snd_una is not None:
            self._marks(scale, sender, y + height)

    def _fill(self, left: float, right: float, y: float, height: float, ink: Ink) -> None:
        if right > left:
            self.shapes.append(Box(left, y + 0.5, right - left, height - 1, fill=ink))

    def _marks(self, scale: _Scale, sender: Side, y: float) -> None:
        """Where acknowledged and sent end, and how far the other side's window reaches."""
        assert sender.snd_una is not None
        assert sender.snd_nxt is not None
        una, nxt = scale.x(sender.snd_una), scale.x(sender.snd_nxt)
        same = sender.snd_una == sender.snd_nxt
        una_text = (_("all acknowledged, next {number}") if same else _("acknowledged to {number}")).format(
            number=sender.snd_una)
        self._mark(una, y, una_text, row=0)
        if not same:
            self._mark(nxt, y, _("sent to {number}").format(number=sender.snd_nxt), row=1)
        if sender.snd_wnd is not None and sender.snd_una + sender.snd_wnd <= scale.base + scale.extent:
            x = scale.x(sender.snd_una + sender.snd_wnd)
            self.shapes.append(Line(((x, y - 27), (x, y + 3)), Ink.RST_LINE, 2))

    def _mark(self, x: float, y: float, text: str, row: int) -> None:
        self.shapes.append(Area(((x, y + 1), (x - 4, y + 7), (x + 4, y + 7)), Ink.ACCENT))
        half = self.measure.width(text, _SMALL) / 2
        middle = min(max(x, _MARGIN + half), self.width - _MARGIN - half)
        self.text(middle, y + 18 + 13 * row, text, Ink.ACCENT, _SMALL, Anchor.MIDDLE)

    def legend(self, y: float) -> None:
        """What the colours of the strips mean."""
        x = _MARGIN
        for ink, name in ((Ink.ESTABLISHED, _("acknowledged")), (Ink.HANDSHAKE, _("on the way")),
                          (Ink.WAITING, _("arrived beyond a gap")), (Ink.HEAD, _("not sent yet"))):
            width = 18 + self.measure.width(name, _SMALL) + 12
            if x + width > self.width:
                return
            self.shapes.append(Box(x, y + 1, 11, 11, fill=ink, line=Ink.GRID))
            self.text(x + 16, y + 10, name, Ink.MUTED, _SMALL)
            x += width

    # Table

    def table(self, top: float, connection: Connection, now: tuple[Side, Side], before: tuple[Side, Side]) -> None:
        """A row per variable, a column per side; what the step has changed is lit."""
        first = _MARGIN + 112
        column = (self.width - _MARGIN - first) / 2
        rows = list(zip(_variables(connection, now), _variables(connection, before), strict=True))
        room = self._remark_room(column, rows)
        column -= room / 2
        for place, name in enumerate((_("client"), _("server"))):
            self.text(first + place * column, top + 15, name, Ink.MUTED, _TEXT)
        for number, ((name, hint, *values), (_name, _hint, *earlier)) in enumerate(rows):
            y = top + ROW_HEIGHT * (number + 1)
            self.shapes.append(Line(((_MARGIN, y), (self.width - _MARGIN, y)), Ink.GRID))
            self.text(_MARGIN, y + 15, name, Ink.TEXT, _BOLD)
            for place, (value, old) in enumerate(zip(values, earlier, strict=True)):
                x, changed = first + place * column, value != old
                if changed:
                    self.shapes.append(Box(x - 6, y + 2, column, ROW_HEIGHT - 3, fill=Ink.LIT, radius=3))
                face = _BOLD if changed else _TEXT
                shown = self.measure.fit(value, face, column - 10)
                self.text(x, y + 15, shown, Ink.ACCENT if changed else Ink.TEXT, face)
            if room:
                self.text(self.width - _MARGIN - 4, y + 15, hint, Ink.MUTED, _SMALL, Anchor.END)

    def _remark_room(self, column: float, rows: _Rows) -> float:
        """What the remarks take on the right, 0 where the values would have too little left."""
        room = 12 + max(self.measure.width(hint, _SMALL) for (_name, hint, *_values), _old in rows)
        return room if column - room / 2 >= _NARROWEST_COLUMN else 0.0


class _Scale:
    """Numbers to places: SYN and FIN have cells of their own, the bytes share what is left."""

    def __init__(self, width: float, final: Side) -> None:
        self.left, self.right = _MARGIN, width - _MARGIN
        self.base, self.extent = final.base or 0, final.extent
        self.has_syn, self.fin = final.has_syn, final.fin
        self._first = self.base + final.has_syn
        self._last = self.base + self.extent - (final.fin is not None)
        self._data_left = self.left + (_CELL if final.has_syn else 0)
        self._data_right = self.right - (_CELL if final.fin is not None else 0)
        if self._last <= self._first:
            self._data_right = self._data_left
            self.right = self._data_left + (_CELL if final.fin is not None else 0)

    def x(self, number: int) -> float:
        """Where a number begins."""
        if number < self._first:
            return self.left
        if number > self._last:
            return self.right
        share = (number - self._first) / max(self._last - self._first, 1)
        return self._data_left + share * (self._data_right - self._data_left)

    def cells(self) -> list[tuple[float, str, int]]:
        """Left edge, name and number of the SYN and the FIN."""
        cells: list[tuple[float, str, int]] = []
        if self.has_syn:
            cells.append((self.left, "SYN", self.base))
        if self.fin is not None:
            cells.append((self._data_right, "FIN", self.fin))
        return cells


def _flight_text(side: Side) -> str:
    if side.in_flight is None:
        return _("nothing sent yet")
    if side.snd_wnd is None or side.snd_una is None:
        return _("{count} on the way").format(count=count_text(side.in_flight))
    return _("{count} on the way, window to {edge}").format(count=count_text(side.in_flight),
                                                            edge=count_text(side.snd_una + side.snd_wnd))


_Row = tuple[str, str, str, str]
_Rows = list[tuple[_Row, _Row]]     # each now and before


def _variables(connection: Connection, sides: tuple[Side, Side]) -> list[_Row]:
    """Name, meaning, and the value of client and server."""
    client, server = sides
    offers = (connection.client_options, connection.server_options)
    told = [(offer, side.has_syn) for offer, side in zip(offers, sides, strict=True)]
    client_mss, server_mss = (offer.mss if offer and has_syn else None for offer, has_syn in told)
    client_shift, server_shift = (_shift_text(connection, offer, sides) if has_syn or offer is None else "–"
                                  for offer, has_syn in told)
    return [
        (_("state"), "", client.state.value, server.state.value),
        ("SND.UNA", _("oldest number not acknowledged"), _number(client.snd_una), _number(server.snd_una)),
        ("SND.NXT", _("next number to send"), _number(client.snd_nxt), _number(server.snd_nxt)),
        ("SND.WND", _("what the other side takes"), _number(client.snd_wnd), _number(server.snd_wnd)),
        ("RCV.NXT", _("next number expected"), _number(client.rcv_nxt), _number(server.rcv_nxt)),
        ("RCV.WND", _("what it is ready to take"), _number(client.rcv_wnd), _number(server.rcv_wnd)),
        (_("window shift"), _("of the windows it announces"), client_shift, server_shift),
        ("MSS", _("largest segment it takes"), _number(client_mss), _number(server_mss)),
    ]


def _number(value: int | None) -> str:
    return "–" if value is None else count_text(value)


def _shift_text(connection: Connection, offer: SideOptions | None, sides: tuple[Side, Side]) -> str:
    """The shift that a side has offered: in force when the other side has sent its SYN with the option too."""
    if offer is None:
        return _("not captured")
    if offer.wscale is None:
        return _("none")
    if not all(side.has_syn for side in sides):
        return _("{shift} offered").format(shift=offer.wscale)
    if not connection.window_scaling:
        return _("not agreed")
    return f"{offer.wscale} (× {1 << min(offer.wscale, LARGEST_SHIFT)})"
