"""The Help menu: guide, keys, what is this, log, about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWhatsThis, QWidget

from tcpladder.texts import _
from tcpladder.ui.dialog_parts import open_dialog
from tcpladder.ui.help.message_log import MESSAGES

if TYPE_CHECKING:
    from tcpladder.ui.help.help_window import HelpWindow
    from tcpladder.ui.help.log_window import LogWindow

Act = Callable[..., QAction]    # MainWindow._act


class HelpActions(QObject):
    """Opens what helps; each window once."""

    def __init__(self, all_actions: Callable[[], list[QAction]], parent: QWidget) -> None:
        super().__init__(parent)
        self._all_actions = all_actions
        self._window = parent
        self.guide: HelpWindow | None = None
        self.log: LogWindow | None = None

    def fill_help_menu(self, menu: QMenu, act: Act) -> None:
        """All but the search for an action."""
        act(menu, _("&User Guide"), self.show_guide, "F1", always=True)
        act(menu, _("&What’s This?"), QWhatsThis.enterWhatsThisMode, "Shift+F1", always=True)
        act(menu, _("&Keyboard Shortcuts"), self.show_shortcuts, "Ctrl+F1", always=True)
        menu.addSeparator()
        act(menu, _("&Log"), self.show_log, always=True)
        act(menu, _("&About tcpladder"), self.show_about, always=True)

    def show_guide(self) -> None:
        """F1."""
        from tcpladder.ui.help.help_window import HelpWindow

        if self.guide is None:
            self.guide = HelpWindow(self._window)
        _bring(self.guide)

    def show_log(self) -> None:
        """What was said since the program began."""
        from tcpladder.ui.help.log_window import LogWindow

        if self.log is None:
            self.log = LogWindow(MESSAGES, self._window)
        _bring(self.log)

    def show_shortcuts(self) -> None:
        """Every action with a key."""
        from tcpladder.ui.dialogs import ShortcutsDialog

        open_dialog(ShortcutsDialog(self._all_actions(), self._window))

    def show_about(self) -> None:
        """Name and versions."""
        from tcpladder.ui.dialogs import AboutDialog

        open_dialog(AboutDialog(self._window))


def _bring(window: QWidget) -> None:
    window.show()
    window.raise_()
    window.activateWindow()
