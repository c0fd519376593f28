"""The connections window: chosen, sorted, copied, exported; selection both ways."""

import csv

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tcpladder.tcp.overview import Fact
from tcpladder.ui.windows.connections_window import ConnectionsWindow
from tests.tcp.scripts import write_script
from tests.tcp.test_overview import LATE, REFUSED, SIX, WHOLE

pytestmark = pytest.mark.gui


@pytest.fixture
def connections(window, open_capture, tmp_path) -> ConnectionsWindow:
    write_script(SIX, tmp_path / "six.pcap")
    open_capture(tmp_path / "six.pcap")
    window.statistics.show_connections()
    return window.findChild(ConnectionsWindow)


def column(connections, fact):
    model = connections.model
    return [model.data(model.index(row, fact)) for row in range(model.rowCount())]


def test_every_connection_is_listed_with_its_verdicts(connections):
    assert column(connections, Fact.OPENING) == ["three-way", "refused", "never answered", "three-way", "three-way",
                                                 "three-way"]
    assert column(connections, Fact.CLOSING)[WHOLE] == "three-packet"
    assert column(connections, Fact.CLOSED_BY)[WHOLE] == "client"
    assert column(connections, Fact.SETUP_TIME)[WHOLE:LATE + 1] == ["20.00 ms", "", "", "1.100 s"]
    assert connections.count.text() == "6 of 6 connections"
    connections.grab()


def test_a_verdict_and_a_text_choose(connections):
    connections.verdict.setCurrentIndex(connections.verdict.findText("Failed opening"))
    assert column(connections, Fact.STREAM) == ["1", "2"]
    connections.text.setText("40002")
    assert column(connections, Fact.STREAM) == ["2"]
    assert connections.count.text() == "1 of 6 connections"


def test_a_click_on_a_title_sorts(connections):
    connections.table.horizontalHeader().setSortIndicator(Fact.SETUP_TIME, Qt.SortOrder.DescendingOrder)
    assert column(connections, Fact.SETUP_TIME) == ["1.100 s", "200.0 ms", "20.00 ms", "3.000 ms", "", ""]


def test_a_row_selects_its_connection_and_the_other_way_round(connections, window, settle):
    connections.table.selectRow(LATE)
    settle()
    assert window.session.connection.stream == LATE
    window.session.select_stream(REFUSED)
    settle()
    assert connections.selected_streams() == [REFUSED]


def test_enter_and_double_click_open_the_ladder(connections, qtbot):
    connections.table.selectRow(LATE)
    with qtbot.waitSignal(connections.ladder_wanted):
        QTest.keyClick(connections.table, Qt.Key.Key_Return)
    with qtbot.waitSignal(connections.ladder_wanted):
        connections.table.doubleClicked.emit(connections.model.index(REFUSED, 0))


def test_limited_to_what_the_display_filter_shows(connections, window, settle):
    connections.limit.setChecked(True)
    window.filter_bar.apply_text("tcp.flags.reset == 1")
    settle()
    assert column(connections, Fact.STREAM) == ["1", "4"]
    window.filter_bar.clear()
    settle()
    assert len(column(connections, Fact.STREAM)) == 6


def test_filters_for_what_is_selected_are_valid_and_find_it(connections, window, settle):
    for condition, packets in zip(connections._conditions([REFUSED]), [2, 24, 24, 24, 24], strict=True):
        window.filter_bar.apply_text(condition)
        settle()
        assert (condition, len(window.session.shown)) == (condition, packets)
    assert connections._conditions([LATE, REFUSED]) == ["tcp.stream in {1, 3}"]


def test_rows_are_copied_with_titles(connections):
    connections.table.selectRow(REFUSED)
    connections.copy()
    titles, row = QGuiApplication.clipboard().text().split("\n")
    cells = dict(zip(titles.split("\t"), row.split("\t"), strict=True))
    assert cells["Client"] == "10.0.0.1:40001"
    assert cells["Findings"] == "refused"


def test_csv_holds_what_is_listed(connections, tmp_path, settle):
    connections.text.setText("40003")
    connections.save_csv(tmp_path / "connections.csv")
    settle()
    with (tmp_path / "connections.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["stream"], row["opening"], row["setup_time"]) for row in rows] == [("3", "three-way", "1.100000000")]
    assert list(tmp_path.glob("*.part")) == []


def test_a_bar_of_the_histogram_shows_its_connections(connections, settle):
    histogram = connections.histogram
    place = int(histogram.histogram.counts.nonzero()[0][-1])
    assert histogram.bin_text(place) == "1 handshake took 1.000 s to 1.259 s."
    histogram.range_chosen.emit(*histogram.histogram.edges[place:place + 2])
    settle()
    assert connections.selected_streams() == [LATE]


def test_a_closed_capture_leaves_an_empty_list(connections, window):
    window.session.close_capture()
    assert connections.model.rowCount() == 0
    assert connections.windowTitle() == "Connections"


def test_a_capture_that_has_grown_leaves_the_list_where_it_is(connections, window, settle):
    connections.resize(900, 260)
    connections.table.selectRow(0)
    settle()
    bar = connections.table.verticalScrollBar()
    bar.setValue(bar.maximum())
    place = bar.value()
    window.session.loading_finished.emit()
    assert bar.value() == place
    assert connections.selected_streams() == [WHOLE]


def test_what_is_typed_in_the_list_looks_for_connections(connections, settle):
    QTest.keyClicks(connections.table, "4")
    QTest.keyClicks(connections.text, "0004")
    assert connections.text.text() == "40004"
    assert column(connections, Fact.STREAM) == ["4"]
    settle()
