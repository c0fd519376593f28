"""Follow Stream: text of both ends, forms, gaps, search, saving, and the way back to the packets."""

import pytest

from tcpladder.resource_files import captures_path
from tcpladder.tcp.follow_text import Form
from tcpladder.ui.windows.follow_window import FollowWindow, Side
from tests.tcp.scripts import write_script

pytestmark = pytest.mark.gui

LOSSY = """
    +0   > S 0:0(0) win 1000
    +.01 < S. 0:0(0) ack 1 win 1000
    +.01 > . 1:1(0) ack 1 win 1000
    +.01 > P. 1:6(5) ack 1 win 1000
    +.2  > P. 1:6(5) ack 1 win 1000
    +.01 > P. 8:11(3) ack 1 win 1000
    +.01 < P. 1:5(4) ack 11 win 1000
"""


@pytest.fixture
def follow(window, open_capture, settle, tmp_path) -> FollowWindow:
    write_script(LOSSY, tmp_path / "lossy.pcap")
    open_capture(tmp_path / "lossy.pcap")
    window.session.select_row(3)
    window.statistics.follow_stream("tcp")
    settle()
    return window.findChild(FollowWindow)


def text(follow):
    return follow.text.stream_text.all()


def choose(combo, value):
    combo.setCurrentIndex(combo.findData(value))


def test_both_ends_with_the_gap_between(window, follow):
    assert text(follow) == "xxxxx\n[2 bytes are missing in the capture]\nxxxxxxx"
    assert follow.about.text() == "4 pieces; a click shows its packet. 2 bytes are missing."
    assert window.session.filter_text == "tcp.stream == 0"
    follow.grab()


def test_one_end(follow):
    choose(follow.side, Side.SERVER)
    assert text(follow) == "xxxx"
    assert follow.side.itemText(1) == "10.0.0.1:40000 → (8 bytes)"


def test_forms_and_repeats(follow):
    choose(follow.form, Form.RAW)
    follow.repeats.setChecked(True)
    assert text(follow).splitlines()[:2] == ["7878787878", "7878787878"]
    choose(follow.form, Form.HEX)
    assert text(follow).startswith("00000000  78 78 78 78 78")


def test_the_text_leads_to_its_packet(window, follow):
    follow.text.go_to((0, len(text(follow)) - 1))
    follow.select_packet()
    assert window.session.packet.frame_number == 7


def test_search_goes_round(follow, settle):
    follow.search.setText("MISSING")
    follow.find_next()
    settle()
    first = follow.text.selection
    assert text(follow)[first[0][1]:first[1][1]] == "missing"
    for backwards in (False, True):
        follow.find_next(backwards=backwards)
        settle()
        assert follow.text.selection == first
    follow.search.setText("not there")
    follow.find_next()
    settle()
    assert follow.about.text() == "“not there” is nowhere in what is shown."
    assert follow.text.selection == first


@pytest.mark.parametrize(("form", "content"), [(Form.RAW, b"x" * 12), (Form.ASCII, b"xxxxx\n[2 bytes")])
def test_save(follow, settle, tmp_path, form, content):
    choose(follow.form, form)
    follow.save_to(tmp_path / "saved")
    settle()
    assert (tmp_path / "saved").read_bytes().startswith(content)


def test_leave_out(window, follow, settle):
    follow._filter_out.click()
    settle()
    assert window.session.filter_text == "!(tcp.stream == 0)"
    assert not follow.isVisible()


def test_no_stream_no_window(window, open_capture, settle):
    open_capture(captures_path() / "ipv6-connection.pcap")
    window.session.select_row(0)
    assert window.session.packet.find("tcp") is None
    window.statistics.follow_stream("tcp")
    assert window.findChild(FollowWindow) is None
    assert window.message_bar.sentences[-1] == "The selected packet belongs to no TCP stream."
