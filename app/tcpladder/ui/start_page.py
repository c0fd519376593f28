"""What the window shows while no capture is open: Open, the recent files, and the lessons."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tcpladder.texts import _
from tcpladder.ui.help.lessons import lessons
from tcpladder.ui.last_session import LastSession
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import grown, theme_of

_WIDEST = 980
_PADDING = 8
_HEIGHT_OF_BUTTON = 34
_MOST_RECENT = 6
_ARROWS = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Right)


class StartPage(QScrollArea):
    """Asks for a capture: a file, a recent one, or a lesson."""

    open_wanted = Signal()          # the person wants to choose a file
    file_wanted = Signal(object)    # Path
    session_wanted = Signal(object)     # LastSession

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._title = QLabel("tcpladder")
        self._title.setContentsMargins(_PADDING, 0, 0, 0)
        self._subtitle = QLabel(_("Understand a TCP connection, packet by packet."))
        self._subtitle.setContentsMargins(_PADDING, 0, 0, 0)
        open_button = QPushButton(_("Open a Capture…"))
        open_button.setDefault(True)
        open_button.clicked.connect(self.open_wanted)
        open_button.setAutoDefault(True)        # Enter presses it, as space does
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusProxy(open_button)
        hint = QLabel(_("or drop a pcap or pcapng file on this window"))
        hint.setForegroundRole(hint.foregroundRole().PlaceholderText)
        opening = QHBoxLayout()
        opening.setContentsMargins(_PADDING, 0, 0, 0)
        opening.setSpacing(14)
        opening.addWidget(open_button)
        opening.addWidget(hint)
        opening.addStretch(1)
        open_button.installEventFilter(self)
        self._open_button = open_button
        self._again = _grid()
        self._again_title = _section(_("Open when tcpladder ended unexpectedly"))
        self._again_title.hide()
        self._recent_title = _section(_("Recent captures"))
        self._recent = _grid()
        self._recent_entries: list[QWidget] = []
        lesson_entries = _grid()
        for lesson in lessons():
            self._add_entry(lesson_entries, lesson.title, lesson.shows, lesson.path, detail_lines=2)
        self._grids = (self._again, self._recent, lesson_entries)
        page = self._page = QWidget()
        content = QVBoxLayout(page)
        content.setContentsMargins(40, 34, 40, 20)
        content.setSpacing(6)
        content.addWidget(self._title)
        content.addWidget(self._subtitle)
        content.addSpacing(18)
        content.addLayout(opening)
        content.addSpacing(26)
        content.addWidget(self._again_title)
        content.addLayout(self._again)
        content.addWidget(self._recent_title)
        content.addLayout(self._recent)
        content.addSpacing(14)
        if lesson_entries.count():
            content.addWidget(_section(_("Lessons: captures to learn from")))
        content.addLayout(lesson_entries)
        content.addStretch(1)
        around = QWidget()
        row = QHBoxLayout(around)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(page, 100)
        row.addStretch(1)
        self.setWidget(around)
        self.setBackgroundRole(self.backgroundRole().Base)
        around.setBackgroundRole(self.backgroundRole().Base)
        self._set_fonts()
        self.show_recent_files()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._set_fonts()

    def offer_again(self, last: LastSession) -> None:
        """Shows what was open when the program ended unexpectedly."""
        self._again_title.show()
        detail = last.filter_text or str(last.path.parent)
        entry = self._add_entry(self._again, last.path.name, detail, last.path, detail_lines=1)
        entry.clicked.disconnect()
        entry.clicked.connect(lambda: self.session_wanted.emit(last))
        self._order_tabs()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows on the button, too."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.key() in _ARROWS:
            self.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from entry to entry, as they stand on the page; keys that an entry does not take come here."""
        steps = {Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Left: (0, -1)}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        rows = self._rows()
        row, column = next(((row, line.index(entry)) for row, line in enumerate(rows) for entry in line
                            if entry.hasFocus()), (0, 0))
        row = min(max(row + step[0], 0), len(rows) - 1)
        wanted = rows[row][min(max(column + step[1], 0), len(rows[row]) - 1)]
        wanted.setFocus(Qt.FocusReason.TabFocusReason)
        self.ensureWidgetVisible(wanted)

    def show_recent_files(self) -> None:
        """Lists the recent files anew."""
        for entry in self._recent_entries:
            self._recent.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        files = self._settings.recent_files()[:_MOST_RECENT]
        self._recent_entries = [
            self._add_entry(self._recent, path.name, str(path.parent), path, detail_lines=1)
            for path in files]
        self._recent_title.setVisible(bool(files))
        self._order_tabs()

    def _rows(self) -> list[list[QWidget]]:
        """What can have the focus, as it stands on the page."""
        rows: list[list[QWidget]] = [[self._open_button]]
        for grid in self._grids:
            entries = [widget for item in map(grid.itemAt, range(grid.count()))
                       if item is not None and (widget := item.widget()) is not None]
            rows += [entries[first:first + 2] for first in range(0, len(entries), 2)]
        return rows

    def _order_tabs(self) -> None:
        """Lets Tab go from the top to the bottom, whenever an entry was made."""
        for one, following in pairwise(widget for row in self._rows() for widget in row):
            QWidget.setTabOrder(one, following)

    def _add_entry(self, grid: QGridLayout, title: str, detail: str, path: Path, *,
                   detail_lines: int) -> _Entry:
        entry = _Entry(title, detail, detail_lines)
        entry.clicked.connect(lambda: self.file_wanted.emit(path))
        grid.addWidget(entry, *divmod(grid.count(), 2))
        return entry

    def _set_fonts(self) -> None:
        self._page.setMaximumWidth(grown(_WIDEST))
        self._open_button.setMinimumHeight(grown(_HEIGHT_OF_BUTTON))
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 2.2)
        font.setWeight(QFont.Weight.Bold)
        self._title.setFont(font)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self._subtitle.setFont(font)
        self._subtitle.setForegroundRole(self._subtitle.foregroundRole().PlaceholderText)


