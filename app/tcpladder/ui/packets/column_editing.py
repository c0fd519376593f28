"""The columns of the packet list as the person arranges them: added, moved, hidden, renamed, aligned, removed."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QActionGroup, QUndoStack
from PySide6.QtWidgets import QCompleter, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QMenu, QWidget

from tcpladder.decode.columns import known_fields
from tcpladder.texts import _
from tcpladder.ui.dialog_parts import ok_and_cancel
from tcpladder.ui.packets.annotations import UndoStep
from tcpladder.ui.packets.list_columns import (
    USUAL_LAYOUT,
    Alignment,
    Layout,
    ListColumn,
    layout_of_text,
    sections_of,
    text_of_layout,
)
from tcpladder.ui.packets.packet_list import PacketList
from tcpladder.ui.packets.sort_keys import Column
from tcpladder.ui.settings import Settings

_SETTING = "columns"
_INFO_WIDTH = 420       # where Info is not the last column


class ColumnEditor(QObject):
    """Changes the columns of a list, remembers them, and takes changes back."""

    def __init__(self, packets: PacketList, settings: Settings, undo_stack: QUndoStack) -> None:
        super().__init__(packets)
        self._list = packets
        self._header = packets.horizontalHeader()
        self._settings = settings
        self._undo_stack = undo_stack
        self._is_applying = False
        self._header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._header.customContextMenuRequested.connect(self._open_menu)
        self._header.sectionMoved.connect(self._take_move)
        self._header.sectionHandleDoubleClicked.connect(self._fit)
        packets.column_resized.connect(self._take_width)
        if settings.holds(_SETTING):
            self.restore()

    def restore(self) -> None:
        """Shows the columns that were kept."""
        self._apply(layout_of_text(self._settings.text(_SETTING, "")))

    @property
    def layout(self) -> Layout:
        """The columns from left to right, as they are now."""
        sections = self._list.packets.sections
        places = sorted(range(len(sections)), key=self._header.visualIndex)
        return tuple(replace(sections[place], width=self._list.own_widths.get(sections[place].key, 0),
                             is_hidden=self._header.isSectionHidden(place)) for place in places)

    def add(self, field: str, title: str = "") -> None:
        """Adds a column of a field before Info, or shows the one that is there."""
        layout = self.layout
        if any(column.key == field for column in layout):
            self._change(_("Show Column"), tuple(
                replace(column, is_hidden=False) if column.key == field else column for column in layout))
            return
        place = next(number for number, column in enumerate(layout) if column.builtin is Column.INFO)
        self._change(_("Add Column"), (*layout[:place], ListColumn(field, title), *layout[place:]))

    def remove(self, key: str) -> None:
        """Removes a column of a field."""
        self._change(_("Remove Column"), tuple(column for column in self.layout if column.key != key))

    def rename(self, key: str, title: str) -> None:
        """Gives a column another title; "": the usual one."""
        self._alter(_("Rename Column"), key, lambda column: replace(column, title=title.strip()))

    def align(self, key: str, alignment: Alignment) -> None:
        """Lets the cells of a column stand left, right, in the middle, or as usual."""
        self._alter(_("Align Column"), key, lambda column: replace(column, alignment=alignment))

    def hide(self, key: str, hidden: bool = True) -> None:
        """Hides a column, or shows it again."""
        self._alter(_("Hide Column") if hidden else _("Show Column"), key,
                    lambda column: replace(column, is_hidden=hidden))

    def move(self, key: str, place: int) -> None:
        """Puts a column at another place, 0 being the first after the marks."""
        others = [column for column in self.layout if column.key != key]
        moved = next(column for column in self.layout if column.key == key)
        others.insert(place + 1, moved)
        self._change(_("Move Column"), tuple(others))

    def reset(self) -> None:
        """Back to the columns that the list has at first."""
        self._change(_("Usual Columns"), USUAL_LAYOUT)

    def _alter(self, text: str, key: str, altered: Callable[[ListColumn], ListColumn]) -> None:
        self._change(text, tuple(altered(column) if column.key == key else column for column in self.layout))

    def _change(self, text: str, after: Layout) -> None:
        before = self.layout
        if after != before:
            self._push(text, before, after)

    def _push(self, text: str, before: Layout, after: Layout) -> None:
        def put(layout: Layout) -> None:
            self._apply(layout)
            self._remember()

        self._undo_stack.push(UndoStep(text, lambda: put(after), lambda: put(before)))

    def _apply(self, layout: Layout) -> None:
        self._is_applying = True
        header, sections = self._header, sections_of(layout)
        if sections != self._list.packets.sections:
            self._list.packets.set_sections(sections)
        self._list.own_widths = {column.key: column.width for column in layout if column.width}
        places = {column.key: place for place, column in enumerate(sections)}
        for visual, column in enumerate(layout):
            header.moveSection(header.visualIndex(places[column.key]), visual)
        for column in layout:
            header.setSectionHidden(places[column.key], column.is_hidden)
        header.setSectionResizeMode(Column.MARK, header.ResizeMode.Fixed)
        self._list.fit_columns()
        if layout[-1].builtin is not Column.INFO and "@info" not in self._list.own_widths:
            header.resizeSection(Column.INFO, _INFO_WIDTH)
        self._is_applying = False

    def _remember(self) -> None:
        if not self._is_applying:
            self._settings.keep(_SETTING, text_of_layout(self.layout))

    def _take_move(self, _section: int, place_before: int, place: int) -> None:
        """The person dragged a column to another place, which can be undone."""
        if self._is_applying:
            return
        after = self.layout
        before = [column for column in after if column is not after[place]]
        before.insert(place_before, after[place])
        self._push(_("Move Column"), tuple(before), after)

    def _take_width(self, section: int, width: int) -> None:
        """The person made a column wider or narrower: it stays so."""
        self._list.own_widths[self._list.packets.sections[section].key] = width
        self._remember()

    def _fit(self, section: int) -> None:
        self._list.own_widths.pop(self._list.packets.sections[section].key, None)
        self._list.fit_columns()
        self._remember()

    # The menu of the header

    def menu_of(self, section: int) -> QMenu:
        """What can be done with a column."""
        column = self._list.packets.sections[section]
        key = column.key
        menu = QMenu(self._header)
        if column.builtin is not Column.MARK:
            group = QActionGroup(menu)
            for alignment in Alignment:
                action = _added(menu, alignment.title, partial(self.align, key, alignment))
                action.setCheckable(True)
                action.setChecked(column.alignment is alignment)
                group.addAction(action)
            menu.addSeparator()
            _added(menu, _("&Rename…"), lambda: self._ask_for_title(column))
            _added(menu, _("Resize to &Contents"), lambda: self._fit(section))
            _added(menu, _("&Hide"), lambda: self.hide(key))
            if column.builtin is None:
                _added(menu, _("Re&move"), lambda: self.remove(key))
            menu.addSeparator()
        shown = menu.addMenu(_("&Columns"))
        for other in self.layout[1:]:
            action = _added(shown, other.shown_title.replace("&", "&&"),
                            partial(self.hide, other.key, not other.is_hidden))
            action.setCheckable(True)
            action.setChecked(not other.is_hidden)
        _added(menu, _("&Add Column…"), self.ask_for_column)
        _added(menu, _("&Usual Columns"), self.reset)
        return menu

    def ask_for_column(self) -> None:
        """Asks for a field, and adds a column of it."""
        dialog = ColumnDialog(self._list)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.add(dialog.field, dialog.title))
        dialog.open()

    def _ask_for_title(self, column: ListColumn) -> None:
        dialog = ColumnDialog(self._list, column)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.rename(column.key, dialog.title))
        dialog.open()

    def _open_menu(self, place: QPoint) -> None:
        section = self._header.logicalIndexAt(place)
        menu = self.menu_of(max(0, section))
        menu.exec(self._header.mapToGlobal(place))
        menu.deleteLater()


class ColumnDialog(QDialog):
    """Asks for the field and the title of a column; for a column that is there, only for its title."""

    def __init__(self, parent: QWidget, column: ListColumn | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Add Column") if column is None else _("Rename Column"))
        self.field_edit = QLineEdit("" if column is None else column.key)
        self.field_edit.setMinimumWidth(280)
        completer = QCompleter(sorted(known_fields()), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.field_edit.setCompleter(completer)
        self.title_edit = QLineEdit("" if column is None else column.title)
        self._notice = QLabel()
        self._notice.setMinimumHeight(self._notice.fontMetrics().lineSpacing())
        self.buttons = ok_and_cancel(self)
        form = QFormLayout(self)
        self._is_new = column is None
        if self._is_new:
            form.addRow(_("&Field:"), self.field_edit)
        form.addRow(_("&Title:"), self.title_edit)
        form.addRow(self._notice)
        form.addRow(self.buttons)
        self.field_edit.textChanged.connect(self._say)
        self._say()

    @property
    def field(self) -> str:
        """The field's filter name."""
        return self.field_edit.text().strip()

    @property
    def title(self) -> str:
        """What the header is to say; "": the usual."""
        return self.title_edit.text().strip()

    def _say(self) -> None:
        spec = known_fields().get(self.field)
        is_good = spec is not None or not self._is_new
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(is_good)
        if not self._is_new or not self.field:
            self._notice.setText("")
        elif spec is None:
            self._notice.setText(_("There is no field of this name."))
        else:
            self._notice.setText(spec.label)
            self.title_edit.setPlaceholderText(self.field)


def _added(menu: QMenu, title: str, do: Callable[[], object]) -> QAction:
    action = menu.addAction(title)
    action.triggered.connect(lambda _checked: do())
    return action
