"""The diagram as PNG and PDF, painted by Qt from the same layout as everything else."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, Qt
from PySide6.QtGui import QFontDatabase, QImage, QPageSize, QPainter, QPdfWriter

from tcpladder.packets.whole_file import write_whole
from tcpladder.tcp.ladder import Ladder
from tcpladder.tcp.pictures import WRITERS
from tcpladder.tcp.pictures.palette import LIGHT, DiagramPalette, Ink
from tcpladder.tcp.pictures.scene import (
    HEAD_HEIGHT,
    Columns,
    columns_for,
    draw_head,
    draw_rows,
    ends_text,
    picture_height,
)
from tcpladder.texts import _
from tcpladder.ui.connection.diagram_painter import DiagramPainter, QtTextMeasure

PICTURE_WIDTH = 760.0
HIGHEST_PNG = 30_000    # pixels; Qt's painter counts them in 16 bits


class UnknownPictureError(ValueError):
    """A file name does not end in a format that the diagram can be saved in."""


class PictureTooLargeError(ValueError):
    """The diagram does not fit into the kind of picture that was asked for."""


def paint_image(ladder: Ladder, *, width: float = PICTURE_WIDTH, scale: float = 2.0,
                palette: DiagramPalette = LIGHT) -> QImage:
    """The whole diagram as an image, scale pixels per unit. Raises PictureTooLargeError."""
    columns = columns_for(width)
    height = round(picture_height(ladder) * scale)
    if height > HIGHEST_PNG:
        raise PictureTooLargeError(_(
            "The diagram would be {height} pixels high, a PNG may have {most}. Save it as SVG or PDF, or close folds."
        ).format(height=f"{height:,}", most=f"{HIGHEST_PNG:,}"))
    image = QImage(round(columns.width * scale), height, QImage.Format.Format_RGB32)
    image.fill(palette[Ink.PAPER])
    painter = QPainter(image)
    try:
        painter.scale(scale, scale)
        _paint_page(painter, ladder, columns, palette, 0.0, ladder.height)
    finally:
        painter.end()
    return image


def png_bytes(ladder: Ladder, *, width: float = PICTURE_WIDTH, scale: float = 2.0,
              palette: DiagramPalette = LIGHT) -> bytes:
    """The whole diagram as a PNG file."""
    return image_png(paint_image(ladder, width=width, scale=scale, palette=palette))


def image_png(image: QImage) -> bytes:
    """An image as a PNG file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())


def pdf_bytes(ladder: Ladder, *, width: float = PICTURE_WIDTH, palette: DiagramPalette = LIGHT) -> bytes:
    """The whole diagram as a PDF file: A4 pages, broken between rows, each with the lifelines' heads."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(12, 12, 12, 12))
    writer.setTitle(ends_text(ladder))
    columns = columns_for(width)
    scale = writer.width() / columns.width
    room = writer.height() / scale - HEAD_HEIGHT
    painter = QPainter(writer)
    try:
        painter.scale(scale, scale)
        for number, (top, bottom) in enumerate(_pages(ladder, room)):
            if number:
                writer.newPage()
            painter.save()
            painter.setClipRect(QRectF(0, 0, columns.width, HEAD_HEIGHT + bottom - top))
            _paint_page(painter, ladder, columns, palette, top, bottom)
            painter.restore()
    finally:
        painter.end()
    return bytes(data.data())


def picture_bytes(ladder: Ladder, suffix: str) -> bytes:
    """The diagram in the format of a file name's ending, those without Qt included.

    Raises UnknownPictureError and PictureTooLargeError, both with a sentence for the person.
    """
    ending = suffix.lower()
    if ending == ".png":
        return png_bytes(ladder)
    if ending == ".pdf":
        return pdf_bytes(ladder)
    if ending in WRITERS:
        return WRITERS[ending](ladder).encode("utf-8")
    raise UnknownPictureError(_("A diagram can be saved as {known}, not as \"{suffix}\".").format(
        known=", ".join((".png", ".pdf", *WRITERS)), suffix=suffix))


def save_diagram(ladder: Ladder, path: Path) -> None:
    """Writes the diagram in the format that the name ends in, whole or not at all."""
    write_whole(path, [picture_bytes(ladder, path.suffix)])


def _paint_page(painter: QPainter, ladder: Ladder, columns: Columns, palette: DiagramPalette, top: float,
                bottom: float) -> None:
    measure = QtTextMeasure(diagram_family())
    drawer = DiagramPainter(painter, measure, palette)
    painter.save()
    painter.setClipRect(QRectF(0, HEAD_HEIGHT, columns.width, bottom - top), Qt.ClipOperation.IntersectClip)
    painter.translate(0, HEAD_HEIGHT - top)
    drawer.paint(draw_rows(ladder, columns, measure, top, bottom))
    painter.restore()
    drawer.paint(draw_head(ladder.connection, columns, measure, ladder.options))


def diagram_family() -> str:
    """The family that the diagram is written in: that of the desktop."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()


def _pages(ladder: Ladder, room: float) -> list[tuple[float, float]]:
    """Stretches of the diagram, each ending where a row ends."""
    pages: list[tuple[float, float]] = []
    top = 0.0
    while top < ladder.height:
        last = ladder.rows_between(top, top + room).stop
        bottom = float(ladder.tops[last])
        if bottom > top + room and float(ladder.tops[last - 1]) > top:
            bottom = float(ladder.tops[last - 1])
        pages.append((top, bottom))
        top = bottom
    return pages


