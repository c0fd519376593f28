"""The bytes of the selected packet: offset, hex, characters; linked with the fields both ways."""

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QMenu, QWidget

from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.texts import _, ngettext
from tcpladder.ui.byte_text import c_array, hex_dump, hex_stream, printable
from tcpladder.ui.details.hex_layout import HexLayout
from tcpladder.ui.filter.field_filter import filter_for, offer_filter
from tcpladder.ui.session import Session
from tcpladder.ui.theme import byte_font, theme_of

_MARGIN = 8
_AROUND_ALL = ("frame", "pkt_comment")      # layers whose bytes are not worth lighting


class HexPane(QAbstractScrollArea):
    """Paints the visible lines. A click selects the field of a byte; arrow keys go from byte to byte."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._bytes = b""
        self._buffer = 0                            # index into the packet's buffers
        self._layout = HexLayout(0, 16)
        self._field: FieldNode | None = None
        self._layer: FieldNode | None = None        # that holds the selected field
        self._hovered: FieldNode | None = None
        self._cursor: int | None = None             # byte that was clicked or reached by keys
        self.setAccessibleName(_("Bytes"))
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        self._measure()
        session.packet_selected.connect(self._show_packet)
        session.field_selected.connect(self._follow_field)
        session.field_hovered.connect(self._follow_hover)

    # Where things are

    def byte_at(self, place: QPoint) -> int | None:
        """The byte drawn at a place of the viewport."""
        line = int((place.y() - _MARGIN / 2) // self._line_height) + self.verticalScrollBar().value()
        cell = (place.x() - _MARGIN + self.horizontalScrollBar().value()) / self._cell_width
        return self._layout.byte_at(line, cell)

    def go_to_byte(self, byte_offset: int) -> None:
        """Selects the field of a byte, and brings the byte into sight."""
        self._cursor = byte_offset
        self._session.select_byte(byte_offset, self._buffer)
        self._scroll_to(byte_offset, byte_offset)
        self.viewport().update()

    def rect_of(self, byte_offset: int) -> QRectF:
        """The area of a byte's digits in the viewport."""
        line, place = divmod(byte_offset, self._layout.per_line)
        return self._area(line, self._layout.hex_column(place), 2)

    def sizeHint(self) -> QSize:
        wide = HexLayout(256, 16)
        return QSize(round(wide.width * self._cell_width) + 2 * _MARGIN + 16, 10 * round(self._line_height))

    # Overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        theme = theme_of(self.palette())
        painter.setFont(self._font)
        layout = self._layout
        first = self.verticalScrollBar().value()
        last = min(layout.line_count, first + self._lines_in_view() + 2)
        if self._layer is not None:
            self._fill(painter, self._layer, theme.layer_background, first, last)
        if self._hovered is not None:
            self._fill(painter, self._hovered, theme.hover_background, first, last)
        if self._field is not None:
            self._fill(painter, self._field, theme.field.background, first, last)
        selected = range(0)
        if self._field is not None and self._field.buffer == self._buffer:
            selected = range(self._field.start_byte, self._field.end_byte)
        colours = QColor(theme.text), QColor(theme.muted), QColor(theme.field.text)
        for line in range(first, last):
            for colour, text in zip(colours, self._texts_of(line, selected), strict=True):
                if not text.isspace():
                    painter.setPen(colour)
                    self._write(painter, line, 0, text)
        if self._cursor is not None and self.hasFocus() and first <= layout.line_of(self._cursor) < last:
            painter.setPen(QColor(theme.accent))
            painter.drawRect(self.rect_of(self._cursor).adjusted(-1.5, 0.5, 1.5, -0.5))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()
            self._lay_out()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        byte = self.byte_at(event.position().toPoint())
        packet = self._session.packet
        node = None if byte is None or packet is None else packet.node_at(byte, self._buffer)
        self._session.hover_field(node)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._session.hover_field(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        byte = self.byte_at(event.position().toPoint())
        if byte is not None and event.button() is Qt.MouseButton.LeftButton:
            self.go_to_byte(byte)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._bytes or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        line = self._layout.per_line
        steps: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: +1, Qt.Key.Key_Up: -line,
                                 Qt.Key.Key_Down: +line}
        place = self._cursor if self._cursor is not None else 0
        if event.key() in steps:
            wanted = place + steps[event.key()]
            if 0 <= wanted < len(self._bytes):
                self.go_to_byte(wanted)
        elif event.key() == Qt.Key.Key_Home:
            self.go_to_byte(0)
        elif event.key() == Qt.Key.Key_End:
            self.go_to_byte(len(self._bytes) - 1)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._bytes:
            return
        menu = QMenu(self)
        if self._field is not None:
            offer_filter(menu, self._session, filter_for(self._field))
            menu.addSeparator()
        self.add_copies(menu.addMenu(_("Copy &Packet")), self._bytes)
        if self.selected_bytes():
            self.add_copies(menu.addMenu(_("Copy &Field")), self.selected_bytes())
        menu.exec(event.globalPos())
        menu.deleteLater()

    # Copies

    def selected_bytes(self) -> bytes:
        """The bytes of the selected field."""
        if self._field is None or self._field.buffer != self._buffer:
            return b""
        return self._bytes[self._field.start_byte:self._field.end_byte]

    def add_copies(self, menu: QMenu, data: bytes) -> None:
        """Fills a menu with the ways to copy bytes."""
        clipboard = QGuiApplication.clipboard()
        name = f"packet_{(self._session.row or 0) + 1}"
        menu.addAction(_("As Hex &Dump")).triggered.connect(lambda: clipboard.setText(hex_dump(data)))
        menu.addAction(_("As Hex &Stream")).triggered.connect(lambda: clipboard.setText(hex_stream(data)))
        menu.addAction(_("As &C Array")).triggered.connect(lambda: clipboard.setText(c_array(data, name)))
        menu.addAction(_("As &Raw Bytes")).triggered.connect(lambda: clipboard.setMimeData(_raw(data)))

    # What happens

    def _show_packet(self, packet: DecodedPacket | None) -> None:
        self._field = self._layer = self._hovered = None
        self._cursor = None
        self._show_buffer(packet, 0)

    def _show_buffer(self, packet: DecodedPacket | None, number: int) -> None:
        self._buffer = number
        self._bytes = packet.buffers[number] if packet is not None and packet.buffers else b""
        self._lay_out()

    def _follow_field(self, node: FieldNode | None) -> None:
        packet = self._session.packet
        if node is not None and packet is not None and node.buffer != self._buffer:
            self._show_buffer(packet, node.buffer)
        self._field = node
        self._layer = None
        if node is not None and packet is not None:
            self._layer = next((layer for layer in packet.layers if layer.name not in _AROUND_ALL
                                and any(part is node for part in layer.walk())), None)
            if node.start_byte < node.end_byte:
                if self._cursor is None or not node.start_byte <= self._cursor < node.end_byte:
                    self._cursor = node.start_byte
                self._scroll_to(node.start_byte, node.end_byte - 1)
            count = node.end_byte - node.start_byte
            text = ngettext("{name}: {count} byte from offset {start}.",
                            "{name}: {count} bytes from offset {start}.", count)
            self.setAccessibleDescription(text.format(name=node.name, count=count, start=node.start_byte))
        self.viewport().update()

    def _follow_hover(self, node: FieldNode | None) -> None:
        if node is not self._hovered:
            self._hovered = node
            self.viewport().update()

    # Lines and cells

    def _measure(self) -> None:
        self._font = byte_font(self.font())
        metrics = QFontMetricsF(self._font)
        self._cell_width = metrics.horizontalAdvance("0")
        self._line_height = round(metrics.height()) + 2
        self._ascent = metrics.ascent() + 1

    def _lay_out(self) -> None:
        width = self.viewport().width() - 2 * _MARGIN
        self._layout = HexLayout.for_width(len(self._bytes), int(width / self._cell_width))
        in_view = self._lines_in_view()
        bar = self.verticalScrollBar()
        bar.setPageStep(max(1, in_view))
        bar.setRange(0, max(0, self._layout.line_count - in_view))
        sideways = self.horizontalScrollBar()
        sideways.setPageStep(max(1, width))
        sideways.setSingleStep(round(self._cell_width))
        sideways.setRange(0, max(0, round(self._layout.width * self._cell_width) - width))
        self.viewport().update()

    def _lines_in_view(self) -> int:
        return max(1, int((self.viewport().height() - _MARGIN) // self._line_height))

    def _scroll_to(self, first_byte: int, last_byte: int) -> None:
        bar, in_view = self.verticalScrollBar(), self._lines_in_view()
        first, last = self._layout.line_of(first_byte), self._layout.line_of(last_byte)
        if last >= bar.value() + in_view:
            bar.setValue(last - in_view + 1)
        if first < bar.value() or first >= bar.value() + in_view:
            bar.setValue(first)

    def _area(self, line: int, column: int, cells: int) -> QRectF:
        top = (line - self.verticalScrollBar().value()) * self._line_height + _MARGIN / 2
        left = _MARGIN + column * self._cell_width - self.horizontalScrollBar().value()
        return QRectF(left, top, cells * self._cell_width, self._line_height)

    def _texts_of(self, line: int, selected: range) -> tuple[str, str, str]:
        """A line's usual characters, its weak ones, and those of selected bytes; each with blanks for the others."""
        layout = self._layout
        usual, weak, lit = ([" "] * layout.width for _colour in range(3))
        start = line * layout.per_line
        weak[:layout.offset_digits] = f"{start:0{layout.offset_digits}x}"
        shown = self._bytes[start:start + layout.per_line]
        for offset, (byte, (column, text_column)) in enumerate(zip(shown, layout.columns, strict=False), start):
            cells = lit if offset in selected else usual
            cells[column:column + 2] = f"{byte:02x}"
            character = printable(byte)
            is_stand_in = character == "." and byte != 0x2E
            (weak if is_stand_in and cells is usual else cells)[text_column] = character
        return "".join(usual), "".join(weak), "".join(lit)

    def _write(self, painter: QPainter, line: int, column: int, text: str) -> None:
        area = self._area(line, column, len(text))
        painter.drawText(QPointF(area.left(), area.top() + self._ascent), text)

    def _fill(self, painter: QPainter, node: FieldNode, colour: str, first: int, last: int) -> None:
        """Lights the bytes of a field in the lines [first, last)."""
        if node.buffer != self._buffer:
            return
        per_line = self._layout.per_line
        start, end = max(node.start_byte, first * per_line), min(node.end_byte, last * per_line)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        for line, place, last_place in self._layout.runs(start, end):
            column = self._layout.hex_column(place)
            cells = self._layout.hex_column(last_place) + 2 - column
            painter.drawRoundedRect(self._area(line, column, cells).adjusted(-2.5, 0.5, 2.5, -0.5), 2, 2)
            column = self._layout.text_column(place)
            cells = self._layout.text_column(last_place) + 1 - column
            painter.drawRect(self._area(line, column, cells).adjusted(0, 0.5, 0, -0.5))


def _raw(data: bytes) -> QMimeData:
    content = QMimeData()
    content.setData("application/octet-stream", QByteArray(data))
    return content
