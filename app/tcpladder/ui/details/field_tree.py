"""The fields of the selected packet as a tree."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QMimeData,
    QModelIndex,
    QObject,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from tcpladder.fields.node import DecodedPacket, FieldNode, Problem, ProblemKind
from tcpladder.fields.show import label_text, show_text
from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.texts import _
from tcpladder.ui.byte_text import visible_text
from tcpladder.ui.filter.field_filter import dragged_filter, filter_for, offer_filter
from tcpladder.ui.session import Session
from tcpladder.ui.tables import Index
from tcpladder.ui.theme import byte_font, colour_group_of, theme_of

OPEN_AT_FIRST = frozenset({"tcp", "udp", "icmp", "icmpv6", "arp"})
_PICTURE_CHARACTERS = frozenset("01. ")
_PICTURE_END = " = "
_LINE_SPACE = 5
_TEXT_MARGIN = 3
_ROOM_BEHIND = 30           # of the longest line
_MOST_WIDTHS = 20_000
_LINE_FLAGS = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsDragEnabled
_TEXT_FLAGS = (Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine).value


@dataclass(slots=True, eq=False)
class _Line:
    """A line of the tree: a field, or a problem that stands by itself; known by its place in a list."""

    node: FieldNode | None
    problem: Problem | None
    place: int                  # among its siblings
    parent: int                 # index of the line above it in the tree, -1 at the top
    depth: int                  # how many stand above it
    children: list[int]
    text: str | None = None     # once somebody has asked


class FieldTreeModel(QAbstractItemModel):
    """Translates a decoded packet into a tree of lines: the visible fields, and problems under them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[_Line] = []
        self._top: list[int] = []
        self._places: dict[int, int] = {}       # id of a node → index of its line
        self._names = NUMBERS_ONLY

    def show_names(self, names: Names) -> None:
        """Changes what is shown by name."""
        self._names = names
        for line in self._lines:
            line.text = None
        self.layoutChanged.emit()       # lines become longer or shorter

    def show_packet(self, packet: DecodedPacket | None) -> None:
        """Replaces the whole tree."""
        self.beginResetModel()
        self._lines, self._top, self._places = [], [], {}
        if packet is not None:
            shown = {id(node.problem) for node in packet.walk() if node.problem is not None}
            for layer in packet.layers:
                self._add(layer, -1)
            for problem in packet.problems:
                if id(problem) not in shown:
                    self._append(None, problem, -1)
        self.endResetModel()

    def _add(self, node: FieldNode, parent: int) -> None:
        if node.spec.hidden:
            return
        number = self._append(node, None, parent)
        self._places[id(node)] = number
        for child in node.children:
            self._add(child, number)
        if node.problem is not None:
            self._append(None, node.problem, number)

    def _append(self, node: FieldNode | None, problem: Problem | None, parent: int) -> int:
        number, siblings = len(self._lines), self._siblings(parent)
        depth = 0 if parent < 0 else self._lines[parent].depth + 1
        self._lines.append(_Line(node, problem, len(siblings), parent, depth, []))
        siblings.append(number)
        return number

    def _siblings(self, parent: int) -> list[int]:
        return self._top if parent < 0 else self._lines[parent].children

    # What Qt asks

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        siblings = self._siblings(parent.internalId() if parent.isValid() else -1)
        if column != 0 or not 0 <= row < len(siblings):
            return QModelIndex()
        return self.createIndex(row, 0, siblings[row])

    def parent(self, index: Index = QModelIndex()) -> Any:  # noqa: B008
        if not index.isValid():
            return QModelIndex()
        parent = self._lines[index.internalId()].parent
        return QModelIndex() if parent < 0 else self.createIndex(self._lines[parent].place, 0, parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(self._siblings(parent.internalId() if parent.isValid() else -1))

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self._lines[index.internalId()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.text_of(index)
        if role == Qt.ItemDataRole.ToolTipRole and line.problem is not None:
            return line.problem.message
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _LINE_FLAGS if index.isValid() else Qt.ItemFlag.NoItemFlags

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        node = self.node_of(indexes[0])
        return dragged_filter("" if node is None else filter_for(node))

    def _text(self, line: _Line) -> str:
        if line.node is not None:
            text = self._names.label(line.node.spec, visible_text(label_text(line.node)))
            return f"[{text}]" if line.node.spec.generated and not text.startswith("[") else text
        assert line.problem is not None     # a line is one or the other
        if line.problem.kind is ProblemKind.CUT:
            return _("[Cut by the capture: {message}]").format(message=line.problem.message)
        return _("[Malformed by the sender: {message}]").format(message=line.problem.message)

    # Lines and nodes

    def text_of(self, index: Index) -> str:
        """What a line says."""
        return self._text_of(self._lines[index.internalId()])

    def _text_of(self, line: _Line) -> str:
        if line.text is None:
            line.text = self._text(line)
        return line.text

    def depth_of(self, index: Index) -> int:
        """How many lines stand above a line."""
        return self._lines[index.internalId()].depth

    def shown(self, is_open: Callable[[QModelIndex], bool]) -> Iterator[tuple[str, int]]:
        """Text and depth of each line above which all lines are open."""
        opened = {-1}
        for number, line in enumerate(self._lines):
            if line.parent in opened:
                if line.children and is_open(self.createIndex(line.place, 0, number)):
                    opened.add(number)
                yield self._text_of(line), line.depth

    def node_of(self, index: Index) -> FieldNode | None:
        """The field of a line; a problem's line stands for the field above it."""
        if not index.isValid():
            return None
        line = self._lines[index.internalId()]
        while line.node is None and line.parent >= 0:
            line = self._lines[line.parent]
        return line.node

    def index_of(self, node: FieldNode | None) -> QModelIndex:
        """The line of a field; invalid where it has none."""
        number = self._places.get(id(node))
        return QModelIndex() if number is None else self.createIndex(self._lines[number].place, 0, number)

    def is_problem(self, index: Index) -> bool:
        """The line tells a problem."""
        return self._lines[index.internalId()].problem is not None

    def all_indexes(self) -> list[QModelIndex]:
        """Every line, in the order of the tree."""
        return [self.createIndex(line.place, 0, number) for number, line in enumerate(self._lines)]


class _RoomyLines(QStyledItemDelegate):
    """Lines with some room above and below."""

    def __init__(self, tree: "FieldTree") -> None:
        super().__init__(tree)
        self._sizes: dict[str, QSize] = {}      # by font

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        # Qt asks at each packet; the style, which asks the model a dozen questions, is asked once.
        font = option.font.key()
        if font not in self._sizes:
            self._sizes[font] = super().sizeHint(option, index) + QSize(0, _LINE_SPACE)
        return self._sizes[font]


class _Look:
    """The colours of a tree's lines, and which of them are lit: the same while it is painted once."""

    def __init__(self, tree: "FieldTree") -> None:
        palette, group = tree.palette(), colour_group_of(tree)
        self._theme = theme_of(palette)
        self._text = palette.color(group, QPalette.ColorRole.Text)
        self._selection = palette.color(group, QPalette.ColorRole.Highlight)
        self._selected_text = palette.color(group, QPalette.ColorRole.HighlightedText)
        self._selected = {index.internalId() for index in tree.selectedIndexes()}
        self._hovered = tree.hovered_index.internalId() if tree.hovered_index.isValid() else None

    def colours_of(self, line: int, *, is_problem: bool) -> tuple[QColor | None, QColor]:
        """Background and text of a line, by its number in the model."""
        if line in self._selected:
            return self._selection, self._selected_text
        if is_problem:
            return QColor(self._theme.warning.background), QColor(self._theme.warning.text)
        return QColor(self._theme.hover_background) if line == self._hovered else None, self._text


def split_bit_picture(text: str) -> tuple[str, str]:
    """".... ..1. = Syn: Set" as ".... ..1. = " and "Syn: Set"; ("", text) where there is no picture."""
    picture, sign, rest = text.partition(_PICTURE_END)
    if not sign or not picture or not _PICTURE_CHARACTERS.issuperset(picture) or len(picture) < 4:
        return "", text
    return picture + sign, rest


class FieldTree(QTreeView):
    """The field tree: selects fields in the session, and follows it. Remembers what was open, by name."""

    column_wanted = Signal(str)     # the filter name of a field

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.fields = FieldTreeModel(self)
        self.open_names = set(OPEN_AT_FIRST)    # names of the fields that are expanded
        self.hovered_index = QModelIndex()
        self.setModel(self.fields)
        self.setItemDelegate(_RoomyLines(self))
        self._look = _Look(self)
        self._widths: dict[str, int] = {}       # of texts, in pixels
        self.setAccessibleName(_("Fields"))
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setIndentation(16)
        self.setMouseTracking(True)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(self.header().ResizeMode.Fixed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.selectionModel().selectionChanged.connect(self._select_chosen)
        self.expanded.connect(self._remember_open)
        self.collapsed.connect(self._remember_closed)
        session.packet_selected.connect(self._show_packet)
        session.field_selected.connect(self._follow_field)
        session.field_hovered.connect(self._follow_hover)
        session.names_changed.connect(self.fields.show_names)
        self.fields.show_names(session.names)

    def expand_all(self) -> None:
        """Opens every line, and remembers it for the packets to come."""
        self.expandAll()
        for index in self.fields.all_indexes():
            self._remember_open(index)

    def collapse_all(self) -> None:
        """Closes every line, and remembers it for the packets to come."""
        self.collapseAll()
        self.open_names.clear()

    # Overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        self._look = _Look(self)
        super().paintEvent(event)

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        # Qt would ask the model two dozen questions for each line, and have the style draw it: five times as long.
        area = option.rect
        background, text = self._look.colours_of(index.internalId(), is_problem=self.fields.is_problem(index))
        left = self.header().sectionViewportPosition(0) + self.fields.depth_of(index) * self.indentation()
        branch = QRect(left, area.top(), self.indentation(), area.height())
        if background is not None:
            painter.fillRect(area, background)
        if self.fields.rowCount(index):
            self.drawBranches(painter, branch, index)
        area.setLeft(branch.right() + 1 + _TEXT_MARGIN)
        painter.setPen(text)
        picture, rest = split_bit_picture(self.fields.text_of(index))
        if picture:
            font = painter.font()
            painter.setFont(byte_font(font))
            painter.drawText(area, _TEXT_FLAGS, picture)
            area.setLeft(area.left() + painter.fontMetrics().horizontalAdvance(picture))
            painter.setFont(font)
        painter.drawText(area, _TEXT_FLAGS, rest)

    def updateGeometries(self) -> None:
        # As wide as the longest line of all that can be scrolled to, and so that each can be clicked in all its width.
        # A header that fits itself asks the delegate for each line, and has the tree painted once more.
        step, header = self.indentation(), self.header()
        width = max(((depth + 1) * step + self._width_of(text) for text, depth in self.fields.shown(self.isExpanded)),
                    default=0)
        blocked = header.blockSignals(True)
        header.resizeSection(0, max(width + _ROOM_BEHIND, self.viewport().width()))
        header.blockSignals(blocked)
        super().updateGeometries()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._widths.clear()
        super().changeEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._session.hover_field(self.fields.node_of(self.indexAt(event.position().toPoint())))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._session.hover_field(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.currentIndex().isValid():
            QGuiApplication.clipboard().setText(self.currentIndex().data())
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Typing does not search; the filter bar and Find do."""

    # What happens

    def _width_of(self, text: str) -> int:
        width = self._widths.get(text)
        if width is None:
            if len(self._widths) >= _MOST_WIDTHS:
                self._widths.clear()
            picture, rest = split_bit_picture(text)
            width = self._widths[text] = (self.fontMetrics().horizontalAdvance(rest) + (
                QFontMetrics(byte_font(self.font())).horizontalAdvance(picture) if picture else 0))
        return width

    def _select_chosen(self, chosen: QItemSelection) -> None:
        # Not the current line: Qt makes the first line current, unselected, when the tree gets the focus.
        indexes = chosen.indexes()
        node = self.fields.node_of(indexes[0]) if indexes else None
        if node is not None:
            self._session.select_field(node)

    def _show_packet(self, packet: DecodedPacket | None) -> None:
        place = self.verticalScrollBar().value()
        self.hovered_index = QModelIndex()
        self.fields.show_packet(packet)
        blocked = self.blockSignals(True)
        for index in self.fields.all_indexes():
            node = self.fields.node_of(index)
            if node is not None and node.name in self.open_names and not self.fields.is_problem(index):
                self.expand(index)
        self.blockSignals(blocked)
        self.executeDelayedItemsLayout()        # at once, so that all panes are painted together
        self.verticalScrollBar().setValue(place)

    def _follow_field(self, node: FieldNode | None) -> None:
        index = self.fields.index_of(node)
        if self.fields.node_of(self.currentIndex()) is node and index.isValid():
            return
        if index.isValid():
            self._open_above(index)
            self.setCurrentIndex(index)
            self.scrollTo(index)
        else:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())

    def _open_above(self, index: QModelIndex) -> None:
        """Opens the lines above a line, without remembering it for other packets."""
        blocked = self.blockSignals(True)
        above = index.parent()
        while above.isValid():
            self.expand(above)
            above = above.parent()
        self.blockSignals(blocked)

    def _follow_hover(self, node: FieldNode | None) -> None:
        index = self.fields.index_of(node)
        if index != self.hovered_index:
            self.hovered_index = index
            self.viewport().update()

    def _remember_open(self, index: QModelIndex) -> None:
        node = self.fields.node_of(index)
        if node is not None:
            self.open_names.add(node.name)

    def _remember_closed(self, index: QModelIndex) -> None:
        node = self.fields.node_of(index)
        if node is not None:
            self.open_names.discard(node.name)

    def _open_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        node = self.fields.node_of(index)
        if node is None:
            return
        clipboard = QGuiApplication.clipboard()
        condition = filter_for(node)
        menu = QMenu(self)
        offer_filter(menu, self._session, condition)
        menu.addSeparator()
        menu.addAction(_("Copy &Value")).triggered.connect(lambda: clipboard.setText(show_text(node)))
        menu.addAction(_("Copy &Line")).triggered.connect(lambda: clipboard.setText(index.data()))
        menu.addAction(_("Copy as Fil&ter")).triggered.connect(lambda: clipboard.setText(condition))
        menu.addSeparator()
        menu.addAction(_("Apply as Col&umn")).triggered.connect(lambda: self.column_wanted.emit(node.name))
        menu.addAction(_("&Expand All")).triggered.connect(self.expand_all)
        menu.addAction(_("&Collapse All")).triggered.connect(self.collapse_all)
        menu.exec(self.viewport().mapToGlobal(place))
        menu.deleteLater()
