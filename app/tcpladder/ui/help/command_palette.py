"""Every action of the menus in one list, found by typing a part of its name."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QMenu, QVBoxLayout, QWidget

from tcpladder.texts import _
from tcpladder.ui.action_text import plain_title
from tcpladder.ui.dialog_parts import resize_for_text

_ROLE = Qt.ItemDataRole.UserRole


class CommandPalette(QDialog):
    """Enter does what is selected; what cannot be done now is not listed."""

    def __init__(self, menus: Iterable[QMenu], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Find an Action"))
        self.chosen: QAction | None = None
        self.text = QLineEdit(self)
        self.text.setPlaceholderText(_("Part of a name, such as “graph”"))
        self.text.setAccessibleName(_("Find an Action"))
        self.actions_found = QListWidget(self)
        self.actions_found.setAccessibleName(_("Actions"))
        self.actions_found.setUniformItemSizes(True)
        for menu in menus:
            for action in menu.actions():
                if action.menu() is None and action.isEnabled() and action.text():
                    self._add(menu, action)
        whole = QVBoxLayout(self)
        whole.addWidget(self.text)
        whole.addWidget(self.actions_found)
        self.text.textChanged.connect(self._choose)
        self.text.returnPressed.connect(self.accept)
        self.text.installEventFilter(self)
        self.actions_found.itemActivated.connect(lambda _item: self.accept())
        self._choose("")
        resize_for_text(self, 560, 420)

    def accept(self) -> None:
        """Takes the selected action; whoever opened the palette triggers it."""
        item = self.actions_found.currentItem()
        if item is not None and not item.isHidden():
            self.chosen = item.data(_ROLE)
            super().accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows typed in the line move in the list."""
        if watched is self.text and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
            if event.key() in steps:
                self._move(steps[Qt.Key(event.key())])
                return True
        return super().eventFilter(watched, event)

    def _add(self, menu: QMenu, action: QAction) -> None:
        title = _("{menu}: {action}").format(menu=plain_title(menu.title()), action=plain_title(action.text()))
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        item = QListWidgetItem(f"{title}    {keys}" if keys else title)
        item.setData(_ROLE, action)
        self.actions_found.addItem(item)

    def _choose(self, text: str) -> None:
        """Lists the actions in whose names all words occur, and selects the first."""
        words = text.casefold().split()
        first = -1
        for row in range(self.actions_found.count()):
            item = self.actions_found.item(row)
            is_wanted = all(word in item.text().casefold() for word in words)
            item.setHidden(not is_wanted)
            if is_wanted and first < 0:
                first = row
        self.actions_found.setCurrentRow(first)

    def _move(self, step: int) -> None:
        row = self.actions_found.currentRow() + step
        while 0 <= row < self.actions_found.count():
            if not self.actions_found.item(row).isHidden():
                self.actions_found.setCurrentRow(row)
                return
            row += step
