"""The ladder on the screen: paints and hits what is in sight of a layout, and moves through it by keys."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from tcpladder.protocols.names import Names
from tcpladder.tcp.connection import Connection
from tcpladder.tcp.explain import explain
from tcpladder.tcp.ladder import USUAL_OPTIONS, Facts, Ladder, RowKind, lay_out, read_facts
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.tcp.pictures.scene import HEAD_HEIGHT, NARROWEST, Columns, columns_for, draw_head, draw_rows
from tcpladder.tcp.pictures.text import step_line
from tcpladder.texts import _
from tcpladder.ui.connection.diagram_painter import DiagramPainter
from tcpladder.ui.connection.diagram_view import DiagramView

ZOOMS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_IN_SIGHT = 60.0            # units that the selected row keeps from the edges while stepping


class LadderView(DiagramView):
    """One connection as a ladder.

    It selects nothing itself: step_chosen says which step the person wants, and show_step() lights it.
    """

    step_chosen = Signal(object)        # index of a step
    play_wanted = Signal()              # Space: play or pause
    relative_wanted = Signal(bool)      # S: relative or raw numbers
    copy_wanted = Signal()              # Ctrl+C: picture and text
    menu_wanted = Signal(QPoint)        # global place of a context menu
    head_height = HEAD_HEIGHT

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Ladder of the connection"), parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._connection: Connection | None = None
        self._facts: Facts | None = None
        self._ladder: Ladder | None = None
        self._options = USUAL_OPTIONS
        self._closed_by_hand: frozenset[int] = frozenset()
        self._hovered: int | None = None
        self._stepping = False
        self._wished_step: int | None = None
        self._zoom = ZOOMS.index(1.0)

    # What is shown

    @property
    def ladder(self) -> Ladder | None:
        """The layout in use."""
        return self._ladder

    @property
    def is_stepping(self) -> bool:
        """The person moves step by step, so what comes later is dimmed."""
        return self._stepping

    def show_connection(self, connection: Connection | None) -> None:
        """Shows a connection from its beginning, with nothing selected."""
        self._connection = connection
        self._facts = None if connection is None else read_facts(connection)
        self._options = replace(self._options, selected=None, opened=frozenset())
        self._closed_by_hand = frozenset()
        self._stepping = False
        self._hovered = None
        self._lay_out()
        self.verticalScrollBar().setValue(0)

    def show_step(self, step: int | None) -> None:
        """Lights a step and brings it into sight; a fold that hides it opens, unless the person closed it."""
        own_wish, self._wished_step = self._wished_step, None
        if self._ladder is None:
            return
        if step is not None and step != own_wish:
            self._stepping = False
            self._open_fold_around(step)
        self._options = replace(self._options, selected=step)
        self._relight()
        if step is not None:
            self._bring_into_sight(step)
            self._say(step)

    def show_relative(self, relative: bool) -> None:
        """Numbers that count from the initial ones, or those on the wire."""
        self._options = replace(self._options, relative_numbers=relative)
        self._relight()

    def show_names(self, names: Names) -> None:
        """Which ends' ports are shown by name."""
        self._options = replace(self._options, names=names)
        self._relight()

    def show_delta_times(self, delta: bool) -> None:
        """Times since the step before, or since the first step."""
        self._options = replace(self._options, delta_times=delta)
        self._relight()

    def open_all_folds(self, opened: bool) -> None:
        """Opens or closes all folds."""
        self._closed_by_hand = frozenset()
        self._options = replace(self._options, fold_from=0 if opened else USUAL_OPTIONS.fold_from,
                                opened=frozenset())
        self._lay_out()
        if self._options.selected is not None:
            self._bring_into_sight(self._options.selected)

    @property
    def shows_delta_times(self) -> bool:
        """Times are those since the step before."""
        return self._options.delta_times

    @property
    def folds_are_open(self) -> bool:
        """Nothing is folded."""
        return self._options.fold_from == 0

    def zoom_by(self, places: int) -> None:
        """Larger or smaller by so many places of the zoom's scale; 0 is back to 100 %."""
        wanted = ZOOMS.index(1.0) if places == 0 else self._zoom + places
        self._zoom = min(max(wanted, 0), len(ZOOMS) - 1)
        self._resize_scrolls()
        if self._options.selected is not None:
            self._bring_into_sight(self._options.selected)
        self.viewport().update()

    # Steps

    def step_forward(self) -> bool:
        """Asks for the next row's step; False at the end."""
        ladder = self._ladder
        return ladder is not None and self._wish(ladder.stop_after(self._options.selected))

    def step_back(self) -> bool:
        """Asks for the step of the row before; False at the beginning."""
        ladder = self._ladder
        return ladder is not None and self._wish(ladder.stop_before(self._options.selected))

    def step_first(self) -> None:
        """Asks for the first step."""
        if self._ladder is not None:
            self._wish(self._ladder.stop_after(None))

    def step_last(self) -> None:
        """Asks for the last step."""
        if self._connection is not None:
            self._wish(len(self._connection.steps) - 1)

    def _wish(self, step: int | None) -> bool:
        if step is None:
            return False
        self._stepping = True
        self._wished_step = step
        self.step_chosen.emit(step)
        self._wished_step = None
        self.viewport().update()
        return True

    # Layout

    @property
    def scale(self) -> float:
        """Pixels per unit."""
        return ZOOMS[self._zoom] * super().scale

    @property
    def _columns(self) -> Columns:
        return columns_for(self.viewport().width() / self.scale)

    def _lay_out(self) -> None:
        self._ladder = (None if self._connection is None else
                        lay_out(self._connection, self._options, self._facts))
        self._resize_scrolls()
        self.viewport().update()

    def _relight(self) -> None:
        if self._ladder is not None:
            self._ladder = self._ladder.relit(self._options)
        self._resize_scrolls()
        self.viewport().update()

    def _resize_scrolls(self) -> None:
        height = self._ladder.height if self._ladder else 0.0
        vertical, horizontal = self.verticalScrollBar(), self.horizontalScrollBar()
        vertical.setRange(0, max(0, round((height + 8 - self._view_height) * self.scale)))
        vertical.setPageStep(round(self._view_height * self.scale))
        vertical.setSingleStep(round(23 * self.scale))
        horizontal.setRange(0, max(0, round(NARROWEST * self.scale) - self.viewport().width()))
        horizontal.setPageStep(self.viewport().width())

    def _bring_into_sight(self, step: int) -> None:
        """The step's row, and that of the segment it acknowledges where both fit, away from the edges."""
        ladder = self._ladder
        assert ladder is not None
        row = ladder.row_of(step)
        room = self._view_height
        top, bottom = float(ladder.tops[row]) - _IN_SIGHT, float(ladder.tops[row + 1]) + _IN_SIGHT
        acknowledged = ladder.acknowledged_row(step)
        if acknowledged is not None and bottom - float(ladder.tops[acknowledged]) + 30 < room:
            top = min(top, float(ladder.tops[acknowledged]) - 30)
        if bottom - top > room:
            top = max(0.0, (float(ladder.tops[row]) + float(ladder.tops[row + 1]) - room) / 2)
            bottom = top + room
        if top < self._view_top:
            self.verticalScrollBar().setValue(round(top * self.scale))
        elif bottom > self._view_top + room:
            self.verticalScrollBar().setValue(round((bottom - room) * self.scale))

    def _open_fold_around(self, step: int) -> None:
        ladder = self._ladder
        assert ladder is not None
        row = ladder.row_of(step)
        if ladder.row_kind[row] == RowKind.FOLD and int(ladder.row_first[row]) not in self._closed_by_hand:
            self._options = replace(self._options, opened=self._options.opened | {int(ladder.row_first[row])})
            self._lay_out()

    def _toggle_fold(self, row: int) -> None:
        ladder = self._ladder
        assert ladder is not None
        first = int(ladder.row_first[row])
        if ladder.row_kind[row] == RowKind.FOLD:
            self._options = replace(self._options, opened=self._options.opened | {first})
            self._closed_by_hand -= {first}
        else:
            self._options = replace(self._options, opened=self._options.opened - {first})
            self._closed_by_hand |= {first}
        self._lay_out()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, columns = self._palette, self._columns
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), palette[Ink.PAPER])
        ladder = self._ladder
        if ladder is None:
            painter.setPen(palette[Ink.MUTED])
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                             _("No TCP connection is selected."))
            painter.end()
            return
        painter.translate(-self.horizontalScrollBar().value(), 0)
        painter.scale(self.scale, self.scale)
        drawer = DiagramPainter(painter, self._measure, palette)
        top = self._view_top
        painter.save()
        painter.setClipRect(QRectF(0, HEAD_HEIGHT, columns.width, self._view_height))
        painter.translate(0, HEAD_HEIGHT - top)
        drawer.paint(draw_rows(ladder, columns, self._measure, top, top + self._view_height,
                               stepping=self._stepping, hovered=self._hovered))
        painter.restore()
        drawer.paint(draw_head(ladder.connection, columns, self._measure, self._options))
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self._options.selected is not None:
            self._bring_into_sight(self._options.selected)

    # Mouse

    def row_under(self, place: QPointF) -> int | None:
        """The row at a place of the viewport."""
        y = place.y() / self.scale - HEAD_HEIGHT
        if self._ladder is None or y < 0:
            return None
        return self._ladder.row_at(y + self._view_top)

    def step_at(self, place: QPoint) -> int | None:
        """The step whose arrow is drawn at a place of the viewport."""
        row = self.row_under(QPointF(place))
        if row is None or self._ladder is None or self._ladder.row_kind[row] != RowKind.STEP:
            return None
        return int(self._ladder.row_first[row])

    def place_of(self, step: int) -> QPoint:
        """Where a step's row lies in the viewport."""
        assert self._ladder is not None
        row = self._ladder.row_of(step)
        y = (self._ladder.content_top(row) + 16 - self._view_top + HEAD_HEIGHT) * self.scale
        return QPoint(round(self._columns.middle * self.scale), round(y))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.row_under(event.position())
        ladder = self._ladder
        if row is None or ladder is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        kind = ladder.row_kind[row]
        if kind in (RowKind.FOLD, RowKind.OPEN_FOLD):
            self._toggle_fold(row)
        elif kind == RowKind.STEP:
            self._stepping = False
            self.step_chosen.emit(int(ladder.row_first[row]))
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = self.row_under(event.position())
        ladder = self._ladder
        pointable = row is not None and ladder is not None and ladder.row_kind[row] in (
            RowKind.STEP, RowKind.FOLD, RowKind.OPEN_FOLD)
        self._hover(row if pointable else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, row: int | None) -> None:
        if row != self._hovered:
            self._hovered = row
            shape = Qt.CursorShape.ArrowCursor if row is None else Qt.CursorShape.PointingHandCursor
            self.viewport().setCursor(shape)
            self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_under(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self._tip(row), self.viewport(), QRect())
            return True
        return super().viewportEvent(event)

    def _tip(self, row: int | None) -> str:
        ladder, connection = self._ladder, self._connection
        if row is None or ladder is None or connection is None:
            return ""
        kind = ladder.row_kind[row]
        if kind == RowKind.FOLD:
            return _("Click to show these packets one by one.")
        if kind == RowKind.OPEN_FOLD:
            return _("Click to fold these packets.")
        if kind != RowKind.STEP:
            return ""
        step = connection.steps[int(ladder.row_first[row])]
        explanation = explain(connection, step.index)
        lines = [explanation.title, step_line(connection, step, relative=self._options.relative_numbers)]
        if step.options:
            lines.append(_("Options: {options}").format(options=", ".join(step.options)))
        lines.extend(explanation.state_change)
        return "\n".join(lines)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(1 if event.angleDelta().y() > 0 else -1)
        else:
            super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
            return
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            super().keyPressEvent(event)
            return
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_N:
                self.step_forward()
            case Qt.Key.Key_Up | Qt.Key.Key_P:
                self.step_back()
            case Qt.Key.Key_Home:
                self.step_first()
            case Qt.Key.Key_End:
                self.step_last()
            case Qt.Key.Key_Space:
                self.play_wanted.emit()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom_by(1)
            case Qt.Key.Key_Minus:
                self.zoom_by(-1)
            case Qt.Key.Key_S:
                self.relative_wanted.emit(not self._options.relative_numbers)
            case Qt.Key.Key_Right | Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Left:
                self._open_or_close_fold(opened=event.key() != Qt.Key.Key_Left)
            case Qt.Key.Key_Escape if self._stepping:
                self._stepping = False
                self.viewport().update()
            case _:
                super().keyPressEvent(event)

    def _open_or_close_fold(self, *, opened: bool) -> None:
        """Opens the fold that is lit, or closes the open one that the lit step lies in."""
        ladder, step = self._ladder, self._options.selected
        if ladder is None or step is None:
            return
        wanted = RowKind.FOLD if opened else RowKind.OPEN_FOLD
        for row in range(ladder.row_of(step), -1, -1) if not opened else (ladder.row_of(step),):
            if ladder.row_kind[row] == wanted and ladder.row_first[row] <= step <= ladder.row_last[row]:
                self._toggle_fold(row)
                self._bring_into_sight(step)
                return
            if ladder.row_kind[row] == RowKind.TITLE:
                return

    # For those who listen

    def _say(self, step: int) -> None:
        connection = self._connection
        assert connection is not None
        self.setAccessibleDescription(_("Step {number} of {count}: {step}").format(
            number=step + 1, count=len(connection.steps),
            step=step_line(connection, connection.steps[step], relative=self._options.relative_numbers)))
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
