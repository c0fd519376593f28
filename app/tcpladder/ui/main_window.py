"""The window: menus, tool bar, keys, and the panes between them.

Dialogs, and windows beside this one, are imported when somebody wants them, here and in what fills the menus.
"""

import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QInputDialog,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from tcpladder.filters import compile_filter
from tcpladder.packets.capture import Capture
from tcpladder.protocols.names import NameKind, Names
from tcpladder.texts import _, ngettext
from tcpladder.ui.action_text import plain_title
from tcpladder.ui.dialog_parts import TITLE_HEIGHT, open_dialog
from tcpladder.ui.files.file_actions import FileActions
from tcpladder.ui.files.file_watch import FileWatch
from tcpladder.ui.filter.field_filter import FilterWish, Joining, filter_for
from tcpladder.ui.filter.filter_bar import FilterBar
from tcpladder.ui.garbage import keep_objects
from tcpladder.ui.help.help_actions import HelpActions
from tcpladder.ui.help.lesson_bar import LessonBar
from tcpladder.ui.help.lessons import lessons
from tcpladder.ui.help.message_log import MESSAGES
from tcpladder.ui.help.whats_this import explain_places, pane_texts, tool_texts
from tcpladder.ui.jobs import Job
from tcpladder.ui.last_session import LastSession, SessionMemory
from tcpladder.ui.loading import rehearse
from tcpladder.ui.message_bar import MessageBar
from tcpladder.ui.packets.find_bar import FindBar
from tcpladder.ui.packets.packet_actions import PacketActions
from tcpladder.ui.preferences.colour_file import kept_rules
from tcpladder.ui.preferences.preferences import (
    LARGEST_TEXT,
    SMALLEST_TEXT,
    Preferences,
    appearance_titles,
    keep_preferences,
    name_titles,
    read_preferences,
)
from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings
from tcpladder.ui.start_page import StartPage
from tcpladder.ui.status_bar import StatusBar
from tcpladder.ui.theme import (
    Appearance,
    apply_theme,
    icon,
    icon_side,
    use_byte_family,
    use_text_size,
    usual_text_size,
    wanted_theme,
)
from tcpladder.ui.time_text import TimeFormat, precision_titles
from tcpladder.ui.windows.statistics_tables import statistics
from tcpladder.ui.windows.statistics_windows import StatisticsWindows
from tcpladder.ui.workspace import Workspace

DEFAULT_SIZE = (1400, 900)
# Keys that mean something else, or nothing, where the window in front is another one.
_ONLY_HERE = frozenset({"Ctrl+Home", "Ctrl+End", "Ctrl+Left", "Ctrl+Right", "Shift+Return", "F11"})

Choice = TypeVar("Choice")
_BETWEEN_LOOKS_S = 0.1
_BETWEEN_REHEARSALS_MS = 50     # of the panes: behind the first painting of the window, and with room for its events


