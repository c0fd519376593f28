"""Edit → Profiles: which there are, and which is in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tcpladder.packets.whole_file import WriteError
from tcpladder.texts import _
from tcpladder.ui.dialog_parts import push_button, resize_for_text
from tcpladder.ui.preferences.profiles import ProfileError, checked_name, export_profile, free_name, import_profile
from tcpladder.ui.settings import Settings

_NAME = Qt.ItemDataRole.UserRole


class ProfilesDialog(QDialog):
    """Changes the profiles at once; what was deleted comes back with Undo as long as the dialog is open."""

    switched = Signal(str)      # the name of the profile that is to be used

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Profiles"))
        self._settings = settings
        self._deleted: list[tuple[str, dict[str, Any], bool]] = []      # name, values, was it in use
        self.names = QListWidget(self)
        self.names.setAccessibleName(_("Profiles"))
        self.names.setSpacing(3)
        self.names.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.remark = QLabel(_("A profile keeps columns, colouring rules, saved filters, names, times and appearance. "
                               "What is changed while it is in use is kept in it."), self)
        self.remark.setWordWrap(True)
        buttons = QVBoxLayout()
        self.use_button = self._button(buttons, _("&Use"), self.use)
        self._button(buttons, _("&New (a Copy)"), self.add_copy)
        self.rename_button = self._button(buttons, _("&Rename"), self.rename)
        self.delete_button = self._button(buttons, _("&Delete"), self.delete)
        self.undo_button = self._button(buttons, _("Undo De&lete"), self.undo_delete)
        buttons.addSpacing(12)
        self._button(buttons, _("&Import…"), self.choose_import)
        self._button(buttons, _("&Export…"), self.choose_export)
        buttons.addStretch(1)
        middle = QHBoxLayout()
        middle.addWidget(self.names, 1)
        middle.addLayout(buttons)
        closing = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        closing.rejected.connect(self.reject)
        content = QVBoxLayout(self)
        content.setSpacing(12)
        content.addWidget(self.remark)
        content.addLayout(middle, 1)
        content.addWidget(closing)
        self.names.itemChanged.connect(self._take_name)
        self.names.currentRowChanged.connect(self._enable)
        self.names.itemDoubleClicked.connect(lambda _item: self.use())
        self._list(settings.profile)
        resize_for_text(self, 520, 380)

    @property
    def chosen(self) -> str:
        """The name of the profile that is selected; "" for the default one."""
        item = self.names.currentItem()
        return "" if item is None else str(item.data(_NAME))

    def use(self) -> None:
        """Switches to the selected profile."""
        self._switch(self.chosen)

    def add_copy(self) -> None:
        """Makes a profile that begins as the selected one is, and waits for its name."""
        name = free_name(self._settings, _("Copy of {name}").format(name=self.chosen or _("Default")))
        self._settings.write_profile(name, self._settings.profile_values(self.chosen))
        self._list(name)
        self.rename()

    def rename(self) -> None:
        """Lets the person type another name."""
        item = self.names.currentItem()
        if item is not None and self.chosen:
            self.names.editItem(item)

    def delete(self) -> None:
        """Removes the selected profile; the default one takes its place where it was in use."""
        name = self.chosen
        if not name:
            return
        was_used = name == self._settings.profile
        if was_used:
            self._switch("")
        self._deleted.append((name, self._settings.profile_values(name), was_used))
        self._settings.remove_profile(name)
        self._list("")

    def undo_delete(self) -> None:
        """Brings back what was deleted last."""
        if not self._deleted:
            return
        wanted, values, was_used = self._deleted.pop()
        name = free_name(self._settings, wanted)
        self._settings.write_profile(name, values)
        if was_used:
            self._switch(name)
        self._list(name)

    def choose_import(self) -> None:
        """Asks for a file, and adds its profile."""
        name, _kind = QFileDialog.getOpenFileName(self, _("Import a Profile"), str(Path.home()), _kinds())
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """Adds the profile of a file, or says why not."""
        try:
            self._list(import_profile(self._settings, path))
        except ProfileError as error:
            self.remark.setText(str(error))

    def choose_export(self) -> None:
        """Asks for a file, and writes the selected profile to it."""
        proposed = Path.home() / f"{(self.chosen or _('Default')).replace('/', '-')}.json"
        name, _kind = QFileDialog.getSaveFileName(self, _("Export the Profile"), str(proposed), _kinds())
        if name:
            self.export_file(Path(name))

    def export_file(self, path: Path) -> None:
        """Writes the selected profile to a file, or says why not."""
        try:
            export_profile(self._settings, self.chosen, path)
            self.remark.setText(_("The profile was written to {name}.").format(name=path.name))
        except WriteError as error:
            self.remark.setText(str(error))

    def _button(self, column: QVBoxLayout, title: str, act: Callable[[], object]) -> QPushButton:
        button = push_button(title, act, self)
        column.addWidget(button)
        return button

    def _switch(self, name: str) -> None:
        if name != self._settings.profile:
            self.switched.emit(name)
            self._list(name)

    def _list(self, selected: str) -> None:
        """Lists the profiles anew; the one in use is in bold, and says so."""
        blocked = self.names.blockSignals(True)
        self.names.clear()
        for name in ("", *self._settings.profiles()):
            item = QListWidgetItem(name or _("Default"))
            item.setData(_NAME, name)
            if name:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            if name == self._settings.profile:
                font = self.names.font()
                font.setBold(True)
                item.setFont(font)
                item.setToolTip(_("In use"))
                item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, _("In use"))
            self.names.addItem(item)
            if name == selected:
                self.names.setCurrentItem(item)
        self.names.blockSignals(blocked)
        self._enable()

    def _take_name(self, item: QListWidgetItem) -> None:
        before, wanted = str(item.data(_NAME)), item.text()
        if wanted == before:
            return
        try:
            name = checked_name(self._settings, wanted)
        except ProfileError as error:
            self.remark.setText(str(error))
            self._list(before)
            return
        self._settings.rename_profile(before, name)
        self._list(name)

    def _enable(self) -> None:
        self.use_button.setEnabled(self.chosen != self._settings.profile)
        self.rename_button.setEnabled(bool(self.chosen))
        self.delete_button.setEnabled(bool(self.chosen))
        self.undo_button.setEnabled(bool(self._deleted))


def _kinds() -> str:
    return _("Profiles (*.json);;All files (*)")
