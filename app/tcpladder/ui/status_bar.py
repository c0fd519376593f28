"""The line at the foot of the window: the field, its problem, the counts, and loading."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QStatusBar, QToolButton, QWidget

from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.texts import _, ngettext
from tcpladder.ui.elided_label import ElidedLabel
from tcpladder.ui.session import Session

_MEGABYTE = 1_000_000
_PERMILLE = 1000
_FEWEST_FOR_RATE = 10_000     # packets; fewer are read before a clock can tell
_GAP = 16


class StatusBar(QStatusBar):
    """Follows the session; during long work, progress and Cancel stand at the right."""

    cancel_wanted = Signal()            # of loading

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.field = ElidedLabel()
        self.problem = ElidedLabel()
        self.packets = ElidedLabel()
        self.file = ElidedLabel()
        self.speed = ElidedLabel()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(140, 10)
        self.cancel = QToolButton()
        self.cancel.setAutoRaise(True)
        self.cancel.clicked.connect(self._cancel)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(8, 0, 8, 0)
        for widget, stretch in ((self.field, 3), (self.problem, 4), (self.packets, 0), (self.file, 0),
                                (self.speed, 0), (self.progress, 0), (self.cancel, 0)):
            self.addWidget(widget, stretch)
        for label in (self.packets, self.file, self.speed):
            label.setIndent(_GAP)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._stop: Callable[[], None] | None = None     # ends the filtering or sorting that is shown
        self._started = 0.0
        self._show_progress_bar(False)
        session.capture_opened.connect(self._start)
        session.capture_closed.connect(self._clear)
        session.capture_grew.connect(self._count)
        session.shown_changed.connect(self._count)
        session.progress_changed.connect(self._show_progress)
        session.loading_finished.connect(self._finish)
        session.filtering_progressed.connect(
            lambda share: self._show_work(share, session.cancel_filtering, _("Filtering"), _("Cancel Filtering")))
        session.filtering_finished.connect(lambda: self._finish_work(session.cancel_filtering))
        session.sorting_progressed.connect(
            lambda share: self._show_work(share, session.cancel_sorting, _("Sorting"), _("Cancel Sorting")))
        session.sorting_finished.connect(lambda: self._finish_work(session.cancel_sorting))
        session.packet_selected.connect(self._show_packet)
        session.field_selected.connect(self._show_field)

    def _start(self) -> None:
        self._clear()
        self._started = time.monotonic()
        self._begin(_("Loading"), _("Cancel"))

    def _clear(self) -> None:
        for label in (self.field, self.problem, self.packets, self.file, self.speed):
            label.setText("")
        self._stop = None
        self._show_progress_bar(False)

    def _begin(self, work: str, cancel: str) -> None:
        self.progress.setAccessibleName(work)
        self.progress.setRange(0, _PERMILLE)
        self.progress.setValue(0)
        self.cancel.setText(cancel)
        self.cancel.setEnabled(True)
        self._show_progress_bar(True)

    def _cancel(self) -> None:
        if self._stop is not None:
            self._stop()
        else:
            self.cancel.setEnabled(False)
            self.cancel.setText(_("Cancelling…"))
            self.cancel_wanted.emit()

    def _show_work(self, share: float, stop: Callable[[], None], work: str, cancel: str) -> None:
        if self._stop != stop:
            self._stop = stop
            self._begin(work, cancel)
        self.progress.setValue(round(share * _PERMILLE))

    def _finish_work(self, stop: Callable[[], None]) -> None:
        if self._stop == stop:
            self._stop = None
            self._show_progress_bar(False)

    def _show_progress(self, share: float) -> None:
        progress, seconds = self._session.progress, time.monotonic() - self._started
        read = _("{read:,.0f} of {size:,.0f} MB").format(read=progress.bytes_read / _MEGABYTE,
                                                         size=progress.bytes_total / _MEGABYTE)
        if progress.frames >= _FEWEST_FOR_RATE:
            read += " · " + _("{rate:,.0f} packets/s").format(rate=progress.frames / max(seconds, 1e-3))
        self.speed.setText(read)
        self.progress.setValue(round(share * _PERMILLE))
        if share >= 1:      # all is read; how long the connections will take is not known
            self.progress.setRange(0, 0)
            self.cancel.setEnabled(False)

    def _finish(self) -> None:
        session = self._session
        self._stop = None
        self._show_progress_bar(False)
        if session.capture is None:
            return
        self._count()
        self.file.setText(session.capture.path.name)
        facts = []
        if session.frame_count >= _FEWEST_FOR_RATE:
            facts.append(_("{rate:,.0f} packets/s").format(rate=session.frame_count / max(session.load_seconds, 1e-3)))
        memory = memory_bytes()
        if memory is not None:
            facts.append(_("{size:,.0f} MB").format(size=memory / _MEGABYTE))
        self.speed.setText(" · ".join(facts))

    def _show_progress_bar(self, on: bool) -> None:
        self.progress.setVisible(on)
        self.cancel.setVisible(on)

    def _count(self) -> None:
        session = self._session
        text = ngettext("{count:,} packet", "{count:,} packets", session.frame_count).format(
            count=session.frame_count)
        if session.shown is not None:
            text = _("{packets}, {shown:,} shown").format(packets=text, shown=len(session.shown))
        self.packets.setText(text)

    def _show_packet(self, packet: DecodedPacket | None) -> None:
        problems = packet.problems if packet is not None else []
        self.problem.setText(" ".join(problem.message for problem in problems))

    def _show_field(self, node: FieldNode | None) -> None:
        self.field.setText("" if node is None else field_text(node))


def field_text(node: FieldNode) -> str:
    """Name and size of a field: "Sequence Number (tcp.seq), 4 bytes"."""
    label = node.spec.label
    if node.start_bit == node.end_bit:
        return _("{label} ({name})").format(label=label, name=node.name)
    bits = node.end_bit - node.start_bit
    if bits % 8:
        return ngettext("{label} ({name}), {count} bit", "{label} ({name}), {count} bits", bits).format(
            label=label, name=node.name, count=bits)
    return ngettext("{label} ({name}), {count} byte", "{label} ({name}), {count} bytes", bits // 8).format(
        label=label, name=node.name, count=bits // 8)


def memory_bytes() -> int | None:
    """The memory that the program holds now, or None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
