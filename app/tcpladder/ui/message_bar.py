"""Sentences about what went wrong, in the window itself: nothing to click away before one may go on."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QToolButton, QWidget

from tcpladder.texts import _
from tcpladder.ui.theme import icon, theme_of

_MOST_SENTENCES = 4


class MessageBar(QWidget):
    """The latest sentences, until they are closed or a new capture is opened. Hidden while there are none."""

    said = Signal(str)      # a sentence that was not shown already

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences: list[str] = []
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = QToolButton()
        self._close.setAutoRaise(True)
        self._close.setToolTip(_("Close the message"))
        self._close.setAccessibleName(self._close.toolTip())
        self._close.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 6)
        row.setSpacing(10)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        row.addWidget(self._close)
        self.setAutoFillBackground(True)
        self.hide()
        self._colour()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is shown."""
        return tuple(self._sentences)

    def show_sentence(self, sentence: str) -> None:
        """Adds a sentence; one that is shown already is not repeated."""
        if sentence in self._sentences:
            return
        self._sentences = [*self._sentences, sentence][-_MOST_SENTENCES:]
        self._text.setText("\n".join(self._sentences))
        self.setAccessibleName(self._text.text())
        self._colour()
        self.show()
        self.said.emit(sentence)

    def take_back(self, sentence: str) -> None:
        """Takes a sentence away that no longer matters, if it is shown."""
        if sentence in self._sentences:
            self._sentences.remove(sentence)
            self._text.setText("\n".join(self._sentences))
            self.setAccessibleName(self._text.text())
            self.setVisible(bool(self._sentences))

    def clear(self) -> None:
        """Takes all sentences away."""
        self._sentences.clear()
        self.hide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._colour()

    def _colour(self) -> None:
        pair = theme_of(QApplication.palette()).warning
        palette = self.palette()
        if palette.color(QPalette.ColorRole.Window).name().upper() == pair.background:
            return
        palette.setColor(QPalette.ColorRole.Window, pair.background)
        palette.setColor(QPalette.ColorRole.WindowText, pair.text)
        self.setPalette(palette)
        self._sign.setPixmap(icon("warning", pair.text).pixmap(QSize(20, 20)))
        self._close.setIcon(icon("close", pair.text))
