"""A window with a table about the capture as a whole: hierarchy, conversations, endpoints, packet lengths."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QLabel,
    QMenu,
    QPushButton,
    QTabBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from tcpladder.decode.columns import ColumnTable
from tcpladder.exports.csv import csv_line
from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.statistics.pairs import Rows
from tcpladder.statistics.table import Table
from tcpladder.texts import _, ngettext
from tcpladder.ui.filter.field_filter import offer_filter
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.tables import LEFT, RIGHT, SAMPLE_ROWS, Index, dress_table
from tcpladder.ui.windows.tool_window import ToolWindow
from tcpladder.ui.wrapping_row import WrappingRow

_CELL_PADDING, _ARROW_WIDTH = 12, 12
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Statistic:
    """What a window shows: make is called with columns, one of kinds ("" where there are none), and rows or None."""

    name: str
    title: str
    make: Callable[[ColumnTable, str, Rows | None], Table]
    kinds: Mapping[str, str] = field(default_factory=dict)      # with their titles


class TableModel(QAbstractTableModel):
    """Translates a table into cells; a column sorts by its values, a tree stays as it is."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table: Table | None = None
        self._order = np.empty(0, np.int64)
        self._names = NUMBERS_ONLY

    @property
    def table(self) -> Table | None:
        """What is shown."""
        return self._table

    def show_table(self, table: Table | None) -> None:
        """Shows another table, in its own order."""
        self.beginResetModel()
        self._table = table
        self._order = np.arange(0 if table is None else len(table))
        self.endResetModel()

    def show_names(self, names: Names) -> None:
        """Changes what is shown by name."""
        self._names = names
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def place_of(self, row: int) -> int:
        """The place in the table of a row of the view."""
        return int(self._order[row])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        table = self._table
        if table is None or table.depth is not None or not 0 <= column < len(table.columns):
            return
        self.layoutAboutToBeChanged.emit()
        self._order = np.argsort(table.columns[column].values, kind="stable")
        if order is Qt.SortOrder.DescendingOrder:
            self._order = self._order[::-1]
        self.layoutChanged.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self._table is None else len(self._table.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or self._table is None:
            return None
        column = self._table.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        return (RIGHT if column.is_number else LEFT) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._table is None or not index.isValid():
            return None
        column, place = self._table.columns[index.column()], self.place_of(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            depth = 0 if self._table.depth is None or index.column() else int(self._table.depth[place])
            return _INDENT * depth + column.shown(place, self._names)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.is_number else LEFT
        return None

    def texts(self, rows: Iterable[int], names: Names) -> Iterator[list[str]]:
        """The titles, and the cells of some rows of the view, with these names."""
        if self._table is not None:
            yield [column.title for column in self._table.columns]
            for row in rows:
                yield [column.shown(self.place_of(row), names) for column in self._table.columns]


class TableWindow(ToolWindow):
    """Follows the capture and, if so wished, the display filter; a double click shows the first packet."""

    def __init__(self, statistic: Statistic, session: Session, settings: Settings,
                 parent: QWidget | None = None) -> None:
        super().__init__(session, settings, statistic.name, statistic.title, QSize(1000, 520), parent)
        self._statistic = statistic
        self.model = TableModel(self)
        self.kinds = QTabBar(self)
        self.table = QTableView(self)
        self.limit = QCheckBox(_("&Limit to display filter"), self)
        self.count = QLabel(self)
        self._export = QPushButton(_("&Export CSV…"), self)
        self._copy = QPushButton(_("&Copy"), self)
        self._build()
        session.loading_finished.connect(self.count_again)
        session.capture_opened.connect(lambda _capture: self.count_again())
        session.capture_closed.connect(self.count_again)
        session.shown_changed.connect(self._follow_filter)
        session.names_changed.connect(self._show_names)
        self.kinds.currentChanged.connect(lambda _index: self.count_again())
        self.limit.toggled.connect(lambda _on: self.count_again())
        self.table.doubleClicked.connect(lambda index: self._show_packet(index.row()))
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._export.clicked.connect(self.export)
        self._copy.clicked.connect(self.copy)
        self.model.show_names(session.names)
        self.count_again()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self.model.table is not None:
            self._fit_columns(self.model.table)

    def count_again(self) -> None:
        """Makes the table anew, in a thread."""
        session, statistic = self.session, self._statistic
        columns = session.columns
        if columns is None or session.connections is None:
            session.jobs.cancel(statistic.name)
            self._take(None, 0.0)
            return
        kind = self.kinds.tabData(self.kinds.currentIndex()) or ""
        rows = session.shown if self.limit.isChecked() else None

        def work(_job: object) -> tuple[Table, float]:
            started = time.perf_counter()
            return statistic.make(columns, kind, rows), time.perf_counter() - started

        session.jobs.start(statistic.name, work, then=lambda result: self._take(*result),
                           on_failure=self.report)

    def copy(self) -> None:
        """Copies the selected rows as shown, or all where none is selected, with the titles, as text with tabs."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        lines = self.model.texts(rows or range(self.model.rowCount()), self.session.names)
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))

    def export(self) -> None:
        """Asks for a file, and writes the table as comma-separated values."""
        name, _kind = QFileDialog.getSaveFileName(self, self._statistic.title, f"{self._statistic.name}.csv",
                                                  _("Comma-separated values (*.csv)"))
        if name:
            self.save_csv(Path(name))

    def save_csv(self, path: Path) -> None:
        """Writes the table in the order in which it is shown, with numbers only; the session tells a failure."""
        lines = self.model.texts(range(self.model.rowCount()), NUMBERS_ONLY)
        self.write(path, (csv_line(cells).encode() for cells in lines))

    def _build(self) -> None:
        for kind, title in self._statistic.kinds.items():
            self.kinds.setTabData(self.kinds.addTab(title), kind)
        self.kinds.setVisible(bool(self._statistic.kinds))
        self.kinds.setExpanding(False)
        self.kinds.setAccessibleName(_("Kind of address"))
        table = self.table
        table.setModel(self.model)
        dress_table(table, self._statistic.title)
        for keys in (QKeySequence(Qt.Key.Key_Return), QKeySequence(Qt.Key.Key_Enter)):
            QShortcut(keys, table, lambda: self._show_packet(table.currentIndex().row()),
                      context=Qt.ShortcutContext.WidgetShortcut)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), table, self.copy,
                  context=Qt.ShortcutContext.WidgetShortcut)
        for button in (self._copy, self._export):
            button.setAutoDefault(False)
        choices = WrappingRow()
        choices.setContentsMargins(10, 6, 10, 6)
        choices.setSpacing(8)
        choices.addWidget(self.kinds)
        choices.addStretch()
        choices.addWidget(self.limit)
        choices.addWidget(self._copy)
        choices.addWidget(self._export)
        self.count.setContentsMargins(10, 2, 10, 4)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(choices)
        whole.addWidget(table, 1)
        whole.addWidget(self.count)

    def _take(self, table: Table | None, seconds: float) -> None:
        header = self.table.horizontalHeader()
        is_sortable = table is not None and table.depth is None
        column, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
        is_other = self.model.table is None or table is None or \
            [each.title for each in table.columns] != [each.title for each in self.model.table.columns]
        self.table.setSortingEnabled(False)
        self.model.show_table(table)
        header.setSortIndicator(-1 if is_other else column, order)
        self.table.setSortingEnabled(is_sortable)
        if is_other and table is not None:
            self._fit_columns(table)
        for button in (self._copy, self._export):
            button.setEnabled(bool(table is not None and len(table)))
        if table is not None:
            text = ngettext("{count:,} row, {milliseconds:,.0f} ms", "{count:,} rows, {milliseconds:,.0f} ms",
                            len(table))
            self.count.setText(text.format(count=len(table), milliseconds=1000 * seconds))
        else:
            self.count.setText(_("Counted when the capture has been read to its end.") if self.session.is_loading
                               else _("No capture is open."))

    def _fit_columns(self, table: Table) -> None:
        metrics = self.table.fontMetrics()
        self.table.verticalHeader().setDefaultSectionSize(metrics.height() + 7)
        for number, column in enumerate(table.columns):
            texts = [self.model.data(self.model.index(row, number)) for row in range(min(len(table), SAMPLE_ROWS))]
            widest = max(metrics.horizontalAdvance(text) for text in [column.title, *texts])
            self.table.setColumnWidth(number, widest + 2 * _CELL_PADDING + _ARROW_WIDTH)

    def _show_names(self, names: Names) -> None:
        self.model.show_names(names)
        if self.model.table is not None:
            self._fit_columns(self.model.table)

    def _follow_filter(self) -> None:
        if self.limit.isChecked():
            self.count_again()

    def _show_packet(self, row: int) -> None:
        table = self.model.table
        if table is not None and 0 <= row < len(table):
            self.session.select_row(int(table.first_row[self.model.place_of(row)]))

    def _show_menu(self, place: QPoint) -> None:
        index, table = self.table.indexAt(place), self.model.table
        if not index.isValid() or table is None:
            return
        menu = QMenu(self)
        offer_filter(menu, self.session, table.filter_of(self.model.place_of(index.row())))
        menu.addSeparator()
        menu.addAction(_("&Show First Packet")).triggered.connect(lambda: self._show_packet(index.row()))
        menu.addAction(_("&Copy")).triggered.connect(self.copy)
        menu.addAction(_("&Export CSV…")).triggered.connect(self.export)
        menu.exec(self.table.viewport().mapToGlobal(place))
        menu.deleteLater()
