"""A row that wraps: what stands in which line, and who takes the room that is left."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from tcpladder.ui.wrapping_row import WrappingRow

pytestmark = pytest.mark.gui

A, B, C = 100, 60, 40       # widths


class Part(QWidget):
    """As wide as it is told to be; it may shrink to half of that."""

    def __init__(self, width: int, height: int = 20) -> None:
        super().__init__()
        self._size = QSize(width, height)

    def sizeHint(self) -> QSize:
        return self._size

    def minimumSizeHint(self) -> QSize:
        return QSize(self._size.width() // 2, self._size.height())


@pytest.fixture
def holder(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def row(holder):
    """A row without margins, 10 pixels between its parts."""
    row = WrappingRow()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(10)
    holder.setLayout(row)
    return row


def placed(row: WrappingRow, width: int) -> list[tuple[int, int, int]]:
    """Left, top and width of each widget in a row so wide."""
    window = row.parentWidget()
    window.resize(width, row.heightForWidth(width))
    row.setGeometry(window.rect())
    widgets = [row.itemAt(place).widget() for place in range(row.count())]
    shown = [widget for widget in widgets if widget is not None and not widget.isHidden()]
    return [(widget.x(), widget.y(), widget.width()) for widget in shown]


def test_all_stand_in_one_line_where_there_is_room(row):
    for width in (A, B, C):
        row.addWidget(Part(width))
    assert row.sizeHint() == QSize(A + B + C + 20, 20)
    assert placed(row, 400) == [(0, 0, A), (110, 0, B), (180, 0, C)]
    assert row.heightForWidth(400) == 20


def test_what_does_not_fit_begins_another_line(row):
    for width in (A, B, C):
        row.addWidget(Part(width))
    assert placed(row, 219) == [(0, 0, A), (110, 0, B), (0, 30, C)]
    assert row.heightForWidth(219) == 50
    assert placed(row, 110) == [(0, 0, A), (0, 30, B), (70, 30, C)]
    assert placed(row, 80) == [(0, 0, 80), (0, 30, B), (0, 60, C)]      # one alone is squeezed
    assert row.minimumSize() == QSize(A // 2, 20)


def test_a_stretch_moves_what_follows_to_the_right(row):
    row.addWidget(Part(A))
    row.addStretch()
    row.addWidget(Part(B))
    assert placed(row, 300) == [(0, 0, A), (240, 0, B)]


def test_widgets_with_a_stretch_begin_narrow_and_share_what_is_left(row):
    row.addWidget(Part(A), 1)
    row.addWidget(Part(B))
    row.addWidget(Part(C), 1)
    share = (300 - (A // 2 + B + C // 2 + 20)) // 2
    assert placed(row, 300) == [(0, 0, 50 + share), (60 + share, 0, B), (280 - share, 0, 20 + share)]


def test_hidden_widgets_take_no_room_and_lower_ones_stand_in_the_middle(row):
    for part in (Part(A, 30), Part(B), Part(C, 10)):
        row.addWidget(part)
    row.parentWidget().show()
    row.itemAt(1).widget().hide()
    assert placed(row, 300) == [(0, 0, A), (110, 10, C)]
