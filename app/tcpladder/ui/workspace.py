"""The panes around an open capture, as docks: list, fields, bytes and header, connection."""

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QByteArray, QEvent, Qt
from PySide6.QtGui import QAction, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QStyle,
    QStyleOptionDockWidget,
    QStylePainter,
    QTabWidget,
    QWidget,
)

from tcpladder.texts import _
from tcpladder.ui.connection.connection_pane import ConnectionPane
from tcpladder.ui.connection.connection_picker import ConnectionListModel
from tcpladder.ui.details.field_tree import FieldTree
from tcpladder.ui.details.header_diagram import HeaderDiagram
from tcpladder.ui.details.hex_pane import HexPane
from tcpladder.ui.packets.packet_list import PacketList
from tcpladder.ui.session import Session

_CONNECTION_SHARE = 0.41
_LOWER_SHARE = 0.42
_FIELDS_SHARE = 0.46


class Workspace(QMainWindow):
    """The packet list in the middle; everything else can be moved, floated and closed around it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setDockOptions(QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks
                            | QMainWindow.DockOption.GroupedDragging)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.packets = PacketList(session)
        self.fields = FieldTree(session)
        self.bytes = HexPane(session)
        self.header = HeaderDiagram(session)
        self.connection = ConnectionPane(session)
        self.setCentralWidget(self.packets)
        self._fields_dock = self._dock("fields", _("Fields"), self.fields)
        self._bytes_dock = self._dock("bytes", _("Bytes"), self.bytes)
        self._header_dock = self._dock("header", _("Header"), self.header)
        self._connection_dock = self._dock("connection", _("Connection"), self.connection)
        session.capture_closed.connect(self._forget_connections)
        self._is_sized = False
        self._was_shown = False
        self._wanted: QByteArray | None = None      # the layout to come: in less room Qt would squeeze the panes
        self._arrange()
        self._hide_doubled_titles()

    def explain(self, texts: Mapping[str, str]) -> None:
        """Gives the panes what Shift+F1 says of them, by their names; the list is called "packets"."""
        self.packets.setWhatsThis(texts["packets"])
        for dock in self._docks():
            dock.setWhatsThis(texts[dock.objectName()])

    def reset_layout(self) -> None:
        """Puts every pane back where it was when the program first started."""
        for dock in self._docks():
            self.removeDockWidget(dock)
        self._arrange()
        self._share_out_room()

    def restore_layout(self, state: QByteArray | None) -> None:
        """Will arrange the panes as they were for layout_state(), once they have their room; None leaves them."""
        self._wanted = state

    def rehearse(self, around: QWidget) -> Iterator[None]:
        """Paints one pane after the other, unseen, as long as nobody has seen them, in the room that they will have.

        What Qt and Python work out when a widget is painted for the first time takes a tenth of a second in all.
        """
        self.resize(around.size())
        for pane in (self.packets, self.fields, self.bytes, self.header, self.connection, self):
            if self._was_shown:
                return
            pane.grab()
            yield

    def layout_state(self) -> QByteArray | None:
        """How the panes stand, or None where nobody has seen them yet."""
        return self._wanted if self._wanted is not None or not self._was_shown else self.saveState()

    def pane_actions(self) -> list[QAction]:
        """Actions that show and hide the panes."""
        return [dock.toggleViewAction() for dock in self._docks()]

    def show_connection(self) -> None:
        """Brings the connection pane to the front and gives it the focus; none being selected, with the first one."""
        session = self._session
        if session.connection is None and session.connections is not None and session.connections.count:
            session.select_stream(0)
        self._connection_dock.show()
        self._connection_dock.raise_()
        self.connection.ladder.setFocus()

    def show_byte(self, byte_offset: int) -> None:
        """Brings the bytes to the front, with a byte of the selected packet in sight."""
        self._bytes_dock.show()
        self._bytes_dock.raise_()
        self.bytes.go_to_byte(byte_offset)

    def show_connections(self) -> None:
        """Opens the list of all connections."""
        self.show_connection()
        self.connection.picker.setFocus()
        self.connection.picker.showPopup()

    def event(self, event: QEvent) -> bool:
        # What lies between the panes belongs to no pane: the person has moved a border, which shall stay.
        if event.type() is QEvent.Type.MouseButtonRelease:
            self._is_sized = True
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._was_shown = True
        if self._wanted is not None:
            self._is_sized = self.restoreState(self._wanted)
            self._wanted = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._is_sized:
            self._share_out_room()

    def _forget_connections(self) -> None:
        model = self.connection.picker.model()
        assert isinstance(model, ConnectionListModel)
        model.show_table(None)

    def _docks(self) -> tuple[QDockWidget, ...]:
        return self._fields_dock, self._bytes_dock, self._header_dock, self._connection_dock

    def _dock(self, name: str, title: str, content: QWidget) -> QDockWidget:
        dock = _Dock(title, self)
        dock.setObjectName(name)
        dock.setWidget(content)
        for moved in (dock.dockLocationChanged, dock.topLevelChanged, dock.visibilityChanged):
            moved.connect(self._hide_doubled_titles)
        return dock

    def _hide_doubled_titles(self) -> None:
        """A pane among tabs has its name on the tab; there it needs no title above it."""
        for dock in self._docks():
            is_tab = bool(self.tabifiedDockWidgets(dock)) and not dock.isFloating()
            if is_tab and dock.titleBarWidget() is None:
                dock.setTitleBarWidget(QWidget(dock))
            elif not is_tab and dock.titleBarWidget() is not None:
                dock.setTitleBarWidget(None)    # type: ignore[arg-type]     # as Qt documents it

    def _arrange(self) -> None:
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self._connection_dock)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self._fields_dock)
        self.splitDockWidget(self._fields_dock, self._bytes_dock, Qt.Orientation.Horizontal)
        self.tabifyDockWidget(self._bytes_dock, self._header_dock)
        for dock in self._docks():
            dock.setFloating(False)
            dock.show()
        self._bytes_dock.raise_()

    def _share_out_room(self) -> None:
        """Gives each pane its share, as long as the person has not moved a border."""
        width, height = self.width(), self.height()
        left = round(width * (1 - _CONNECTION_SHARE))
        fields = round(left * _FIELDS_SHARE)
        self.resizeDocks([self._connection_dock], [width - left], Qt.Orientation.Horizontal)
        self.resizeDocks([self._fields_dock, self._bytes_dock], [fields, left - fields],
                         Qt.Orientation.Horizontal)
        self.resizeDocks([self._fields_dock], [round(height * _LOWER_SHARE)], Qt.Orientation.Vertical)


class _Dock(QDockWidget):
    """Its title is as large as other text: Qt takes the desktop's font for it, and the height of the font before."""

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.isFloating() or self.titleBarWidget() is not None:
            super().paintEvent(event)
            return
        option = QStyleOptionDockWidget()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.setFont(self.font())
        painter.drawControl(QStyle.ControlElement.CE_DockWidgetTitle, option)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        layout = self.layout()
        if event.type() is QEvent.Type.FontChange and layout is not None:
            layout.invalidate()
            layout.setGeometry(self.rect())
