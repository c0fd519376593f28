"""The view of a followed stream: keys, mouse, selection, copying, colours; a large one is read only in part."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest

from tcpladder.tcp.follow import PieceKind, Pieces
from tcpladder.tcp.follow_text import Form, StreamText
from tcpladder.ui.theme import theme_of
from tcpladder.ui.windows.follow_window import FollowWindow
from tcpladder.ui.windows.stream_view import StreamView
from tests.packets.files import pcap_header, pcap_record, read
from tests.tcp.scripts import write_script

pytestmark = pytest.mark.gui
Key, Modifier, Button = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton


@pytest.fixture
def show(qtbot, tmp_path):
    """A view of pieces: (from the client, bytes)."""

    def show(told, form=Form.ASCII, size=(640, 400)):
        capture = read(tmp_path / "a.pcap", pcap_header() + b"".join(pcap_record(data) for _side, data in told))
        pieces = Pieces.of(capture, [(PieceKind.DATA, side, row, 0, len(data), 0, len(data))
                                     for row, (side, data) in enumerate(told)])
        view = StreamView()
        qtbot.addWidget(view)
        view.resize(*size)
        view.show_text(StreamText(pieces, form))
        view.show()
        view.setFocus()
        return view

    return show


def selected(view):
    return "".join(view.stream_text.between(*view.selection))


def test_keys_move_and_select(show):
    view = show([(True, b"first line\nsecond\n"), (False, b"third word\n")])
    for key, modifiers, place, text in (
            (Key.Key_Right, Modifier.NoModifier, 1, ""),
            (Key.Key_Down, Modifier.NoModifier, 12, ""),
            (Key.Key_End, Modifier.NoModifier, 17, ""),
            (Key.Key_Down, Modifier.NoModifier, 24, ""),
            (Key.Key_Up, Modifier.ShiftModifier, 17, "\nthird "),
            (Key.Key_Home, Modifier.ShiftModifier, 11, "second\nthird "),
            (Key.Key_Left, Modifier.NoModifier, 10, ""),
            (Key.Key_Right, Modifier.ControlModifier, 11, ""),
            (Key.Key_End, Modifier.ControlModifier, 29, ""),
            (Key.Key_Left, Modifier.ControlModifier | Modifier.ShiftModifier, 24, "word\n"),
            (Key.Key_Home, Modifier.ControlModifier, 0, ""),
            (Key.Key_A, Modifier.ControlModifier, 29, "first line\nsecond\nthird word\n")):
        QTest.keyClick(view, key, modifiers)
        assert view.selection[1][1] == place or view.selection[0][1] == place, key
        assert selected(view) == text, key
    assert view.packet_row() == 1


def test_the_wanted_column_is_kept_over_short_lines(show):
    view = show([(True, b"a long line\nx\nanother long line\n")])
    view.go_to((0, 8))
    for place in (13, 22, 13, 8):
        QTest.keyClick(view, Key.Key_Down if place in (13, 22) and view.selection[0][1] < place else Key.Key_Up)
        assert view.selection[0] == (0, place)


def test_the_mouse_selects_words_and_stretches(show):
    view = show([(True, b"first line\n"), (False, b"the second\n")])

    def point(character):
        return view.rect_of((0, character)).center().toPoint()

    heard = []
    view.clicked.connect(lambda: heard.append(view.packet_row()))
    QTest.mouseClick(view.viewport(), Button.LeftButton, pos=point(12))
    assert heard == [1]
    QTest.mousePress(view.viewport(), Button.LeftButton, pos=point(2))
    QTest.mouseMove(view.viewport(), point(13))
    assert selected(view) == "rst line\nth"
    QTest.mouseRelease(view.viewport(), Button.LeftButton, pos=point(13))
    assert heard == [1]
    QTest.mouseDClick(view.viewport(), Button.LeftButton, pos=point(17) + QPoint(2, 0))
    assert selected(view) == "second"
    QTest.mouseRelease(view.viewport(), Button.LeftButton, pos=point(17))       # which mouseDClick leaves out


def test_both_sides_have_their_colours(show):
    view = show([(True, b"client client\n"), (False, b"server server\n")])
    picture = view.viewport().grab().toImage()
    theme = theme_of(view.palette())
    for row, pair in ((0, theme.client), (1, theme.server)):
        area = view.rect_of((0, 14 * row))
        colours = {picture.pixelColor(x, y).name() for x in range(5, 60)
                   for y in range(int(area.top()) + 1, int(area.bottom()) - 1)}
        assert QColor(pair.background).name() in colours


@pytest.mark.parametrize("form", list(Form))
def test_a_large_stream_is_read_only_where_it_is_looked_at(show, form):
    line = "a line of the text with ä and 你 in it\n".encode()
    told = [(number % 7 != 0, line * 200) for number in range(600)]
    view = show(told, form)
    seen = set()
    block = view.stream_text.block
    view.stream_text.block = lambda number: (seen.add(number), block(number))[1]
    count = view.stream_text.count
    assert count > 250
    bar = view.verticalScrollBar()
    QTest.keyClick(view, Key.Key_End, Modifier.ControlModifier)
    assert bar.value() == bar.maximum()
    for _page in range(3):
        QTest.keyClick(view, Key.Key_PageUp)
    bar.setValue(bar.maximum() // 2)
    view.grab()
    QTest.keyClick(view, Key.Key_Home, Modifier.ControlModifier)
    assert bar.value() == 0
    view.grab()
    assert len(seen) < 12
    assert view.selection == ((0, 0), (0, 0))


def test_pages_come_back(show):
    view = show([(True, b"".join(b"%05d\n" % number for number in range(5_000)))] * 3)
    begin = view.place_at(QPoint(0, 0))
    tops = []
    for _page in range(40):
        QTest.keyClick(view, Key.Key_PageDown)
        tops.append(view.selection[0])
    for top in tops[-2::-1]:
        QTest.keyClick(view, Key.Key_PageUp)
        assert view.selection[0] == top
    QTest.keyClick(view, Key.Key_PageUp)
    assert view.place_at(QPoint(0, 0)) == begin


def test_another_width_keeps_what_is_at_the_top(show):
    view = show([(True, b"".join(b"%05d " % number for number in range(40_000)))])
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 3)
    top = view.place_at(QPoint(0, 5))
    view.resize(300, 400)
    block = view.stream_text.block(top[0]).text
    now = view.place_at(QPoint(0, 5))
    assert now <= top < view.place_at(QPoint(0, 5 + 2 * view.rect_of(now).height()))
    assert block[now[1]:now[1] + 5].isdigit()


def test_a_line_is_broken_before_the_edge(show):
    view = show([(True, ("ä你 " * 200).encode())], Form.UTF8, size=(400, 300))
    width = view.viewport().width()
    text = view.stream_text.all()
    assert all(view.rect_of((0, character)).right() <= width for character in range(len(text)))
    # Clicks come to where the cursor is drawn.
    for character in range(0, 100, 7):
        assert view.place_at(view.rect_of((0, character)).center().toPoint()) == (0, character)


def test_copy_and_what_a_screen_reader_says(window, open_capture, settle, tmp_path):
    write_script("""
        +0   > S 0:0(0) win 1000
        +.01 < S. 0:0(0) ack 1 win 1000
        +.01 > . 1:1(0) ack 1 win 1000
        +.01 > P. 1:6(5) ack 1 win 1000
    """, tmp_path / "short.pcap")
    open_capture(tmp_path / "short.pcap")
    window.session.select_row(3)
    window.statistics.follow_stream("tcp")
    settle()
    follow = window.findChild(FollowWindow)
    assert follow.text.accessibleName() == "Text of the stream"
    assert follow.text.accessibleDescription() == "xxxxx"
    QTest.keyClick(follow.text, Key.Key_A, Modifier.ControlModifier)
    QTest.keyClick(follow.text, Key.Key_C, Modifier.ControlModifier)
    settle()
    assert QGuiApplication.clipboard().text() == "xxxxx"
