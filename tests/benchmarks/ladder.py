"""How long the connection of 200,000 segments takes to open, to step and to repaint, in the ladder and the other tabs.

Run it by hand: QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.ladder
Wanted: open in 0.3 s, a step and its repaint in 16 ms. Times are those of the processor, so that other
programs do not count. "find out" is done in a thread: the window stays alive meanwhile.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from tcpladder.ui.connection.connection_pane import ConnectionPane
from tcpladder.ui.connection.graphs import Graph
from tcpladder.ui.connection.ladder_view import LadderView
from tcpladder.ui.session import Session
from tests.tcp import stories
from tests.tcp.scripts import script

SEGMENTS = 133_332      # of data; every second one is acknowledged


def milliseconds(act: Callable[[], object], times: int = 1) -> float:
    """Mean processor time of a call."""
    begin = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - begin) / times * 1000


def measure_ladder() -> None:
    connection = stories.long_data(SEGMENTS)
    view = LadderView()
    view.resize(600, 900)
    view.step_chosen.connect(view.show_step)
    view.show()

    def open_it() -> None:
        view.show_connection(connection)
        view.grab()

    print(f"ladder of {len(connection.steps):,} segments")
    print(f"  open, folded: {milliseconds(open_it):.0f} ms")
    print(f"  show every segment: {milliseconds(lambda: (view.open_all_folds(True), view.grab())):.0f} ms")
    view.show_step(len(connection.steps) // 2)
    print(f"  step and repaint: {milliseconds(lambda: (view.step_forward(), view.grab()), 50):.1f} ms")
    print(f"  repaint: {milliseconds(view.grab, 50):.1f} ms")
    bar = view.verticalScrollBar()
    print(f"  scroll and repaint: {milliseconds(lambda: (bar.setValue(bar.value() + 997), view.grab()), 50):.1f} ms")


def measure_pane() -> None:
    """Everything that follows a step: card, states, numbers, graphs."""
    connection = stories.long_data(SEGMENTS, retransmitted=500)
    session = Session()
    pane = ConnectionPane(session)
    pane.resize(600, 900)
    pane.show()
    print("whole pane")

    def open_it() -> None:
        session.connection = connection
        session.connection_selected.emit(connection)
        pane.grab()

    print(f"  open: {milliseconds(open_it):.0f} ms")
    steps = iter(range(100_000, 200_000))

    def step() -> None:
        session.step_selected.emit(next(steps))
        pane.grab()

    for place in range(pane.tabs.count()):
        pane.tabs.setCurrentIndex(place)
        name = pane.tabs.tabText(place)
        first, others = milliseconds(step), milliseconds(step, 30)
        print(f"  {name}: first look {first:.0f} ms, step and repaint {others:.1f} ms")
    for graph in Graph:
        drawn = milliseconds(lambda graph=graph: (pane.graphs.graphs.setCurrentIndex(graph), pane.grab()))
        print(f"  graph {graph.name.lower()}: {drawn:.0f} ms")


def measure_finding_out() -> None:
    """From the columns of a capture to the connection."""
    lines = ["+0 > S 0:0(0)", "+.01 < S. 0:0(0) ack 1", "+.01 > . 1:1(0) ack 1"]
    for number in range(SEGMENTS):
        first = 1 + 100 * number
        lines.append(f"+.0001 < . {first}:{first + 100}(100) ack 1")
        if number % 2:
            lines.append(f"+.0001 > . 1:1(0) ack {first + 100}")
    with tempfile.TemporaryDirectory() as folder:
        told = script("\n".join(lines), Path(folder) / "long.pcap")
        print(f"find out: {milliseconds(lambda: told.table.connection(0)):.0f} ms")


def main() -> None:
    application = QApplication.instance() or QApplication([])
    measure_ladder()
    measure_pane()
    measure_finding_out()
    application.processEvents()


if __name__ == "__main__":
    main()
