"""What drawings that scroll have in common: a scale that follows the font, and when they are painted anew."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from tcpladder.tcp.pictures.palette import DiagramPalette
from tcpladder.ui.connection.diagram_painter import QtTextMeasure
from tcpladder.ui.theme import theme_of

_USUAL_FONT_PIXELS = 13.0   # the height of a desktop's font at which one unit is one pixel
_LEAST_FONT_PIXELS = 6


class ScrolledDrawing(QAbstractScrollArea):
    """A drawing that is painted anew when it is scrolled, resized, or gets other fonts or colours."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setAccessibleName(name)

    def _resize_scrolls(self) -> None:
        """Fits the ranges of the scroll bars to the drawing and the room there is."""
        raise NotImplementedError

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resize_scrolls()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._resize_scrolls()
            self.viewport().update()


class DiagramView(ScrolledDrawing):
    """A drawing in units of its own below a head that stays; subclasses say how far it scrolls, and paint it."""

    head_height = 0.0       # units

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._measure = QtTextMeasure(self.font().family())

    @property
    def scale(self) -> float:
        """Pixels per unit."""
        return max(self.fontInfo().pixelSize(), _LEAST_FONT_PIXELS) / _USUAL_FONT_PIXELS

    @property
    def _view_top(self) -> float:
        """What lies at the lower edge of the head, in units from the top of the drawing."""
        return self.verticalScrollBar().value() / self.scale

    @property
    def _view_height(self) -> float:
        """How much of the drawing is in sight, in units."""
        return max(self.viewport().height() / self.scale - self.head_height, 1.0)

    @property
    def _palette(self) -> DiagramPalette:
        return theme_of(self.palette()).diagram

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._measure = QtTextMeasure(self.font().family())
        super().changeEvent(event)
