"""A row of widgets that goes on in a second line where it is too narrow for all of them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QSpacerItem, QWidget

_Line = list[tuple[QLayoutItem, int]]       # with the width of each


class WrappingRow(QLayout):
    """Widgets from left to right, in the middle of their line; what may stretch takes what a line has left."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._stretching: set[QWidget] = set()

    def addWidget(self, widget: QWidget, stretch: int = 0) -> None:
        """Adds a widget at the end; one with a stretch begins as narrow as it may be, and grows."""
        if stretch:
            self._stretching.add(widget)
        super().addWidget(widget)

    def addStretch(self) -> None:
        """Adds room that grows: what follows stands at the right."""
        self.addItem(QSpacerItem(0, 0, QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum))

    # What Qt asks

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, place: int) -> QLayoutItem | None:
        return self._items[place] if 0 <= place < len(self._items) else None

    def takeAt(self, place: int) -> QLayoutItem | None:
        return self._items.pop(place) if 0 <= place < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), is_real=False)

    def setGeometry(self, room: QRect) -> None:
        super().setGeometry(room)
        self._arrange(room, is_real=True)

    def sizeHint(self) -> QSize:
        """All in one line."""
        items = self._shown()
        width = sum(map(self._width, items)) + self.spacing() * max(0, len(items) - 1)
        return self._with_margins(QSize(width, max((item.sizeHint().height() for item in items), default=0)))

    def minimumSize(self) -> QSize:
        """Each in a line of its own."""
        size = QSize()
        for item in self._shown():
            size = size.expandedTo(item.minimumSize())
        return self._with_margins(size)

    # Arithmetic

    def _arrange(self, room: QRect, *, is_real: bool) -> int:
        """Puts the items into their places, or only says how high they are together."""
        margins = self.contentsMargins()
        inner = room.marginsRemoved(margins)
        top = inner.top()
        for line in self._lines(inner.width()):
            height = max(item.sizeHint().height() for item, _width in line)
            left = inner.left()
            for item, width in line if is_real else ():
                own = min(item.sizeHint().height(), height)
                item.setGeometry(QRect(QPoint(left, top + (height - own) // 2), QSize(width, own)))
                left += width + self.spacing()
            top += height + self.spacing()
        return max(0, top - self.spacing() - inner.top()) + margins.top() + margins.bottom()

    def _lines(self, room: int) -> Iterator[_Line]:
        line: _Line = []
        used = 0
        for item in self._shown():
            width = max(min(self._width(item), room), item.minimumSize().width())
            if line and used + self.spacing() + width > room:
                yield self._filled(line, room - used)
                line, used = [], 0
            used += width + (self.spacing() if line else 0)
            line.append((item, width))
        if line:
            yield self._filled(line, room - used)

    def _filled(self, line: _Line, left: int) -> _Line:
        """Shares out what a line has left among those that stretch."""
        stretching = [place for place, (item, _width) in enumerate(line) if self._stretches(item)]
        for number, place in enumerate(stretching):
            share = (left * (number + 1)) // len(stretching) - (left * number) // len(stretching)
            line[place] = (line[place][0], line[place][1] + max(0, share))
        return line

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if item.widget() is None or not item.isEmpty()]

    def _stretches(self, item: QLayoutItem) -> bool:
        return item.widget() is None or item.widget() in self._stretching

    def _width(self, item: QLayoutItem) -> int:
        return (item.minimumSize() if self._stretches(item) else item.sizeHint()).width()

    def _with_margins(self, size: QSize) -> QSize:
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())
