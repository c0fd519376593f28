"""The flow of the capture as a widget: paints what is in sight, scrolls both ways, and tells what was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from tcpladder.protocols.names import Names
from tcpladder.tcp.capture_flow import (
    MARGIN,
    NARROWEST_SPACING,
    NO_LIFELINE,
    ROW_HEIGHT,
    USUAL_SPACING,
    WIDEST_SPACING,
    Flow,
    x_of,
)
from tcpladder.tcp.pictures.flow_scene import (
    HEAD_HEIGHT,
    FlowColumns,
    PacketText,
    draw_flow_head,
    draw_flow_rows,
    flow_columns,
)
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.texts import _
from tcpladder.ui.connection.diagram_painter import DiagramPainter
from tcpladder.ui.connection.diagram_view import DiagramView

_SPACING_STEP = 1.25
_IN_SIGHT = 3       # rows kept in sight around the selected one


class FlowView(DiagramView):
    """Shows a Flow; the selected packet is set from outside."""

    row_chosen = Signal(object)     # row of the capture
    head_height = HEAD_HEIGHT

    def __init__(self, text_of: Callable[[int], PacketText], parent: QWidget | None = None) -> None:
        super().__init__(_("Flow of the capture"), parent)
        self._text_of = text_of
        self._flow: Flow | None = None
        self._selected: int | None = None   # place in the flow
        self._hovered: int | None = None
        self._chosen_row: int | None = None
        self._spacing = USUAL_SPACING
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setMinimumSize(300, 160)

    @property
    def flow(self) -> Flow | None:
        """What is shown."""
        return self._flow

    def show_flow(self, flow: Flow | None) -> None:
        """Shows the flow of other packets; the selected packet stays selected where it is drawn."""
        self._flow = flow
        self._hovered = self._selected = None
        self._resize_scrolls()
        self.show_row(self._chosen_row)

    def show_names(self, names: Names) -> None:
        """Changes what is shown by name."""
        if self._flow is not None:
            self._flow = replace(self._flow, names=names)
            self.viewport().update()

    def show_row(self, row: int | None) -> None:
        """Lights a packet, and brings it into sight."""
        self._chosen_row = row
        self._selected = None if row is None or self._flow is None else self._flow.place_of(row)
        if self._selected is not None:
            self._bring_into_sight(self._selected)
            self._say(self._selected)
        self.viewport().update()

    def zoom_by(self, direction: int) -> None:
        """Moves the lifelines apart (1) or together (-1), or back to the usual distance (0)."""
        factor = _SPACING_STEP ** direction
        spacing = self._spacing * factor if direction else USUAL_SPACING
        self._spacing = min(max(spacing, NARROWEST_SPACING), WIDEST_SPACING)
        self._resize_scrolls()
        self.viewport().update()

    def first_in_sight(self) -> int:
        """The place of the first packet that can be seen."""
        return int(self._view_top // ROW_HEIGHT)

    # Geometry

    @property
    def columns(self) -> FlowColumns:
        """Where things stand now; only while a flow is shown."""
        assert self._flow is not None
        return flow_columns(self.viewport().width() / self.scale, self._flow, self._spacing, self._text_of,
                            self.horizontalScrollBar().value() / self.scale)

    def _resize_scrolls(self) -> None:
        vertical, horizontal = self.verticalScrollBar(), self.horizontalScrollBar()
        if self._flow is None:
            vertical.setRange(0, 0)
            horizontal.setRange(0, 0)
            return
        vertical.setRange(0, max(0, round((self._flow.height - self._view_height) * self.scale)))
        vertical.setPageStep(round(self._view_height * self.scale))
        vertical.setSingleStep(round(ROW_HEIGHT * self.scale))
        room = self.columns.lines_width
        horizontal.setRange(0, max(0, round((self._flow.width(self._spacing) - room) * self.scale)))
        horizontal.setPageStep(round(room * self.scale))
        horizontal.setSingleStep(round(self._spacing * self.scale / 2))

    def _bring_into_sight(self, place: int) -> None:
        flow = self._flow
        assert flow is not None
        top, bottom = (place - _IN_SIGHT) * ROW_HEIGHT, (place + 1 + _IN_SIGHT) * ROW_HEIGHT
        vertical, horizontal = self.verticalScrollBar(), self.horizontalScrollBar()
        if place * ROW_HEIGHT < self._view_top or (place + 1) * ROW_HEIGHT > self._view_top + self._view_height:
            if top < self._view_top:
                vertical.setValue(round(top * self.scale))
            else:
                vertical.setValue(round((bottom - self._view_height) * self.scale))
        ends = [end for end in (int(flow.source[place]), int(flow.destination[place])) if end != NO_LIFELINE]
        if not ends:
            return
        room, scroll = self.columns.lines_width, self.columns.scroll
        left = x_of(min(ends), self._spacing) - MARGIN * self._spacing
        right = x_of(max(ends), self._spacing) + MARGIN * self._spacing
        if right - left > room:     # not both ends can be seen: then that from which it comes
            left = x_of(ends[0], self._spacing) - MARGIN * self._spacing
            right = left + 2 * MARGIN * self._spacing
        if left < scroll:
            horizontal.setValue(round(left * self.scale))
        elif right > scroll + room:
            horizontal.setValue(round((right - room) * self.scale))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self._palette
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), palette[Ink.PAPER])
        flow = self._flow
        if flow is None or not flow.row_count:
            painter.setPen(palette[Ink.MUTED])
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, _("No packets are shown."))
            painter.end()
            return
        columns, top = self.columns, self._view_top
        painter.scale(self.scale, self.scale)
        drawer = DiagramPainter(painter, self._measure, palette)
        painter.save()
        painter.setClipRect(QRectF(0, HEAD_HEIGHT, columns.width, self._view_height))
        painter.translate(0, HEAD_HEIGHT - top)
        drawer.paint(draw_flow_rows(flow, columns, self._measure, self._text_of, top, top + self._view_height,
                                    selected=self._selected, hovered=self._hovered))
        painter.restore()
        drawer.paint(draw_flow_head(flow, columns, self._measure))
        painter.end()

    # Mouse and keys

    def place_under(self, point: QPointF) -> int | None:
        """The packet at a place of the viewport."""
        y = point.y() / self.scale - HEAD_HEIGHT
        return None if self._flow is None or y < 0 else self._flow.place_at(y + self._view_top)

    def lifeline_under(self, point: QPointF) -> int | None:
        """The lifeline whose head is at a place of the viewport."""
        if self._flow is None or point.y() / self.scale > HEAD_HEIGHT:
            return None
        columns, x = self.columns, point.x() / self.scale
        number = round((x - columns.lines_left + columns.scroll) / self._spacing - MARGIN)
        inside = columns.lines_left <= x <= columns.lines_right
        return number if inside and 0 <= number < self._flow.lifeline_count else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.place_under(event.position())
        if place is not None and event.button() is Qt.MouseButton.LeftButton:
            self._choose(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.place_under(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(1 if event.angleDelta().y() > 0 else -1)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - event.angleDelta().y())
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        flow = self._flow
        if flow is None or not flow.row_count or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        here = -1 if self._selected is None else self._selected
        page = max(int(self._view_height // ROW_HEIGHT) - 1, 1)
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_N: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_P: -1,
                 Qt.Key.Key_PageDown: page, Qt.Key.Key_PageUp: -page,
                 Qt.Key.Key_Home: -flow.row_count, Qt.Key.Key_End: flow.row_count}
        key = Qt.Key(event.key())
        if key in steps:
            self._choose(min(max(here + steps[key], 0), flow.row_count - 1))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(1)
        elif key is Qt.Key.Key_Minus:
            self.zoom_by(-1)
        else:
            super().keyPressEvent(event)

    def _choose(self, place: int) -> None:
        assert self._flow is not None
        self.row_chosen.emit(int(self._flow.rows[place]))

    def _hover(self, place: int | None) -> None:
        if place != self._hovered:
            self._hovered = place
            self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(QPointF(event.pos())), self.viewport(), QRect())
            return True
        return super().viewportEvent(event)

    def _tip(self, point: QPointF) -> str:
        if self._flow is None:
            return ""
        lifeline = self.lifeline_under(point)
        if lifeline is not None:
            return self._flow.end(lifeline).text
        place = self.place_under(point)
        return "" if place is None else self.sentence(place)

    def sentence(self, place: int) -> str:
        """A packet in words: who to whom, and what."""
        assert self._flow is not None
        text = self._text_of(int(self._flow.rows[place]))
        ends = [self._flow.end(int(end[place])).text if end[place] != NO_LIFELINE else _("unknown")
                for end in (self._flow.source, self._flow.destination)]
        return _("Packet {number}: {source} to {destination}, {info}").format(
            number=text.number, source=ends[0], destination=ends[1], info=text.info)

    def _say(self, place: int) -> None:
        """For those who listen: the description of the view is the packet that is lit."""
        self.setAccessibleDescription(self.sentence(place))
