"""The list of packets: a table over columns, in which only the visible cells are ever made."""

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QDrag,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QTableView,
    QWidget,
)

from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summary import Summary
from tcpladder.packets.capture import NO_TIME
from tcpladder.protocols.names import Names
from tcpladder.texts import _
from tcpladder.ui.byte_text import visible_text
from tcpladder.ui.filter.field_filter import dragged_filter, filter_for, filter_for_cell, offer_filter
from tcpladder.ui.jobs import Job
from tcpladder.ui.packets.list_columns import USUAL_LAYOUT, Layout, field_cell
from tcpladder.ui.packets.list_painting import RowPainter
from tcpladder.ui.packets.row_colours import ColourRule
from tcpladder.ui.packets.sort_keys import Column, SortKeys, sorted_rows
from tcpladder.ui.session import Rows, Session, sentence_of
from tcpladder.ui.tables import LEFT, Index
from tcpladder.ui.theme import theme_of
from tcpladder.ui.time_text import TimeFormat, time_text

Sorting = tuple[Column | str, Qt.SortOrder]     # str: the name of a field that has a column

_MOST_SUMMARIES = 20_000        # some 10 MB
# As plain numbers: looking up a member of an enumeration takes longer than the answer.
_DISPLAY, _BACKGROUND, _FOREGROUND, _ALIGNMENT = (
    int(role) for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.BackgroundRole,
                           Qt.ItemDataRole.ForegroundRole, Qt.ItemDataRole.TextAlignmentRole))
_ANSWERED = frozenset({_DISPLAY, _BACKGROUND, _FOREGROUND, _ALIGNMENT, int(Qt.ItemDataRole.AccessibleTextRole),
                       int(Qt.ItemDataRole.ToolTipRole)})
_CELL_FLAGS = (Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsDragEnabled
               | Qt.ItemFlag.ItemNeverHasChildren)
_COLUMNS = tuple(Column)
_AWAITED = Summary("", "", "", "…")     # of a packet that the disk has not delivered
_MARK_WIDTH = 22
_WIDEST_AT_FIRST = 300
_SAMPLE_ROWS = 24
_SAMPLE_RUN = 6                # of them that follow each other
_BETWEEN_WIDENINGS_MS = 20
_LIST_PAINTED_IN_MS = 200       # and widened
_CELL_PADDING = 14
_KERNING = 2                    # pixels that a text may be wider than its characters
_ARROW_WIDTH = 18
_BETWEEN_REPORTS = 1024        # packets whose text was made for sorting


