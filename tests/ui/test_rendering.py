"""Pictures compared with tolerance: what the window paints, and what a reader of SVG makes of the SVG file.

The two ways share the layout and nothing else: one paints with QPainter, the other writes a file that Qt's SVG
reader draws. Words are left out, since fonts differ from machine to machine. That the pictures show what they
should is checked by the colours at places that follow from the layout.
"""

import re

import numpy as np
import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from tcpladder.tcp.connection import Kind
from tcpladder.tcp.ladder import LadderOptions, RowKind, lay_out
from tcpladder.tcp.numbers import Numbers
from tcpladder.tcp.pictures.numbers_scene import draw_numbers
from tcpladder.tcp.pictures.palette import DARK, LIGHT, STATE_INKS, Ink
from tcpladder.tcp.pictures.scene import HEAD_HEIGHT, columns_for, draw_head, draw_rows, picture_height
from tcpladder.tcp.pictures.shapes import TextMeasure, Words
from tcpladder.tcp.pictures.state_scene import draw_states
from tcpladder.tcp.pictures.svg import svg_file, svg_picture
from tcpladder.tcp.state_machine import StateCourse
from tcpladder.ui.connection.diagram_painter import DiagramPainter, QtTextMeasure
from tests.tcp import stories

pytestmark = pytest.mark.gui

WIDTH = 760.0
STORIES = [stories.four_way_close, stories.lost_syn, stories.troubled, stories.reset, stories.one_packet,
           stories.mid_stream]


def pixels(image: QImage) -> np.ndarray:
    """Red, green, blue: uint8, shape (height, width, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return data[:, :image.width(), 2::-1].copy()


def painted(layers, width: float, height: float, palette) -> np.ndarray:
    """Shapes without their words, as the window paints them."""
    image = QImage(round(width), round(height), QImage.Format.Format_RGB32)
    image.fill(palette[Ink.PAPER])
    painter = QPainter(image)
    drawer = DiagramPainter(painter, QtTextMeasure("sans-serif"), palette)
    for shapes, down in layers:
        painter.save()
        painter.translate(0, down)
        drawer.paint(shape for shape in shapes if not isinstance(shape, Words))
        painter.restore()
    painter.end()
    return pixels(image)


def read_svg(svg: str, width: float, height: float) -> np.ndarray:
    """An SVG file without its words, as Qt's SVG reader draws it."""
    reader = QSvgRenderer(QByteArray(re.sub(r"<text.*?</text>", "", svg).encode()))
    assert reader.isValid()
    image = QImage(round(width), round(height), QImage.Format.Format_RGB32)
    image.fill(QColor("magenta"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    reader.render(painter)
    painter.end()
    return pixels(image)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The share of pixels that differ visibly; lines may lie half a pixel apart."""
    assert one.shape == other.shape
    blurred = [sum(np.roll(picture.astype(np.int32), (down, right), (0, 1)) for down in (-1, 0, 1)
                   for right in (-1, 0, 1)) / 9 for picture in (one, other)]
    return float((np.abs(blurred[0] - blurred[1]).max(axis=2) > 40).mean())


def ladder_layers(ladder):
    columns = columns_for(WIDTH)
    return ((draw_rows(ladder, columns, TextMeasure(), 0.0, ladder.height), HEAD_HEIGHT),
            (draw_head(ladder.connection, columns, TextMeasure()), 0.0))


def painted_ladder(ladder, palette=LIGHT) -> np.ndarray:
    return painted(ladder_layers(ladder), WIDTH, picture_height(ladder), palette)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("story", STORIES)
def test_window_and_svg_show_the_same_ladder(qtbot, story, palette):
    ladder = lay_out(story(), LadderOptions(selected=len(story().steps) - 1))
    svg = read_svg(svg_picture(ladder, WIDTH, palette), WIDTH, picture_height(ladder))
    assert difference(painted_ladder(ladder, palette), svg) < 0.003


def test_another_story_is_another_picture(qtbot):
    """The comparison can fail: the same connection with one segment lost differs by more than is tolerated."""
    usual = lay_out(stories.four_way_close())
    other = lay_out(stories.three_way_close())
    one, two = painted_ladder(usual), painted_ladder(other)
    height = min(len(one), len(two))
    assert difference(one[:height], two[:height]) > 0.01
    dark = painted_ladder(usual, DARK)
    assert difference(one, dark) > 0.5


@pytest.mark.parametrize("story", STORIES)
def test_state_lanes_have_the_colours_of_their_states(qtbot, story):
    ladder, columns = lay_out(story()), columns_for(WIDTH)
    picture = painted_ladder(ladder)
    compared = 0
    for client, x in ((True, columns.client_x), (False, columns.server_x)):
        for bar in ladder.bars_between(client, 0.0, ladder.height):
            if bar.bottom - bar.top > 40:       # long enough for a place that no arrow touches
                column = picture[round(HEAD_HEIGHT + bar.top) + 3:round(HEAD_HEIGHT + bar.bottom) - 3, round(x)]
                colour = QColor(LIGHT[STATE_INKS[bar.state]]).getRgb()[:3]
                share = (np.abs(column.astype(int) - colour).max(axis=1) < 12).mean()
                is_idle = STATE_INKS[bar.state] is Ink.IDLE     # CLOSED and LISTEN are only outlined
                assert share < 0.2 if is_idle else share > 0.5, (bar.state, share)
                compared += 1
    assert compared >= 2


def test_an_arrow_crosses_from_its_sender_to_the_other_side(qtbot):
    ladder, columns = lay_out(stories.four_way_close()), columns_for(WIDTH)
    picture = painted_ladder(ladder).astype(int)
    ink = {Kind.SYN: Ink.SYN_LINE, Kind.FIN: Ink.FIN_LINE, Kind.DATA: Ink.DATA_LINE, Kind.ACK: Ink.ACK_LINE}
    for row in np.flatnonzero(ladder.row_kind == RowKind.STEP).tolist():
        arrow = ladder.arrow(row)
        colour = np.array(QColor(LIGHT[ink[arrow.step.kind]]).getRgb()[:3])
        for part in (0.2, 0.5, 0.8):
            along = part if arrow.step.from_client else 1 - part
            x = round(columns.client_x + part * (columns.server_x - columns.client_x))
            y = round(HEAD_HEIGHT + arrow.tail + along * (arrow.head - arrow.tail))
            near = np.abs(picture[y - 3:y + 4, x - 1:x + 2] - colour).max(axis=2)
            assert near.min() < 90, (arrow.step.label, part)


@pytest.mark.parametrize("step", [0, 5, 10])
def test_states_and_numbers_are_painted_as_they_are_written(qtbot, step):
    connection = stories.four_way_close()
    for shapes, height in ((draw_states(StateCourse(connection), step), 480.0),
                           (draw_numbers(connection, Numbers(connection), step, WIDTH, TextMeasure()), 400.0)):
        layers = ((shapes, 0.0),)
        svg = read_svg(svg_file("", WIDTH, height, LIGHT, *layers), WIDTH, height)
        assert difference(painted(layers, WIDTH, height, LIGHT), svg) < 0.003
