"""What all graphs share: how a plot looks in the theme, and how it is taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF
from PySide6.QtGui import QImage, QPaintDevice, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from tcpladder.tcp.pictures.palette import DARK, LIGHT, DiagramPalette, Ink
from tcpladder.texts import _
from tcpladder.ui.picture_export import UnknownPictureError, image_png
from tcpladder.ui.saving import write_whole
from tcpladder.ui.theme import theme_of

_PNG_SCALE = 2


def make_plot(parent: QWidget, name: str, **axes: Any) -> Any:
    """An empty pyqtgraph plot with a name for those who listen. pyqtgraph takes a moment to load, so call it late."""
    import pyqtgraph

    plot = pyqtgraph.PlotWidget(parent, axisItems=axes)
    plot.setAccessibleName(name)
    plot.getPlotItem().setMenuEnabled(False)
    plot.getPlotItem().hideButtons()
    return plot


def palette_of(widget: QWidget) -> DiagramPalette:
    """The colours of diagrams in the theme of a widget."""
    return DARK if theme_of(widget.palette()).is_dark else LIGHT


def dress_plot(plot: Any, palette: DiagramPalette, left_width: int) -> None:
    """Gives a plot the colours of the theme, and its left axis a width that does not jump."""
    plot.setBackground(palette[Ink.PAPER])
    item = plot.getPlotItem()
    item.showGrid(x=True, y=True, alpha=0.18)
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.setPen(palette[Ink.GRID])
        axis.setTextPen(palette[Ink.MUTED])
    item.getAxis("left").setWidth(left_width)


def save_plot(plot: Any, path: Path) -> None:
    """Saves a plot as it is seen, as SVG or PNG by the name's ending, whole or not at all.

    Raises OSError, and UnknownPictureError with a sentence for the person.
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
