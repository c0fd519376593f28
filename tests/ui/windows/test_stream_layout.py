"""Rows of a stream's text: every character is in one, none is too wide, and moving about comes back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpladder.tcp.follow import PieceKind, Pieces
from tcpladder.tcp.follow_text import Block, Form, StreamText
from tcpladder.ui.windows.stream_layout import StreamLayout


class Widths(dict):
    def __missing__(self, character):
        return 20.0 if character in "你好" else 10.0


class Text(StreamText):
    """Blocks that are given."""

    def __init__(self, blocks):
        super().__init__(Pieces.none(), Form.UTF8)
        self._blocks = blocks
        self.block = lambda number: Block(blocks[number], [0], [0])

    @property
    def count(self):
        return len(self._blocks)

    def sizes(self):
        return np.array([len(block) for block in self._blocks])


LINES = st.lists(st.text("ab  你好\t\n", max_size=60), min_size=1, max_size=8)


@settings(max_examples=400, deadline=None)
@given(blocks=LINES, width=st.sampled_from([None, 10.0, 35.0, 80.0, 400.0]))
def test_rows(blocks, width):
    text = Text(blocks)
    layout = StreamLayout(text, width, Widths({"\t": 30.0}))
    shown = []
    row = layout.moved((0, 0), 0)
    rows = []
    while True:
        if not rows or row != rows[-1]:
            rows.append(row)
            start, end = layout.span(row)
            part = blocks[row[0]][start:end]
            shown.append(part)
            line = part.rstrip("\n")
            if width is not None and len(line.rstrip(" ")) > 1:
                assert sum(Widths({"\t": 30.0})[character] for character in line.rstrip(" ")) <= width
        following = layout.moved(row, 1)
        if following == row:
            break
        row = following
    assert "".join(shown) == "".join(blocks)
    assert rows[-1] == layout.last_row()
    assert layout.row_count == len(rows)
    for number, one in enumerate(rows):
        assert layout.position(one) == number
        assert layout.row_at(number) == one
        assert layout.moved(one, -number) == rows[0]
        assert layout.moved(rows[0], number) == one
        assert layout.distance(rows[0], one, 10_000) == number
        assert layout.distance(rows[0], one, 3) == min(3, number)
        start, end = layout.span(one)
        if end > start:
            assert layout.row_of((one[0], start)) == layout.row_of((one[0], end - 1)) == one


def test_lines_are_broken_behind_blanks():
    layout = StreamLayout(Text(["one two three\nfour"]), 80.0, Widths())
    assert [layout.span((0, row)) for row in range(3)] == [(0, 8), (8, 14), (14, 18)]


@pytest.mark.parametrize("kind", [PieceKind.DATA, PieceKind.REPEATED])
def test_no_text_has_one_row(kind):
    layout = StreamLayout(StreamText(Pieces.none(), Form.ASCII), 80.0, Widths())
    assert (layout.row_count, layout.last_row(), layout.span((0, 0))) == (1, (0, 0), (0, 0))
