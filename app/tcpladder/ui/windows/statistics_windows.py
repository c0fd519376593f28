"""The windows that stand beside the main one: made when first asked for, then kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from tcpladder.texts import _
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.windows.connections_window import ConnectionsWindow
from tcpladder.ui.windows.flow_window import FlowWindow
from tcpladder.ui.windows.follow_window import FollowWindow
from tcpladder.ui.windows.io_window import IoWindow
from tcpladder.ui.windows.practice_window import PracticeWindow
from tcpladder.ui.windows.table_window import Statistic, TableWindow
from tcpladder.ui.windows.tool_window import ToolWindow

Made = TypeVar("Made", bound=ToolWindow)


class StatisticsWindows(QObject):
    """Opens them, and passes on what the person asks for in them."""

    ladder_wanted = Signal()                # of the selected connection
    window_made = Signal(object)            # QWidget

    def __init__(self, session: Session, settings: Settings, panes: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._session = session
        self._settings = settings
        self._panes = panes     # whose font is the font of the windows
        self._windows: dict[type[ToolWindow] | str, ToolWindow] = {}

    def fill_menu(self, menu: QMenu, act: Callable[..., object]) -> None:
        """Adds the windows to the Statistics menu; act makes an action of menu, title, slot, and keys."""
        act(menu, _("C&onnections"), self.show_connections, "Ctrl+K")
        act(menu, _("&Flow Graph"), self.show_flow)
        act(menu, _("&I/O Graph"), self.show_io)

    def show_connections(self) -> None:
        """Statistics → Connections."""
        self._show(ConnectionsWindow, self._make_connections)

    def show_flow(self) -> None:
        """Statistics → Flow Graph."""
        self._show(FlowWindow, lambda: FlowWindow(self._session, self._settings, self._parent))

    def show_io(self) -> None:
        """Statistics → I/O Graph."""
        self._show(IoWindow, lambda: IoWindow(self._session, self._settings, self._parent))

    def show_table(self, statistic: Statistic) -> None:
        """The window with one of the tables."""
        self._show(statistic.name, lambda: TableWindow(statistic, self._session, self._settings, self._parent))

    def follow_stream(self, protocol: str) -> None:
        """The bytes of the "tcp" or "udp" stream of the selected packet, as text."""
        packet = self._session.packet
        node = packet.find(f"{protocol}.stream") if packet is not None else None
        if node is None:
            self._session.problem_found.emit(_("The selected packet belongs to no {protocol} stream.").format(
                protocol=protocol.upper()))
            return
        self._show(FollowWindow, lambda: FollowWindow(self._session, self._settings, self._parent)).follow(
            protocol, node.value)

    def show_practice(self) -> None:
        """Analyze → Practice, on the selected connection."""
        self._show(PracticeWindow, lambda: PracticeWindow(self._session, self._settings, self._parent))

    def follow_font(self) -> None:
        """Gives all windows the font of the panes."""
        for window in self._windows.values():
            window.setFont(self._panes.font())

    def _make_connections(self) -> ConnectionsWindow:
        window = ConnectionsWindow(self._session, self._settings, self._parent)
        window.ladder_wanted.connect(self.ladder_wanted)
        return window

    def _show(self, kind: type[ToolWindow] | str, make: Callable[[], Made]) -> Made:
        window: Any = self._windows.get(kind)
        if window is None:
            window = self._windows[kind] = make()
            self.window_made.emit(window)
        window.setFont(self._panes.font())
        window.show()
        window.raise_()
        window.activateWindow()
        return window
