"""Analyze → Follow Stream: what both ends said, as text; a click leads to the packet."""

from __future__ import annotations

from bisect import bisect_right
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QKeySequence,
    QMouseEvent,
    QShortcut,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tcpladder.decode.columns import ColumnTable
from tcpladder.tcp.connection import Connection
from tcpladder.tcp.follow import Piece, PieceKind, follow_tcp, follow_udp, tcp_payloads
from tcpladder.tcp.follow_text import Form, form_title, piece_texts
from tcpladder.texts import _, ngettext
from tcpladder.ui.filter.field_filter import FilterWish, Joining
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import byte_font, theme_of
from tcpladder.ui.windows.tool_window import ToolWindow

_MOST_CHARACTERS = 2_000_000


class Side(Enum):
    """Whose bytes are shown."""

    BOTH = "both"
    CLIENT = "client"
    SERVER = "server"

    def holds(self, piece: Piece) -> bool:
        """The piece is one of this side's."""
        return self is Side.BOTH or piece.from_client == (self is Side.CLIENT)


class StreamText(QPlainTextEdit):
    """The text; knows which piece each character belongs to."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._begins: list[int] = []
        self._rows: list[int] = []
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse
                                     | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.setAccessibleName(_("Text of the stream"))

    def show_pieces(self, pieces: list[tuple[Piece, str]]) -> bool:
        """Shows texts in the colours of their senders; False if they were too long to be shown whole."""
        theme = theme_of(QApplication.palette())
        self.clear()
        self._begins, self._rows = [], []
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        room = _MOST_CHARACTERS
        for piece, text in pieces:
            style = QTextCharFormat()
            colours = theme.client if piece.from_client else theme.server
            style.setForeground(QColor(colours.text))
            style.setBackground(QColor(colours.background))
            style.setFontItalic(piece.kind is PieceKind.MISSING)
            style.setFontStrikeOut(piece.kind is PieceKind.REPEATED)
            self._begins.append(cursor.position())
            self._rows.append(piece.row)
            cursor.insertText(text[:room], style)
            room -= len(text)
            if room <= 0:
                break
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        return room > 0

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if not self.textCursor().hasSelection():
            self.select_packet()

    def select_packet(self) -> None:
        """Selects the packet from which the text at the cursor came."""
        place = bisect_right(self._begins, self.textCursor().position()) - 1
        if place >= 0:
            self._session.select_row(self._rows[place])


class FollowWindow(ToolWindow):
    """One stream of TCP or UDP."""

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(session, settings, "follow", _("Follow Stream"), QSize(860, 640), parent)
        self._pieces: list[Piece] = []
        self._protocol, self._stream = "tcp", 0
        self.text = StreamText(session, self)
        self.side = QComboBox(self)
        self.form = QComboBox(self)
        self.repeats = QCheckBox(_("&Repeated bytes"), self)
        self.search = QLineEdit(self)
        self.about = QLabel(self)
        self._filter_out = QPushButton(_("Filter &Out This Stream"), self)
        self._save = QPushButton(_("&Save As…"), self)
        self._build()
        session.capture_opened.connect(lambda _capture: self._show([]))
        session.capture_closed.connect(lambda: self._show([]))

    def follow(self, protocol: str, stream: int) -> None:
        """Shows a stream of "tcp" or "udp", and in the list only its packets."""
        columns, session = self.session.columns, self.session
        connections = session.connections
        if columns is None or connections is None:
            return
        self._protocol, self._stream = protocol, stream
        session.filter_wanted.emit(FilterWish(f"{protocol}.stream == {stream}", Joining.SELECTED, True))

        def work(_job: object) -> tuple[list[Piece], tuple[str, str]]:
            if protocol == "udp":
                return follow_udp(columns, stream), (_("first sender"), _("other"))
            return _follow_tcp(connections.connection(stream), columns)

        session.jobs.start("follow", work, then=lambda found: self._show(*found), on_failure=self.report)

    def save(self) -> None:
        """Asks for a file, and writes what is shown to it."""
        name, _kind = QFileDialog.getSaveFileName(self, _("Save Stream"), f"{self._protocol}-stream-{self._stream}.txt")
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Writes the stream in the form that is chosen; as raw bytes, the bytes themselves."""
        form: Form = self.form.currentData()
        if form is Form.RAW:
            self.write(path, (piece.data for piece in self._chosen()))
        else:
            self.write(path, (text.encode() for _piece, text in piece_texts(self._chosen(), form)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._use_byte_font()
        elif event.type() is QEvent.Type.PaletteChange:
            self._write()

    def find_next(self, *, backwards: bool = False) -> bool:
        """Selects the next place of the searched text, from the start again after the last."""
        flags = QTextDocument.FindFlag.FindBackward if backwards else QTextDocument.FindFlag(0)
        if self.text.find(self.search.text(), flags):
            return True
        before = self.text.textCursor()
        self.text.moveCursor(QTextCursor.MoveOperation.End if backwards else QTextCursor.MoveOperation.Start)
        if self.text.find(self.search.text(), flags):
            return True
        self.text.setTextCursor(before)
        return False

    def _build(self) -> None:
        for form in Form:
            self.form.addItem(form_title(form), form)
        for combo, name in ((self.side, _("Direction")), (self.form, _("Show as"))):
            combo.setAccessibleName(name)
            combo.setToolTip(name)
            combo.currentIndexChanged.connect(lambda _index: self._write())
        self.side.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.repeats.setToolTip(_("Shows bytes that were sent again, struck through, where they were sent"))
        self.repeats.toggled.connect(lambda _on: self._write())
        self.search.setPlaceholderText(_("Find"))
        self.search.setAccessibleName(_("Find"))
        self.search.setClearButtonEnabled(True)
        self.search.returnPressed.connect(self.find_next)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        QShortcut(QKeySequence.StandardKey.FindNext, self, self.find_next)
        QShortcut(QKeySequence.StandardKey.FindPrevious, self, lambda: self.find_next(backwards=True))
        QShortcut(QKeySequence(Qt.Key.Key_Return), self.text, self.text.select_packet,
                  context=Qt.ShortcutContext.WidgetShortcut)
        self._filter_out.clicked.connect(self._leave_out)
        self._save.clicked.connect(self.save)
        for button in (self._filter_out, self._save):
            button.setAutoDefault(False)
        self._use_byte_font()
        choices, actions = QHBoxLayout(), QHBoxLayout()
        for row in (choices, actions):
            row.setContentsMargins(10, 6, 10, 6)
            row.setSpacing(8)
        for widget in (self.side, self.form, self.repeats):
            choices.addWidget(widget)
        choices.addStretch(1)
        choices.addWidget(self.search)
        actions.addWidget(self.about, 1)
        actions.addWidget(self._filter_out)
        actions.addWidget(self._save)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(choices)
        whole.addWidget(self.text, 1)
        whole.addLayout(actions)

    def _use_byte_font(self) -> None:
        self.text.setFont(byte_font(self.font()))

    def _show(self, pieces: list[Piece], ends: tuple[str, str] = ("", "")) -> None:
        self._pieces = pieces
        sizes = {side: sum(len(piece.data) for piece in pieces
                           if side.holds(piece) and piece.kind is PieceKind.DATA) for side in Side}
        titles = {Side.BOTH: _("Both directions ({count:,} bytes)"), Side.CLIENT: _("{end} → ({count:,} bytes)"),
                  Side.SERVER: _("{end} → ({count:,} bytes)")}
        names = {Side.BOTH: "", Side.CLIENT: ends[0], Side.SERVER: ends[1]}
        self.side.blockSignals(True)
        self.side.clear()
        for side in Side:
            self.side.addItem(titles[side].format(end=names[side], count=sizes[side]), side)
        self.side.blockSignals(False)
        self._write()

    def _chosen(self) -> list[Piece]:
        side = self.side.currentData() or Side.BOTH
        return [piece for piece in self._pieces
                if side.holds(piece) and (piece.kind is not PieceKind.REPEATED or self.repeats.isChecked())]

    def _write(self) -> None:
        chosen = self._chosen()
        is_table = self.form.currentData() is Form.HEX
        self.text.setLineWrapMode(StreamText.LineWrapMode.NoWrap if is_table else StreamText.LineWrapMode.WidgetWidth)
        is_whole = self.text.show_pieces(list(piece_texts(chosen, self.form.currentData())))
        missing = sum(piece.length - len(piece.data) for piece in chosen if piece.kind is not PieceKind.REPEATED)
        self.about.setText(self._about(len(chosen), missing, is_whole))
        is_empty = not self._pieces
        for widget in (self._save, self._filter_out, self.side, self.form, self.repeats):
            widget.setEnabled(not is_empty)

    def _about(self, count: int, missing: int, is_whole: bool) -> str:
        if not self._pieces:
            return _("This stream carries no data.")
        text = ngettext("{count:,} piece; a click shows its packet.", "{count:,} pieces; a click shows its packet.",
                        count)
        sentences = [text.format(count=count)]
        if missing:
            sentences.append(ngettext("{count:,} byte is missing.", "{count:,} bytes are missing.", missing).format(
                count=missing))
        if not is_whole:
            sentences.append(_("Only the first {count:,} characters are shown; Save As writes all.").format(
                count=_MOST_CHARACTERS))
        return " ".join(sentences)

    def _leave_out(self) -> None:
        self.session.filter_wanted.emit(
            FilterWish(f"{self._protocol}.stream == {self._stream}", Joining.NOT_SELECTED, True))
        self.close()


def _follow_tcp(connection: Connection, columns: ColumnTable) -> tuple[list[Piece], tuple[str, str]]:
    return list(follow_tcp(connection, tcp_payloads(columns))), (connection.client.text, connection.server.text)
