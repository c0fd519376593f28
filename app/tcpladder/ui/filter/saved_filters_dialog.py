"""The saved filters: named, changed, ordered, and made buttons."""

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from tcpladder.texts import _
from tcpladder.ui.dialog_parts import ok_and_cancel, resize_for_text
from tcpladder.ui.filter.saved_filters import SavedFilter
from tcpladder.ui.preferences.rows_editor import CellKind, EditedColumn, RowsEditor, RowsModel
from tcpladder.ui.session import Session

_FILTER_COLUMN = 2


class SavedFiltersDialog(QDialog):
    """Lists the saved filters; a new one, where there is one, waits for its name."""

    def __init__(self, saved: Iterable[SavedFilter], new: SavedFilter | None, session: Session,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Saved Filters"))
        columns = (
            EditedColumn(_("Button"), CellKind.SWITCH, lambda item: item.is_button,
                         lambda item, value: replace(item, is_button=value)),
            EditedColumn(_("Name"), CellKind.TEXT, lambda item: item.name,
                         lambda item, value: replace(item, name=" ".join(value.split()))),
            EditedColumn(_("Filter"), CellKind.FILTER, lambda item: item.filter,
                         lambda item, value: replace(item, filter=value)),
            EditedColumn(_("Comment"), CellKind.TEXT, lambda item: item.comment,
                         lambda item, value: replace(item, comment=" ".join(value.split()))),
        )
        self._model = RowsModel(columns, saved, lambda _item: None, session, self)
        self.editor = RowsEditor(self._model, lambda: SavedFilter(_("New filter"), ""), session, self)
        self.editor.table.setAccessibleName(self.windowTitle())
        self.hint = QLabel(_("Double-click to edit. What is checked under “Button” stands beside the filter bar."))
        self.hint.setWordWrap(True)
        buttons = ok_and_cancel(self)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(self.hint)
        column.addWidget(self.editor, 1)
        column.addWidget(buttons)
        resize_for_text(self, 820, 420)
        if new is not None:
            self._model.insert(len(self._model.rows), [replace(new, name=new.name or _("New filter"))])
        self.editor.widen(_FILTER_COLUMN)
        if new is not None:
            self.editor.edit(len(self._model.rows) - 1)

    @property
    def items(self) -> tuple[SavedFilter, ...]:
        """The filters as they stand in the list."""
        return tuple(self._model.rows)

    def accept(self) -> None:
        """Closes the dialog, unless a line has a name but no filter yet."""
        empty = next((place for place, item in enumerate(self.items) if not item.filter), None)
        if empty is None:
            super().accept()
            return
        self.hint.setText(_("“{name}” has no filter yet; type one, or remove the line.").format(
            name=self.items[empty].name))
        self.editor.edit(empty, _FILTER_COLUMN)
