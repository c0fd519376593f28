"""What the person notes on packets: marks, ignored packets, time references, comments. Every change can be undone."""

from collections.abc import Callable, Iterable

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

from tcpladder.texts import _, ngettext
from tcpladder.ui.session import Session


class Annotations(QObject):
    """Changes the session's marks, ignored packets, references and comments, as steps that can be taken back."""

    def __init__(self, session: Session, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._undo_stack = undo_stack
        session.capture_opened.connect(undo_stack.clear)
        session.capture_closed.connect(undo_stack.clear)

    def toggle_marks(self, rows: Iterable[int]) -> None:
        """Marks packets; where all are marked, takes the marks away."""
        before = frozenset(self._session.marked)
        self._set_marks(before, _toggled(before, rows), _("Mark"))

    def mark_shown(self) -> None:
        """Marks every packet that the display filter lets through."""
        before = frozenset(self._session.marked)
        self._set_marks(before, before | self._shown(), _("Mark All Displayed"))

    def unmark_shown(self) -> None:
        """Takes the marks of the packets away that the display filter lets through."""
        before = frozenset(self._session.marked)
        self._set_marks(before, before - self._shown(), _("Unmark All Displayed"))

    def toggle_ignored(self, rows: Iterable[int]) -> None:
        """Ignores packets; where all are ignored, none of them is any more."""
        before = frozenset(self._session.ignored)
        self._set_ignored(before, _toggled(before, rows), _("Ignore"))

    def ignore_none(self) -> None:
        """Takes all packets in again."""
        self._set_ignored(frozenset(self._session.ignored), frozenset(), _("Unignore All"))

    def toggle_reference(self, row: int) -> None:
        """Lets the times of the packets below count from this one, or no longer."""
        before = frozenset(self._session.references)
        self._set_references(before, _toggled(before, [row]), _("Time Reference"))

    def forget_references(self) -> None:
        """Lets all times count from the first packet."""
        self._set_references(frozenset(self._session.references), frozenset(), _("Remove Time References"))

    def set_comments(self, changes: dict[int, tuple[str, ...]]) -> None:
        """Gives packets other comments, by row."""
        capture = self._session.capture
        if capture is None:
            return
        before = {row: capture.packet_comments(row) for row in changes}
        changed = {row: comments for row, comments in changes.items() if comments != before[row]}
        if not changed:
            return

        def put(comments: dict[int, tuple[str, ...]]) -> None:
            for row, texts in comments.items():
                capture.set_comments(row, texts)
            self._session.show_comments(comments)

        text = ngettext("Comment on {count:,} Packet", "Comment on {count:,} Packets", len(changed))
        self._do(text.format(count=len(changed)), lambda: put(changed),
                 lambda: put({row: before[row] for row in changed}))

    def _shown(self) -> frozenset[int]:
        session = self._session
        rows = np.arange(session.frame_count) if session.shown is None else session.shown
        return frozenset(rows.tolist())

    def _set_marks(self, before: frozenset[int], after: frozenset[int], text: str) -> None:
        def put(rows: frozenset[int]) -> None:
            self._session.marked = set(rows)
            self._session.marks_changed.emit()

        self._change(before, after, text, put)

    def _set_ignored(self, before: frozenset[int], after: frozenset[int], text: str) -> None:
        def put(rows: frozenset[int]) -> None:
            self._session.ignored = set(rows)
            self._session.marks_changed.emit()
            if self._session.filter_text:
                self._session.apply_filter(self._session.filter_text)

        self._change(before, after, text, put)

    def _set_references(self, before: frozenset[int], after: frozenset[int], text: str) -> None:
        def put(rows: frozenset[int]) -> None:
            self._session.references = set(rows)
            self._session.marks_changed.emit()

        self._change(before, after, text, put)

    def _change(self, before: frozenset[int], after: frozenset[int], text: str,
                put: Callable[[frozenset[int]], None]) -> None:
        if after != before:
            self._do(text, lambda: put(after), lambda: put(before))

    def _do(self, text: str, redo: Callable[[], None], undo: Callable[[], None]) -> None:
        self._undo_stack.push(UndoStep(text, redo, undo))


class UndoStep(QUndoCommand):
    """Something done, and how it is taken back. Pushing it does it."""

    def __init__(self, text: str, redo: Callable[[], None], undo: Callable[[], None]) -> None:
        super().__init__(text)
        self._redo, self._undo = redo, undo

    def redo(self) -> None:
        self._redo()

    def undo(self) -> None:
        self._undo()


def _toggled(before: frozenset[int], rows: Iterable[int]) -> frozenset[int]:
    chosen = frozenset(rows)
    return before - chosen if chosen <= before else before | chosen