class PacketListModel(QAbstractTableModel):
    """Translates the session's rows into cells; holds no truth but the order in which they are shown."""

    order_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._order: Rows | None = None     # None: all rows as captured
        self._count = 0
        self._wanted_sorting: Sorting | None = None
        self._sorting: Sorting | None = None    # what the rows stand in now
        self._sort_keys: SortKeys | None = None     # of the capture as it is now
        self._summaries: dict[int, Summary] = {}
        self._field_texts: dict[int, tuple[str, ...]] = {}      # cells of the fields' columns
        self._awaited: list[int] = []       # rows that the disk has to deliver
        self._fetched: set[int] = set()     # rows of the last time
        self._fetching = QTimer(self)       # once all rows of a painting are known
        self._fetching.setSingleShot(True)
        self._fetching.timeout.connect(self._fetch_awaited)
        self.sections: Layout = USUAL_LAYOUT                     # the columns as Qt numbers them
        self._text_flags = _text_flags_of(self.sections)
        self._rule_colours: dict[tuple[ColourRule, str], QColor] = {}
        self._first_ns = NO_TIME
        self._clock_digits = 6
        self._wanted_digits: int | None = None      # None: as many as the capture's clock has
        self._time_format = TimeFormat.RELATIVE
        self._names = session.names
        self.colours_on = True
        session.capture_opened.connect(self._start_afresh)
        session.capture_closed.connect(self._start_afresh)
        session.capture_grew.connect(self._grow)
        session.loading_finished.connect(self._forget_summaries)
        session.shown_changed.connect(self._arrange)
        session.names_changed.connect(self._show_names)
        session.sorting_cancelled.connect(lambda: self.sort_by(None, Qt.SortOrder.AscendingOrder))

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.sections)

    def headerData(self, section: int, orientation: Qt.Orientation,
                   role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.sections[section].shown_title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT    # also above numbers: at the right end stands the arrow of sorting
        if role == Qt.ItemDataRole.ToolTipRole and section == Column.MARK:
            return _("Packets of the selected connection (bar), the packet that the selected one"
                     " acknowledges (✓), and marked packets (◆).")
        return None

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        if role not in _ANSWERED:
            return None
        position = index.row()
        if not 0 <= position < self._count:
            return None
        row, column = self.capture_row(position), index.column()
        if role == _DISPLAY:
            return self.cell_text(row, column, position)
        if role == _ALIGNMENT:
            return self.sections[column].text_alignment
        if column == Column.MARK:
            return None if role in (_BACKGROUND, _FOREGROUND) else self.mark_text(row)
        if role == _BACKGROUND:
            return self.background_of(row)
        return self.text_colour_of(row) if role == _FOREGROUND else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _CELL_FLAGS if index.isValid() else Qt.ItemFlag.NoItemFlags

    # Rows and cells

    @property
    def order(self) -> Rows | None:
        """The rows of the capture from the top of the list down; None: all, as captured."""
        return self._order

    def capture_row(self, position: int) -> int:
        """The row of the capture that stands at a position of the list."""
        return position if self._order is None else int(self._order[position])

    def capture_rows(self, positions: Rows) -> Rows:
        """The rows of the capture that stand at positions of the list, ascending."""
        return positions if self._order is None else np.sort(self._order[positions])

    def position_of(self, row: int) -> int | None:
        """Where a row of the capture stands in the list, or None where it is not shown."""
        if self._order is None:
            return row if 0 <= row < self._count else None
        places = np.flatnonzero(self._order == row)
        return int(places[0]) if len(places) else None

    def position_after(self, row: int | None) -> int:
        """Where the first shown row of the capture after a row stands; 0 where the list is sorted otherwise."""
        if row is None or self._order is None or self._sorting is not None:
            return 0
        return int(np.searchsorted(self._order, row, "right"))

    def cell_text(self, row: int, section: int, position: int) -> str:
        """What a cell shows."""
        capture = self._session.capture
        if capture is None or section == Column.MARK:
            return ""
        column = self.column_of(section)
        if row in self._session.ignored and column not in (Column.NUMBER, Column.TIME, Column.LENGTH):
            return _("<Ignored>") if column is Column.INFO else ""
        if isinstance(column, str):
            return self._texts_of_fields(row)[section - len(Column)]
        if column is Column.NUMBER:
            return str(row + 1)
        if column is Column.TIME:
            if row in self._session.references:
                return _("*REF*")
            return time_text(int(capture.time_ns[row]), self._time_format,
                             self._reference_ns(row, position), self.time_digits)
        if column is Column.LENGTH:
            return str(capture.wire_len[row])
        summary = self._summary(row)
        if column is Column.SOURCE:
            return self._names.address(summary.source)
        if column is Column.DESTINATION:
            return self._names.address(summary.destination)
        if column is Column.PROTOCOL:
            return summary.protocol
        return visible_text(self._names.info(summary.protocol, summary.info))

    def row_text(self, row: int) -> str:
        """All cells of a packet, as text for the clipboard."""
        position = self.position_of(row) or 0
        return "\t".join(self.cell_text(row, section, position) for section in range(1, len(self.sections)))

    def mark_text(self, row: int) -> str:
        """What the marks of a packet say, as words."""
        parts = []
        if self._session.is_in_connection(row):
            parts.append(_("In the selected connection."))
        if row == self._session.acknowledged_row:
            parts.append(_("Acknowledged by the selected packet."))
        if row in self._session.marked:
            parts.append(_("Marked."))
        if row in self._session.references:
            parts.append(_("Times of the packets below count from here."))
        if row in self._session.ignored:
            parts.append(_("Ignored: left out of filters and exports."))
        capture = self._session.capture
        parts += capture.packet_comments(row) if capture is not None else ()
        return " ".join(parts)

    def column_of(self, section: int) -> Column | str:
        """What a column shows: one of the usual things, or a field."""
        return _COLUMNS[section] if section < len(_COLUMNS) else self.sections[section].key

    def section_of(self, column: Column | str) -> int:
        """Where Qt has a column, -1 where it has none."""
        keys = [self.column_of(section) for section in range(len(self.sections))]
        return keys.index(column) if column in keys else -1

    def set_sections(self, sections: Layout) -> None:
        """Gives the list other columns."""
        self.beginResetModel()
        self.sections = sections
        self._text_flags = _text_flags_of(sections)
        self._field_texts.clear()
        self.endResetModel()
        if self._wanted_sorting is not None and self.section_of(self._wanted_sorting[0]) < 0:
            self.sort_by(None, Qt.SortOrder.AscendingOrder)
        self.order_changed.emit()

    def sign_of(self, row: int) -> str:
        """The sign in the first column: ✓ acknowledged, ◆ marked, ✎ with a comment, else nothing."""
        session = self._session
        if row == session.acknowledged_row:
            return "✓"
        if row in session.marked:
            return "◆"
        return "✎" if session.capture is not None and session.capture.packet_comments(row) else ""

    @property
    def is_in_capture_order(self) -> bool:
        """The list is not sorted by another column."""
        return self._sorting is None

    @property
    def sorting(self) -> Sorting | None:
        """Column and direction in which the rows stand, or None where they stand as captured."""
        return self._sorting

    @property
    def time_format(self) -> TimeFormat:
        """What the Time column shows."""
        return self._time_format

    @property
    def time_digits(self) -> int:
        """Decimals in the Time column."""
        return self._clock_digits if self._wanted_digits is None else self._wanted_digits

    def set_time_digits(self, digits: int | None) -> None:
        """Changes the decimals in the Time column; None: as many as the capture's clock has."""
        self._wanted_digits = digits
        self._refresh()

    def set_time_format(self, form: TimeFormat) -> None:
        """Changes what the Time column shows."""
        self._time_format = form
        self._refresh()

    def _show_names(self, names: Names) -> None:
        """The packets are sorted by their addresses all the same."""
        self._names = names
        self._refresh()

    def set_colours_on(self, on: bool) -> None:
        """Colours the rows by the colouring rules, or not at all."""
        self.colours_on = on
        self._refresh()

    def sort_by(self, column: Column | str | None, order: Qt.SortOrder) -> None:
        """Sorts the rows in a thread; the list changes when the order is known. None: as captured."""
        self._wanted_sorting = None if column is None else (column, order)
        self._arrange()

    def _summary(self, row: int) -> Summary:
        if row not in self._summaries:
            self._summarise([row])
        return self._summaries.get(row, _AWAITED)

    def make_ready(self, first: int, last: int) -> None:
        """Makes what the cells at the positions [first, last) show: together it takes less time."""
        rows = range(first, last) if self._order is None else np.sort(self._order[first:last]).tolist()
        self._summarise([row for row in rows if row not in self._summaries])

    def _summarise(self, rows: Sequence[int]) -> None:
        """Makes the lines of rows, which ascend; not of those that the disk has not delivered."""
        capture = self._session.capture
        at_hand = rows if capture is None or capture.is_at_hand(np.array(rows, np.int64)) else [
            row for row in rows if self._is_at_hand(row)]
        if not at_hand:
            return
        if len(self._summaries) + len(at_hand) > _MOST_SUMMARIES:
            self._summaries.clear()
        self._summaries.update(zip(at_hand, self._session.summaries(np.array(at_hand)), strict=True))

    def _texts_of_fields(self, row: int) -> tuple[str, ...]:
        texts = self._field_texts.get(row)
        if texts is None:
            if not self._is_at_hand(row):
                return ("",) * (len(self.sections) - len(Column))
            if len(self._field_texts) >= _MOST_SUMMARIES:
                self._field_texts.clear()
            packet = self._session.decode(row)
            texts = tuple(field_cell(packet, column.key) for column in self.sections[len(Column):])
            self._field_texts[row] = texts
        return texts

    def _is_at_hand(self, row: int) -> bool:
        """Whether a row can be read now; those that cannot are fetched together, then the list is painted again."""
        capture = self._session.capture
        if capture is None or row in self._fetched or capture.frame_is_at_hand(row):
            return True
        if not self._awaited:
            self._fetching.start()
        self._awaited.append(row)
        return False

    def _fetch_awaited(self) -> None:
        rows, self._awaited = self._awaited, []

        def show() -> None:
            self._fetched = set(rows)       # in vain or not: a disk that fails is not asked for ever
            self._refresh()

        if self._session.at_hand(np.array(rows), show, "fetch-list"):
            show()

    def _reference_ns(self, row: int, position: int) -> int:
        capture = self._session.capture
        if capture is None or self._time_format is TimeFormat.RELATIVE:
            reference = self._session.reference_of(row)
            return self._first_ns if capture is None or reference is None else int(capture.time_ns[reference])
        if self._time_format is TimeFormat.DELTA_SHOWN:
            before = self.capture_row(position - 1) if position else -1
        else:
            before = row - 1
        return NO_TIME if before < 0 else int(capture.time_ns[before])

    def background_of(self, row: int) -> QColor | None:
        """The colour that the colouring rules give a row, or None."""
        return self._colour(row, "background")

    def text_colour_of(self, row: int) -> QColor | None:
        """The same for its text."""
        return self._colour(row, "text")

    def text_flags(self, section: int) -> int:
        """Where the text stands in the cells of a column, for painting."""
        return self._text_flags[section]

    def _colour(self, row: int, part: str) -> QColor | None:
        rule = self._session.colours.rule_of(row)
        if not self.colours_on or rule is None:
            return None
        colour = self._rule_colours.get((rule, part))
        if colour is None:
            colour = self._rule_colours[rule, part] = QColor(getattr(rule.pair(theme_of(QApplication.palette())), part))
        return colour

    def forget_colours(self) -> None:
        """The theme has changed: what was kept of its colours is made again."""
        self._rule_colours.clear()

    # What the session tells

    def _start_afresh(self) -> None:
        self.beginResetModel()
        self._order, self._count = None, 0
        self._sorting = self._wanted_sorting = None
        self._sort_keys = None
        self._summaries.clear()
        self._first_ns = NO_TIME
        self.endResetModel()

    def _grow(self, first: int, last: int) -> None:
        capture = self._session.capture
        if capture is None:
            return
        if first == 0:
            self._first_ns = int(capture.time_ns[0])
        finest = max((interface.ticks_per_second for interface in capture.interfaces), default=1_000_000)
        self._clock_digits = min(9, len(str(finest - 1)))
        if self._order is not None:     # new rows take their places when the filter and the sorting know them
            return
        self.beginInsertRows(QModelIndex(), first, last - 1)
        self._count = last
        self.endInsertRows()

    def _forget_summaries(self) -> None:
        self._find_sort_keys()
        if self._order is not None and self._session.shown is None:
            self._arrange()
        self._summaries.clear()
        self._field_texts.clear()
        self._refresh()

    def _find_sort_keys(self) -> None:
        columns = self._session.columns
        if columns is None:
            return
        keys = self._sort_keys = SortKeys(columns)
        self._session.jobs.start("sort-keys", lambda job: keys.find_beforehand(job.check), then=lambda _done: None,
                                 on_failure=lambda _error: None,    # sorting will meet and tell it
                                 after_ms=_LIST_PAINTED_IN_MS)

    def _refresh(self) -> None:
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, len(self.sections) - 1))

    def _arrange(self) -> None:
        """Takes over the rows that the filter lets through, sorted if that is wanted."""
        session, sorting = self._session, self._wanted_sorting
        shown, columns = session.shown, session.columns
        session.jobs.cancel("sort")
        if sorting is None or columns is None:
            self._take_order(shown, None)
            return
        column, order = sorting
        keys = self._sort_keys or SortKeys(columns)

        def sort(job: Job) -> Rows:
            rows = np.arange(session.frame_count) if shown is None else shown
            # What was added to a growing file and is not digested yet stands behind all others until it is.
            rows, added = np.split(rows, [np.searchsorted(rows, columns.frame_count)])

            def check(done: int) -> None:
                job.check()
                if done % _BETWEEN_REPORTS == 0:
                    job.report(done / len(rows))

            return np.concatenate([sorted_rows(
                columns, rows, column, descending=order is Qt.SortOrder.DescendingOrder, keys=keys,
                text_of=lambda row: field_cell(decode_row(columns, row), str(column)), check=check), added])

        session.jobs.start("sort", sort, then=lambda rows: self._take_order(rows, sorting),
                           on_report=session.sorting_progressed.emit, on_failure=self._give_up_sorting)

    def _give_up_sorting(self, error: Exception) -> None:
        self._session.problem_found.emit(sentence_of(error))
        self._session.sorting_finished.emit()

    def _take_order(self, order: Rows | None, sorting: Sorting | None) -> None:
        self.beginResetModel()
        self._order, self._sorting = order, sorting
        self._count = self._session.frame_count if order is None else len(order)
        self.endResetModel()
        self.order_changed.emit()
        self._session.sorting_finished.emit()


