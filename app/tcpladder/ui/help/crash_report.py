"""What is left when the program makes a mistake: a report without anything of the packets."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np
import PySide6
from PySide6.QtCore import QStandardPaths

from tcpladder import __version__

_MOST_REPORTS = 10


def report_mistakes(tell: Callable[[Path], None]) -> None:
    """From now on every exception that nobody caught is written to a report, of which `tell` hears.

    The report holds versions and the lines of code that ran, no values: those may be of packets or addresses.
    """
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        before(kind, error, trace)
        if issubclass(kind, Exception):
            try:
                tell(write_report(kind, trace))
            except OSError:
                return      # the exception itself stands on stderr

    sys.excepthook = hook


def reports_folder() -> Path:
    """Where the reports are kept."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation), "reports")


def write_report(kind: type[BaseException], trace: TracebackType | None) -> Path:
    """Writes what happened to a file of its own, and removes all but the latest reports. Raises OSError."""
    folder = reports_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y-%m-%d %H.%M.%S')}.txt"
    path.write_text("\n".join(_lines(kind, trace)) + "\n", encoding="utf-8")
    for old in sorted(folder.glob("*.txt"))[:-_MOST_REPORTS]:
        old.unlink(missing_ok=True)
    return path


def versions() -> list[str]:
    """The program and what it stands on."""
    return [f"tcpladder {__version__}", f"Python {platform.python_version()}", f"PySide6 {PySide6.__version__}",
            f"numpy {np.__version__}", platform.platform()]


def _lines(kind: type[BaseException], trace: TracebackType | None) -> list[str]:
    places = [f"  {Path(frame.filename).name}, line {frame.lineno}, in {frame.name}: {frame.line}"
              for frame in traceback.extract_tb(trace)]
    return [*versions(), "", *places, kind.__name__]
