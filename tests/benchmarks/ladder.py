"""How long the ladder takes to open, to step and to repaint on a connection of 200,000 segments.

Run it by hand: QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.ladder
Wanted: open in 0.3 s, a step and its repaint in 16 ms.
"""

import time
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from tcpladder.ui.ladder_view import LadderView
from tests.tcp import stories

SEGMENTS = 133_332      # of data; every second one is acknowledged


def milliseconds(act: Callable[[], object], times: int = 1) -> float:
    """Mean duration of a call."""
    begin = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - begin) / times * 1000


def main() -> None:
    application = QApplication.instance() or QApplication([])
    connection = stories.long_data(SEGMENTS)
    view = LadderView()
    view.resize(600, 900)
    view.step_chosen.connect(view.show_step)
    view.show()

    def open_it() -> None:
        view.show_connection(connection)
        view.grab()

    print(f"{len(connection.steps):,} segments")
    print(f"open, folded: {milliseconds(open_it):.0f} ms")
    print(f"show every segment: {milliseconds(lambda: (view.open_all_folds(True), view.grab())):.0f} ms")
    view.show_step(len(connection.steps) // 2)
    print(f"step and repaint: {milliseconds(lambda: (view.step_forward(), view.grab()), 50):.1f} ms")
    print(f"repaint: {milliseconds(view.grab, 50):.1f} ms")
    bar = view.verticalScrollBar()
    print(f"scroll and repaint: {milliseconds(lambda: (bar.setValue(bar.value() + 997), view.grab()), 50):.1f} ms")
    application.processEvents()


if __name__ == "__main__":
    main()
