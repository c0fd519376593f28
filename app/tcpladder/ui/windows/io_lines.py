"""The lines of the I/O graph as a list to edit: which are drawn, what they count, and how they look."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tcpladder.filters import FilterError, compile_filter
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.texts import _
from tcpladder.ui.connection.plotting import palette_of
from tcpladder.ui.session import Session
from tcpladder.ui.theme import icon, theme_of

LINE_INKS = (Ink.DATA_LINE, Ink.RST_LINE, Ink.SYN_LINE, Ink.FIN_LINE, Ink.CALL, Ink.TROUBLE_LINE, Ink.MUTED, Ink.ACCENT)
TCP_ERRORS = ("tcp.analysis.flags && !tcp.analysis.window_update && !tcp.analysis.keep_alive"
              " && !tcp.analysis.keep_alive_ack")


class Style(Enum):
    """How the numbers of a line are drawn."""

    LINE = "line"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class IoLine:
    """Packets that match a display filter ("": all)."""

    name: str
    filter: str
    style: Style
    shown: bool = True


def usual_lines() -> tuple[IoLine, ...]:
    """What a graph begins with."""
    return (IoLine(_("All packets"), "", Style.LINE), IoLine(_("TCP errors"), TCP_ERRORS, Style.BARS))


def text_of_lines(lines: Iterable[IoLine]) -> str:
    """Lines as they are remembered."""
    return json.dumps([[line.name, line.filter, line.style.value, line.shown] for line in lines], ensure_ascii=False)


def lines_of_text(text: str) -> tuple[IoLine, ...]:
    """Lines that were remembered; the usual ones where the text holds none, or is damaged."""
    try:
        lines = tuple(IoLine(str(name), str(condition), Style(style), bool(shown))
                      for name, condition, style, shown in json.loads(text))
    except (ValueError, TypeError):
        return usual_lines()
    return lines[:len(LINE_INKS)] or usual_lines()


class LineEditor(QWidget):
    """One line."""

    changed = Signal()
    removed = Signal(object)    # the editor

    def __init__(self, line: IoLine, ink: Ink, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ink = ink
        self._session = session
        self.shown = QCheckBox(self)
        self.shown.setChecked(line.shown)
        self.shown.setAccessibleName(_("Draw this line"))
        self.name = QLineEdit(line.name, self)
        self.name.setAccessibleName(_("Name of the line"))
        self.name.setPlaceholderText(_("Name"))
        self.filter = QLineEdit(line.filter, self)
        self.filter.setCursorPosition(0)
        self.filter.setAccessibleName(_("Display filter of the line"))
        self.filter.setPlaceholderText(_("Display filter; empty for all packets"))
        self._warning = self.filter.addAction(icon("warning"), QLineEdit.ActionPosition.TrailingPosition)
        self.style_box = QComboBox(self)
        self.style_box.addItem(_("Curve"), Style.LINE)
        self.style_box.addItem(_("Bars"), Style.BARS)
        self.style_box.setCurrentIndex(self.style_box.findData(line.style))
        self.style_box.setAccessibleName(_("How it is drawn"))
        self._remove = QToolButton(self)
        self._remove.setAutoRaise(True)
        self._remove.setIcon(icon("close"))
        self._remove.setToolTip(_("Remove this line"))
        self._remove.setAccessibleName(_("Remove this line"))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.addWidget(self.shown)
        row.addWidget(_Swatch(self))
        row.addWidget(self.name, 1)
        row.addWidget(self.filter, 4)
        row.addWidget(self.style_box)
        row.addWidget(self._remove)
        self.shown.toggled.connect(lambda _on: self.changed.emit())
        self.name.editingFinished.connect(self.changed)
        self.filter.editingFinished.connect(self.changed)
        self.filter.textChanged.connect(lambda _text: self._check())
        self.style_box.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self._remove.clicked.connect(lambda: self.removed.emit(self))
        self._check()

    @property
    def line(self) -> IoLine:
        """What stands in the editor."""
        return IoLine(self.name.text(), self.filter.text().strip(), self.style_box.currentData(),
                      self.shown.isChecked())

    @property
    def is_valid(self) -> bool:
        """The filter can be used."""
        return self._error() is None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._remove.setIcon(icon("close"))
            self._warning.setIcon(icon("warning"))
            self._check()

    def _error(self) -> str | None:
        if not self.filter.text().strip():
            return None
        try:
            compile_filter(self.filter.text(), self._session.columns)
        except FilterError as error:
            return str(error)
        return None

    def _check(self) -> None:
        """Colours the filter as the filter bar does; its tip says what is wrong."""
        error = self._error()
        self.filter.setToolTip(error or "")
        self._warning.setVisible(error is not None)
        self._warning.setToolTip(error or "")
        palette = QApplication.palette()
        if self.filter.text().strip():
            theme = theme_of(palette)
            pair = theme.filter_invalid if error else theme.filter_valid
            palette.setColor(QPalette.ColorRole.Base, QColor(pair.background))
            palette.setColor(QPalette.ColorRole.Text, QColor(pair.text))
        if palette != self.filter.palette():
            self.filter.setPalette(palette)


class _Swatch(QWidget):
    """The colour of a line."""

    def __init__(self, editor: LineEditor) -> None:
        super().__init__(editor)
        self._editor = editor
        self.setFixedSize(QSize(14, 14))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(palette_of(self)[self._editor.ink]))
        painter.end()


class LineList(QWidget):
    """All lines, at most as many as there are colours."""

    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.editors: list[LineEditor] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(3)

    def add(self, line: IoLine) -> None:
        """Adds a line in a colour that no other has; nothing where all are taken."""
        taken = {editor.ink for editor in self.editors}
        ink = next((ink for ink in LINE_INKS if ink not in taken), None)
        if ink is None:
            return
        editor = LineEditor(line, ink, self._session, self)
        editor.changed.connect(self.changed)
        editor.removed.connect(self._remove)
        self.editors.append(editor)
        self._column.addWidget(editor)
        self.changed.emit()

    @property
    def is_full(self) -> bool:
        """Every colour is taken."""
        return len(self.editors) == len(LINE_INKS)

    def _remove(self, editor: LineEditor) -> None:
        self.editors.remove(editor)
        self._column.removeWidget(editor)
        editor.deleteLater()
        self.changed.emit()
