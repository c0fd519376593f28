"""The text of a followed stream, of any size: only what is visible is made and painted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QBasicTimer, QEvent, QPoint, QPointF, QRectF, Qt, QTimerEvent, Signal
from PySide6.QtGui import (
    QClipboard,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QRawFont,
    QResizeEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QAbstractSlider, QMenu, QWidget

from tcpladder.tcp.follow import KINDS, PieceKind
from tcpladder.tcp.follow_text import Form, Place, StreamText
from tcpladder.texts import _
from tcpladder.ui.theme import byte_font, theme_of
from tcpladder.ui.windows.stream_layout import Row, StreamLayout

_MARGIN = 4
_CELLS_OF_HEX = 82
_DRAG_INTERVAL = 30         # milliseconds between rows, while the mouse drags beyond the edge
_SELECTED_AT_ONCE = 1_000_000       # characters that a selection puts on to X11's second clipboard

Command = QKeySequence.StandardKey


class StreamView(QAbstractScrollArea):
    """Paints the visible rows in the colours of their senders; keys and mouse move a cursor and select."""

    clicked = Signal()              # without a selection
    copy_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout: StreamLayout
        self._text: StreamText | None = None
        self._top: Row = (0, 0)
        self._anchor: Place = (0, 0)
        self._cursor: Place = (0, 0)
        self._wanted_x: float | None = None         # where up and down would like to be
        self._dragging = QBasicTimer()
        self._dragged_to = QPoint()
        self.setAccessibleName(_("Text of the stream"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.verticalScrollBar().valueChanged.connect(self._follow_bar)
        self.verticalScrollBar().actionTriggered.connect(self._follow_step)
        self._measure()

    # What is shown

    def show_text(self, text: StreamText) -> None:
        """Shows a text from its beginning, with nothing selected."""
        self._text = text
        self._top = (0, 0)
        self._anchor = self._cursor = (0, 0)
        self._lay_out()
        self._tell()

    @property
    def stream_text(self) -> StreamText:
        """The text that is shown."""
        assert self._text is not None
        return self._text

    @property
    def selection(self) -> tuple[Place, Place]:
        """From where to where text is selected; twice the cursor's place where none is."""
        return min(self._anchor, self._cursor), max(self._anchor, self._cursor)

    @property
    def has_selection(self) -> bool:
        """Some text is selected."""
        return self._anchor != self._cursor

    def select(self, first: Place, last: Place) -> None:
        """Selects a text and brings it into sight; the cursor is behind it."""
        self._anchor, self._cursor = first, last
        self._reveal(first)
        self._changed()

    def go_to(self, place: Place, *, selecting: bool = False) -> None:
        """Moves the cursor; with selecting, the selection goes on from where it began."""
        self._cursor = place
        if not selecting:
            self._anchor = place
        self._reveal(place)
        self._changed()

    def packet_row(self) -> int | None:
        """The row of the packet from which the text at the cursor came."""
        block = self.stream_text.block(self._cursor[0])
        if not block.pieces:
            return None
        return int(self.stream_text.pieces.row[block.piece_at(self._cursor[1])])

    def place_at(self, point: QPoint) -> Place:
        """The place nearest to a point of the viewport."""
        row = self._layout.moved(self._top, int((point.y() - _MARGIN) // self._row_height))
        return self._place_in(row, point.x() - _MARGIN + self.horizontalScrollBar().value())

    def rect_of(self, place: Place) -> QRectF:
        """Where the cursor is drawn before a character, in the viewport; its row must be near what is visible."""
        row = self._layout.row_of(place)
        if row >= self._top:
            above = self._layout.distance(self._top, row, 1_000)
        else:
            above = -self._layout.distance(row, self._top, 1_000)
        x = self._x_of(row, place[1]) + _MARGIN - self.horizontalScrollBar().value()
        return QRectF(x, above * self._row_height + _MARGIN, 1, self._row_height)

    # Overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._text is None:
            return
        painter = QPainter(self.viewport())
        left = _MARGIN - self.horizontalScrollBar().value()
        first, last = self.selection
        row: Row | None = self._top
        cursor_row = self._layout.row_of(self._cursor)
        for number in range(self._rows_in_view() + 2):
            assert row is not None
            top = _MARGIN + number * self._row_height
            layout = self._row_layout(row, first, last)
            layout.draw(painter, QPointF(left, top))
            if row == cursor_row and self.hasFocus():
                x = left + self._x_of(row, self._cursor[1])
                painter.fillRect(QRectF(x, top, 1, self._row_height), self.palette().color(QPalette.ColorRole.Text))
            following = self._layout.moved(row, 1)
            if following == row:
                break
            row = following
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._text is not None:
            self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()
            if self._text is not None:
                self._lay_out()
        elif event.type() is QEvent.Type.PaletteChange:
            self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().x():
            super().wheelEvent(event)
            return
        lines = QGuiApplication.styleHints().wheelScrollLines()
        self._scroll_by(-event.angleDelta().y() * lines // 120)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.go_to(self.place_at(event.position().toPoint()), selecting=shift)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not event.buttons() & Qt.MouseButton.LeftButton:
            return
        self._dragged_to = event.position().toPoint()
        if 0 <= self._dragged_to.y() < self.viewport().height():
            self._dragging.stop()
        elif not self._dragging.isActive():
            self._dragging.start(_DRAG_INTERVAL, self)
        self._cursor = self.place_at(self._dragged_to)
        self._changed()

    def timerEvent(self, event: QTimerEvent) -> None:
        if event.timerId() != self._dragging.timerId():
            super().timerEvent(event)
            return
        self._scroll_by(-1 if self._dragged_to.y() < 0 else 1)
        self._cursor = self.place_at(self._dragged_to)
        self._changed()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging.stop()
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        if not self.has_selection:
            self.clicked.emit()
        elif QGuiApplication.clipboard().supportsSelection():
            self._offer_selection()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        block, character = self.place_at(event.position().toPoint())
        text = self.stream_text.block(block).text
        word = next((found.span() for found in re.finditer(r"\w+", text) if found.start() <= character < found.end()),
                    None)
        if word is not None:
            self._anchor, self._cursor = (block, word[0]), self.stream_text.canonical(block, word[1])
            self._changed()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        copy = menu.addAction(_("&Copy"))
        copy.setEnabled(self.has_selection)
        copy.triggered.connect(self.copy_wanted)
        menu.addAction(_("Select &All")).triggered.connect(self.select_all)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._text is None:
            super().keyPressEvent(event)
        elif event.matches(Command.Copy):
            self.copy_wanted.emit()
        elif event.matches(Command.SelectAll):
            self.select_all()
        elif not self._move(event):
            super().keyPressEvent(event)

    def select_all(self) -> None:
        """Selects the whole text."""
        self._anchor, self._cursor = (0, 0), self.stream_text.end
        self._changed()

    # The cursor

    def _move(self, event: QKeyEvent) -> bool:
        """Moves the cursor as a key says; False where it says nothing."""
        moves: tuple[tuple[Command, Command, Callable[[], Place]], ...] = (
            (Command.MoveToNextChar, Command.SelectNextChar, lambda: self._beside(1)),
            (Command.MoveToPreviousChar, Command.SelectPreviousChar, lambda: self._beside(-1)),
            (Command.MoveToNextWord, Command.SelectNextWord, self._next_word),
            (Command.MoveToPreviousWord, Command.SelectPreviousWord, self._previous_word),
            (Command.MoveToNextLine, Command.SelectNextLine, lambda: self._below(1)),
            (Command.MoveToPreviousLine, Command.SelectPreviousLine, lambda: self._below(-1)),
            (Command.MoveToNextPage, Command.SelectNextPage, lambda: self._below(self._rows_in_view())),
            (Command.MoveToPreviousPage, Command.SelectPreviousPage, lambda: self._below(-self._rows_in_view())),
            (Command.MoveToStartOfLine, Command.SelectStartOfLine, lambda: self._edge(0)),
            (Command.MoveToEndOfLine, Command.SelectEndOfLine, lambda: self._edge(1)),
            (Command.MoveToStartOfDocument, Command.SelectStartOfDocument, lambda: (0, 0)),
            (Command.MoveToEndOfDocument, Command.SelectEndOfDocument, lambda: self.stream_text.end))
        for moving, selecting, target in moves:
            for command in (moving, selecting):
                if event.matches(command):
                    is_vertical = command in (
                        Command.MoveToNextLine, Command.SelectNextLine, Command.MoveToPreviousLine,
                        Command.SelectPreviousLine, Command.MoveToNextPage, Command.SelectNextPage,
                        Command.MoveToPreviousPage, Command.SelectPreviousPage)
                    place = target()
                    wanted = self._wanted_x
                    self.go_to(place, selecting=command is selecting)
                    self._wanted_x = wanted if is_vertical else None
                    return True
        return False

    def _beside(self, count: int) -> Place:
        return self.stream_text.canonical(self._cursor[0], self._cursor[1] + count)

    def _below(self, count: int) -> Place:
        row = self._layout.row_of(self._cursor)
        if self._wanted_x is None:
            self._wanted_x = self._x_of(row, self._cursor[1])
        return self._place_in(self._layout.moved(row, count), self._wanted_x)

    def _edge(self, side: int) -> Place:
        row = self._layout.row_of(self._cursor)
        return row[0], self._layout.span(row)[0] if side == 0 else self._last_in(row)

    def _next_word(self) -> Place:
        block, character = self._cursor
        text = self.stream_text.block(block).text
        found = re.compile(r"\w*\W*").match(text, character)
        return self.stream_text.canonical(block, max(character + 1, found.end() if found else 0))

    def _previous_word(self) -> Place:
        block, character = self._beside(-1)
        text = self.stream_text.block(block).text[:character + 1]
        found = re.search(r"\w+\W*\Z|\W+\Z", text)
        return block, found.start() if found else 0

    def _changed(self) -> None:
        self._wanted_x = None
        self.viewport().update()
        self._tell()

    def _tell(self) -> None:
        """What a screen reader says: the row of the cursor."""
        self.setAccessibleDescription(self._shown(self._layout.row_of(self._cursor)))

    def _offer_selection(self) -> None:
        """Puts the selection where a middle click finds it, unless it is large."""
        text = ""
        for part in self.stream_text.between(*self.selection):
            text += part
            if len(text) > _SELECTED_AT_ONCE:
                return
        QGuiApplication.clipboard().setText(text, QClipboard.Mode.Selection)

    # Rows

    def _measure(self) -> None:
        self._font = byte_font(self.font())
        self._widths = _Widths(self._font)
        self._cell_width = self._widths["0"]
        self._row_height = round(QFontMetricsF(self._font).height()) + 1

    def _rows_in_view(self) -> int:
        return max(1, int((self.viewport().height() - 2 * _MARGIN) // self._row_height))

    def _lay_out(self) -> None:
        """Lays the text out for the width that there is; what is at the top stays there."""
        text = self.stream_text
        is_table = text.form is Form.HEX
        place = (0, 0)
        if self._top != (0, 0):
            place = self._top[0], self._layout.span(self._top)[0]
        width = self.viewport().width() - 2 * _MARGIN
        self._layout = StreamLayout(text, None if is_table else max(8 * self._cell_width, width), self._widths)
        self._top = self._layout.row_of(text.canonical(*place))
        sideways = self.horizontalScrollBar()
        sideways.setPageStep(max(1, width))
        sideways.setSingleStep(round(self._cell_width))
        sideways.setRange(0, max(0, round(_CELLS_OF_HEX * self._cell_width) - width) if is_table else 0)
        self._show_from(self._top)

    def _shown(self, row: Row) -> str:
        """The characters of a row, without the end of its line."""
        start, end = self._layout.span(row)
        return self.stream_text.block(row[0]).text[start:end].removesuffix("\n")

    def _row_layout(self, row: Row, first: Place, last: Place) -> QTextLayout:
        """A row, ready to be painted, with the selection from first to last."""
        text = self._shown(row)
        layout = QTextLayout(text, self._font)
        start, end = self._layout.span(row)
        formats = self._formats(row[0], start, start + len(text), text)
        begin = max((row[0], start), first)[1] if first < (row[0], end) and first != last else end
        if begin < end and last > (row[0], start):
            until = last[1] if last[0] == row[0] else end
            style = QTextCharFormat()
            group = QPalette.ColorGroup.Active if self.hasFocus() else QPalette.ColorGroup.Inactive
            style.setBackground(self.palette().color(group, QPalette.ColorRole.Highlight))
            style.setForeground(self.palette().color(group, QPalette.ColorRole.HighlightedText))
            formats.append(_range(text, begin - start, min(until, end) - start, style))
        layout.setFormats(formats)
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(1e6)
        layout.endLayout()
        return layout

    def _formats(self, number: int, start: int, end: int, text: str) -> list[QTextLayout.FormatRange]:
        """The colours of the pieces in some characters of a block."""
        block, pieces = self.stream_text.block(number), self.stream_text.pieces
        theme = theme_of(self.palette())
        result = []
        for begin, until, piece in block.runs(start, end):
            kind = KINDS[pieces.kind[piece]]
            colours = theme.client if pieces.from_client[piece] else theme.server
            style = QTextCharFormat()
            style.setForeground(QColor(colours.text))
            style.setBackground(QColor(colours.background))
            style.setFontItalic(kind is PieceKind.MISSING)
            style.setFontStrikeOut(kind is PieceKind.REPEATED)
            result.append(_range(text, begin - start, until - start, style))
        return result

    def _x_of(self, row: Row, character: int) -> float:
        """How far a character of a block is from the left of its row."""
        text = self._shown(row)
        inner = min(max(0, character - self._layout.span(row)[0]), len(text))
        if text.isascii() and text.isprintable():
            return inner * self._cell_width
        layout = self._row_layout(row, (0, 0), (0, 0))
        x: Any = layout.lineAt(0).cursorToX(_qt_index(text, inner))
        return float(x[0])      # and the place that is there

    def _place_in(self, row: Row, x: float) -> Place:
        """The place in a row that is nearest to a distance from its left."""
        text = self._shown(row)
        if text.isascii() and text.isprintable():
            inner = min(max(0, round(x / self._cell_width)), len(text))
        else:
            layout = self._row_layout(row, (0, 0), (0, 0))
            inner = _python_index(text, layout.lineAt(0).xToCursor(x))
        return row[0], min(self._layout.span(row)[0] + inner, self._last_in(row))

    def _last_in(self, row: Row) -> int:
        """The last place in a row: before the end of its line, or before its last character where it is broken."""
        start, end = self._layout.span(row)
        block = self.stream_text.block(row[0])
        is_broken = end > start and block.text[end - 1] != "\n" and (row[0], end) != self.stream_text.end
        return end - 1 if is_broken or block.text[start:end].endswith("\n") else end

    # Scrolling

    def _scroll_by(self, rows: int) -> None:
        self._show_from(self._layout.moved(self._top, rows))

    def _show_from(self, row: Row) -> None:
        """Puts a row at the top, or the last page where it would leave room below."""
        last_top = self._layout.moved(self._layout.last_row(), 1 - self._rows_in_view())
        self._top = min(row, last_top)
        bar = self.verticalScrollBar()
        bar.blockSignals(True)
        bar.setPageStep(self._rows_in_view())
        bar.setRange(0, max(0, self._layout.row_count - self._rows_in_view()))
        bar.setValue(bar.maximum() if self._top == last_top else self._layout.position(self._top))
        bar.blockSignals(False)
        self.viewport().update()

    def _follow_bar(self, value: int) -> None:
        """The bar was dragged."""
        self._show_from(self._layout.last_row() if value == self.verticalScrollBar().maximum()
                        else self._layout.row_at(value))

    def _follow_step(self, action: int) -> None:
        """The bar was clicked beside its handle: rows are counted exactly."""
        kinds = QAbstractSlider.SliderAction
        page = self._rows_in_view()
        count = {kinds.SliderSingleStepAdd: 1, kinds.SliderSingleStepSub: -1, kinds.SliderPageStepAdd: page,
                 kinds.SliderPageStepSub: -page}.get(kinds(action))
        if count is not None and self._text is not None:
            self._scroll_by(count)
            self.verticalScrollBar().setSliderPosition(self.verticalScrollBar().value())

    def _reveal(self, place: Place) -> None:
        """Scrolls as little as is needed to see a place."""
        row = self._layout.row_of(place)
        in_view = self._rows_in_view()
        if row < self._top:
            near = self._layout.distance(row, self._top, in_view) < in_view
            self._show_from(row if near else self._layout.moved(row, -in_view // 2))
        elif (below := self._layout.distance(self._top, row, 2 * in_view)) >= in_view:
            self._show_from(self._layout.moved(row, 1 - in_view if below < 2 * in_view else -in_view // 2))
        sideways = self.horizontalScrollBar()
        x = self._x_of(row, place[1])
        if x < sideways.value() or x > sideways.value() + sideways.pageStep():
            sideways.setValue(round(x) - sideways.pageStep() // 2)


class _Widths(dict[str, float]):
    """How wide characters are, each by itself; a tab at most.

    Those of the font are of one width. What other fonts must help out with is not measured, as Qt takes long to find
    them, but counted as two of it, which is how wide ideographs are.
    """

    def __init__(self, font: QFont) -> None:
        self._cell = QFontMetricsF(font).horizontalAdvance("0")
        self._own = QRawFont.fromFont(font)
        super().__init__({"\t": QTextOption().tabStopDistance()})

    def __missing__(self, character: str) -> float:
        is_narrow = not character.isprintable() or self._own.supportsCharacter(ord(character))
        width = self[character] = self._cell if is_narrow else 2 * self._cell
        return width


def _range(text: str, start: int, end: int, style: QTextCharFormat) -> QTextLayout.FormatRange:
    result = QTextLayout.FormatRange()
    result.start = _qt_index(text, start)
    result.length = _qt_index(text, end) - result.start
    result.format = style
    return result


def _qt_index(text: str, index: int) -> int:
    """A place in a text as Qt counts: characters beyond the first 65,536 are two."""
    return index if text.isascii() else len(text[:index].encode("utf-16-le", "surrogatepass")) // 2


def _python_index(text: str, index: int) -> int:
    """A place in a text as Python counts."""
    if text.isascii():
        return index
    return len(text.encode("utf-16-le", "surrogatepass")[:2 * index].decode("utf-16-le", "replace"))
