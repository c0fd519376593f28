"""The windows that stand beside the main one: made when first asked for, then kept.

Their modules are imported only then, so that the main window is there sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from tcpladder.texts import _
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings

if TYPE_CHECKING:
    from tcpladder.ui.windows.connections_window import ConnectionsWindow
    from tcpladder.ui.windows.table_window import Statistic
    from tcpladder.ui.windows.tool_window import ToolWindow

Made = TypeVar("Made", bound="ToolWindow")


class StatisticsWindows(QObject):
    """Opens them, and passes on what the person asks for in them."""

    ladder_wanted = Signal()                # of the selected connection
    window_made = Signal(object)            # QWidget

    def __init__(self, session: Session, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._session = session
        self._settings = settings
        self._windows: dict[str, ToolWindow] = {}

    def fill_menu(self, menu: QMenu, act: Callable[..., object]) -> None:
        """Adds the windows to the Statistics menu; act makes an action of menu, title, slot, and keys."""
        act(menu, _("C&onnections"), self.show_connections, "Ctrl+K")
        act(menu, _("&Flow Graph"), self.show_flow)
        act(menu, _("&I/O Graph"), self.show_io)

    def show_connections(self) -> None:
        """Statistics → Connections."""
        self._show("connections", self._make_connections)

    def show_flow(self) -> None:
        """Statistics → Flow Graph."""
        from tcpladder.ui.windows.flow_window import FlowWindow

        self._show("flow", lambda: FlowWindow(self._session, self._settings, self._parent))

    def show_io(self) -> None:
        """Statistics → I/O Graph."""
        from tcpladder.ui.windows.io_window import IoWindow

        self._show("io", lambda: IoWindow(self._session, self._settings, self._parent))

    def show_table(self, statistic: Statistic) -> None:
        """The window with one of the tables."""
        from tcpladder.ui.windows.table_window import TableWindow

        self._show(statistic.name, lambda: TableWindow(statistic, self._session, self._settings, self._parent))

    def follow_stream(self, protocol: str) -> None:
        """The bytes of the "tcp" or "udp" stream of the selected packet, as text."""
        from tcpladder.ui.windows.follow_window import FollowWindow

        packet = self._session.packet
        node = packet.find(f"{protocol}.stream") if packet is not None else None
        if node is None:
            self._session.problem_found.emit(_("The selected packet belongs to no {protocol} stream.").format(
                protocol=protocol.upper()))
            return
        self._show("follow", lambda: FollowWindow(self._session, self._settings, self._parent)).follow(
            protocol, node.value)

    def show_practice(self) -> None:
        """Analyze → Practice, on the selected connection."""
        from tcpladder.ui.windows.practice_window import PracticeWindow

        self._show("practice", lambda: PracticeWindow(self._session, self._settings, self._parent))

    def _make_connections(self) -> ConnectionsWindow:
        from tcpladder.ui.windows.connections_window import ConnectionsWindow

        window = ConnectionsWindow(self._session, self._settings, self._parent)
        window.ladder_wanted.connect(self.ladder_wanted)
        return window

    def _show(self, kind: str, make: Callable[[], Made]) -> Made:
        window: Any = self._windows.get(kind)
        if window is None:
            window = self._windows[kind] = make()
            self.window_made.emit(window)
        window.show()
        window.raise_()
        window.activateWindow()
        return window