class MainWindow(QMainWindow):
    """One window, one session."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        apply_theme(wanted_theme(self.preferences.appearance, self.preferences.colour_set))
        self.session = Session(self)
        self.file_watch = FileWatch(self.session, self)
        self._menus: list[QMenu] = []
        self._icons: list[tuple[QAction, str]] = []
        self._needs_capture: list[QAction] = []
        self.workspace = Workspace(self.session)
        self.statistics = StatisticsWindows(self.session, settings, self)
        self.start_page = StartPage(settings)
        self.message_bar = MessageBar()
        self.filter_bar = FilterBar(self.session, settings)
        self.find_bar = FindBar(self.session, self.workspace.packets.packets)
        self.lesson_bar = LessonBar(self.session)
        self._memory = SessionMemory(self.session, settings, self)
        self.files = FileActions(self.session, self.workspace.packets, settings, self)
        self.packets = PacketActions(self.session, self.workspace, settings, self)
        self.help = HelpActions(self.all_actions, self)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.start_page)
        self._pages.addWidget(self.workspace)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.filter_bar, self.find_bar, self.message_bar, self.lesson_bar):
            column.addWidget(widget)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(content)
        self.status = StatusBar(self.session)
        self.setStatusBar(self.status)
        self.setAcceptDrops(True)
        self._make_menus()
        self._make_tool_bar()
        self._explain()
        self._connect()
        self._draw_icons()
        self._show_start()
        if self._memory.left_over is not None:
            self.start_page.offer_again(self._memory.left_over)
        room = self.screen().availableSize()
        self.resize(min(DEFAULT_SIZE[0], room.width()), min(DEFAULT_SIZE[1], room.height() - TITLE_HEIGHT))
        self._restore()
        self._rehearsal = self.workspace.rehearse(self._pages)
        self._rehearsing = QTimer(self)
        self._rehearsing.setInterval(_BETWEEN_REHEARSALS_MS)
        self._rehearsing.timeout.connect(self._rehearse)

    # What the person can ask for

    def open_file(self, *paths: Path) -> None:
        """Opens a capture in this window, or several merged by time."""
        self.message_bar.clear()
        self.files.leave(lambda: self.session.open_capture(*paths))

    def open_again(self, last: LastSession) -> None:
        """Opens what was open, with the filter and the selected packet."""
        def select() -> None:
            self.session.loading_finished.disconnect(select)
            if last.row is not None:
                self.session.select_row(min(last.row, self.session.frame_count - 1))

        self.session.loading_finished.connect(select)
        if last.filter_text:
            self.filter_bar.apply_text(last.filter_text)
        self.open_file(last.path)

    def choose_file(self) -> None:
        """Asks for a capture, or several, and opens them."""
        folder = self.settings.text("folder", str(Path.home()))
        kinds = _("Captures (*.pcap *.pcapng *.cap *.gz *.bz2 *.xz *.zst *.lz4);;All files (*)")
        names, _kind = QFileDialog.getOpenFileNames(self, _("Open Captures"), folder, kinds)
        if names:
            self.open_file(*map(Path, names))

    def go_to_packet(self, frame_number: int) -> bool:
        """Selects a packet by its number; False, with a sentence, where there is none."""
        if not 1 <= frame_number <= self.session.frame_count:
            self.message_bar.show_sentence(
                _("There is no packet {number}; the capture has {count:,}.").format(
                    number=frame_number, count=self.session.frame_count))
            return False
        self.session.select_row(frame_number - 1)
        return True

    def go_to_connection(self, stream: int) -> bool:
        """Selects a connection by its tcp.stream; False, with a sentence, where there is none."""
        count = self.session.connections.count if self.session.connections is not None else 0
        if not 0 <= stream < count:
            text = ngettext("There is no connection {number}; the capture has {count:,}.",
                            "There is no connection {number}; the capture has {count:,}, from 0.", count)
            self.message_bar.show_sentence(text.format(number=stream, count=count))
            return False
        self.session.select_stream(stream)
        return True

    def ask_for_packet(self) -> None:
        """Asks for a packet's number, and selects it."""
        present = (self.session.row or 0) + 1
        number, is_given = QInputDialog.getInt(self, _("Go to Packet"), _("Packet number:"), present, 1,
                                               max(1, self.session.frame_count))
        if is_given:
            self.go_to_packet(number)

    def set_appearance(self, appearance: Appearance) -> None:
        """Light, dark, or as the system."""
        self.settings.keep("appearance", appearance.value)
        self._appearances[appearance].setChecked(True)
        apply_theme(wanted_theme(appearance, self.preferences.colour_set))
        self._draw_icons()

    def set_time_format(self, form: TimeFormat) -> None:
        """What the Time column shows."""
        self.settings.keep("time-format", form.value)
        self._time_formats[form].setChecked(True)
        self.workspace.packets.packets.set_time_format(form)
        self.workspace.packets.fit_columns()

    def set_time_digits(self, digits: int | None) -> None:
        """How many decimals the Time column shows; None: as many as the capture's clock has."""
        self.settings.keep("time-digits", -1 if digits is None else digits)
        self._time_digits[digits].setChecked(True)
        self.workspace.packets.packets.set_time_digits(digits)
        self.workspace.packets.fit_columns()

    def set_names(self, kinds: Iterable[NameKind]) -> None:
        """What is shown by name."""
        names = Names(frozenset(kinds))
        self.settings.keep("names", sorted(kind.value for kind in names.kinds))
        for kind, action in self._names.items():
            action.setChecked(kind in names.kinds)
        self.session.show_names(names)

    def set_text_size(self, points: int) -> None:
        """Size of the text in all windows."""
        points = min(max(points, SMALLEST_TEXT), LARGEST_TEXT)
        self.settings.keep("text-size", points)
        use_text_size(points)
        apply_theme(wanted_theme(self.preferences.appearance, self.preferences.colour_set))
        side = icon_side()
        self._tool_bar.setIconSize(QSize(side, side))
        self.workspace.packets.fit_columns()

    @property
    def text_size(self) -> int:
        """Size of the text, in points."""
        return self.preferences.text_size

    @property
    def preferences(self) -> Preferences:
        """What the person chose."""
        return read_preferences(self.settings, usual_text_size())

    def use_preferences(self, wanted: Preferences) -> None:
        """Keeps what the person chose, and does it; the language waits for the next start."""
        keep_preferences(self.settings, wanted)
        use_byte_family(wanted.byte_family)
        self.set_appearance(wanted.appearance)
        self.set_time_format(wanted.time_format)
        self.set_time_digits(wanted.time_digits)
        self.set_names(wanted.names)
        self.set_text_size(wanted.text_size)
        self.workspace.connection.begin_with(wanted.raw_numbers, wanted.speed)
        QApplication.sendEvent(self.workspace.bytes, QEvent(QEvent.Type.FontChange))    # perhaps of the bytes alone
        self.workspace.fields.viewport().update()

    def use_profile(self, name: str) -> None:
        """Switches to another profile; "" is the default one."""
        self.settings.keep("open-fields", sorted(self.workspace.fields.open_names))
        self.settings.use_profile(name)
        self.packets.columns.restore()
        self.filter_bar.saved.restore()
        self._restore_profile()

    def edit_profiles(self) -> None:
        """Shows the profiles."""
        from tcpladder.ui.preferences.profiles_dialog import ProfilesDialog

        dialog = ProfilesDialog(self.settings, self)
        dialog.switched.connect(self.use_profile)
        open_dialog(dialog)

    def edit_preferences(self) -> None:
        """Shows the preferences, and applies what is chosen."""
        from tcpladder.ui.preferences.preferences_dialog import PreferencesDialog

        dialog = PreferencesDialog(self.preferences, Preferences(usual_text_size()), self)
        dialog.applied.connect(self.use_preferences)
        open_dialog(dialog)

    def reset_layout(self) -> None:
        """Puts every pane back, and shows the tool bar."""
        self.workspace.reset_layout()
        self._tool_bar.show()

    @property
    def menus(self) -> tuple[QMenu, ...]:
        """The menus and submenus, in their order."""
        return tuple(self._menus)

    def find_action(self) -> None:
        """Asks for a part of an action's name, and does what is chosen."""
        from tcpladder.ui.help.command_palette import CommandPalette

        palette = CommandPalette(self.menus, self)
        if palette.exec() and palette.chosen is not None:
            palette.chosen.trigger()
        palette.deleteLater()

    def all_actions(self) -> list[QAction]:
        """What the menus offer, submenus of captures left out."""
        return [action for menu in self._menus for action in menu.actions() if action.menu() is None]

    # Overrides

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._rehearsing.start()

    def _rehearse(self) -> None:
        """Gets the panes ready for the first capture, a little at a time."""
        if next(self._rehearsal, True):
            self._rehearsing.stop()
            self.session.jobs.start("rehearsal", self._rehearse_reading, then=lambda _done: self._keep_objects(),
                                    on_failure=lambda _error: None)     # who loads in earnest will meet and tell it

    def _rehearse_reading(self, job: Job) -> None:
        """Reads the lesson captures and imports what compiles filters, when nothing is loaded."""
        for step in (lambda: rehearse(tuple(lesson.path for lesson in lessons())), lambda: compile_filter("")):
            while self.session.is_loading:
                job.check()
                time.sleep(_BETWEEN_LOOKS_S)
            step()

    def _keep_objects(self) -> None:
        if self.session.capture is None:
            keep_objects()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.files.has_unsaved:
            event.ignore()
            self.files.leave(self.close)
            return
        self.settings.keep("geometry", self.saveGeometry())
        layout = self.workspace.layout_state()
        if layout is not None:
            self.settings.keep("layout", layout)
        self.settings.keep("open-fields", sorted(self.workspace.fields.open_names))
        self._memory.forget()
        self.session.jobs.cancel_all()      # whoever ends the program waits, when the window is gone
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if child.isWindow():
                child.close()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = _dropped_files(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.open_file(*paths)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ThemeChange and self.preferences.appearance is Appearance.SYSTEM:
            self.set_appearance(Appearance.SYSTEM)

    # Menus

    def _make_menus(self) -> None:
        self._make_file_menu(self._menu(_("&File")))
        self._make_edit_menu(self._menu(_("&Edit")))
        self._make_view_menu(self._menu(_("&View")))
        self._make_go_menu(self._menu(_("&Go")))
        self._make_analyze_menu(self._menu(_("&Analyze")))
        self._make_statistics_menu(self._menu(_("&Statistics")))
        self._make_help_menu(self._menu(_("&Help")))

    def _menu(self, title: str) -> QMenu:
        menu = self.menuBar().addMenu(title)
        self._menus.append(menu)
        return menu

    def _submenu(self, menu: QMenu, title: str) -> QMenu:
        """A menu in a menu, whose actions stand among all_actions()."""
        submenu = menu.addMenu(title)
        self._menus.append(submenu)
        return submenu

    def _make_file_menu(self, menu: QMenu) -> None:
        self._open = self._act(menu, _("&Open…"), self.choose_file, "Ctrl+O", "open", always=True)
        self._recent_menu = menu.addMenu(_("Open Rece&nt"))
        self._recent_menu.aboutToShow.connect(self._list_recent_files)
        self._list_recent_files()
        lesson_menu = menu.addMenu(_("Open &Lesson"))
        for lesson in lessons():
            self._act(lesson_menu, lesson.title.replace("&", "&&"),
                      lambda path=lesson.path: self.open_file(path), always=True)
        lesson_menu.setEnabled(not lesson_menu.isEmpty())
        menu.addSeparator()
        self._reload = self._act(menu, _("&Reload"), lambda: self.files.leave(self.session.reload), "Ctrl+R", "reload")
        self.files.fill_file_menu(menu, self._act)
        menu.addSeparator()
        menu.addActions([self.workspace.connection.save_action, self.workspace.connection.copy_action])
        menu.addSeparator()
        self._close = self._act(menu, _("&Close"), lambda: self.files.leave(self.session.close_capture), "Ctrl+W",
                                "close")
        menu.addSeparator()
        self._act(menu, _("&Quit"), self.close, "Ctrl+Q", always=True)

    def _make_edit_menu(self, menu: QMenu) -> None:
        self.packets.fill_edit_menu(menu, self._act, self._submenu)
        menu.addSeparator()
        self._act(menu, _("&Copy Packet Line"), self.workspace.packets.copy_packet)
        self._act(menu, _("Copy a&s Filter"), self._copy_as_filter, "Ctrl+Shift+C")
        menu.addSeparator()
        self._find = self._act(menu, _("&Find Packet…"), self._open_find_bar, "Ctrl+F", "find")
        self._act(menu, _("Find &Next"), self.find_bar.find_next, "Ctrl+N")
        self._act(menu, _("Find &Previous"), self.find_bar.find_previous, "Ctrl+B")
        self._act(menu, _("Edit &Display Filter"), self._edit_filter, "Ctrl+/", always=True)
        menu.addSeparator()
        self._act(menu, _("Profi&les…"), self.edit_profiles, always=True)
        self._act(menu, _("Pr&eferences…"), self.edit_preferences, "Ctrl+Shift+P", always=True)

    def _make_view_menu(self, menu: QMenu) -> None:
        for action in self.workspace.pane_actions():
            menu.addAction(action)
            self._needs_capture.append(action)
        menu.addSeparator()
        times = menu.addMenu(_("&Time Display Format"))
        self._time_formats = self._choices(times, {form: form.title for form in TimeFormat},
                                           self.set_time_format)
        self._time_digits = self._choices(self._submenu(times, _("&Precision")), precision_titles(),
                                          self.set_time_digits)
        names = self._submenu(menu, _("Name&s"))
        self._names = {kind: self._act(names, title, self._choose_names, always=True)
                       for kind, title in name_titles().items()}
        for action in self._names.values():
            action.setCheckable(True)
        self._colours = self._act(menu, _("&Colourise Packet List"), self._set_colours, icon_name="colours",
                                  always=True)
        self._colours.setCheckable(True)
        self._follow = self._act(menu, _("Follo&w Growing File"), self._follow_file, always=True)
        self._follow.setCheckable(True)
        self._act(menu, _("Colouring &Rules…"), self._edit_colour_rules, always=True)
        themes = menu.addMenu(_("&Appearance"))
        self._appearances = self._choices(themes, appearance_titles(), self.set_appearance)
        zoom = menu.addMenu(_("&Zoom"))
        self._menus.append(zoom)
        self._zoom_in = self._act(zoom, _("Zoom &In"), lambda: self.set_text_size(self.text_size + 1),
                                  ("Ctrl++", "Ctrl+="), "zoom-in", always=True)
        self._zoom_out = self._act(zoom, _("Zoom &Out"), lambda: self.set_text_size(self.text_size - 1),
                                   "Ctrl+-", "zoom-out", always=True)
        self._zoom_reset = self._act(zoom, _("&Normal Size"),
                                     lambda: self.set_text_size(usual_text_size()), "Ctrl+0",
                                     "zoom-reset", always=True)
        menu.addSeparator()
        self.packets.fill_view_menu(menu, self._act)
        menu.addSeparator()
        self._act(menu, _("&Expand All Fields"), self.workspace.fields.expand_all, "Ctrl+Right")
        self._act(menu, _("Colla&pse All Fields"), self.workspace.fields.collapse_all, "Ctrl+Left")
        self._act(menu, _("&Fit Column Widths"), self.workspace.packets.fit_columns, "Ctrl+Shift+R")
        menu.addSeparator()
        self._act(menu, _("Reset &Layout"), self.reset_layout, "Ctrl+Shift+W", always=True)
        self._full_screen = self._act(menu, _("F&ull Screen"), self._toggle_full_screen, "F11", always=True)

    def _make_go_menu(self, menu: QMenu) -> None:
        packets, session = self.workspace.packets, self.session
        self._back = self._act(menu, _("&Back"), self.session.go_back, "Alt+Left", "back")
        self._forward = self._act(menu, _("&Forward"), self.session.go_forward, "Alt+Right", "forward")
        menu.addSeparator()
        self._go_to = self._act(menu, _("&Go to Packet…"), self.ask_for_packet, "Ctrl+G", "go-to")
        self._next = self._act(menu, _("&Next Packet"), lambda: packets.move_by(+1), ("Ctrl+Down", "F8"),
                               "next")
        self._previous = self._act(menu, _("&Previous Packet"), lambda: packets.move_by(-1),
                                   ("Ctrl+Up", "F7"), "previous")
        self._first = self._act(menu, _("F&irst Packet"), lambda: packets.go_to_position(0), "Ctrl+Home",
                                "first")
        self._last = self._act(menu, _("&Last Packet"), packets.go_to_last, "Ctrl+End", "last")
        menu.addSeparator()
        self._act(menu, _("Next Packet of the &Connection"), session.next_in_connection, "Ctrl+.")
        self._act(menu, _("Previous Packet of the C&onnection"), session.previous_in_connection, "Ctrl+,")
        self._act(menu, _("C&hoose Connection…"), self.workspace.show_connections)

    def _make_analyze_menu(self, menu: QMenu) -> None:
        for title, is_applied in ((_("Apply Field as &Filter"), True), (_("Prepare Field as F&ilter"), False)):
            ways = menu.addMenu(title)
            for joining in Joining:
                self._act(ways, joining.title, partial(self._use_field, joining, is_applied))
        self._act(menu, _("&Saved Filters…"), self.filter_bar.manage_saved)
        self._filter_connection = self._act(menu, _("Filter on This &Connection"), self._apply_connection,
                                            "Ctrl+Alt+F")
        self.packets.fill_analyze_menu(menu, self._act)
        menu.addSeparator()
        self._show_ladder = self._act(menu, _("Show &Ladder"), self._bring_ladder, "Ctrl+L",
                                      "connection")
        menu.addSeparator()
        self._act(menu, _("Follow &TCP Stream"), lambda: self.statistics.follow_stream("tcp"), "Ctrl+Alt+Shift+T")
        self._act(menu, _("Follow &UDP Stream"), lambda: self.statistics.follow_stream("udp"), "Ctrl+Alt+Shift+U")
        menu.addSeparator()
        self._act(menu, _("&Practice"), self.statistics.show_practice, "Ctrl+Alt+P")

    def _make_statistics_menu(self, menu: QMenu) -> None:
        self._act(menu, _("Capture &Properties"), self._show_properties, "Ctrl+Alt+Shift+C")
        menu.addSeparator()
        self.statistics.fill_menu(menu, self._act)
        menu.addSeparator()
        for statistic in statistics():
            self._act(menu, statistic.title, partial(self.statistics.show_table, statistic))

    def _make_help_menu(self, menu: QMenu) -> None:
        self._act(menu, _("&Find an Action…"), self.find_action, "Ctrl+Shift+A", always=True)
        self.help.fill_help_menu(menu, self._act)

    def _act(self, menu: QMenu, title: str, slot: Callable[..., object],
             keys: str | tuple[str, ...] = (), icon_name: str = "", *, always: bool = False) -> QAction:
        """Adds an action to a menu; unless always, it can be used only while a capture is open."""
        action = menu.addAction(title)
        action.triggered.connect(lambda _checked: slot())
        action.setShortcuts([QKeySequence(text) for text in ((keys,) if isinstance(keys, str) else keys)])
        if keys:
            tip = plain_title(title)
            action.setToolTip(f"{tip} ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})")
        if icon_name:
            self._icons.append((action, icon_name))
        if not always:
            self._needs_capture.append(action)
        return action

    def _choices(self, menu: QMenu, titles: dict[Choice, str],
                 choose: Callable[[Choice], None]) -> dict[Choice, QAction]:
        """Actions of which one is checked, by what each stands for."""
        group = QActionGroup(menu)
        actions: dict[Choice, QAction] = {}
        for value, title in titles.items():
            action = actions[value] = menu.addAction(title)
            action.setCheckable(True)
            action.triggered.connect(lambda _checked, chosen=value: choose(chosen))
            group.addAction(action)
        return actions

    def _make_tool_bar(self) -> None:
        self._tool_bar = QToolBar(_("Tool bar"))
        self._tool_bar.setObjectName("tools")
        self._tool_bar.setMovable(False)
        self._tool_bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        groups = ((self._open, self._reload, self._close),
                  (self._find, self._back, self._forward),
                  (self._go_to, self._previous, self._next, self._first, self._last),
                  (self._colours, self._zoom_in, self._zoom_out, self._zoom_reset),
                  (self._show_ladder,))
        for group in groups:
            if self._tool_bar.actions():
                self._tool_bar.addSeparator()
            self._tool_bar.addActions(group)
        self.addToolBar(self._tool_bar)

    def _explain(self) -> None:
        """Gives actions and panes what Shift+F1 says of them."""
        texts = tool_texts()
        for action, name in self._icons:
            action.setWhatsThis(texts[name])
        explain_places(self.findChildren(QMenu))
        places = pane_texts()
        self.workspace.explain(places)
        self.filter_bar.setWhatsThis(places["filter"])
        self.status.setWhatsThis(places["status"])

    def _draw_icons(self) -> None:
        for action, name in self._icons:
            action.setIcon(icon(name))
            action.setIconVisibleInMenu(False)

    # What happens

    def _connect(self) -> None:
        session = self.session
        session.problem_found.connect(self.message_bar.show_sentence)
        self.message_bar.said.connect(MESSAGES.note)
        session.capture_opened.connect(self._show_capture)
        session.capture_closed.connect(self._show_start)
        for changed in (session.packet_selected, session.connection_selected, session.field_selected):
            changed.connect(self._enable_actions)
        self.status.cancel_wanted.connect(session.cancel_loading)
        self.start_page.open_wanted.connect(self.choose_file)
        self.start_page.file_wanted.connect(self.open_file)
        self.start_page.session_wanted.connect(self.open_again)
        self.statistics.ladder_wanted.connect(self._bring_ladder)
        self.packets.hint_followed.connect(self.message_bar.take_back)
        for windows in (self.statistics, self.packets):
            windows.window_made.connect(self._lend_keys)
        self.filter_bar.left.connect(self.workspace.packets.setFocus)
        self.find_bar.closed.connect(self.workspace.packets.setFocus)
        self.find_bar.byte_found.connect(self.workspace.show_byte)

    def _show_capture(self, capture: Capture) -> None:
        self._pages.setCurrentWidget(self.workspace)
        self.setWindowTitle(_("{name} – tcpladder").format(name=self.files.name_of(capture)))
        self.files.remember(capture)
        self._enable_actions()
        self.workspace.packets.setFocus()

    def _show_start(self) -> None:
        self.start_page.show_recent_files()
        self._pages.setCurrentWidget(self.start_page)
        self.setWindowTitle("tcpladder")
        self.find_bar.hide()
        self.filter_bar.setVisible(False)
        self._enable_actions()

    def _enable_actions(self) -> None:
        session = self.session
        is_open = session.capture is not None
        self.filter_bar.setVisible(is_open)
        # Each is set once: whatever changes has the tool bar laid out and painted anew, at each click.
        more = {self._back: session.can_go_back, self._forward: session.can_go_forward,
                self._filter_connection: session.connection is not None}
        for action in self._needs_capture:
            action.setEnabled(is_open and more.get(action, True))

    def _restore(self) -> None:
        settings = self.settings
        geometry = settings.state("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self.workspace.restore_layout(settings.state("layout"))
        self._restore_profile()
        self._follow.setChecked(settings.switch("follow", False))
        self._follow_file()

    def _restore_profile(self) -> None:
        settings = self.settings
        if settings.holds("open-fields"):
            self.workspace.fields.open_names = set(settings.texts("open-fields"))
        self.use_preferences(self.preferences)
        self.session.set_colour_rules(kept_rules(settings))
        self._colours.setChecked(settings.switch("colours", True))
        self._set_colours()

    def _list_recent_files(self) -> None:
        self._recent_menu.clear()
        for path in self.settings.recent_files():
            self._recent_menu.addAction(str(path).replace("&", "&&")).triggered.connect(
                lambda _checked, chosen=path: self.open_file(chosen))
        if self._recent_menu.isEmpty():
            self._recent_menu.addAction(_("No capture was opened yet")).setEnabled(False)

    def _copy_as_filter(self) -> None:
        if self.session.field is not None:
            QGuiApplication.clipboard().setText(filter_for(self.session.field))

    def _use_field(self, joining: Joining, is_applied: bool) -> None:
        if self.session.field is None:
            self.message_bar.show_sentence(_("Select a field first; the filter is made from it."))
        else:
            self.filter_bar.grant(FilterWish(filter_for(self.session.field), joining, is_applied))

    def _apply_connection(self) -> None:
        if self.session.connection is not None:
            self.filter_bar.apply_text(f"tcp.stream == {self.session.connection.stream}")

    def _open_find_bar(self) -> None:
        self._come_forward()
        self.find_bar.open()

    def _edit_filter(self) -> None:
        self._come_forward()
        self.filter_bar.edit.setFocus()
        self.filter_bar.edit.selectAll()

    def _bring_ladder(self) -> None:
        self._come_forward()
        self.workspace.show_connection()

    def _come_forward(self) -> None:
        self.raise_()
        self.activateWindow()

    def _lend_keys(self, window: QWidget) -> None:
        """Lets the keys of the menus work in another window, too, except those that it has for itself."""
        taken = _ONLY_HERE.union(*(_key_names(shortcut.keys()) for shortcut in window.findChildren(QShortcut)))
        window.addActions([action for action in self.all_actions()
                           if action.shortcuts() and not taken & _key_names(action.shortcuts())])

    def _follow_file(self) -> None:
        self.settings.keep("follow", self._follow.isChecked())
        self.file_watch.follow(self._follow.isChecked())

    def _choose_names(self) -> None:
        self.set_names(kind for kind, action in self._names.items() if action.isChecked())

    def _set_colours(self) -> None:
        self.settings.keep("colours", self._colours.isChecked())
        self.workspace.packets.packets.set_colours_on(self._colours.isChecked())

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _show_properties(self) -> None:
        from tcpladder.ui.files.capture_properties import PropertiesDialog

        if self.session.capture is not None:
            open_dialog(PropertiesDialog(self.session, self))

    def _edit_colour_rules(self) -> None:
        from tcpladder.ui.preferences.colour_rules_dialog import edit_rules

        edit_rules(self.session, self.settings, self)


def _key_names(keys: list[QKeySequence]) -> set[str]:
    return {key.toString(QKeySequence.SequenceFormat.PortableText) for key in keys}


def _dropped_files(data: QMimeData) -> list[Path]:
    """The local files among what is dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
