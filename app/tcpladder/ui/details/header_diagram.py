"""The RFC picture of the selected layer's header: 32 bits wide, values in the boxes, linked with tree and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QShowEvent,
)
from PySide6.QtWidgets import QMenu, QTabBar, QToolTip, QVBoxLayout, QWidget

from tcpladder.decode.one_packet import decode_row
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import described_value, label_text, show_text
from tcpladder.fields.types import FieldType
from tcpladder.tcp.connection import Connection, Step
from tcpladder.texts import _, ngettext
from tcpladder.ui.connection.diagram_view import ScrolledDrawing
from tcpladder.ui.details.header_layout import ROW_BITS, Box, HeaderPicture, changed_boxes, has_picture, lay_out_header
from tcpladder.ui.filter.field_filter import filter_for, offer_filter
from tcpladder.ui.theme import Theme, theme_of

if TYPE_CHECKING:
    from tcpladder.ui.session import Session

# What a packet is about, if no field is selected: the first of these that it has, the last one of its kind.
_TELLING_LAYERS = ("tcp", "udp", "icmp", "icmpv6", "arp", "ipv6", "ip")
_SHORT_NAMES = {"push": "PSH", "reset": "RST", "res": "Rsv", "rb": "R", "version": "Ver.", "hdr_len": "Header"}
_TAB_NAMES = {"eth": "Ethernet", "ip": "IPv4", "ipv6": "IPv6", "tcp": "TCP", "udp": "UDP", "arp": "ARP",
              "icmp": "ICMP", "icmpv6": "ICMPv6", "sll": "Linux SLL", "vlan": "VLAN"}
_ROW_LINES = 3.0        # heights of a text line
_WIDEST = 900.0         # pixels at which the picture stops growing, at the usual font
_MARGIN = 10.0


class HeaderDiagram(QWidget):
    """One tab for each layer that lies in the packet's bytes, and the picture of the chosen one."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._layers: list[FieldNode] = []
        self._is_behind = False     # what is selected was not laid out: nobody saw it
        self.tabs = QTabBar(self)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)       # a click leaves it where it is
        self.view = HeaderView(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tabs)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
        session.packet_selected.connect(self._follow_packet)
        session.field_selected.connect(self._follow_field)
        session.field_hovered.connect(self.view.show_hovered)
        session.step_selected.connect(self._follow_step)
        self.view.field_chosen.connect(session.select_field)
        self.view.field_hovered.connect(session.hover_field)
        self.view.painted.connect(self._catch_up, Qt.ConnectionType.QueuedConnection)
        self.tabs.tabBarClicked.connect(self._choose_layer)
        self.tabs.currentChanged.connect(self._choose_layer)        # by keys
        self.show_packet(session.packet)
        self.show_field(session.field)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._catch_up()

    def _catch_up(self) -> None:
        if self._is_behind:
            self._is_behind = False
            self.show_packet(self._session.packet)
            self.show_field(self._session.field)

    def _follow_packet(self, packet: DecodedPacket | None) -> None:
        # What lies behind other tabs counts as visible for Qt; that it comes to the front is told by its being painted.
        self._is_behind = packet is not None and self.visibleRegion().isEmpty()
        if not self._is_behind:
            self.show_packet(packet)

    def _follow_field(self, node: FieldNode | None) -> None:
        if not self._is_behind:
            self.show_field(node)

    def _follow_step(self, step: int | None) -> None:
        if not self._is_behind:
            self._show_changes(step)

    def show_packet(self, packet: DecodedPacket | None) -> None:
        """Offers the packet's layers, and shows the one of the same protocol as before where there is one."""
        shown = self.view.picture.layer.name if self.view.picture else None
        self._layers = [] if packet is None else list(filter(has_picture, packet.layers))
        texts = list(map(_tab_text, self._layers))
        if texts != [self.tabs.tabText(place) for place in range(self.tabs.count())]:
            self.tabs.blockSignals(True)
            while self.tabs.count():
                self.tabs.removeTab(0)
            for text in texts:
                self.tabs.addTab(text)
            self.tabs.blockSignals(False)
        self._show_layer(self._layer_named(shown) or self._telling_layer())

    def show_field(self, node: FieldNode | None) -> None:
        """Lights a field, in the layer that holds it."""
        if node is not None:
            holder = next((layer for layer in self._layers if any(node is part for part in layer.walk())), None)
            if holder is not None and (self.view.picture is None or holder is not self.view.picture.layer):
                self._show_layer(holder)
        self.view.show_selected(node)

    def _show_changes(self, step: int | None = None) -> None:
        """Marks what differs from the packet that the same side sent before, in this connection."""
        picture, connection, columns = self.view.picture, self._session.connection, self._session.columns
        earlier = None if connection is None or step is None else _step_before(connection, step)
        if picture is None or columns is None or earlier is None:
            self.view.show_changed([])
            return
        packet = decode_row(columns, earlier.row)
        layer = next((layer for layer in reversed(packet.layers) if layer.name == picture.layer.name), None)
        self.view.show_changed([] if layer is None else changed_boxes(picture, lay_out_header(layer)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        box = self.view.box_at(QPointF(self.view.viewport().mapFromGlobal(event.globalPos())))
        if box is None:
            return
        self._session.select_field(box.node)
        menu = QMenu(self)
        offer_filter(menu, self._session, filter_for(box.node))
        menu.exec(event.globalPos())
        menu.deleteLater()

    def _choose_layer(self, place: int) -> None:
        if 0 <= place < len(self._layers):
            self._session.select_field(self._layers[place])

    def _show_layer(self, layer: FieldNode | None) -> None:
        self.view.show_picture(None if layer is None else lay_out_header(layer))
        if layer is not None:
            self.tabs.blockSignals(True)
            self.tabs.setCurrentIndex(next(place for place, known in enumerate(self._layers) if known is layer))
            self.tabs.blockSignals(False)
        self._show_changes(self._step_of_packet())

    def _step_of_packet(self) -> int | None:
        """The selected step, if it is that of the packet which is shown (the session tells of the packet first)."""
        session = self._session
        if session.connection is None or session.step is None or session.packet is None:
            return None
        shown = session.connection.steps[session.step].row == session.packet.row
        return session.step if shown else None

    def _layer_named(self, name: str | None) -> FieldNode | None:
        return next((layer for layer in reversed(self._layers) if layer.name == name), None)

    def _telling_layer(self) -> FieldNode | None:
        for name in _TELLING_LAYERS:
            layer = self._layer_named(name)
            if layer is not None:
                return layer
        return self._layers[-1] if self._layers else None


class HeaderView(ScrolledDrawing):
    """Paints one header, and says which of its fields the person points at."""

    field_chosen = Signal(object)       # FieldNode
    field_hovered = Signal(object)      # FieldNode or None
    painted = Signal()                  # somebody sees it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Header diagram"), parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.picture: HeaderPicture | None = None
        self._selected: FieldNode | None = None
        self._hovered: FieldNode | None = None
        self._changed: list[Box] = []

    def show_picture(self, picture: HeaderPicture | None) -> None:
        """Shows a layer, or nothing."""
        self.picture = picture
        self._hovered = None
        self._changed = []
        self.verticalScrollBar().setValue(0)
        self._resize_scrolls()
        self.viewport().update()

    def show_changed(self, boxes: list[Box]) -> None:
        """Marks boxes with a corner."""
        self._changed = boxes
        self.viewport().update()

    def show_selected(self, node: FieldNode | None) -> None:
        """Lights the boxes of the selected field and brings the first into sight."""
        self._selected = node
        boxes = self.picture.boxes_of(node) if self.picture else []
        if boxes and node is not None and self.picture and node is not self.picture.layer:
            top = self._area(boxes[0]).boundingRect().top()
            bottom = self._area(boxes[0]).boundingRect().bottom()
            bar = self.verticalScrollBar()
            if top - self._ruler_height < bar.value():
                bar.setValue(int(top - self._ruler_height))
            elif bottom > bar.value() + self.viewport().height():
                bar.setValue(round(bottom - self.viewport().height() + 6))
            self.setAccessibleDescription(label_text(node))
        self.viewport().update()

    def show_hovered(self, node: FieldNode | None) -> None:
        """Lights the boxes of the field that the mouse points at, in whatever pane."""
        if node is not self._hovered:
            self._hovered = node
            self.viewport().update()

    # Places

    @property
    def _line_height(self) -> float:
        return QFontMetricsF(self.font()).height()

    @property
    def _row_height(self) -> float:
        return self._line_height * _ROW_LINES

    @property
    def _ruler_height(self) -> float:
        return self._line_height * 1.5

    @property
    def _bit_width(self) -> float:
        widest = _WIDEST * self._line_height / 16
        narrowest = 11.0 * ROW_BITS * self._line_height / 16
        return max(min(self.viewport().width() - 2 * _MARGIN, widest), narrowest) / ROW_BITS

    def _area(self, box: Box) -> QPainterPath:
        """The outline of a box, in the coordinates of the whole picture."""
        path = QPainterPath()
        for piece in box.pieces:
            path.addRect(QRectF(_MARGIN + piece.first * self._bit_width,
                                self._ruler_height + piece.row * self._row_height,
                                piece.bits * self._bit_width, self._row_height))
        return path.simplified()

    def box_at(self, place: QPointF) -> Box | None:
        """The box at a place of the viewport."""
        if self.picture is None:
            return None
        x = place.x() + self.horizontalScrollBar().value() - _MARGIN
        y = place.y() + self.verticalScrollBar().value() - self._ruler_height
        if x < 0 or y < 0:
            return None
        return self.picture.box_at(int(y // self._row_height), int(x // self._bit_width))

    def centre_of(self, box: Box) -> QPointF:
        """The middle of a box's widest piece, in the viewport."""
        piece = box.widest
        return QPointF(_MARGIN + (piece.first + piece.end) / 2 * self._bit_width - self.horizontalScrollBar().value(),
                       self._ruler_height + (piece.row + 0.5) * self._row_height - self.verticalScrollBar().value())

    def _resize_scrolls(self) -> None:
        rows = self.picture.rows if self.picture else 0
        height = self._ruler_height + rows * self._row_height + _MARGIN
        width = 2 * _MARGIN + ROW_BITS * self._bit_width
        self.verticalScrollBar().setRange(0, max(0, round(height - self.viewport().height())))
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self.verticalScrollBar().setSingleStep(round(self._row_height / 2))
        self.horizontalScrollBar().setRange(0, max(0, round(width - self.viewport().width())))
        self.horizontalScrollBar().setPageStep(self.viewport().width())

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted.emit()
        theme = theme_of(self.palette())
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.viewport().rect(), QColor(theme.base))
        if self.picture is not None:
            painter.translate(-self.horizontalScrollBar().value(), -self.verticalScrollBar().value())
            selected = self.picture.boxes_of(self._selected)
            hovered = self.picture.boxes_of(self._hovered)
            for box in self.picture.boxes:
                self._paint_box(painter, theme, box, is_selected=box in selected, is_hovered=box in hovered)
            painter.translate(0, self.verticalScrollBar().value())
            self._paint_ruler(painter, theme)
        painter.end()

    def _paint_ruler(self, painter: QPainter, theme: Theme) -> None:
        """The numbers of the bits, as RFCs have them; those that there is room for."""
        height = self._ruler_height
        painter.fillRect(QRectF(0, 0, 2 * _MARGIN + ROW_BITS * self._bit_width, height), QColor(theme.base))
        font = _scaled(self.font(), 0.78)
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        step = 1 if QFontMetricsF(font).horizontalAdvance("00") + 3 < self._bit_width else 4
        for bit in range(0, ROW_BITS, step):
            cell = QRectF(_MARGIN + bit * self._bit_width, 0, self._bit_width, height)
            painter.drawText(cell.adjusted(-6, 0, 6, 0), Qt.AlignmentFlag.AlignCenter, str(bit))

    def _paint_box(self, painter: QPainter, theme: Theme, box: Box, *, is_selected: bool, is_hovered: bool) -> None:
        area = self._area(box)
        is_whole_layer = self.picture is not None and self._selected is self.picture.layer
        fill, text, label = theme.base, theme.text, theme.muted
        if is_selected and is_whole_layer:
            fill = theme.layer_background
        elif is_selected:
            fill, text, label = theme.field.background, theme.field.text, theme.field.text
        if is_hovered and not (is_selected and not is_whole_layer):
            fill, text, label = theme.hover_background, theme.text, theme.text
        painter.setPen(QPen(QColor(theme.muted), 1))
        painter.setBrush(QColor(fill))
        painter.drawPath(area)
        if box.shortened:
            self._paint_tear(painter, theme, box)
        if box in self._changed:
            self._paint_corner(painter, box, QColor(text if is_selected else theme.accent))
        self._paint_texts(painter, box, QColor(text), QColor(label))

    def _paint_corner(self, painter: QPainter, box: Box, colour: QColor) -> None:
        """The mark of a value that differs from the packet before."""
        piece = box.pieces[0]
        right = _MARGIN + piece.end * self._bit_width
        top = self._ruler_height + piece.row * self._row_height
        size = self._line_height * 0.5
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(right - size, top), QPointF(right, top), QPointF(right, top + size)]))

    def _paint_tear(self, painter: QPainter, theme: Theme, box: Box) -> None:
        """A broken line on both sides of the row that stands for those left out."""
        middle = box.pieces[1]
        y = self._ruler_height + (middle.row + 0.5) * self._row_height
        right = _MARGIN + ROW_BITS * self._bit_width
        painter.setPen(QPen(QColor(theme.base), 3))
        for x in (_MARGIN, right):
            painter.drawLine(QPointF(x, y - 5), QPointF(x, y + 5))
        painter.setPen(QPen(QColor(theme.muted), 1))
        for x in (_MARGIN, right):
            for shift in (-5, 5):
                painter.drawLine(QPointF(x - 4, y + shift + 2), QPointF(x + 4, y + shift - 2))

    def _paint_texts(self, painter: QPainter, box: Box, text: QColor, label: QColor) -> None:
        piece = box.widest
        full = [part for part in box.pieces if part.bits == ROW_BITS]
        rows = len(full) if piece.bits == ROW_BITS else 1
        cell = QRectF(_MARGIN + piece.first * self._bit_width, self._ruler_height + piece.row * self._row_height,
                      piece.bits * self._bit_width, rows * self._row_height)
        small, usual = _scaled(self.font(), 0.82), self.font()
        room = cell.width() - 6
        value = _fitting(_values(box), QFontMetricsF(usual), room)
        name = box.node.spec.label
        if QFontMetricsF(small).horizontalAdvance(name) > room and piece.bits <= 8:
            name = _short_name(box.node)
        line = self._line_height
        middle = cell.center().y()
        painter.setPen(label)
        painter.setFont(small)
        if QFontMetricsF(small).horizontalAdvance(name) <= room or piece.bits > 4:
            elided = QFontMetricsF(small).elidedText(name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(cell.left(), middle - line * 1.12, cell.width(), line),
                             Qt.AlignmentFlag.AlignCenter, elided)
        else:
            upper = QRectF(cell.left(), cell.top() + 3, cell.width(), self._row_height * 0.62)
            self._paint_turned(painter, upper, name)
        painter.setPen(text)
        painter.setFont(usual)
        shift = 0.02 if piece.bits > 4 or QFontMetricsF(small).horizontalAdvance(name) <= room else 0.32
        painter.drawText(QRectF(cell.left(), middle + line * shift, cell.width(), line), Qt.AlignmentFlag.AlignCenter,
                         value)

    def _paint_turned(self, painter: QPainter, cell: QRectF, name: str) -> None:
        painter.save()
        painter.setFont(_scaled(self.font(), 0.72))
        painter.translate(cell.center())
        painter.rotate(-90)
        painter.drawText(QRectF(-cell.height() / 2, -cell.width() / 2, cell.height(), cell.width()),
                         Qt.AlignmentFlag.AlignCenter, name)
        painter.restore()

    # Pointing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        box = self.box_at(event.position())
        if box is not None and event.button() is Qt.MouseButton.LeftButton:
            self.field_chosen.emit(box.node)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        box = self.box_at(event.position())
        node = None if box is None else box.node
        if node is not self._hovered:
            self.field_hovered.emit(node)
            self.show_hovered(node)

    def leaveEvent(self, event: QEvent) -> None:
        if self._hovered is not None:
            self.field_hovered.emit(None)
            self.show_hovered(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        by = steps.get(Qt.Key(event.key()))
        if by is None or self.picture is None or not self.picture.boxes or event.modifiers() & (
                Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            super().keyPressEvent(event)
            return
        boxes = self.picture.boxes
        lit = self.picture.boxes_of(self._selected)
        is_one_box = len(lit) == 1
        place = boxes.index(lit[0]) + by if is_one_box else 0 if by > 0 else len(boxes) - 1
        if 0 <= place < len(boxes):
            self.field_chosen.emit(boxes[place].node)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            box = self.box_at(QPointF(event.pos()))
            lines = [] if box is None else [label_text(node) for node in (box.node, *box.also)]
            if box is not None and box in self._changed:
                lines.append(_("Differs from the packet before in this direction."))
            text = "\n".join(lines)
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)


def _step_before(connection: Connection, step: int) -> Step | None:
    """The step before from the same side."""
    from_client = connection.steps[step].from_client
    return next((earlier for earlier in reversed(connection.steps[max(0, step - 500):step])
                 if earlier.from_client is from_client), None)


def _values(box: Box) -> list[str]:
    """What could stand in a box, from the fullest to the shortest."""
    node = box.node
    bare = show_text(node)
    if node.spec.type is FieldType.BOOLEAN:
        return [str(int(bool(node.value)))]
    if node.value is None or node.spec.type in (FieldType.NONE, FieldType.PROTOCOL):
        return [_size_text(node)]
    if node.spec.type is FieldType.BYTES and node.end_byte - node.start_byte > 8:
        return [_size_text(node)]
    described = described_value(node)
    with_raw = [_("{value} (raw {raw})").format(value=described, raw=show_text(other))
                for other in box.also if other.name.endswith("_raw")]
    return [*with_raw, described, bare]


def _size_text(node: FieldNode) -> str:
    """The size of a field that has no value to show."""
    count = node.end_byte - node.start_byte
    return ngettext("{count} byte", "{count} bytes", count).format(count=f"{count:,}")


def _fitting(texts: list[str], metrics: QFontMetricsF, room: float) -> str:
    for text in texts:
        if metrics.horizontalAdvance(text) <= room:
            return text
    return metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, room)


def _short_name(node: FieldNode) -> str:
    """"tcp.flags.syn" is "SYN"."""
    last = node.name.rsplit(".", 1)[-1]
    return _SHORT_NAMES.get(last, last.upper() if len(last) <= 4 else last.replace("_", " "))


def _tab_text(layer: FieldNode) -> str:
    return _TAB_NAMES.get(layer.name, layer.spec.label.split(",")[0])


def _scaled(font: QFont, factor: float) -> QFont:
    scaled = QFont(font)
    if font.pointSizeF() > 0:
        scaled.setPointSizeF(font.pointSizeF() * factor)
    else:
        scaled.setPixelSize(max(1, round(font.pixelSize() * factor)))
    return scaled
