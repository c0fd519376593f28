"""Analyze → Follow Stream: what both ends said, as text; a click leads to the packet."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import numpy as np
from PySide6.QtCore import QByteArray, QEvent, QMimeData, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tcpladder.packets.whole_file import write_whole
from tcpladder.tcp.follow import PieceKind, Pieces, follow_tcp, follow_udp
from tcpladder.tcp.follow_text import Form, Place, StreamText, form_title, piece_texts
from tcpladder.texts import _, ngettext
from tcpladder.ui.filter.field_filter import FilterWish, Joining
from tcpladder.ui.jobs import Job
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.windows.stream_view import StreamView
from tcpladder.ui.windows.tool_window import ToolWindow
from tcpladder.ui.wrapping_row import WrappingRow

_MOST_COPIED = 50_000_000       # characters that other programs take from a clipboard without dying
_FETCHED_PIECES = 10_000        # whose bytes are brought from the disk before they are shown
_REPORTED_BLOCKS = 256          # searched between two reports


class Side(Enum):
    """Whose bytes are shown."""

    BOTH = "both"
    CLIENT = "client"
    SERVER = "server"

    def holds(self, pieces: Pieces) -> np.ndarray:
        """Which pieces are this side's."""
        return np.ones(len(pieces), bool) if self is Side.BOTH else pieces.from_client == (self is Side.CLIENT)


