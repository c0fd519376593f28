"""What all graphs share: how a plot looks in the theme, and how it is taken away."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF
from PySide6.QtGui import QImage, QPaintDevice, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from tcpladder.packets.whole_file import write_whole
from tcpladder.tcp.pictures.palette import DiagramPalette, Ink
from tcpladder.texts import _
from tcpladder.ui.connection.picture_export import UnknownPictureError, image_png
from tcpladder.ui.theme import theme_of

_PNG_SCALE = 2
_LEAST_HEIGHT = 40      # pixels: a plot makes room for what is written above it


def make_plot(parent: QWidget, name: str, **axes: Any) -> Any:
    """An empty pyqtgraph plot with a name for those who listen: numbers over seconds, unless axes are given.

    pyqtgraph takes a moment to load, so call it late.
    """
    import pyqtgraph

    axis = plain_axis()
    usual = {"left": axis(orientation="left"), "bottom": axis(orientation="bottom")}
    plot = pyqtgraph.PlotWidget(parent, axisItems=usual | axes)
    plot.setAccessibleName(name)
    plot.setMinimumHeight(_LEAST_HEIGHT)
    plot.getPlotItem().setMenuEnabled(False)
    plot.getPlotItem().hideButtons()
    return plot


@lru_cache(maxsize=1)
def plain_axis() -> Any:
    """An axis that writes numbers out: "0.00005" and "20,000", not "5e-05" and "20000"."""
    import pyqtgraph

    class PlainAxis(pyqtgraph.AxisItem):
        """least: the smallest distance between two numbers, 1 where only whole ones make sense."""

        least = 0.0

        def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
            spacings = super().tickSpacing(low, high, size)
            return [spacing for spacing in spacings if spacing[0] >= self.least] or [(self.least, 0.0)]

        def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
            return [f"{value:,.{max(0, math.ceil(-math.log10(spacing) - 1e-9))}f}" for value in values]

    return PlainAxis


def count_axis() -> Any:
    """An axis at the left of whole numbers."""
    axis = plain_axis()(orientation="left")
    axis.least = 1.0
    return axis


def palette_of(widget: QWidget) -> DiagramPalette:
    """The colours of diagrams in the theme of a widget."""
    return theme_of(widget.palette()).diagram


def dress_plot(plot: Any, palette: DiagramPalette, left_width: int) -> None:
    """Gives a plot the colours of the theme and the font around it, and its left axis a width that does not jump."""
    plot.setBackground(palette[Ink.PAPER])
    item = plot.getPlotItem()
    item.showGrid(x=True, y=True, alpha=0.18)
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.setPen(palette[Ink.GRID])
        axis.setTextPen(palette[Ink.MUTED])
        axis.setStyle(tickFont=plot.parentWidget().font())
    item.getAxis("left").setWidth(left_width)


def save_plot(plot: Any, path: Path) -> None:
    """Saves a plot as it is seen, as SVG or PNG by the name's ending, whole or not at all.

    Raises WriteError, and UnknownPictureError with a sentence for the person.
    """
    match path.suffix.lower():
        case ".svg":
            data = QByteArray()
            buffer = QBuffer(data)
            buffer.open(QIODevice.OpenModeFlag.WriteOnly)
            drawing = QSvgGenerator()
            drawing.setOutputDevice(buffer)
            drawing.setResolution(plot.logicalDpiX())    # what the axes recorded is scaled to it
            drawing.setSize(plot.size())
            drawing.setViewBox(plot.rect())
            _render(plot, drawing)
            write_whole(path, [bytes(data.data())])
        case ".png":
            write_whole(path, [image_png(plot_image(plot))])
        case suffix:
            raise UnknownPictureError(_("A graph can be saved as {known}, not as \"{suffix}\".").format(
                known=".svg, .png", suffix=suffix))


def plot_image(plot: Any) -> QImage:
    """A plot as it is seen, finer than the screen."""
    image = QImage(plot.size() * _PNG_SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_PNG_SCALE)
    _render(plot, image)
    return image


def _render(plot: Any, device: QPaintDevice) -> None:
    painter = QPainter(device)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(plot.rect(), plot.backgroundBrush())
    plot.render(painter, QRectF(plot.rect()))
    painter.end()
