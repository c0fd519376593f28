"""The windows of the Statistics menu that stand beside the main one: made when first asked for, then kept."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from tcpladder.ui.connections_window import ConnectionsWindow
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.tool_window import ToolWindow


class StatisticsWindows(QObject):
    """Opens them, and passes on what the person asks for in them."""

    ladder_wanted = Signal()                # of the selected connection

    def __init__(self, session: Session, settings: Settings, panes: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._session = session
        self._settings = settings
        self._panes = panes     # whose font is the font of the windows
        self._windows: dict[type[ToolWindow], ToolWindow] = {}

    def show_connections(self) -> None:
        """Statistics → Connections."""
        self._show(ConnectionsWindow, self._make_connections)

    def follow_font(self) -> None:
        """Gives all windows the font of the panes."""
        for window in self._windows.values():
            window.setFont(self._panes.font())

    def _make_connections(self) -> ConnectionsWindow:
        window = ConnectionsWindow(self._session, self._settings, self._parent)
        window.ladder_wanted.connect(self.ladder_wanted)
        return window

    def _show(self, kind: type[ToolWindow], make: Callable[[], ToolWindow]) -> None:
        window = self._windows.get(kind)
        if window is None:
            window = self._windows[kind] = make()
        window.setFont(self._panes.font())
        window.show()
        window.raise_()
        window.activateWindow()
