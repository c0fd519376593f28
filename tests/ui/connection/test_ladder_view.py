"""The ladder on the screen: keys, clicks, folds, scrolling; and that what it paints is there to be seen."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from tcpladder.tcp.ladder import LadderOptions, RowKind, lay_out
from tcpladder.tcp.pictures.palette import LIGHT, Ink
from tcpladder.ui.connection.ladder_view import LadderView
from tcpladder.ui.connection.picture_export import (
    PictureTooLargeError,
    UnknownPictureError,
    paint_image,
    picture_bytes,
    save_diagram,
)
from tests.tcp import stories

pytestmark = pytest.mark.gui


@pytest.fixture
def view(qtbot):
    """A ladder that selects what it asks for, as the session would have it do."""
    view = LadderView()
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.chosen = []
    view.step_chosen.connect(view.chosen.append)
    view.step_chosen.connect(view.show_step)
    view.show()
    view.setFocus()
    return view


def selected(view: LadderView) -> int | None:
    return view.ladder.options.selected


def test_keys_step_through_the_connection(view):
    view.show_connection(stories.four_way_close())
    for key, step in ((Qt.Key.Key_Down, 0), (Qt.Key.Key_N, 1), (Qt.Key.Key_Down, 2), (Qt.Key.Key_Up, 1),
                      (Qt.Key.Key_P, 0), (Qt.Key.Key_P, 0), (Qt.Key.Key_End, 10), (Qt.Key.Key_N, 10),
                      (Qt.Key.Key_Home, 0)):
        QTest.keyClick(view, key)
        assert selected(view) == step
    assert view.is_stepping


def test_the_selected_step_is_always_in_sight(view):
    view.show_connection(stories.half_close())
    for _ in range(15):
        QTest.keyClick(view, Qt.Key.Key_Down)
        place = view.place_of(selected(view))
        assert view.viewport().rect().contains(place)
        row = view.row_under(QPointF(place))
        assert view.ladder.row_first[row] == selected(view)


def test_a_click_chooses_the_step_under_the_mouse_and_ends_the_dimming(view):
    view.show_connection(stories.four_way_close())
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.place_of(2))
    assert view.chosen[-1] == 2
    assert not view.is_stepping


def test_a_click_on_a_title_or_the_heads_chooses_nothing(view):
    view.show_connection(stories.four_way_close())
    for y in (5, 70):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, y))
    assert view.chosen == []


def test_keys_step_over_a_fold_and_open_and_close_it(view):
    view.show_connection(stories.long_data(40))
    for _ in range(4):
        QTest.keyClick(view, Qt.Key.Key_Down)
    assert selected(view) == 62
    assert view.ladder.is_folded(62)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert not view.ladder.is_folded(62)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.ladder.is_folded(62)


def test_a_click_opens_a_fold_and_another_closes_it(view):
    view.show_connection(stories.long_data(40))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.place_of(10))
    assert RowKind.OPEN_FOLD in view.ladder.row_kind
    row = view.ladder.row_kind.tolist().index(RowKind.OPEN_FOLD)
    header = QPoint(300, view.place_of(int(view.ladder.row_first[row])).y() - 24)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=header)
    assert view.ladder.is_folded(10)
    assert view.chosen == []


def test_a_packet_selected_elsewhere_opens_the_fold_that_hides_it_unless_closed_by_hand(view):
    view.show_connection(stories.long_data(40))
    view.show_step(30)
    assert not view.ladder.is_folded(30)
    QTest.keyClick(view, Qt.Key.Key_Left)
    view.show_step(31)
    assert view.ladder.is_folded(31)


def test_the_other_keys(view, qtbot):
    view.show_connection(stories.four_way_close())
    with qtbot.waitSignal(view.play_wanted):
        QTest.keyClick(view, Qt.Key.Key_Space)
    with qtbot.waitSignal(view.relative_wanted) as wanted:
        QTest.keyClick(view, Qt.Key.Key_S)
    assert wanted.args == [False]
    before = view.scale
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.scale > before
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.scale == before


def test_steps_are_read_aloud(view):
    view.show_connection(stories.four_way_close())
    view.show_step(7)
    said = view.accessibleDescription()
    for part in ("Step 8 of 11", "client to server", "FIN, ACK", "seq 257 ack 129", "client FIN-WAIT-1",
                 "server CLOSE-WAIT"):
        assert part in said


def test_without_a_connection_nothing_happens(view):
    view.show_connection(None)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Left):
        QTest.keyClick(view, key)
    view.show_step(3)
    view.grab()
    assert view.chosen == []


def test_painting_a_part_of_a_long_connection_asks_only_for_what_is_in_sight(view, monkeypatch):
    view.show_connection(stories.long_data(3_000))
    view.open_all_folds(True)
    view.show_step(2_000)
    asked = []
    original = type(view.ladder).arrow
    monkeypatch.setattr(type(view.ladder), "arrow", lambda ladder, row: asked.append(row) or original(ladder, row))
    view.grab()
    assert 2_000 in {int(view.ladder.row_first[row]) for row in asked}
    assert len(set(asked)) < 20


def colours_of(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name().upper() for x in range(0, image.width(), 2)
            for y in range(0, image.height(), 2)}


def test_the_picture_shows_phases_states_and_arrows(qapp):
    image = paint_image(lay_out(stories.four_way_close()), width=600, scale=1)
    seen = colours_of(image)
    for ink in (Ink.OPENING_TITLE, Ink.DATA_TITLE, Ink.CLOSING_TITLE, Ink.HANDSHAKE, Ink.ESTABLISHED, Ink.ENDING,
                Ink.WAITING):
        assert LIGHT[ink] in seen, ink


def test_files_are_of_their_kind(qapp, tmp_path):
    ladder = lay_out(stories.three_way_close())
    for suffix, magic in ((".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml"), (".mmd", b"sequenceDiagram"),
                          (".json", b"{")):
        path = tmp_path / f"diagram{suffix}"
        save_diagram(ladder, path)
        assert path.read_bytes().startswith(magic)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".mmd", ".pdf", ".png", ".svg"]


def test_a_long_pdf_has_pages_and_a_long_png_is_refused_with_a_reason(qapp):
    long = lay_out(stories.long_data(300), LadderOptions(fold_from=0))
    assert picture_bytes(long, ".pdf").count(b"/Type /Page\n") > 10
    with pytest.raises(PictureTooLargeError, match="SVG or PDF"):
        picture_bytes(long, ".png")
    with pytest.raises(UnknownPictureError, match="gif"):
        picture_bytes(long, ".gif")


def test_dark_windows_have_a_dark_ladder(view):
    palette = view.palette()
    palette.setColor(palette.ColorRole.Base, Qt.GlobalColor.black)
    view.setPalette(palette)
    view.show_connection(stories.four_way_close())
    image = view.grab().toImage()
    assert image.pixelColor(image.width() // 2, image.height() - 5).lightness() < 90
