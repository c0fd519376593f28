"""The I/O graph: several lines with filters, intervals, choosing packets, saving."""

import csv
import xml.etree.ElementTree as ET

import pytest
from PySide6.QtGui import QImage

from tcpladder.resource_files import captures_path
from tcpladder.ui.windows.io_lines import LINE_INKS, IoLine, Style, lines_of_text, usual_lines
from tcpladder.ui.windows.io_window import IoWindow

pytestmark = pytest.mark.gui


@pytest.fixture
def graph(window, open_capture, settle) -> IoWindow:
    """A SYN that is lost, sent again after 1.018 s, and what follows: 12 packets in 1.5 s."""
    open_capture(captures_path() / "syn-lost-then-answered.pcap")
    window.statistics.show_io()
    settle()
    return window.findChild(IoWindow)


def sums(graph):
    return [drawn.rates.sums.sum() for drawn in graph._drawn]


def test_it_begins_with_all_packets_and_tcp_errors(graph, window):
    assert sums(graph) == [window.session.frame_count, 1]
    graph.grab()


def test_each_line_has_a_filter_of_its_own(graph, settle):
    graph.lines.add(IoLine("SYN", "tcp.flags.syn == 1", Style.BARS))
    settle()
    assert sums(graph)[2] == 3
    graph.lines.editors[0].shown.setChecked(False)
    settle()
    assert sums(graph) == [1, 3]


def test_a_line_with_a_wrong_filter_is_not_drawn_and_says_why(graph, settle):
    graph.lines.add(IoLine("", "tcp.flgs", Style.LINE))
    settle()
    assert len(graph._drawn) == 2
    assert "tcp.flgs" in graph.lines.editors[2].filter.toolTip()


def test_lines_end_with_the_colours(graph, settle):
    for _ in range(20):
        graph.lines.add(IoLine("", "", Style.LINE))
    assert len(graph.lines.editors) == len(LINE_INKS) == len({editor.ink for editor in graph.lines.editors})
    graph.lines.editors[-1].removed.emit(graph.lines.editors[-1])
    assert not graph.lines.is_full
    settle()


def test_the_interval_can_be_chosen(graph, settle):
    graph.interval.setCurrentIndex(graph.interval.findText("1 s"))
    graph.interval.activated.emit(graph.interval.currentIndex())
    settle()
    assert graph._drawn[0].rates.sums.tolist() == [1, 11]


def test_it_follows_the_display_filter_where_that_is_wanted(graph, window, settle):
    graph.limit.setChecked(True)
    window.filter_bar.apply_text("tcp.flags.syn == 1")
    settle()
    assert sums(graph) == [3, 1]


def test_a_click_finds_the_first_packet_of_the_interval(graph):
    assert graph.row_near(0.005) == 0
    assert graph.row_near(1.0185) == 1      # the SYN that was sent again
    assert graph.row_near(0.5) is None


def test_the_selected_packet_is_a_line(graph, window):
    window.session.select_row(1)
    assert graph._here.value() == pytest.approx(1.018252891, abs=1e-6)


def test_pointing_tells_the_values(graph):
    graph._say_values(1.0185)
    assert "All packets: 3" in graph.values.text()
    graph._say_values(-5)
    assert graph.values.text().startswith("Packets per 10 ms")


@pytest.mark.parametrize("suffix", [".svg", ".png", ".csv"])
def test_it_is_saved_in_the_format_of_the_name(graph, tmp_path, suffix):
    path = tmp_path / f"graph{suffix}"
    graph.save(path)
    if suffix == ".svg":
        assert ET.parse(path).getroot().tag.endswith("svg")
    elif suffix == ".png":
        assert QImage(str(path)).width() > 500
    else:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert sum(int(row["All packets"]) for row in rows) == 12
        assert rows[1]["seconds"] == "0.010000000"


def test_a_closed_capture_leaves_an_empty_graph(graph, window):
    window.session.close_capture()
    assert graph._drawn == []
    graph.grab()


def test_what_is_in_sight_stays_when_the_capture_has_grown(graph, window, settle):
    view = graph._plot.getPlotItem().vb
    view.setXRange(1.0, 1.2, padding=0)
    window.session.loading_finished.emit()
    settle()
    assert view.viewRange()[0] == pytest.approx([1.0, 1.2])


def test_counting_that_is_under_way_is_dropped_when_the_capture_is_closed(graph, window, settle):
    graph.unit.setCurrentIndex(1)
    window.session.close_capture()
    settle()
    assert graph._drawn == []
    assert graph.values.text() == "No capture is open."


def test_lines_and_unit_are_those_of_the_last_graph(graph, settings, settle, window, qtbot):
    graph.lines.add(IoLine("Größe", "tcp.len > 0", Style.BARS, shown=False))
    graph.unit.setCurrentIndex(1)
    settle()
    again = IoWindow(window.session, settings)
    qtbot.addWidget(again)
    assert [editor.line for editor in again.lines.editors] == [
        *usual_lines(), IoLine("Größe", "tcp.len > 0", Style.BARS, shown=False)]
    assert again.unit.currentText() == "Bytes"


@pytest.mark.parametrize("text", ["", "[]", "{", "7", "[1]", '[["a", "b"]]', '[["a", "", "wavy", true]]'])
def test_damaged_lines_are_the_usual_ones(text):
    assert lines_of_text(text) == usual_lines()
