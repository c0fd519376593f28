"""The comments on packets, written and changed."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from tcpladder.packets.pcapng_blocks import LONGEST_OPTION
from tcpladder.texts import _, ngettext
from tcpladder.ui.dialog_parts import ok_and_cancel, resize_for_text

_SEPARATOR = "\n---\n"      # between two comments on one packet


class CommentDialog(QDialog):
    """Edits the comments on one packet, or gives several packets one more."""

    def __init__(self, frame_numbers: Sequence[int], comments: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_adding = len(frame_numbers) > 1
        self._before = comments
        if self._is_adding:
            text = ngettext("Comment to &add to {count:,} packet:", "Comment to &add to {count:,} packets:",
                            len(frame_numbers)).format(count=len(frame_numbers))
            self.setWindowTitle(_("Add Packet Comments"))
        else:
            text = _("&Comment on packet {number:,}:").format(number=frame_numbers[0])
            self.setWindowTitle(_("Packet Comment"))
        title = QLabel(text)
        self.edit = QPlainTextEdit("" if self._is_adding else _SEPARATOR.join(comments))
        self.edit.setTabChangesFocus(True)
        title.setBuddy(self.edit)
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.buttons = ok_and_cancel(self)
        content = QVBoxLayout(self)
        for widget in (title, self.edit, self.notice, self.buttons):
            content.addWidget(widget)
        self.edit.textChanged.connect(self._say)
        self._say()
        resize_for_text(self, 460, 260)

    def comments_after(self, before: tuple[str, ...]) -> tuple[str, ...]:
        """The comments that a packet has when the dialog was accepted, from those it had."""
        written = tuple(text.strip() for text in self.edit.toPlainText().split(_SEPARATOR) if text.strip())
        return (*before, *written) if self._is_adding else written

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accept()
        else:
            super().keyPressEvent(event)

    def _say(self) -> None:
        longest = max((len(text.encode()) for text in self.comments_after(())), default=0)
        is_too_long = longest > LONGEST_OPTION
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not is_too_long)
        if is_too_long:
            self.notice.setText(_("The comment has {bytes:,} bytes; a pcapng file can hold {most:,}.").format(
                bytes=longest, most=LONGEST_OPTION))
        else:
            self.notice.setText(_("A line of three dashes parts two comments. Comments are kept when the capture is "
                                  "saved as pcapng."))
