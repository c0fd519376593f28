"""The pane of the selected connection: picker, steps, ladder and step card."""

from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSlider,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tcpladder.packets.whole_file import WriteError
from tcpladder.tcp.connection import Connection
from tcpladder.tcp.pictures.text import text_picture
from tcpladder.texts import _
from tcpladder.ui.connection.connection_picker import ConnectionPicker
from tcpladder.ui.connection.graphs import GraphsView
from tcpladder.ui.connection.ladder_view import LadderView
from tcpladder.ui.connection.numbers_view import NumbersView
from tcpladder.ui.connection.picture_export import PictureTooLargeError, paint_image, save_diagram
from tcpladder.ui.connection.state_view import StateView
from tcpladder.ui.connection.step_card import StepCard
from tcpladder.ui.filter.field_filter import offer_filter
from tcpladder.ui.preferences.preferences import SPEEDS
from tcpladder.ui.session import Session
from tcpladder.ui.theme import icon

_CARD_SHARE = 0.34
_CARD_SHARE_IF_LOW = 0.24
_LOW = 560                          # pixels of height, in which the ladder needs what there is


class ConnectionPane(QWidget):
    """Follows the session's connection and step; asks the session for others."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._player = QTimer(self)
        self._player.timeout.connect(self._play_on)
        self.ladder = LadderView(self)
        self.states = StateView(self)
        self.numbers = NumbersView(self)
        self.graphs = GraphsView(self)
        self.tabs = QTabWidget(self)
        self.card = StepCard(self)
        self.picker = ConnectionPicker(session, self)
        self._buttons: list[tuple[QToolButton, str]] = []
        self.save_action = QAction(_("Save &Diagram…"), self)
        self.save_action.setToolTip(_("Save the diagram as a picture, as Mermaid, as text or as JSON"))
        self.save_action.triggered.connect(self.save_picture)
        self.copy_action = QAction(_("Copy P&icture and Text"), self)
        self.copy_action.setToolTip(_("Copy the diagram, as a picture and as text (Ctrl+C in the ladder)"))
        self.copy_action.triggered.connect(self.copy_picture)
        self._splitter = QSplitter(Qt.Orientation.Vertical, self)
        self._is_divided_by_hand = False
        self._position = QLabel(self)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._raw = QCheckBox(_("Raw numbers"), self)
        self._speed = QToolButton(self)
        self._speeds = QActionGroup(self)
        self._build()
        self._set_speed(1.0)
        self._connect()
        self.ladder.show_names(session.names)
        self._show_connection(session.connection)
        self._show_step(session.step)

    @property
    def is_playing(self) -> bool:
        """Steps follow each other by themselves."""
        return self._player.isActive()

    def play(self) -> None:
        """Plays from the selected step, or from the first if the last is selected."""
        connection = self._session.connection
        if connection is None:
            return
        self._player.start()
        self._show_playing()
        if self._session.step is None or self._session.step == len(connection.steps) - 1:
            self.ladder.step_first()

    def begin_with(self, raw_numbers: bool, speed: float) -> None:
        """Relative or raw sequence numbers, and steps a second when played; the person changes them as they like."""
        self._raw.setChecked(raw_numbers)
        self._set_speed(speed)

    def pause(self) -> None:
        """Stops playing."""
        self._player.stop()
        self._show_playing()

    # Building

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(8, 5, 8, 0)
        self._raw.setToolTip(_("Sequence numbers as they are on the wire (S)"))
        top.addWidget(self.picker, 1)
        top.addWidget(self._raw)

        steps = QHBoxLayout()
        steps.setContentsMargins(8, 0, 8, 4)
        steps.setSpacing(2)
        for name, tip, act in (
                ("first", _("First step (Home)"), self.ladder.step_first),
                ("previous", _("Previous step (↑ or P)"), self.ladder.step_back),
                ("play", _("Play (Space)"), self._toggle_playing),
                ("next", _("Next step (↓ or N)"), self.ladder.step_forward),
                ("last", _("Last step (End)"), self.ladder.step_last)):
            button = QToolButton(self)
            button.setAutoRaise(True)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(partial(self._act, act))
            self._buttons.append((button, name))
            steps.addWidget(button)
        self._speed.setAutoRaise(True)
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._speed.setToolTip(_("Speed of playing"))
        self._speed.setMenu(self._speed_menu())
        steps.addWidget(self._speed)
        self._slider.setAccessibleName(_("Step"))
        self._slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        steps.addWidget(self._slider, 1)
        steps.addSpacing(6)
        steps.addWidget(self._position)

        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.ladder, _("Ladder"))
        self.tabs.addTab(self.states, _("States"))
        self.tabs.addTab(self.numbers, _("Numbers"))
        self.tabs.addTab(self.graphs, _("Graphs"))
        self.tabs.tabBar().setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.tabBar().setAccessibleName(_("Views of the connection"))
        self.tabs.setCornerWidget(self._taking_away())

        self._splitter.addWidget(self.tabs)
        self._splitter.addWidget(self.card)
        self._splitter.setChildrenCollapsible(True)
        self._splitter.splitterMoved.connect(self._keep_division)

        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addLayout(top)
        whole.addLayout(steps)
        whole.addWidget(self._splitter, 1)
        in_order = (self.picker, self._raw, *(button for button, _name in self._buttons), self._speed, self._slider,
                    self.tabs, self.ladder, self.card)
        for before, after in pairwise(in_order):
            QWidget.setTabOrder(before, after)
        self._show_icons()

    def _taking_away(self) -> QWidget:
        """The buttons beside the tabs."""
        corner = QWidget(self)
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 6, 0)
        row.setSpacing(2)
        for action in (self.copy_action, self.save_action):
            button = QToolButton(corner)
            button.setAutoRaise(True)
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setAccessibleName(action.toolTip())
            row.addWidget(button)
        return corner

    def _speed_menu(self) -> QMenu:
        menu = QMenu(self)
        for speed in SPEEDS:
            action = menu.addAction(_speed_text(speed))
            action.setCheckable(True)
            action.setData(speed)
            action.triggered.connect(partial(self._set_speed, speed))
            self._speeds.addAction(action)
        return menu

    def _connect(self) -> None:
        session = self._session
        session.capture_opened.connect(lambda _capture: self.card.wait_for_connections(True))
        session.loading_finished.connect(lambda: self.card.wait_for_connections(False))
        session.connection_selected.connect(self._show_connection)
        session.step_selected.connect(self._show_step)
        session.names_changed.connect(self.ladder.show_names)
        self.ladder.step_chosen.connect(session.select_step)
        self.states.step_chosen.connect(session.select_step)
        self.graphs.step_chosen.connect(session.select_step)
        self.graphs.failed.connect(session.problem_found)
        self.ladder.play_wanted.connect(self._toggle_playing)
        self.ladder.relative_wanted.connect(lambda relative: self._raw.setChecked(not relative))
        self.ladder.copy_wanted.connect(self.copy_picture)
        self.ladder.menu_wanted.connect(self._show_menu)
        self._raw.toggled.connect(lambda raw: self.ladder.show_relative(not raw))
        self._slider.valueChanged.connect(session.select_step)

    # Following the session

    def _show_connection(self, connection: Connection | None) -> None:
        self.pause()
        self.ladder.show_connection(connection)
        self.states.show_connection(connection)
        self.numbers.show_connection(connection)
        self.graphs.show_connection(connection)
        self.card.show_connection(connection)
        count = 0 if connection is None else len(connection.steps)
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(count - 1, 0))
        self._slider.setPageStep(max(count // 10, 1))
        self._slider.blockSignals(False)
        for widget in (self._slider, self._speed, self._raw, *(button for button, _name in self._buttons)):
            widget.setEnabled(count > 0)
        for action in (self.copy_action, self.save_action):
            action.setEnabled(count > 0)
        self._show_position(None)

    def _show_step(self, step: int | None) -> None:
        self.ladder.show_step(step)
        self.states.show_step(step)
        self.numbers.show_step(step)
        self.graphs.show_step(step)
        self.card.show_step(step)
        if step is not None:
            self._slider.blockSignals(True)
            self._slider.setValue(step)
            self._slider.blockSignals(False)
        self._show_position(step)

    def _show_position(self, step: int | None) -> None:
        connection = self._session.connection
        if connection is None:
            self._position.setText("")
        else:
            number = "–" if step is None else f"{step + 1:,}"
            self._position.setText(_("{number} of {count}").format(number=number, count=f"{len(connection.steps):,}"))

    # Playing

    def _toggle_playing(self) -> None:
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def _play_on(self) -> None:
        if not self.ladder.step_forward():
            self.pause()

    def _set_speed(self, speed: float) -> None:
        self._player.setInterval(round(1000 / speed))
        self._speed.setText(_speed_text(speed))
        for action in self._speeds.actions():
            action.setChecked(action.data() == speed)

    def _show_playing(self) -> None:
        for button, name in self._buttons:
            if name == "play":
                button.setIcon(icon("pause" if self.is_playing else "play"))
                tip = _("Pause (Space)") if self.is_playing else _("Play (Space)")
                button.setToolTip(tip)
                button.setAccessibleName(tip)

    def _act(self, act: object, _checked: bool = False) -> None:
        assert callable(act)
        if act != self._toggle_playing:
            self.pause()
        act()
        if self.tabs.currentWidget() is self.ladder:
            self.ladder.setFocus()

    def _show_icons(self) -> None:
        for button, name in self._buttons:
            button.setIcon(icon(name))
        for action, name in ((self.copy_action, "copy"), (self.save_action, "save")):
            action.setIcon(icon(name))
            action.setIconVisibleInMenu(False)
        self._show_playing()

    def _keep_division(self) -> None:
        self._is_divided_by_hand = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._is_divided_by_hand:
            card = _CARD_SHARE if self.height() >= _LOW else _CARD_SHARE_IF_LOW
            self._splitter.setSizes([round(1000 * (1 - card)), round(1000 * card)])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._show_icons()

    # Taking the picture away

    @property
    def _shows_graph(self) -> bool:
        return self.tabs.currentWidget() is self.graphs

    def copy_picture(self) -> None:
        """Puts the diagram on the clipboard, as picture and as text; or the graph, while that is in front."""
        ladder = self.ladder.ladder
        if ladder is None:
            return
        if self._shows_graph:
            QGuiApplication.clipboard().setImage(self.graphs.image())
            return
        data = QMimeData()
        data.setText(text_picture(ladder))
        try:
            data.setImageData(paint_image(ladder))
        except PictureTooLargeError as error:
            self._session.problem_found.emit(str(error))
        QGuiApplication.clipboard().setMimeData(data)

    def save_picture(self) -> None:
        """Asks for a file and saves the diagram, as shown, in the format that the name ends in; or the graph."""
        ladder = self.ladder.ladder
        if ladder is None:
            return
        if self._shows_graph:
            self.graphs.export()
            return
        name, _filter = QFileDialog.getSaveFileName(
            self, _("Save Diagram"), f"connection-{ladder.connection.stream}.svg",
            _("Pictures (*.svg *.png *.pdf);;Mermaid (*.mmd);;Text (*.txt);;JSON (*.json)"))
        if not name:
            return
        try:
            save_diagram(ladder, Path(name))
        except (WriteError, ValueError) as error:
            self._session.problem_found.emit(_("The diagram was not saved: {reason}").format(reason=error))

    def _show_menu(self, place: QPoint) -> None:
        if self.ladder.ladder is None:
            return
        menu = QMenu(self)
        self.offer_filters(menu, self.ladder.step_at(self.ladder.viewport().mapFromGlobal(place)))
        menu.addSeparator()
        menu.addActions([self.copy_action, self.save_action])
        menu.addSeparator()
        self._add_choice(menu, _("Raw Numbers"), self._raw.isChecked(), self._raw.setChecked)
        self._add_choice(menu, _("Time Since the Packet Before"), self.ladder.shows_delta_times,
                         self.ladder.show_delta_times)
        self._add_choice(menu, _("Show Every Packet"), self.ladder.folds_are_open, self.ladder.open_all_folds)
        menu.addSeparator()
        menu.addAction(_("Zoom In"), partial(self.ladder.zoom_by, 1))
        menu.addAction(_("Zoom Out"), partial(self.ladder.zoom_by, -1))
        menu.addAction(_("Normal Size"), partial(self.ladder.zoom_by, 0))
        menu.exec(place)

    def offer_filters(self, menu: QMenu, step: int | None) -> None:
        """Filters for the arrow at a step, for what its sender sent, and for the connection."""
        connection = self._session.connection
        if connection is None:
            return
        stream = f"tcp.stream == {connection.stream}"
        if step is not None:
            here = connection.steps[step]
            sender = connection.client if here.from_client else connection.server
            kind = "ipv6" if ":" in sender.address else "ip"
            number = here.row + 1
            offer_filter(menu.addMenu(_("Packet {number}").format(number=number)), self._session,
                         f"frame.number == {number}")
            offer_filter(menu.addMenu(_("Packets from {sender}").format(sender=sender.text)), self._session,
                         f"{stream} && {kind}.src == {sender.address} && tcp.srcport == {sender.port}")
        offer_filter(menu.addMenu(_("Connection {number}").format(number=connection.stream)), self._session, stream)

    def _add_choice(self, menu: QMenu, text: str, chosen: bool, act: object) -> None:
        action = QAction(text, menu, checkable=True, checked=chosen)
        action.toggled.connect(act)
        menu.addAction(action)


def _speed_text(speed: float) -> str:
    return _("{speed} steps/s").format(speed=f"{speed:g}") if speed != 1.0 else _("1 step/s")
