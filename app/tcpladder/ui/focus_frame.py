"""A frame round the widget that the keys go to, where the widget itself does not show that it has the focus."""

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QToolButton,
    QWidget,
)

from tcpladder.ui.theme import theme_of

_FRAMED = (QAbstractScrollArea, QComboBox, QToolButton, QTabBar, QSlider)
_SHOW_IT_THEMSELVES = (QPlainTextEdit, QLineEdit)    # by a cursor
_LINE = 2       # pixels


class FocusFrames(QObject):
    """Follows the focus of a program as long as it moves by key; whoever clicks knows where."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._frame: QWidget | None = None
        application.focusChanged.connect(self._follow)

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        if self._frame is not None and shiboken6.isValid(self._frame):      # it goes with its widget
            self._frame.setParent(None)
            self._frame.deleteLater()
        self._frame = None
        if now is not None and wants_frame(now) and QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self._frame = FocusFrame(now)


def wants_frame(widget: QWidget) -> bool:
    """The widget would have the focus without showing it."""
    if isinstance(widget, QAbstractItemView):
        selection = widget.selectionModel()     # what is selected looks otherwise in a list that has the focus
        if isinstance(widget.window(), QMainWindow) or (selection is not None and selection.hasSelection()):
            return False
    return isinstance(widget, _FRAMED) and not isinstance(widget, _SHOW_IT_THEMSELVES) \
        and widget.window().windowType() is not Qt.WindowType.Popup


class FocusFrame(QWidget):
    """Lies over its widget, as large as that, and lets the mouse through."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(widget.size())
        widget.installEventFilter(self)
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and isinstance(watched, QWidget):
            self.resize(watched.size())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(QColor(theme_of(self.palette()).accent), _LINE))
        half = _LINE // 2
        painter.drawRect(self.rect().adjusted(half, half, -half, -half))
        painter.end()