class FollowWindow(ToolWindow):
    """One stream of TCP or UDP."""

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(session, settings, "follow", _("Follow Stream"), QSize(860, 640), parent)
        self._pieces: Pieces | None = None
        self._protocol, self._stream = "tcp", 0
        self.text = StreamView(self)
        self.side = QComboBox(self)
        self.form = QComboBox(self)
        self.repeats = QCheckBox(_("&Repeated bytes"), self)
        self.search = QLineEdit(self)
        self.about = QLabel(self)
        self._filter_out = QPushButton(_("Filter &Out This Stream"), self)
        self._save = QPushButton(_("&Save As…"), self)
        self._build()
        self._show(None)
        session.capture_opened.connect(lambda _capture: self._show(None))
        session.capture_closed.connect(lambda: self._show(None))

    def follow(self, protocol: str, stream: int) -> None:
        """Shows a stream of "tcp" or "udp", and in the list only its packets."""
        columns, session = self.session.columns, self.session
        connections = session.connections
        if columns is None or connections is None:
            return
        self._protocol, self._stream = protocol, stream
        session.filter_wanted.emit(FilterWish(f"{protocol}.stream == {stream}", Joining.SELECTED, True))

        def work(job: Job) -> tuple[Pieces, tuple[str, str]]:
            if protocol == "udp":
                pieces, ends = follow_udp(columns, stream), (_("first sender"), _("other"))
            else:
                connection = connections.connection(stream)
                pieces = follow_tcp(connection, columns, job.check)
                ends = connection.client.text, connection.server.text
            columns.capture.fetch(pieces.row[:_FETCHED_PIECES], job.check)
            return pieces, ends

        session.jobs.start("follow", work, then=lambda found: self._show(*found), on_failure=self.report)

    def save(self) -> None:
        """Asks for a file, and writes what is shown to it."""
        name, _kind = QFileDialog.getSaveFileName(self, _("Save Stream"), f"{self._protocol}-stream-{self._stream}.txt")
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Writes the stream in the form that is chosen; as raw bytes, the bytes themselves."""
        form: Form = self.form.currentData()
        chosen = self.text.stream_text.pieces

        def parts(job: Job) -> Iterator[bytes]:
            texts = ((piece, "") for piece in chosen) if form is Form.RAW else piece_texts(chosen, form)
            for piece, text in texts:
                job.check()
                yield piece.data if form is Form.RAW else text.encode()

        self.session.jobs.start("follow-save", lambda job: write_whole(path, parts(job)), then=lambda _done: None,
                                on_failure=self.report)

    def copy(self) -> None:
        """Puts what is selected on to the clipboard."""
        text = self.text.stream_text
        first, last = self.text.selection

        def work(job: Job) -> bytes | None:
            parts, length = [], 0
            for part in StreamText(text.pieces, text.form).between(first, last, job.check):
                parts.append(part)
                length += len(part)
                if length > _MOST_COPIED:
                    return None
            return "".join(parts).encode("utf-8", "replace")

        def finish(copied: bytes | None) -> None:
            if copied is None:
                self.about.setText(_("More than {count:,} characters are selected, too many for the clipboard; "
                                     "Save As writes all.").format(count=_MOST_COPIED))
            elif copied:
                content = QMimeData()
                content.setData("text/plain", QByteArray(copied))       # as a text it would be converted here and now
                QGuiApplication.clipboard().setMimeData(content)

        self.session.jobs.start("follow-copy", work, then=finish, on_failure=self.report)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.text.setFont(self.font())

    def find_next(self, *, backwards: bool = False) -> None:
        """Selects the next place of the searched text, from the start again after the last, when it is found."""
        wanted, text = self.search.text(), self.text.stream_text
        before, behind = self.text.selection
        if not wanted:
            return

        def work(job: Job) -> tuple[Place, Place] | None:
            def check(blocks: int) -> None:
                job.check()
                if blocks and not blocks % _REPORTED_BLOCKS:
                    job.report(blocks)

            return StreamText(text.pieces, text.form).find(
                wanted, before if backwards else behind, backwards=backwards, check=check)

        self.session.jobs.start("follow-find", work, then=self._found, on_failure=self.report,
                                on_report=lambda blocks: self.about.setText(_("Searching, {percent} %…").format(
                                    percent=100 * blocks // text.count)))

    def _found(self, found: tuple[Place, Place] | None) -> None:
        self._tell()
        if found is None:
            self.about.setText(_("“{text}” is nowhere in what is shown.").format(text=self.search.text()))
        else:
            self.text.select(*found)

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
        QShortcut(QKeySequence(Qt.Key.Key_Return), self.text, self.select_packet,
                  context=Qt.ShortcutContext.WidgetShortcut)
        self.text.clicked.connect(self.select_packet)
        self.text.copy_wanted.connect(self.copy)
        self._filter_out.clicked.connect(self._leave_out)
        self._save.clicked.connect(self.save)
        for button in (self._filter_out, self._save):
            button.setAutoDefault(False)
        choices, actions = WrappingRow(), WrappingRow()
        for row in (choices, actions):
            row.setContentsMargins(10, 6, 10, 6)
            row.setSpacing(8)
        for widget in (self.side, self.form, self.repeats):
            choices.addWidget(widget)
        choices.addStretch()
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

    def select_packet(self) -> None:
        """Selects the packet from which the text at the cursor came."""
        row = self.text.packet_row()
        if row is not None:
            self.session.select_row(row)

    def _show(self, pieces: Pieces | None, ends: tuple[str, str] = ("", "")) -> None:
        self._pieces = pieces
        for topic in ("follow-find", "follow-copy"):
            self.session.jobs.cancel(topic)
        titles = {Side.BOTH: _("Both directions ({count:,} bytes)"), Side.CLIENT: _("{end} → ({count:,} bytes)"),
                  Side.SERVER: _("{end} → ({count:,} bytes)")}
        names = {Side.BOTH: "", Side.CLIENT: ends[0], Side.SERVER: ends[1]}
        self.side.blockSignals(True)
        self.side.clear()
        for side in Side:
            size = 0
            if pieces is not None:
                size = int(pieces.held[side.holds(pieces) & pieces.are(PieceKind.DATA)].sum())
            self.side.addItem(titles[side].format(end=names[side], count=size), side)
        self.side.blockSignals(False)
        self._write()

    def _write(self) -> None:
        pieces = self._pieces
        if pieces is not None:
            chosen = (self.side.currentData() or Side.BOTH).holds(pieces)
            if not self.repeats.isChecked():
                chosen &= ~pieces.are(PieceKind.REPEATED)
            pieces = pieces[chosen]
        self.session.jobs.cancel("follow-find")
        self.text.show_text(StreamText(Pieces.none() if pieces is None else pieces, self.form.currentData()))
        self._tell()
        is_empty = self._pieces is None or not len(self._pieces)
        for widget in (self._save, self._filter_out, self.side, self.form, self.repeats):
            widget.setEnabled(not is_empty)

    def _tell(self) -> None:
        """Says how much is shown."""
        if self._pieces is None or not len(self._pieces):
            self.about.setText(_("This stream carries no data."))
            return
        shown = self.text.stream_text.pieces
        count = len(shown)
        text = ngettext("{count:,} piece; a click shows its packet.", "{count:,} pieces; a click shows its packet.",
                        count)
        sentences = [text.format(count=count)]
        counted = ~shown.are(PieceKind.REPEATED)
        missing = int((shown.length - shown.held)[counted].sum())
        if missing:
            sentences.append(ngettext("{count:,} byte is missing.", "{count:,} bytes are missing.", missing).format(
                count=missing))
        self.about.setText(" ".join(sentences))

    def _leave_out(self) -> None:
        self.session.filter_wanted.emit(
            FilterWish(f"{self._protocol}.stream == {self._stream}", Joining.NOT_SELECTED, True))
        self.close()
