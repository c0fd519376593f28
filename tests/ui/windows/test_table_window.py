"""The tables of the Statistics menu: sorted, limited, copied, exported; what a row does."""

import csv

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from tcpladder.resource_files import captures_path
from tcpladder.ui.windows.statistics_tables import statistics
from tcpladder.ui.windows.table_window import TableWindow

pytestmark = pytest.mark.gui

NAMES = [statistic.name for statistic in statistics()]


@pytest.fixture
def show(window, open_capture, settle):
    """Opens a lesson and the window with one of the tables, and waits until it is counted."""

    def show_it(name: str, capture: str = "ipv6-connection.pcap") -> TableWindow:
        open_capture(captures_path() / capture)
        window.statistics.show_table(next(each for each in statistics() if each.name == name))
        settle()
        return next(each for each in window.findChildren(TableWindow) if each.objectName() == name)

    return show_it


def cells(table, column=0):
    model = table.model
    return [model.data(model.index(row, column)).strip() for row in range(model.rowCount())]


@pytest.mark.parametrize("name", NAMES)
def test_the_menu_opens_each(window, telnet, settle, name):
    statistic = next(each for each in statistics() if each.name == name)
    action = next(each for each in window.all_actions() if each.text() == statistic.title)
    action.trigger()
    settle()
    table = next(each for each in window.findChildren(TableWindow) if each.objectName() == name)
    assert table.isVisible()
    assert table.model.rowCount() > 0
    assert "row" in table.count.text()
    table.grab()


def test_the_tree_of_protocols_is_indented_and_not_sorted(show):
    table = show("hierarchy")
    model = table.model
    assert [model.data(model.index(row, 0)) for row in range(3)] == [
        "Ethernet", "    Internet Protocol Version 6", "        Transmission Control Protocol"]
    assert not table.table.isSortingEnabled()


def test_kinds_of_addresses(show, settle):
    table = show("endpoints")
    table.kinds.setCurrentIndex(3)      # TCP
    settle()
    assert sorted(cells(table)) == ["2001:db8::10", "2001:db8::80"]


def test_a_title_sorts_by_value_not_by_text(show):
    table = show("packet-lengths", "any-interface.pcap")
    table.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert cells(table, 1)[:4] == ["13", "9", "2", "1"]


def test_the_display_filter_limits(window, show, settle):
    table = show("conversations")
    before = cells(table, 2)
    window.filter_bar.apply_text("icmpv6")
    settle()
    assert cells(table, 2) == before == ["12", "1"]
    table.limit.setChecked(True)
    settle()
    assert cells(table, 2) == ["1", "1"]


def test_a_row_leads_to_its_first_packet(window, show):
    table = show("hierarchy")
    row = cells(table).index("Transmission Control Protocol")
    table.table.setCurrentIndex(table.model.index(row, 0))
    table.table.doubleClicked.emit(table.model.index(row, 0))
    assert window.session.packet is not None
    assert window.session.packet.find("tcp.srcport") is not None


def test_copy_and_export(show, tmp_path):
    table = show("endpoints", "port-9502.pcap")
    table.copy()
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0].split("\t")[:2] == ["Address", "Packets"]
    table.save_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        assert [line[:2] for line in csv.reader(file)] == [line.split("\t")[:2] for line in lines]


def test_a_file_that_cannot_be_written_is_told(window, show, tmp_path):
    table = show("endpoints", "port-9502.pcap")
    table.save_csv(tmp_path / "no such folder" / "out.csv")
    assert "out.csv" in window.message_bar.sentences[-1]


def test_no_capture_no_table(window, show):
    table = show("hierarchy")
    window.session.close_capture()
    assert table.model.rowCount() == 0
    assert table.count.text() == "No capture is open."
