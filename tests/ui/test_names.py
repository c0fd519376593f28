"""View → Names: what is open follows at once, what is opened later begins with it; files keep numbers."""

import csv

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from tcpladder.resource_files import captures_path
from tcpladder.tcp.overview import Fact
from tcpladder.ui.packets.copy_as import CopyForm, Table, copied_text
from tcpladder.ui.packets.packet_search import Search, SearchKind, SearchPlace, find_packet
from tcpladder.ui.packets.sort_keys import Column
from tcpladder.ui.windows.connections_window import ConnectionsWindow
from tcpladder.ui.windows.flow_window import FlowWindow
from tcpladder.ui.windows.statistics_tables import statistics
from tcpladder.ui.windows.table_window import TableWindow
from tests.lab.pcap_file import write_pcap

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("small_services")]


@pytest.fixture
def lesson(open_capture):
    """A connection from port 54918 to port 8080, and ARP before it."""
    return open_capture(captures_path() / "any-interface.pcap")


def switch(window):
    for action in window._names.values():
        action.trigger()


def table_of(window, settle, name, kind):
    window.statistics.show_table(next(each for each in statistics() if each.name == name))
    table = next(each for each in window.findChildren(TableWindow) if each.objectName() == name)
    table.kinds.setCurrentIndex(kind)
    settle()
    return table


def cells(model, column):
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def test_list_and_tree(lesson):
    window = lesson
    model, fields = window.workspace.packets.packets, window.workspace.fields.fields

    def texts():
        window.session.select_row(4)
        return [*(model.cell_text(row, Column.INFO, row) for row in range(model.rowCount())),
                next(text for text in map(fields._text, fields._lines) if text.startswith("Transmission"))]

    assert not any("http-alt" in text for text in texts())
    switch(window)
    assert any("http-alt(8080)" in text for text in texts())
    assert "Port: http-alt (8080)" in texts()[-1]
    assert window.settings.texts("names") == ["manufacturers", "ports"]


def test_what_is_shown_is_found_and_copied(lesson, settle):
    columns, rows = lesson.session.columns, np.arange(lesson.session.frame_count)

    def found(place):
        search = Search(SearchKind.TEXT, "http-alt", place, names=lesson.session.names)
        return find_packet(columns, rows, 0, 1, search, lambda _done: None)

    assert found(SearchPlace.LIST) is None
    switch(lesson)
    assert found(SearchPlace.LIST) is not None
    assert found(SearchPlace.FIELDS) is not None
    copied = copied_text(lesson.session, [4], CopyForm.DETAILS, Table((), lambda _row: ()), lambda: None)
    assert "Port: http-alt (8080)" in copied


def test_tables(lesson, settle, tmp_path):
    conversations = table_of(lesson, settle, "conversations", 3)
    conversations.table.sortByColumn(3, conversations.table.horizontalHeader().sortIndicatorOrder())
    assert cells(conversations.model, 3) == ["8080"]
    switch(lesson)
    assert cells(conversations.model, 1) == ["54918"]
    assert cells(conversations.model, 3) == ["http-alt"]
    endpoints = table_of(lesson, settle, "endpoints", 3)
    assert cells(endpoints.model, 1) == ["54918", "http-alt"]
    endpoints.copy()
    assert "192.0.2.80\thttp-alt\t" in QGuiApplication.clipboard().text()
    endpoints.save_csv(tmp_path / "endpoints.csv")
    rows = list(csv.reader((tmp_path / "endpoints.csv").read_text("utf-8").splitlines()))
    assert [row[1] for row in rows] == ["Port", "54918", "8080"]
    switch(lesson)
    assert cells(endpoints.model, 1) == ["54918", "8080"]


def test_ports_stand_in_the_order_of_their_numbers(lesson, settle):
    endpoints = table_of(lesson, settle, "endpoints", 3)
    switch(lesson)
    endpoints.model.sort(1)
    assert cells(endpoints.model, 1) == ["http-alt", "54918"]


def test_manufacturers_in_tables(open_capture, settle, tmp_path):
    frame = bytes.fromhex("ffffffffffff" "005056123456" "0806") + bytes(46)
    path = tmp_path / "arp.pcap"
    write_pcap(path, [(0, frame)])
    window = open_capture(path)
    endpoints = table_of(window, settle, "endpoints", 0)
    switch(window)
    assert cells(endpoints.model, 0) == ["VMware_12:34:56", "Broadcast"]


def test_connections(lesson, tmp_path, qtbot, settle):
    lesson.statistics.show_connections()
    connections = lesson.findChild(ConnectionsWindow)
    assert cells(connections.model, Fact.SERVER) == ["192.0.2.80:8080"]
    connections.text.setText("http-alt")
    assert cells(connections.model, Fact.SERVER) == []
    switch(lesson)
    assert cells(connections.model, Fact.SERVER) == ["192.0.2.80:http-alt"]     # found by its name, which is shown now
    connections.text.setText("2.80:8080")
    assert cells(connections.model, Fact.CLIENT) == ["192.0.2.10:54918"]        # and by its number all the same
    connections.table.selectAll()
    connections.copy()
    assert "\t192.0.2.80:http-alt\t" in QGuiApplication.clipboard().text()
    connections.save_csv(tmp_path / "connections.csv")
    settle()
    (row,) = csv.DictReader((tmp_path / "connections.csv").read_text("utf-8").splitlines())
    assert row["server"] == "192.0.2.80:8080"


def test_connection_pane(lesson, settle):
    pane = lesson.workspace.connection
    lesson.session.select_stream(0)
    settle()
    assert "192.0.2.80:8080" in pane.picker.currentText()
    switch(lesson)
    assert "192.0.2.80:http-alt" in pane.picker.currentText()
    assert pane.picker.toolTip() == pane.picker.currentText()
    assert pane.ladder.ladder.options.names == lesson.session.names
    lesson.grab()


def test_flow_graph(lesson, settle, tmp_path):
    lesson.statistics.show_flow()
    flow = lesson.findChild(FlowWindow)
    settle()
    switch(lesson)
    flow.save(tmp_path / "flow.txt")
    text = (tmp_path / "flow.txt").read_text("utf-8")
    assert "192.0.2.10:54918 → 192.0.2.80:http-alt" in text
    assert "54918 → http-alt(8080) [SYN]" in text
    flow.view.grab()
    flow.limit.toggle()     # laid out anew
    settle()
    assert "http-alt" in [flow.view.flow.end(line).service for line in range(flow.view.flow.lifeline_count)]
