"""A table of things in an order of their own, to be edited: added, removed, moved, and any of it undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QColor, QDragMoveEvent, QDropEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from tcpladder.filters import FilterError, compile_filter
from tcpladder.texts import _
from tcpladder.ui.dialog_parts import push_button
from tcpladder.ui.filter.filter_edit import FilterEdit
from tcpladder.ui.session import Session
from tcpladder.ui.tables import Index
from tcpladder.ui.theme import Pair, theme_of

_NAME_COLUMN = 1
Row = Any       # a frozen object; every change makes another


class CellKind(Enum):
    """How a cell is shown and edited."""

    SWITCH = "switch"
    TEXT = "text"
    FILTER = "filter"
    COLOUR = "colour"


@dataclass(frozen=True, slots=True)
class EditedColumn:
    """One column: its title, and how it is read from a row and written into another row."""

    title: str
    kind: CellKind
    read: Callable[[Row], Any]
    write: Callable[[Row, Any], Row]


class RowsModel(QAbstractTableModel):
    """The rows, and those that were before each change."""

    changed = Signal()      # after every change, of whatever kind

    def __init__(self, columns: Sequence[EditedColumn], rows: Iterable[Row], pair_of: Callable[[Row], Pair | None],
                 session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns
        self.rows: list[Row] = list(rows)
        self._pair_of = pair_of
        self._session = session
        self._before: list[list[Row]] = []
        self._errors: dict[str, str] = {}       # by filter; cells are painted often

    @property
    def can_undo(self) -> bool:
        """Something was changed."""
        return bool(self._before)

    def undo(self) -> None:
        """Takes back the latest change."""
        if self._before:
            self._show(self._before.pop())

    def replace(self, rows: Iterable[Row]) -> None:
        """Puts other rows in the place of all."""
        self._before.append(list(self.rows))
        self._show(list(rows))

    def insert(self, place: int, rows: Sequence[Row]) -> None:
        """Puts rows in at a place."""
        self.replace([*self.rows[:place], *rows, *self.rows[place:]])

    def remove(self, places: Iterable[int]) -> None:
        """Takes rows out."""
        gone = set(places)
        if gone:
            self.replace(row for place, row in enumerate(self.rows) if place not in gone)

    def move(self, places: Iterable[int], target: int) -> int:
        """Moves rows, in their order, before the row that stands at target; returns where the first of them is now."""
        moved = sorted(set(places))
        before = [row for place, row in enumerate(self.rows) if place < target and place not in moved]
        after = [row for place, row in enumerate(self.rows) if place >= target and place not in moved]
        order = [*before, *(self.rows[place] for place in moved), *after]
        if order != self.rows:
            self.replace(order)
        return len(before)

    def error_at(self, index: Index) -> str:
        """Why the filter in a cell is none; "" where it is one, or where the cell holds something else."""
        if self.columns[index.column()].kind is not CellKind.FILTER:
            return ""
        text = self.columns[index.column()].read(self.rows[index.row()])
        if text not in self._errors:
            self._errors[text] = self._error_of(text)
        return self._errors[text]

    def _error_of(self, text: str) -> str:
        try:
            compile_filter(text, self._session.columns)
        except FilterError as error:
            return str(error)
        return ""

    def _show(self, rows: list[Row]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()
        self.changed.emit()

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid():
            return flags
        flags |= Qt.ItemFlag.ItemIsDragEnabled
        if self.columns[index.column()].kind is CellKind.SWITCH:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        return flags | Qt.ItemFlag.ItemIsEditable

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column, row = self.columns[index.column()], self.rows[index.row()]
        value = column.read(row)
        if column.kind is CellKind.SWITCH:
            if role == Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if value else Qt.CheckState.Unchecked
            if role == Qt.ItemDataRole.AccessibleTextRole:
                return column.title
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return value
        if role in (Qt.ItemDataRole.BackgroundRole, Qt.ItemDataRole.ForegroundRole):
            pair = self._colours(index)
            if pair is not None:
                return QColor(pair.background if role == Qt.ItemDataRole.BackgroundRole else pair.text)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.error_at(index) or value
        return None

    def _colours(self, index: Index) -> Pair | None:
        if self.error_at(index):
            return theme_of(QApplication.palette()).filter_invalid
        return self._pair_of(self.rows[index.row()])

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        column, row = self.columns[index.column()], self.rows[index.row()]
        if column.kind is CellKind.SWITCH and role == Qt.ItemDataRole.CheckStateRole:
            value = Qt.CheckState(value) is Qt.CheckState.Checked
        elif role != Qt.ItemDataRole.EditRole:
            return False
        if value != column.read(row):
            self._before.append(list(self.rows))
            self.rows[index.row()] = column.write(row, value)
            self.dataChanged.emit(self.index(index.row(), 0), self.index(index.row(), len(self.columns) - 1))
            self.changed.emit()
        return True


class _CellDelegate(QStyledItemDelegate):
    """A filter is edited in a line that checks it; a colour is chosen in a dialog."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        model = index.model()
        assert isinstance(model, RowsModel)
        kind = model.columns[index.column()].kind
        if kind is CellKind.FILTER:
            edit = FilterEdit(self._session, parent=parent)
            edit.returnPressed.connect(lambda: self._finish(edit, is_kept=True))
            edit.escaped.connect(lambda: self._finish(edit, is_kept=False))
            edit.setFrame(False)
            return edit
        if kind is CellKind.COLOUR:
            dialog = QColorDialog(QColor(index.data()), parent.window())
            dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
            dialog.setModal(True)
            dialog.accepted.connect(lambda: self.commitData.emit(dialog))
            dialog.finished.connect(lambda _code: self.closeEditor.emit(dialog))
            return dialog
        return super().createEditor(parent, option, index)

    def _finish(self, edit: FilterEdit, *, is_kept: bool) -> None:
        if is_kept:
            self.commitData.emit(edit)
        self.closeEditor.emit(edit)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        if isinstance(editor, FilterEdit):
            editor.setText(index.data())
        elif not isinstance(editor, QColorDialog):
            super().setEditorData(editor, index)

    def setModelData(self, editor: QWidget, model: Any, index: Index) -> None:
        if isinstance(editor, FilterEdit):
            model.setData(index, editor.text().strip())
        elif isinstance(editor, QColorDialog):
            model.setData(index, editor.selectedColor().name().upper())
        else:
            super().setModelData(editor, model, index)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        if not isinstance(editor, QColorDialog):
            super().updateEditorGeometry(editor, option, index)

    def eventFilter(self, editor: QObject, event: Any) -> bool:
        # A line that completes knows what to do with Tab, Enter and Escape; a dialog does, too.
        if isinstance(editor, (FilterEdit, QColorDialog)) and event.type() == event.Type.KeyPress:
            return False
        return super().eventFilter(editor, event)


