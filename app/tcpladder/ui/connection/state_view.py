"""The state machine on the screen: both sides as tokens, the arrow just taken lit."""

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from tcpladder.tcp.connection import Connection
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.tcp.pictures.state_scene import draw_states, place_at
from tcpladder.tcp.state_machine import HEIGHT, WIDTH, StateCourse
from tcpladder.texts import _
from tcpladder.ui.connection.diagram_painter import DiagramPainter, QtTextMeasure
from tcpladder.ui.theme import theme_of


class StateView(QWidget):
    """RFC 9293 figure 5 with both sides' states; a click on a state asks for the step that enters it."""

    step_chosen = Signal(object)    # index of a step

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setAccessibleName(_("TCP state machine"))
        self.setToolTip(_("C: client, S: server. Click a state to go to the packet that enters it. (RFC 9293 §3.3.2)"))
        self._course: StateCourse | None = None
        self._step: int | None = None
        self._measure = QtTextMeasure(self.font().family())

    def sizeHint(self) -> QSize:
        return QSize(round(WIDTH), round(HEIGHT))

    def show_connection(self, connection: Connection | None) -> None:
        """Shows both sides before the first segment."""
        self._course = None if connection is None else StateCourse(connection)
        self._step = None
        self.update()

    def show_step(self, step: int | None) -> None:
        """Shows both sides after a step, and what it changed."""
        self._step = step
        if self._course is not None and step is not None:
            shown = self._course.connection.steps[step]
            self.setAccessibleDescription(_("client {client}, server {server}").format(
                client=shown.client_state.value, server=shown.server_state.value))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = theme_of(self.palette()).diagram
        painter = QPainter(self)
        painter.fillRect(self.rect(), palette[Ink.PAPER])
        scale, left, top = self._placing()
        painter.translate(left, top)
        painter.scale(scale, scale)
        DiagramPainter(painter, self._measure, palette).paint(draw_states(self._course, self._step))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        step = self._step_at(event.position())
        if step is not None and event.button() is Qt.MouseButton.LeftButton:
            self.step_chosen.emit(step)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        can_go = self._step_at(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if can_go else Qt.CursorShape.ArrowCursor)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._measure = QtTextMeasure(self.font().family())

    def place_in_widget(self, x: float, y: float) -> QPointF:
        """Where a point of the figure lies."""
        scale, left, top = self._placing()
        return QPointF(left + x * scale, top + y * scale)

    def _placing(self) -> tuple[float, float, float]:
        """Scale, left and top of the figure: as large as fits, in the middle."""
        scale = min(self.width() / (WIDTH + 16), self.height() / (HEIGHT + 16))
        return scale, (self.width() - WIDTH * scale) / 2, (self.height() - HEIGHT * scale) / 2

    def _step_at(self, position: QPointF) -> int | None:
        if self._course is None:
            return None
        scale, left, top = self._placing()
        place = place_at((position.x() - left) / scale, (position.y() - top) / scale)
        return None if place is None else self._course.entering_step(place)
