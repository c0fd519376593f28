"""Sequence numbers on the screen: both byte streams as number lines, and the variables of both ends."""

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from tcpladder.tcp.connection import Connection
from tcpladder.tcp.numbers import Numbers
from tcpladder.tcp.pictures.numbers_scene import draw_numbers, numbers_height
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.texts import _
from tcpladder.ui.connection.diagram_painter import DiagramPainter
from tcpladder.ui.connection.diagram_view import DiagramView


class NumbersView(DiagramView):
    """What is sent, acknowledged, missing and allowed, after the selected step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Sequence numbers"), parent)
        self._connection: Connection | None = None
        self._numbers: Numbers | None = None
        self._step: int | None = None

    def show_connection(self, connection: Connection | None) -> None:
        """Shows both ends before the first segment."""
        self._connection, self._step = connection, None
        self._numbers = None if connection is None else Numbers(connection)
        self.viewport().update()

    def show_step(self, step: int | None) -> None:
        """Shows both ends after a step."""
        self._step = step
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self._palette
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), palette[Ink.PAPER])
        if self._connection is not None and self._numbers is not None:
            painter.translate(0, -self.verticalScrollBar().value())
            painter.scale(self.scale, self.scale)
            width = self.viewport().width() / self.scale
            DiagramPainter(painter, self._measure, palette).paint(
                draw_numbers(self._connection, self._numbers, self._step, width, self._measure))
        painter.end()

    def _resize_scrolls(self) -> None:
        height = round(numbers_height() * self.scale)
        self.verticalScrollBar().setRange(0, max(0, height - self.viewport().height()))
        self.verticalScrollBar().setPageStep(self.viewport().height())
