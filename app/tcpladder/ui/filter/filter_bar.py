"""The display filter: a line to type it in, what it would show, filters that were saved, and buttons."""

import time
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolBar, QToolButton, QWidget

from tcpladder.filters import FilterError
from tcpladder.texts import _, ngettext
from tcpladder.ui.elided_label import ElidedLabel
from tcpladder.ui.filter.field_filter import FilterWish, joined
from tcpladder.ui.filter.filter_edit import FilterEdit
from tcpladder.ui.filter.saved_filters import SavedFilter, SavedFilters
from tcpladder.ui.jobs import Job
from tcpladder.ui.session import Session, references_of, sentence_of
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import icon

_BEFORE_PREVIEW_MS = 150
_SHARE_OF_BUTTONS = 0.3
_BUTTON_STYLE = """
    QToolBar { border: none; padding: 0; spacing: 4px; background: transparent; }
    QToolBar QToolButton { border: 1px solid palette(mid); border-radius: 4px; padding: 2px 7px; }
    QToolBar QToolButton#qt_toolbar_ext_button { border: none; padding: 0; }
"""
_LONGEST_IN_MENU = 90    # characters


class FilterBar(QWidget):
    """Enter applies; Escape takes back what was typed, and then the filter; what it would show is counted meanwhile."""

    left = Signal()     # applied or cleared by key: the list should have the focus

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._settings = settings
        self.saved = SavedFilters(settings, self)
        self.edit = FilterEdit(session, self._remembered)
        self.edit.setPlaceholderText(_("Display filter, such as tcp.port == 8080"))
        self.edit.setAccessibleName(_("Display filter"))
        self.edit.returnPressed.connect(self.apply)
        self.edit.escaped.connect(self.take_back)
        self.edit.checked.connect(self._follow_text)
        self._history = QAction(_("Recent filters"), self.edit)
        self._history.triggered.connect(self._show_history)
        self.edit.addAction(self._history, QLineEdit.ActionPosition.LeadingPosition)
        self._clear = QAction(_("Clear the filter (Esc)"), self.edit)
        self._clear.triggered.connect(self.clear)
        self.edit.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self._bookmarks = self._button(_("Saved filters"))
        self._bookmarks.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._bookmarks.setMenu(QMenu(self._bookmarks))
        self._bookmarks.menu().aboutToShow.connect(self._list_saved)
        self._apply = self._button(_("Apply the filter (Enter)"))
        self._apply.clicked.connect(self.apply)
        self.result = ElidedLabel()
        self.buttons = QToolBar()
        self.buttons.setStyleSheet(_BUTTON_STYLE)
        self._add = self._button(_("Add a filter button"))
        self._add.clicked.connect(self.add_button)
        self._preview_delay = QTimer(self)
        self._preview_delay.setSingleShot(True)
        self._preview_delay.setInterval(_BEFORE_PREVIEW_MS)
        self._preview_delay.timeout.connect(self._preview)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 5, 10, 5)
        row.setSpacing(4)
        row.addWidget(self._bookmarks)
        row.addWidget(self.edit, 3)
        row.addWidget(self._apply)
        row.addSpacing(2)
        row.addWidget(self.result, 2)
        row.addWidget(self.buttons)
        row.addWidget(self._add)
        QWidget.setTabOrder(self._bookmarks, self.edit)
        QWidget.setTabOrder(self.edit, self._apply)
        QWidget.setTabOrder(self._apply, self._add)
        self.saved.changed.connect(self._show_buttons)
        session.shown_changed.connect(self._show_result)
        session.filter_wanted.connect(self.grant)
        for changed in (session.capture_opened, session.capture_closed, session.loading_finished):
            changed.connect(self.edit.check)
        self._show_buttons()
        self._draw_icons()
        self.edit.check()

    def apply(self) -> None:
        """Shows only the packets that match what the bar says; a text that is no filter stays where it is."""
        text = self.edit.text().strip()
        self._stop_preview()
        try:
            self._session.apply_filter(text)
        except FilterError:
            return
        if text:
            self._settings.keep_recent_filter(text)
        self.left.emit()

    def apply_text(self, text: str) -> None:
        """Puts a filter into the bar and applies it."""
        self.edit.setText(text)
        self.apply()

    def grant(self, wish: FilterWish) -> None:
        """Takes a condition from a pane; one that is only prepared waits in the bar to be edited."""
        text = joined(self.edit.text(), wish.condition, wish.joining)
        if wish.is_applied:
            self.apply_text(text)
        else:
            self.edit.setText(text)
            self.edit.setFocus()

    def clear(self) -> None:
        """Shows all packets again."""
        self.edit.clear()
        self.apply()

    def take_back(self) -> None:
        """The line says again what is applied; where it says so already, all packets are shown."""
        if self.edit.text().strip() != self._session.filter_text:
            self.edit.setText(self._session.filter_text)
        else:
            self.clear()

    # Saved filters

    def save_bookmark(self) -> None:
        """Asks for a name, and keeps the filter in the bar."""
        self._edit_saved(SavedFilter("", self.edit.text().strip()))

    def add_button(self) -> None:
        """Asks for a label, and makes a button of the filter in the bar."""
        self._edit_saved(SavedFilter("", self.edit.text().strip(), is_button=True))

    def manage_saved(self) -> None:
        """Shows all saved filters, to change them and their order."""
        self._edit_saved(None)

    def _edit_saved(self, new: SavedFilter | None) -> None:
        from tcpladder.ui.filter.saved_filters_dialog import SavedFiltersDialog

        dialog = SavedFiltersDialog(self.saved.items, new, self._session, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.saved.replace(dialog.items))
        dialog.open()

    def _list_saved(self) -> None:
        menu = self._bookmarks.menu()
        menu.clear()
        menu.setToolTipsVisible(True)
        menu.addAction(_("&Save This Filter…"), self.save_bookmark).setEnabled(self.edit.compiled is not None)
        menu.addAction(_("Add a Filter &Button…"), self.add_button)
        menu.addAction(_("&Manage Saved Filters…"), self.manage_saved)
        menu.addSeparator()
        for item in self.saved.items:
            title = f"{item.name}\t{_shortened(item.filter)}".replace("&", "&&")
            action = menu.addAction(title, partial(self.apply_text, item.filter))
            action.setToolTip(_tip(item))

    def _show_buttons(self) -> None:
        self.buttons.clear()
        for item in self.saved.items:
            if item.is_button:
                action = self.buttons.addAction(item.name.replace("&", "&&"), partial(self.apply_text, item.filter))
                action.setToolTip(_tip(item))
        self.buttons.setVisible(bool(self.buttons.actions()))

    def _remembered(self) -> list[tuple[str, str]]:
        """Whole filters that may be typed again: those applied lately, and those saved."""
        recent = {text: _("Applied before") for text in self._settings.recent_filters()}
        return list((recent | {item.filter: item.name for item in self.saved.items}).items())

    # Preview

    def _follow_text(self) -> None:
        text = self.edit.text().strip()
        self._clear.setVisible(bool(text))
        self._stop_preview()
        if self.edit.error is not None:
            self.result.setText(str(self.edit.error))
            return
        self._show_result()
        if self.edit.compiled is not None and text != self._session.filter_text:
            self._preview_delay.start()

    def _stop_preview(self) -> None:
        self._preview_delay.stop()
        self._session.jobs.cancel("preview")

    def _preview(self) -> None:
        session, compiled = self._session, self.edit.compiled
        columns, packet = session.columns, session.packet
        if compiled is None or columns is None or session.connections is None:
            return

        def count(job: Job) -> tuple[int, float]:
            started = time.monotonic()
            mask = compiled.select(columns, references=references_of(packet, compiled),
                                   cancelled=lambda: job.is_cancelled)
            return int(np.count_nonzero(mask)), time.monotonic() - started

        session.jobs.start("preview", count, then=lambda found: self._show_preview(*found),
                           on_failure=lambda error: self.result.setText(sentence_of(error)))

    def _show_preview(self, matching: int, seconds: float) -> None:
        self._say(_("Enter: {count}").format(count=self._count_text(matching, seconds)))

    def _show_result(self) -> None:
        session = self._session
        if self.edit.error is not None:
            return      # what is wrong with the line matters more
        shown = session.shown
        self._say("" if shown is None else self._count_text(len(shown), session.filter_seconds))

    def _count_text(self, matching: int, seconds: float) -> str:
        text = ngettext("{shown:,} of {all:,} packet, {milliseconds:,} ms",
                        "{shown:,} of {all:,} packets, {milliseconds:,} ms", self._session.frame_count)
        return text.format(shown=matching, all=self._session.frame_count, milliseconds=round(seconds * 1000))

    def _say(self, count: str) -> None:
        """The count, and what is remarkable about the filter."""
        remark = self.edit.compiled.remark if self.edit.compiled is not None else ""
        self.result.setText(" · ".join(part for part in (count, remark) if part))

    # The rest

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._draw_icons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.buttons.setMaximumWidth(round(self.width() * _SHARE_OF_BUTTONS))

    def _button(self, tool_tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setToolTip(tool_tip)
        button.setAccessibleName(tool_tip)
        return button

    def _show_history(self) -> None:
        menu = QMenu(self)
        for text in self._settings.recent_filters():
            menu.addAction(_shortened(text).replace("&", "&&")).triggered.connect(
                lambda _on, chosen=text: self.apply_text(chosen))
        if menu.isEmpty():
            menu.addAction(_("No filter was applied yet")).setEnabled(False)
        menu.exec(self.edit.mapToGlobal(QPoint(0, self.edit.height())))
        menu.deleteLater()

    def _draw_icons(self) -> None:
        for holder, name in ((self._history, "history"), (self._clear, "clear"), (self._apply, "apply"),
                             (self._bookmarks, "bookmark"), (self._add, "add")):
            holder.setIcon(icon(name))
        # Qt's own arrow behind the last button that has room is black in every theme.
        more = self.buttons.findChild(QToolButton, "qt_toolbar_ext_button")
        if isinstance(more, QToolButton):
            more.setIcon(icon("more"))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_IN_MENU else text[:_LONGEST_IN_MENU - 1] + "…"


def _tip(item: SavedFilter) -> str:
    return f"{item.comment}\n{item.filter}" if item.comment else item.filter
