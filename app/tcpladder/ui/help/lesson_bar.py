"""A line above the packets of a lesson: what to look at, one thing after the other."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from tcpladder.packets.capture import Capture
from tcpladder.texts import _, ngettext
from tcpladder.ui.help.lessons import Lesson, lesson_of
from tcpladder.ui.session import Session
from tcpladder.ui.theme import icon


class LessonBar(QWidget):
    """Hidden unless the open capture is a lesson. Each thing selects its first packet."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lesson: Lesson | None = None
        self._place = 0
        self._number = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.previous = self._button(_("Previous thing to look at"), lambda: self._go(self._place - 1))
        self.next = self._button(_("Next thing to look at"), lambda: self._go(self._place + 1))
        self._close = self._button(_("Close the lesson"), self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 6, 4)
        row.setSpacing(8)
        row.addWidget(self._number)
        row.addWidget(self._text, 1)
        for button in (self.previous, self.next, self._close):
            row.addWidget(button)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(self.backgroundRole().AlternateBase)
        session.capture_opened.connect(self._take_capture)
        session.capture_closed.connect(self.hide)
        self._draw_icons()
        self.hide()

    @property
    def sentence(self) -> str:
        """What the person is told to look at."""
        return self._text.text()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_icons()

    def _button(self, title: str, slot: object) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setToolTip(title)
        button.setAccessibleName(title)
        button.clicked.connect(slot)
        return button

    def _draw_icons(self) -> None:
        for button, name in ((self.previous, "previous"), (self.next, "next"), (self._close, "close")):
            button.setIcon(icon(name))

    def _take_capture(self, capture: Capture) -> None:
        self._lesson = lesson_of(capture.path)
        self._place = 0
        self.setVisible(self._lesson is not None)
        self._tell()

    def _go(self, place: int) -> None:
        self._place = place
        self._tell()
        assert self._lesson is not None     # the buttons are hidden without one
        self._session.select_row(self._lesson.looks[place].frames[0] - 1)

    def _tell(self) -> None:
        if self._lesson is None:
            return
        looks = self._lesson.looks
        look = looks[self._place]
        packets = ", ".join(map(str, look.frames))
        where = ngettext("packet {packets}", "packets {packets}", len(look.frames)).format(packets=packets)
        self._number.setText(_("{place} of {count} · {where}").format(place=self._place + 1, count=len(looks),
                                                                     where=where))
        self._text.setText(look.text)
        self.setAccessibleName(look.text)
        self.previous.setEnabled(self._place > 0)
        self.next.setEnabled(self._place < len(looks) - 1)
