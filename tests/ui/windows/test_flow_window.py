"""The flow window: follows filter and selection, tells what is chosen, saves pictures and text."""

import xml.etree.ElementTree as ET

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from tcpladder.resource_files import captures_path
from tcpladder.tcp.pictures.palette import Ink
from tcpladder.ui.windows.flow_window import FlowWindow

pytestmark = pytest.mark.gui


@pytest.fixture
def flow(window, open_capture, settle) -> FlowWindow:
    """13 packets: ARP, and a connection between two endpoints."""
    open_capture(captures_path() / "any-interface.pcap")
    window.statistics.show_flow()
    settle()
    return window.findChild(FlowWindow)


def test_all_packets_and_all_ends_are_drawn(flow):
    assert flow.count.text() == "13 packets, 4 lifelines"
    assert flow.view.flow.rows.tolist() == list(range(13))
    flow.view.grab()


def test_hosts_and_endpoints_can_be_switched(flow, settle):
    flow.lifelines.setCurrentIndex(1)
    settle()
    assert [flow.view.flow.end(lifeline).port for lifeline in range(4)] == [None] * 4


def test_it_follows_the_display_filter_unless_told_otherwise(flow, window, settle):
    window.filter_bar.apply_text("tcp.flags.syn == 1")
    settle()
    assert flow.view.flow.rows.tolist() == [2, 3]
    flow.limit.setChecked(False)
    settle()
    assert flow.view.flow.row_count == 13


def test_selection_goes_both_ways(flow, window, settle):
    window.session.select_row(7)
    assert flow.view._selected == 7
    QTest.keyClick(flow.view, Qt.Key.Key_Down)
    assert window.session.row == 8
    top = flow.view.scale * 70
    row = flow.view.place_under(QPointF(300, top))
    QTest.mouseClick(flow.view.viewport(), Qt.MouseButton.LeftButton, pos=QPointF(300, top).toPoint())
    assert window.session.row == row
    QTest.keyClick(flow.view, Qt.Key.Key_End)
    assert window.session.row == 12
    settle()


def test_a_packet_is_told_to_those_who_listen(flow, window):
    window.session.select_row(2)
    assert flow.view.accessibleDescription().startswith(
        "Packet 3: 192.0.2.10:54918 to 192.0.2.80:8080, 54918 → 8080 [SYN] Seq=0")


def test_arrows_are_labelled_with_flags_and_length(flow):
    assert (flow.packet_text(2).label, flow.packet_text(2).ink) == ("SYN", Ink.SYN_LINE)
    assert flow.packet_text(5).label == "PSH, ACK, len 256"
    assert flow.packet_text(0).label == "ARP"


@pytest.mark.parametrize("suffix", [".svg", ".png", ".txt"])
def test_it_is_saved_in_the_format_of_the_name(flow, tmp_path, suffix):
    path = tmp_path / f"flow{suffix}"
    flow.save(path)
    if suffix == ".svg":
        assert ET.parse(path).getroot().tag.endswith("svg")
    elif suffix == ".png":
        assert QImage(str(path)).width() > 800
    else:
        assert len(path.read_text(encoding="utf-8").splitlines()) == 13


def test_another_format_is_refused_with_a_sentence(flow, tmp_path):
    with pytest.raises(ValueError, match="can be saved as"):
        flow.save(tmp_path / "flow.doc")
    assert list(tmp_path.iterdir()) == []


def test_a_closed_capture_leaves_nothing(flow, window):
    window.session.close_capture()
    assert flow.view.flow is None
    flow.view.grab()


def test_a_layout_that_is_under_way_is_dropped_when_the_capture_is_closed(flow, window, settle):
    flow.lifelines.setCurrentIndex(1)
    window.session.close_capture()
    settle()
    assert flow.view.flow is None
    assert flow.count.text() == "No capture is open."