def _text_flags_of(sections: Layout) -> list[int]:
    return [(column.text_alignment | Qt.TextFlag.TextSingleLine).value for column in sections]


class PacketList(QTableView):
    """The packet list: selects packets in the session, and follows it."""

    menu_opened = Signal(object)            # the QMenu of the selected packets, for others to add to
    column_resized = Signal(int, int)       # section and width; by the person

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._widths_are_set = False
        self._has_grown = False     # the file, while the list is filtered or sorted
        self._is_fitting = False
        self._header_is_pressed = False
        self.own_widths: dict[str, int] = {}    # of columns that the person made wider or narrower, by key
        self.plain_font = self.font()       # for cells: as the list's, without kerning, which takes a third of painting
        self._pressed = QModelIndex()       # the cell from which a drag begins
        self._rest = QTimer(self)           # of painting, for the sake of the threads that work
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._scroll_on)
        self._samples: list[range] = []     # positions of rows that columns are still to be made wide enough for
        self._widening = QTimer(self)
        self._widening.setInterval(_BETWEEN_WIDENINGS_MS)
        self._widening.timeout.connect(self._widen_further)
        self._unscrolled = QPoint()         # how far the bars were moved meanwhile
        self._fitting: dict[tuple[str, int], str] = {}      # texts of cells as they fit into so many pixels
        self._kept: tuple[int, int] | None = None   # while rows change: a row, and how many rows below the top
        self.packets = PacketListModel(session, self)
        self.setModel(self.packets)
        self.setAccessibleName(_("Packets"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setSelectionModel(QItemSelectionModel(self.packets, header))     # else it is painted at each click
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(False)        # the marks stay at the left
        header.setMinimumSectionSize(_MARK_WIDTH)
        header.setSectionResizeMode(Column.MARK, QHeaderView.ResizeMode.Fixed)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self._sort)
        header.sectionResized.connect(self._tell_resized)
        header.viewport().installEventFilter(self)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self._fit_rows_to_font()
        self.selectionModel().selectionChanged.connect(self._select_current)
        self.selectionModel().currentChanged.connect(self._select_current)
        self.packets.modelAboutToBeReset.connect(self._remember_place)
        self.packets.order_changed.connect(self._restore_current)
        self.packets.modelReset.connect(self._show_sorting)
        session.packet_selected.connect(self._follow_packet)
        for changed in (session.connection_selected, session.step_selected):
            changed.connect(self._repaint_marks)
        for changed in (session.marks_changed, session.colours_changed):
            changed.connect(self._repaint)
        session.capture_opened.connect(self._expect_new_capture)
        session.capture_grew.connect(self._take_first_rows)
        session.loading_finished.connect(self._widen_columns)

    def move_by(self, rows: int) -> None:
        """Selects the packet so many places further down (or up) in the list.

        Where the selected packet is not shown, counting begins at the place where it would stand.
        """
        if self.currentIndex().isValid():
            position = self.currentIndex().row() + rows
        else:
            position = self.packets.position_after(self._session.row) + rows - (rows > 0)
        self.go_to_position(position)

    def go_to_last(self) -> None:
        """Selects the last packet of the list."""
        self.go_to_position(self.packets.rowCount() - 1)

    def go_to_position(self, position: int) -> None:
        """Selects the packet at a place of the list; ignored where there is none."""
        if 0 <= position < self.packets.rowCount():
            self._session.select_row(self.packets.capture_row(position))

    def fit_columns(self) -> None:
        """Makes the columns as wide as the cells in view need."""
        first = max(0, self.rowAt(0))
        self._fit_columns(first)

    def condition_of(self, index: QModelIndex) -> str:
        """The filter for what a cell of the selected packet says; "" where there is none."""
        packet = self._session.packet
        if packet is None or not index.isValid():
            return ""
        column = self.packets.column_of(index.column())
        if isinstance(column, str):
            node = packet.find(column)
            return "" if node is None else filter_for(node)
        return filter_for_cell(packet, column, index.data() or "")

    def selected_rows(self) -> Rows:
        """The rows of the capture that are selected in the list, ascending."""
        selection = self.selectionModel().selection()
        is_chosen = np.zeros(self.packets.rowCount(), bool)
        for number in range(selection.count()):
            part = selection.at(number)
            is_chosen[part.top():part.bottom() + 1] = True
        return self.packets.capture_rows(np.flatnonzero(is_chosen))

    def copy_packet(self) -> None:
        """Puts the cells of the selected packet on the clipboard."""
        if self._session.row is not None:
            QGuiApplication.clipboard().setText(self.packets.row_text(self._session.row))

    @property
    def session(self) -> Session:
        """Whose packets these are."""
        return self._session

    # Overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        started = time.perf_counter()
        with QPainter(self.viewport()) as painter:
            rows = RowPainter(self, painter)
            for area in event.region():     # type: ignore[attr-defined]     # which PySide does not declare
                rows.paint(area)
        if not self._session.jobs.is_idle:
            self._rest.start(math.ceil((time.perf_counter() - started) * 1000))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        # Painting keeps Python's lock from the threads. While they work it takes half of the time at most, however
        # fast the person scrolls: what comes during the rest is scrolled at once after it.
        if self._rest.isActive():
            self._unscrolled += QPoint(dx, dy)
        else:
            super().scrollContentsBy(dx, dy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_packet()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.horizontalHeader().viewport():
            if event.type() is QEvent.Type.MouseButtonPress:
                self._header_is_pressed = True
            elif event.type() is QEvent.Type.MouseButtonRelease:
                self._header_is_pressed = False
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self.indexAt(event.position().toPoint())
        super().mousePressEvent(event)

    def startDrag(self, actions: Qt.DropAction) -> None:
        condition = self.condition_of(self._pressed)
        if condition:
            drag = QDrag(self)
            drag.setMimeData(dragged_filter(condition))
            drag.exec(Qt.DropAction.CopyAction)

    def keyboardSearch(self, search: str) -> None:
        """Typing does not search: it would decode the whole capture on the GUI thread."""

    def moveCursor(self, action: QAbstractItemView.CursorAction,
                   modifiers: Qt.KeyboardModifier) -> QModelIndex:
        last = self.packets.rowCount() - 1
        column = max(0, self.currentIndex().column())
        if action is QAbstractItemView.CursorAction.MoveHome:
            return self.packets.index(min(0, last), column)
        if action is QAbstractItemView.CursorAction.MoveEnd:
            return self.packets.index(last, column)
        return super().moveCursor(action, modifiers)

    def changeEvent(self, event: Any) -> None:
        super().changeEvent(event)
        if event.type() in (event.Type.FontChange, event.Type.StyleChange):
            self._fit_rows_to_font()
        elif event.type() is event.Type.PaletteChange:
            self.packets.forget_colours()

    # What happens

    def _scroll_on(self) -> None:
        way, self._unscrolled = self._unscrolled, QPoint()
        if not way.isNull():
            super().scrollContentsBy(way.x(), way.y())

    def _select_current(self) -> None:
        # Qt makes the first row current, unselected, when the list gets the focus; and says that other rows are
        # selected before it says which is the current one.
        current = self.currentIndex()
        if current.isValid() and self.selectionModel().isSelected(current):
            self._session.select_row(self.packets.capture_row(current.row()))

    def _follow_packet(self, packet: Any) -> None:
        position = None if packet is None else self.packets.position_of(packet.row)
        if position is None:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        elif position != self.currentIndex().row():
            index = self.packets.index(position, Column.NUMBER)
            self.setCurrentIndex(index)
            self.selectionModel().select(index, QItemSelectionModel.SelectionFlag.ClearAndSelect
                                         | QItemSelectionModel.SelectionFlag.Rows)

    def _remember_place(self) -> None:
        """Which packet is to stay where it is on the screen: the selected one if it is in sight, else the topmost."""
        self._scroll_on()
        row, top = self._session.row, self.rowAt(0)
        position = None if row is None else self.packets.position_of(row)
        self._kept = None
        if row is None or position is None or top < 0:
            return
        area = self.visualRect(self.packets.index(position, Column.NUMBER))
        if area.intersects(self.viewport().rect()):
            self._kept = (row, position - top)
        else:
            self._kept = (self.packets.capture_row(top), 0)

    def _restore_current(self) -> None:
        bar = self.verticalScrollBar()
        place = bar.value()
        self._follow_packet(self._session.packet)
        if self._has_grown:     # the person looks at something, and asked for nothing
            self._has_grown = False
            bar.setValue(place)
            return
        if self._kept is None:
            self.scrollTo(self.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)
            return
        row, below_top = self._kept
        position = self.packets.position_of(row)
        if position is None:
            position = self.packets.position_after(row)
        self.executeDelayedItemsLayout()    # so that there is room to scroll
        self.verticalScrollBar().setValue(position - below_top)

    def _repaint(self) -> None:
        self.viewport().update()

    def _repaint_marks(self) -> None:
        header, height = self.horizontalHeader(), self.viewport().height()
        self.viewport().update(header.sectionViewportPosition(Column.MARK), 0, header.sectionSize(Column.MARK), height)

    def _expect_new_capture(self) -> None:
        self._widths_are_set = False

    def _take_first_rows(self, first: int) -> None:
        self._has_grown = first > 0 and self.packets.rowCount() != self._session.frame_count
        if not self._widths_are_set:
            self._widths_are_set = True
            self._fit_columns(0)
        if self._session.packet is None:
            self._session.select_row(self.packets.capture_row(0))

    def _sort(self, section: int, order: Qt.SortOrder) -> None:
        if section == Column.MARK:
            self._show_sorting()
            return
        self.packets.sort_by(None if section < 0 else self.packets.column_of(section), order)
        self._show_sorting()

    def _show_sorting(self) -> None:
        """Puts the arrow where the rows are sorted; while they are being sorted, it is not there yet."""
        column, order = self.packets.sorting or ("", Qt.SortOrder.AscendingOrder)
        section = self.packets.section_of(column)
        header = self.horizontalHeader()
        blocked = header.blockSignals(True)
        header.setSortIndicator(section, order)
        header.blockSignals(blocked)
        header.viewport().update()

    def _open_menu(self, place: QPoint) -> None:
        index, packet = self.indexAt(place), self._session.packet
        if not index.isValid() or packet is None:
            return
        column = index.column()
        menu = QMenu(self)
        offer_filter(menu, self._session, self.condition_of(index))
        stream = packet.find("tcp.stream")
        if stream is not None:
            offer_filter(menu.addMenu(_("C&onnection")), self._session, filter_for(stream))
        menu.addSeparator()
        clipboard = QGuiApplication.clipboard()
        if column != Column.MARK:
            menu.addAction(_("Copy &Value")).triggered.connect(lambda: clipboard.setText(index.data()))
        menu.addAction(_("Copy &Line")).triggered.connect(self.copy_packet)
        self.menu_opened.emit(menu)
        menu.exec(self.viewport().mapToGlobal(place))
        menu.deleteLater()

    def fitting_text(self, text: str, room: int) -> str:
        """A text, shortened where it needs more than so many pixels."""
        fitting = self._fitting.get((text, room))
        if fitting is None:
            if len(self._fitting) >= _MOST_SUMMARIES:
                self._fitting.clear()
            fitting = self._fitting[text, room] = text if self._fits(text, room) else self._metrics.elidedText(
                text, Qt.TextElideMode.ElideRight, room)
        return fitting

    def _fits(self, text: str, room: int) -> bool:
        """Whether a text certainly needs no more than so many pixels: seen sooner than where it would be cut."""
        return text.isascii() and sum(map(self._advances.__getitem__, text)) + _KERNING <= room

    def _fit_rows_to_font(self) -> None:
        self.plain_font = QFont(self.font())
        self.plain_font.setStyleStrategy(QFont.StyleStrategy.PreferNoShaping)
        self._metrics = QFontMetrics(self.plain_font)
        self._advances = {character: self._metrics.horizontalAdvance(character) for character in map(chr, range(128))}
        self._fitting.clear()
        self.verticalHeader().setDefaultSectionSize(self._metrics.height() + 5)

    def _tell_resized(self, section: int, _before: int, width: int) -> None:
        is_pulled = self._header_is_pressed and not self._is_fitting
        if is_pulled and width and self.horizontalHeader().visualIndex(section) < len(self.packets.sections) - 1:
            self.column_resized.emit(section, width)

    def _fit_columns(self, first: int) -> None:
        self._is_fitting = True
        for section, shown in enumerate(self.packets.sections):
            if shown.key in self.own_widths:
                self.setColumnWidth(section, self.own_widths[shown.key])
        self.setColumnWidth(Column.MARK, _MARK_WIDTH)
        places = range(first, min(self.packets.rowCount(), first + _SAMPLE_ROWS))
        self.packets.make_ready(places.start, places.stop)
        for column in self._fitted_sections():
            self.setColumnWidth(column, self._wanted_width(column, places))
        self._is_fitting = False

    def _widen_columns(self) -> None:
        """Makes room for what stands in the whole capture, bit by bit; no column becomes narrower."""
        count = self.packets.rowCount()
        self._samples = [range(first, min(first + _SAMPLE_RUN, count))
                         for first in range(0, count, max(_SAMPLE_RUN, count * _SAMPLE_RUN // _SAMPLE_ROWS))]
        self._widening.start()

    def _widen_further(self) -> None:
        if not self._samples:
            self._widening.stop()
            return
        places = self._samples.pop()
        if places.stop > self.packets.rowCount():
            return
        self.packets.make_ready(places.start, places.stop)
        for column in self._fitted_sections():
            self.setColumnWidth(column, max(self.columnWidth(column), self._wanted_width(column, places)))

    def _fitted_sections(self) -> list[int]:
        """Columns that are as wide as their cells need: all but the marks, Info, and those of a width of their own."""
        return [section for section, column in enumerate(self.packets.sections)
                if section not in (Column.MARK, Column.INFO) and column.key not in self.own_widths]

    def _wanted_width(self, column: int, places: range) -> int:
        metrics = self._metrics
        texts = [self.packets.cell_text(self.packets.capture_row(place), column, place) for place in places]
        if column == Column.NUMBER:
            texts.append(str(self._session.frame_count))
        title = metrics.horizontalAdvance(self.packets.headerData(column, Qt.Orientation.Horizontal)) + _ARROW_WIDTH
        return min(max([title, *map(metrics.horizontalAdvance, texts)]) + _CELL_PADDING, _WIDEST_AT_FIRST)
