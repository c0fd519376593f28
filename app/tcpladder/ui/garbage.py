"""Reference cycles are collected on the GUI thread alone.

Python collects them in whatever thread happens to make the next object. In a thread that loads a file that may take
away a Qt object of the window, such as the timer of a closed dialog, which Qt allows only in the window's own thread:
the program then ends at the timer's next tick. And it would hold up the window at a moment that nobody chose.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 100
_FULL_EVERY = 3_000     # intervals


def keep_objects() -> None:
    """Spares collections to come the objects that are there now: to be called while all of them are here to stay."""
    if not gc.isenabled():
        gc.collect()
        gc.freeze()


class GarbageCollection(QObject):
    """While it lives, it collects the young cycles often and all of them now and then, from the event loop."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()     # what is there now stays: modules, classes, declarations
        self._thresholds = gc.get_threshold()
        self._turns = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(_INTERVAL_MS)

    def collect(self) -> None:
        """Collects the generations that have grown enough; at long intervals, everything."""
        self._turns += 1
        if self._turns % _FULL_EVERY == 0:
            gc.collect()
            return
        young, middle, _old = gc.get_count()
        if young > self._thresholds[0]:
            gc.collect(1 if middle > self._thresholds[1] else 0)

    def stop(self) -> None:
        """Leaves collecting to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
