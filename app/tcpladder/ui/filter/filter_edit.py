"""A line for a display filter: checked, underlined and completed while one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QMouseEvent,
    QMoveEvent,
    QResizeEvent,
    QTextCharFormat,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from tcpladder.filters import FilterError, compile_filter
from tcpladder.ui.filter.completion_popup import CompletionPopup
from tcpladder.ui.filter.field_filter import FILTER_MIME, Joining, joined
from tcpladder.ui.jobs import Job
from tcpladder.ui.session import Session
from tcpladder.ui.theme import Pair, line_style, theme_of

if TYPE_CHECKING:
    from tcpladder.filters.compiled import CompiledFilter
    from tcpladder.filters.completion import Completion

Remembered = Callable[[], Sequence[tuple[str, str]]]    # whole filters, and a sentence about each

_LONGEST = 100_000      # characters; a filter that is too long is refused by its checker, with a sentence
_MOST_REMEMBERED = 8
_SIDE_BY_SIDE = frozenset(" (!")    # what a dropped condition may stand behind


class FilterEdit(QLineEdit):
    """Green is a filter, red is none, yellow one with a remark; what is wrong is underlined.

    ↓ or Ctrl+Space opens what may be typed, Tab takes it; Enter takes only what was chosen by ↓ or ↑, and applies
    the filter otherwise. Escape closes the list first.
    """

    checked = Signal()      # after every change: see compiled and error
    escaped = Signal()      # Escape, when no list was open

    def __init__(self, session: Session, remembered: Remembered = lambda: (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._remembered = remembered
        self.compiled: CompiledFilter | None = None
        self.error: FilterError | None = None
        self._is_taking = False     # what was offered is being put in
        self.popup = CompletionPopup(self)
        self.popup.completion_chosen.connect(self._take)
        self.popup.suggestion_chosen.connect(self.take_suggestion)
        self.setMaxLength(_LONGEST)
        self.textChanged.connect(self.check)
        self.textEdited.connect(self._follow_typing)

    # Checking

    def check(self) -> None:
        """Colours the line, and underlines what is wrong with it."""
        text = self.text()
        self.compiled = self.error = None
        if text.strip():
            try:
                self.compiled = compile_filter(text, self._session.columns)
            except FilterError as error:
                self.error = error
        self._show_colours()
        self._underline()
        self.checked.emit()

    def take_suggestion(self) -> bool:
        """Puts what was probably meant in the place of what is wrong; False where nobody knows."""
        error = self.error
        if error is None or not error.suggestion:
            return False
        self._replace(error.start, error.end, error.suggestion)
        return True

    def _show_colours(self) -> None:
        sheet = line_style(self._pair())
        if sheet != self.styleSheet():
            self.setStyleSheet(sheet)

    def _pair(self) -> Pair | None:
        theme = theme_of(QApplication.palette())
        if self.error is not None:
            return theme.filter_invalid
        if self.compiled is None:
            return None
        return theme.filter_deprecated if self.compiled.remark else theme.filter_valid

    def _underline(self) -> None:
        """Draws a wave under the wrong part: a line of text has formats only by way of its input method."""
        attributes = []
        if self.error is not None:
            start = min(self.error.start, len(self.text()) - 1)     # what is missing at the end: under the last sign
            style = QTextCharFormat()
            style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            style.setUnderlineColor(QColor(theme_of(QApplication.palette()).filter_invalid.text))
            attributes.append(QInputMethodEvent.Attribute(
                QInputMethodEvent.AttributeType.TextFormat, start - self.cursorPosition(),
                max(1, min(self.error.end, len(self.text())) - start), style))
        QApplication.sendEvent(self, QInputMethodEvent("", attributes))

    # Completion

    def _follow_typing(self, text: str) -> None:
        if text.strip() and not self._is_taking:
            self.complete()
        else:
            self._close_popup()

    def complete(self) -> None:
        """Opens the list of what may be typed at the cursor, and of whole filters that begin like the line."""
        text, cursor = self.text(), self.cursorPosition()
        session = self._session
        columns = session.columns if session.connections is not None else None
        whole = self._matching_remembered(text)

        def find(job: Job) -> list[Completion]:
            from tcpladder.filters.completion import completions

            job.report(ordered(completions(text, cursor)))
            job.check()
            return ordered(completions(text, cursor, columns))

        def ordered(words: list[Completion]) -> list[Completion]:
            return words + whole if text.strip() else whole + words

        def show(found: list[Completion]) -> None:
            if self.text() == text and self.cursorPosition() == cursor and self.hasFocus():
                self.popup.show_choices(found, self.error)

        session.jobs.start("completion", find, then=show, on_report=show, on_failure=lambda _error: self.popup.hide())

    def _matching_remembered(self, text: str) -> list[Completion]:
        from tcpladder.filters.completion import Completion

        wanted = text.strip().casefold()
        return [Completion(filter_text, sentence, 0, len(text)) for filter_text, sentence in self._remembered()
                if filter_text != text and filter_text.casefold().startswith(wanted)][:_MOST_REMEMBERED]

    def _take(self, chosen: Completion) -> None:
        self._replace(chosen.start, chosen.end, chosen.text)

    def _replace(self, start: int, end: int, text: str) -> None:
        self._close_popup()
        self._is_taking = True
        self.setSelection(start, end - start)
        self.insert(text)       # unlike setText(), this can be undone
        self._is_taking = False
        self.setFocus()

    # Keys

    def event(self, event: QEvent) -> bool:
        # Tab never arrives at keyPressEvent() where it may move the focus.
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress \
                and event.key() == Qt.Key.Key_Tab and not event.modifiers() and self._take_by_tab():
            return True
        return super().event(event)

    def _take_by_tab(self) -> bool:
        if not self.popup.isVisible():
            return False
        choice = self.popup.chosen or self.popup.first
        if choice is not None:
            self._take(choice)
            return True
        return self.take_suggestion()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, popup = event.key(), self.popup
        if key == Qt.Key.Key_Escape:
            if popup.isVisible():
                self._close_popup()
            else:
                self.escaped.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if popup.isVisible() and popup.chosen is not None:
                self._take(popup.chosen)
            else:
                self._close_popup()
                self.returnPressed.emit()
        elif key in _STEPS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            if popup.isVisible():
                popup.step(_STEPS[key])
            else:
                self.complete()
        elif key == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.complete()
        else:
            super().keyPressEvent(event)

    def _close_popup(self) -> None:
        self._session.jobs.cancel("completion")
        self.popup.hide()

    # Where the list cannot stay

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._close_popup()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._close_popup()
        super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.popup.hide()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self.popup.hide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._show_colours()
            self._underline()

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_text(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()      # a file is for the window

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.setFocus()
        self.setCursorPosition(self.cursorPositionAt(event.position().toPoint()))
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        text = _dropped_text(event.mimeData())
        place = self.cursorPositionAt(event.position().toPoint()) if self.text().strip() else 0
        before, after = self.text()[:place], self.text()[place:]
        self.selectAll()
        if not (before + after).strip():
            self.insert(text)
        elif self.compiled is not None and not (before and after):     # beside a whole filter
            self.insert(joined(before + after, text, Joining.AND))
        else:
            opening = " " if before and before[-1] not in _SIDE_BY_SIDE else ""
            closing = " " if after and after[0] not in " )" else ""
            self.insert(before + opening + text + closing + after)
            self.setCursorPosition(len(before + opening + text))
        self.setFocus()
        event.acceptProposedAction()


_STEPS: dict[int, int] = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


def _dropped_text(data: QMimeData) -> str:
    """What may be dropped on the line: a condition of ours, or other text; "" for files."""
    if data.hasFormat(FILTER_MIME):
        return bytes(data.data(FILTER_MIME).data()).decode("utf-8", "replace")
    return " ".join(data.text().split()) if data.hasText() and not data.hasUrls() else ""