class RowsTable(QTableView):
    """Rows can be dragged to another place; Delete removes them, Ctrl+Z undoes."""

    def __init__(self, model: RowsModel, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edited = model
        self.setModel(model)
        self.setItemDelegate(_CellDelegate(session, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
                             | QAbstractItemView.EditTrigger.AnyKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)

    @property
    def chosen(self) -> list[int]:
        """The selected rows, ascending."""
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def choose(self, first: int, count: int = 1) -> None:
        """Selects rows."""
        self.clearSelection()
        for place in range(first, min(first + count, len(self.edited.rows))):
            self.selectionModel().select(self.edited.index(place, 0), self.selectionModel().SelectionFlag.Select
                                         | self.selectionModel().SelectionFlag.Rows)
        if first < len(self.edited.rows):
            self.selectionModel().setCurrentIndex(self.edited.index(first, 1),
                                                  self.selectionModel().SelectionFlag.NoUpdate)
            self.scrollTo(self.edited.index(first, 1))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)
        if event.source() is self:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if event.source() is not self:
            return
        place = event.position().toPoint()
        index = self.indexAt(place)
        target = len(self.edited.rows)
        if index.isValid():
            target = index.row() + (place.y() > self.visualRect(index).center().y())
        chosen = self.chosen
        self.choose(self.edited.move(chosen, target), len(chosen))
        event.setDropAction(Qt.DropAction.CopyAction)       # so that nobody takes the rows out again
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.edited.undo()
        elif event.key() == Qt.Key.Key_Delete:
            self.edited.remove(self.chosen)
        elif event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self._toggle(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def _toggle(self, row: int) -> None:
        for place, column in enumerate(self.edited.columns):
            if column.kind is CellKind.SWITCH:
                is_on = column.read(self.edited.rows[row])
                self.edited.setData(self.edited.index(row, place),
                                    (Qt.CheckState.Unchecked if is_on else Qt.CheckState.Checked).value,
                                    Qt.ItemDataRole.CheckStateRole)


class RowsEditor(QWidget):
    """The table with its buttons: add, remove, up, down, undo."""

    def __init__(self, model: RowsModel, make_row: Callable[[], Row], session: Session,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self._make_row = make_row
        self.table = RowsTable(model, session, self)
        self.add_button = push_button(_("&Add"), self.add, self)
        self.remove_button = push_button(_("&Remove"), self.remove, self)
        self.up_button = push_button(_("Move &Up"), lambda: self._move(-1), self)
        self.down_button = push_button(_("Move &Down"), lambda: self._move(+1), self)
        self.undo_button = push_button(_("U&ndo"), model.undo, self)
        self.buttons = QHBoxLayout()
        for button in (self.add_button, self.remove_button, self.up_button, self.down_button, self.undo_button):
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addLayout(self.buttons)
        model.changed.connect(self._enable)
        model.modelReset.connect(self._enable)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self._enable()

    def add(self) -> None:
        """Puts in a new row before the first selected one, or at the head, and begins to edit it."""
        place = (self.table.chosen or [0])[0]
        self.model.insert(place, [self._make_row()])
        self.edit(place)

    def edit(self, row: int, column: int = _NAME_COLUMN) -> None:
        """Begins to edit a cell of a row; what is being edited elsewhere is taken over first."""
        self.table.selectionModel().clearCurrentIndex()
        self.table.choose(row)
        self.table.setFocus()
        self.table.edit(self.model.index(row, column))

    def remove(self) -> None:
        """Takes the selected rows out."""
        chosen = self.table.chosen
        if chosen:
            self.model.remove(chosen)
            self.table.choose(min(chosen[0], len(self.model.rows) - 1))

    def widen(self, column: int) -> None:
        """Lets a column have the room that the others leave."""
        self.table.resizeColumnsToContents()
        self.table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def _move(self, by: int) -> None:
        chosen = self.table.chosen
        if chosen:
            target = chosen[0] - 1 if by < 0 else chosen[-1] + 2
            self.table.choose(self.model.move(chosen, max(0, target)), len(chosen))

    def _enable(self) -> None:
        chosen = self.table.chosen
        self.remove_button.setEnabled(bool(chosen))
        self.up_button.setEnabled(bool(chosen) and chosen[0] > 0)
        self.down_button.setEnabled(bool(chosen) and chosen[-1] < len(self.model.rows) - 1)
        self.undo_button.setEnabled(self.model.can_undo)
