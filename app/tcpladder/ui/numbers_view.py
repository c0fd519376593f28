"""Sequence numbers on the screen: both byte streams as number lines, and the variables of both ends."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from tcpladder.tcp.connection import Connection
from tcpladder.tcp.numbers import Numbers
from tcpladder.tcp.pictures.numbers_scene import draw_numbers, numbers_height
from tcpladder.tcp.pictures.palette import DARK, LIGHT, Ink
from tcpladder.texts import _
from tcpladder.ui.diagram_painter import DiagramPainter, QtTextMeasure
from tcpladder.ui.theme import theme_of

_USUAL_FONT_PIXELS = 13.0


class NumbersView(QAbstractScrollArea):
    """What is sent, acknowledged, missing and allowed, after the selected step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setAccessibleName(_("Sequence numbers"))
        self._connection: Connection | None = None
        self._numbers: Numbers | None = None
        self._step: int | None = None
        self._measure = QtTextMeasure(self.font().family())

    def show_connection(self, connection: Connection | None) -> None:
        """Shows both ends before the first segment."""
        self._connection, self._step = connection, None
        self._numbers = None if connection is None else Numbers(connection)
        self.viewport().update()

    def show_step(self, step: int | None) -> None:
        """Shows both ends after a step."""
        self._step = step
        self.viewport().update()

    @property
    def _scale(self) -> float:
        return max(self.fontInfo().pixelSize(), 6) / _USUAL_FONT_PIXELS

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = DARK if theme_of(self.palette()).is_dark else LIGHT
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), palette[Ink.PAPER])
        if self._connection is not None and self._numbers is not None:
            painter.translate(0, -self.verticalScrollBar().value())
            painter.scale(self._scale, self._scale)
            width = self.viewport().width() / self._scale
            DiagramPainter(painter, self._measure, palette).paint(
                draw_numbers(self._connection, self._numbers, self._step, width, self._measure))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        height = round(numbers_height() * self._scale)
        self.verticalScrollBar().setRange(0, max(0, height - self.viewport().height()))
        self.verticalScrollBar().setPageStep(self.viewport().height())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._measure = QtTextMeasure(self.font().family())
