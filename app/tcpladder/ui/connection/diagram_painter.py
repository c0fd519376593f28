"""Paints the shapes of the diagram with Qt, on whatever Qt paints on."""

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from tcpladder.tcp.pictures.palette import DiagramPalette, Ink
from tcpladder.tcp.pictures.shapes import Anchor, Area, Box, Face, Line, Shape, TextMeasure, Words

# Fonts come in whole pixels; sizes here have halves. So text is set at twice its size and drawn at half scale,
# which any device takes, whatever its resolution.
_DOUBLE = 2


class QtTextMeasure(TextMeasure):
    """Widths as the fonts of a family really have them, in units that do not depend on the zoom."""

    def __init__(self, family: str) -> None:
        self.family = family
        self._fonts: dict[Face, tuple[QFont, QFontMetricsF]] = {}
        self._widths: dict[tuple[str, Face], float] = {}

    def font(self, face: Face) -> QFont:
        """The font of a face, twice as large as the face says."""
        return self._known(face)[0]

    def width(self, text: str, face: Face) -> float:
        """Width in units."""
        key = (text, face)
        width = self._widths.get(key)
        if width is None:
            if len(self._widths) > 20_000:
                self._widths.clear()
            width = self._widths[key] = self._known(face)[1].horizontalAdvance(text) / _DOUBLE
        return width

    def _known(self, face: Face) -> tuple[QFont, QFontMetricsF]:
        known = self._fonts.get(face)
        if known is None:
            font = QFont(self.family)
            font.setPixelSize(round(face.size * _DOUBLE))
            font.setBold(face.bold)
            font.setItalic(face.italic)
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            known = self._fonts[face] = (font, QFontMetricsF(font))
        return known


class DiagramPainter:
    """Shapes onto a QPainter whose units are those of the layout."""

    def __init__(self, painter: QPainter, measure: QtTextMeasure, palette: DiagramPalette) -> None:
        self.painter = painter
        self.measure = measure
        self._colours = {ink: QColor(palette[ink]) for ink in Ink}
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)

    def paint(self, shapes: Iterable[Shape]) -> None:
        """Paints in the order given, later shapes over earlier ones."""
        for shape in shapes:
            match shape:
                case Words():
                    self._words(shape)
                case Line():
                    self._line(shape)
                case Box():
                    self._box(shape)
                case Area():
                    self.painter.setPen(Qt.PenStyle.NoPen)
                    self.painter.setBrush(self._colours[shape.ink])
                    self.painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in shape.points]))

    def _box(self, box: Box) -> None:
        painter = self.painter
        painter.setPen(self._pen(box.line, 1.0, box.dash) if box.line else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(QBrush(self._colours[box.fill]) if box.fill else QBrush(Qt.BrushStyle.NoBrush))
        painter.setOpacity(box.opacity)
        rectangle = QRectF(box.x, box.y, box.width, box.height)
        if box.radius:
            painter.drawRoundedRect(rectangle, box.radius, box.radius)
        else:
            painter.drawRect(rectangle)
        painter.setOpacity(1.0)

    def _line(self, line: Line) -> None:
        painter = self.painter
        painter.setPen(self._pen(line.ink, line.width, line.dash))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setOpacity(line.opacity)
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in line.points]))
        painter.setOpacity(1.0)

    def _words(self, words: Words) -> None:
        painter = self.painter
        painter.setPen(self._colours[words.ink])
        painter.setFont(self.measure.font(words.face))
        width = self.measure.width(words.text, words.face) if words.anchor is not Anchor.START else 0.0
        shift = {Anchor.START: 0.0, Anchor.MIDDLE: width / 2, Anchor.END: width}[words.anchor]
        painter.save()
        painter.translate(words.x, words.y)
        if words.turned:
            painter.rotate(-90)
        painter.scale(1 / _DOUBLE, 1 / _DOUBLE)
        painter.drawText(QPointF(-shift * _DOUBLE, 0), words.text)
        painter.restore()

    def _pen(self, ink: Ink, width: float, dash: tuple[float, ...]) -> QPen:
        pen = QPen(self._colours[ink], width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        if dash:
            pen.setDashPattern([part / width for part in dash] * (1 + len(dash) % 2))
        return pen

