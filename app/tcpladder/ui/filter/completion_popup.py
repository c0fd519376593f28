"""What may be typed next, in a list under a line; the focus stays in the line."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from tcpladder.filters import FilterError
from tcpladder.texts import _
from tcpladder.ui.byte_text import visible_text
from tcpladder.ui.tables import Index
from tcpladder.ui.theme import byte_font, theme_of

if TYPE_CHECKING:
    from tcpladder.filters.completion import Completion

_MOST_LINES = 10
_LEAST_WIDTH = 560
_LONGEST_TEXT = 300
_LINE_SPACE = 6


class CompletionModel(QAbstractTableModel):
    """Text and help of each completion."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.choices: Sequence[Completion] = ()

    def show_choices(self, choices: Sequence[Completion]) -> None:
        """Replaces the list."""
        self.beginResetModel()
        self.choices = choices
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.choices)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        choice = self.choices[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return visible_text((choice.text, choice.help)[index.column()])
        if role == Qt.ItemDataRole.FontRole and index.column() == 0:
            return byte_font(QApplication.font())
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 1:
            return QColor(theme_of(QApplication.palette()).muted)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{choice.text}\n{choice.help}"
        return None


class CompletionPopup(QFrame):
    """Lies over the window, so that nothing moves when it opens; keys come from the line that owns it."""

    completion_chosen = Signal(object)      # Completion
    suggestion_chosen = Signal()            # the word in the message was clicked

    def __init__(self, line: QWidget) -> None:
        super().__init__()      # it moves into the window of the line when it opens; so it has not the line's colours
        self._line = line
        self.setObjectName("completions")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._model = CompletionModel(self)
        self.list = QTableView()
        self.list.setModel(self._model)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(_("What may be typed"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setShowGrid(False)
        self.list.setWordWrap(False)
        self.list.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.horizontalHeader().hide()
        self.list.horizontalHeader().setStretchLastSection(True)
        self.list.verticalHeader().hide()
        self.list.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.list.clicked.connect(lambda index: self.completion_chosen.emit(self._model.choices[index.row()]))
        self.message = QLabel()
        self.message.setTextFormat(Qt.TextFormat.RichText)
        self.message.setWordWrap(True)
        self.message.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.message.setContentsMargins(8, 5, 8, 6)
        self.message.linkActivated.connect(lambda _link: self.suggestion_chosen.emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self.list)
        column.addWidget(self.message)
        self.hide()

    @property
    def chosen(self) -> Completion | None:
        """What the person went to by key."""
        index = self.list.currentIndex()
        return self._model.choices[index.row()] if index.isValid() else None

    @property
    def first(self) -> Completion | None:
        """The likeliest."""
        return self._model.choices[0] if self._model.choices else None

    @property
    def choices(self) -> Sequence[Completion]:
        """All that is offered."""
        return self._model.choices

    def show_choices(self, choices: Sequence[Completion], error: FilterError | None) -> None:
        """Opens with a list; where there is none, with what is wrong; closes where nothing is."""
        self._model.show_choices(choices)
        if not choices and error is None:
            self.hide()
            return
        self.list.setVisible(bool(choices))
        self.message.setVisible(not choices)
        if error is not None:
            self.message.setText(_message_html(error))
        self._place()
        self.show()
        self.raise_()

    def step(self, by: int) -> None:
        """Goes down the list, or up; from the first up nothing is chosen."""
        if not self._model.choices:
            return
        current = self.list.currentIndex()
        wanted = (current.row() if current.isValid() else -1) + by
        if wanted < 0:
            self.list.setCurrentIndex(QModelIndex())
            self.list.clearSelection()
            self.list.scrollToTop()
        else:
            self.list.setCurrentIndex(self._model.index(min(wanted, len(self._model.choices) - 1), 0))

    def _place(self) -> None:
        """Under the line, within the window."""
        window, line = self._line.window(), self._line
        if self.parentWidget() is not window:
            self.setParent(window)
        corner = line.mapTo(window, QPoint(0, line.height() + 1))
        width = min(max(line.width(), _LEAST_WIDTH), window.width() - 8)
        left = max(4, min(corner.x(), window.width() - width - 4))
        metrics = QFontMetrics(byte_font(QApplication.font()))
        line_height = metrics.height() + _LINE_SPACE
        self.list.verticalHeader().setDefaultSectionSize(line_height)
        texts = [metrics.horizontalAdvance(visible_text(choice.text)) for choice in self._model.choices]
        self.list.setColumnWidth(0, min(max(texts, default=0) + 20, max(_LONGEST_TEXT, width * 6 // 10)))
        lines = min(len(self._model.choices), _MOST_LINES)
        room = window.height() - corner.y() - 8
        message = self.message.heightForWidth(width - 2) if self.message.isVisibleTo(self) else 0
        self.list.setFixedHeight(max(0, min(lines * line_height, room - message - 2)))
        self.setGeometry(left, corner.y(), width, self.list.height() * bool(lines) + message + 2)


def _message_html(error: FilterError) -> str:
    """The sentence, with the word that was probably meant as a link."""
    if not error.suggestion:
        return escape(str(error))
    return _("{message} <a href='#'>Use {suggestion}</a> (Tab)").format(
        message=escape(str(error)), suggestion=escape(error.suggestion))