class _Entry(QAbstractButton):
    """A title and a line below it that says more."""

    def __init__(self, title: str, detail: str, detail_lines: int) -> None:
        super().__init__()
        self._detail = detail
        self._detail_lines = detail_lines
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(detail)
        self.setToolTip(detail)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        # Of this text: Chinese signs come from a font with higher lines than the one that was asked for.
        line = QFontMetrics(self.font()).size(Qt.TextFlag.TextSingleLine, self._detail).height()
        lines = self._detail_lines * line
        return QSize(320, self._title_height() + lines + 2 * _PADDING)

    def heightForWidth(self, width: int) -> int:
        """As many lines as there are at least, or as the text needs."""
        room = QRect(0, 0, width - 2 * _PADDING, 1)
        needed = QFontMetrics(self.font()).boundingRect(room, Qt.TextFlag.TextWordWrap, self._detail).height()
        return max(self.sizeHint().height(), self._title_height() + needed + 2 * _PADDING)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in _ARROWS:
            event.ignore()      # the page knows where the other entries are
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.layer_background))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)
        area = self.rect().adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
        painter.setPen(QColor(theme.accent))
        painter.setFont(self._title_font())
        metrics = QFontMetrics(self._title_font())
        title = metrics.elidedText(self.text(), Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignTop, title)
        painter.setPen(QColor(theme.muted))
        painter.setFont(self.font())
        painter.drawText(area.adjusted(0, self._title_height(), 0, 0), Qt.TextFlag.TextWordWrap, self._detail)
        painter.end()

    def _title_font(self) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _title_height(self) -> int:
        return QFontMetrics(self._title_font()).height() + 2


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(20)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(0, 1)
    grid.setColumnStretch(1, 1)
    return grid


def _section(title: str) -> QLabel:
    label = QLabel(title)
    font = QFont(label.font())
    font.setWeight(QFont.Weight.Bold)
    label.setFont(font)
    label.setContentsMargins(_PADDING, 0, 0, 2)
    return label
