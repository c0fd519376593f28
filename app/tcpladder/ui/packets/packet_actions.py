"""What the menus offer for packets: marks, ignoring, time references, comments, copying, windows, columns."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QUndoStack
from PySide6.QtWidgets import QMenu, QWidget

from tcpladder.texts import _, ngettext
from tcpladder.ui.jobs import Job
from tcpladder.ui.packets.annotations import Annotations
from tcpladder.ui.packets.column_editing import ColumnEditor
from tcpladder.ui.packets.copy_as import CopyForm, Table, copied_text
from tcpladder.ui.packets.sort_keys import Column
from tcpladder.ui.session import Session, sentence_of
from tcpladder.ui.settings import Settings
from tcpladder.ui.workspace import Workspace

_MOST_COPIED = 100_000      # packets on the clipboard
_MOST_WINDOWS = 20

Act = Callable[..., QAction]    # MainWindow._act


class PacketActions(QObject):
    """The packets' part of the menus; what it does to packets can be taken back with Undo."""

    window_made = Signal(object)        # QWidget
    hint_followed = Signal(str)         # a sentence that was told, and that has been done

    def __init__(self, session: Session, workspace: Workspace, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._window = parent
        self._workspace = workspace
        self._list = workspace.packets
        self.undo_stack = QUndoStack(self)
        self.annotations = Annotations(session, self.undo_stack, self)
        self.columns = ColumnEditor(self._list, settings, self.undo_stack)
        self.windows: list[QWidget] = []        # of single packets and of comparisons
        self._diff_row: int | None = None       # the packet that another is to be compared with
        self._diff_hint = ""                    # what was said about it
        self._in_list_menu: list[QAction] = []
        self._copy_menus: list[QAction] = []
        workspace.fields.column_wanted.connect(self.columns.add)
        self._list.menu_opened.connect(self._fill_list_menu)
        self._list.doubleClicked.connect(lambda _index: self.show_window())
        session.capture_opened.connect(self._close_windows)
        session.capture_closed.connect(self._close_windows)

    # Menus

    def fill_edit_menu(self, menu: QMenu, act: Act, submenu: Callable[[QMenu, str], QMenu]) -> None:
        """Undo, copying, marks, ignoring, time references, comments."""
        undo, redo = self.undo_stack.createUndoAction(menu, _("&Undo")), self.undo_stack.createRedoAction(
            menu, _("&Redo"))
        undo.setShortcut(QKeySequence.StandardKey.Undo)
        redo.setShortcut(QKeySequence.StandardKey.Redo)
        menu.addActions([undo, redo])
        menu.addSeparator()
        copying = submenu(menu, _("Cop&y Packets"))
        self._copy_menus = [copying.menuAction()]
        for form in CopyForm:
            act(copying, form.title, lambda chosen=form: self.copy(chosen))
        marks = submenu(menu, _("&Marks"))
        mark = act(marks, _("&Mark or Unmark Packets"), lambda: self.annotations.toggle_marks(self.rows), "Ctrl+M")
        act(marks, _("Mark &All Displayed"), self.annotations.mark_shown, "Ctrl+Shift+M")
        act(marks, _("&Unmark All Displayed"), self.annotations.unmark_shown, "Ctrl+Alt+M")
        act(marks, _("&Next Mark"), lambda: self._go_among(self._session.marked, +1), "Ctrl+Shift+N")
        act(marks, _("&Previous Mark"), lambda: self._go_among(self._session.marked, -1), "Ctrl+Shift+B")
        ignoring = submenu(menu, _("&Ignoring"))
        ignore = act(ignoring, _("&Ignore or Unignore Packets"),
                     lambda: self.annotations.toggle_ignored(self.rows), "Ctrl+D")
        act(ignoring, _("&Unignore All"), self.annotations.ignore_none, "Ctrl+Alt+D")
        times = submenu(menu, _("&Time References"))
        reference = act(times, _("&Set or Unset Time Reference"), self._toggle_reference, "Ctrl+T")
        act(times, _("&Unset All"), self.annotations.forget_references, "Ctrl+Alt+T")
        act(times, _("&Next Time Reference"), lambda: self._go_among(self._session.references, +1), "Ctrl+Alt+N")
        act(times, _("&Previous Time Reference"), lambda: self._go_among(self._session.references, -1), "Ctrl+Alt+B")
        comment = act(menu, _("Packet C&omment…"), self.edit_comments, "Ctrl+Alt+C")
        act(menu, _("Delete All Packet Comments"), self.delete_comments)
        self._in_list_menu += [mark, ignore, reference, comment]

    def fill_view_menu(self, menu: QMenu, act: Act) -> None:
        """Packets in windows of their own, two compared."""
        window = act(menu, _("Show Packet in &New Window"), self.show_window, "Shift+Return")
        compare = act(menu, _("Co&mpare Packets"), self.compare, "Ctrl+Shift+D")
        self._in_list_menu += [window, compare]

    def fill_analyze_menu(self, menu: QMenu, act: Act) -> None:
        """Columns of fields."""
        act(menu, _("Apply Field as Colu&mn"), self.add_column_of_field, "Ctrl+Shift+I")

    def _fill_list_menu(self, menu: QMenu) -> None:
        menu.addActions(self._copy_menus)
        menu.addSeparator()
        menu.addActions(self._in_list_menu)

    # What the person can ask for

    @property
    def rows(self) -> list[int]:
        """The selected packets, or else the one that is shown in the panes."""
        rows: list[int] = self._list.selected_rows().tolist()
        if rows or self._session.row is None:
            return rows
        return [self._session.row]

    def copy(self, form: CopyForm) -> None:
        """Puts the selected packets on the clipboard."""
        rows, session, model = self.rows, self._session, self._list.packets
        if len(rows) > _MOST_COPIED:
            session.problem_found.emit(_("{count:,} packets are too many for the clipboard, which takes {most:,}; "
                                         "export them to a file.").format(count=len(rows), most=_MOST_COPIED))
            return
        sections = self._shown_sections()

        def cells(row: int) -> Sequence[str]:
            position = model.position_of(row) or 0
            return [model.cell_text(row, section, position) for section in sections]

        def make(job: Job) -> str:
            table = Table([model.sections[section].shown_title for section in sections], cells)
            return copied_text(session, rows, form, table, job.check)

        def take(text: str) -> None:
            QGuiApplication.clipboard().setText(text)

        session.jobs.start("copy", make, then=take,
                           on_failure=lambda error: session.problem_found.emit(sentence_of(error)))

    def edit_comments(self) -> None:
        """Asks for the comments on the selected packets."""
        from tcpladder.ui.packets.comment_dialog import CommentDialog

        rows, capture = self.rows, self._session.capture
        if not rows or capture is None:
            return
        dialog = CommentDialog([row + 1 for row in rows], capture.packet_comments(rows[0]), self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.annotations.set_comments(
            {row: dialog.comments_after(capture.packet_comments(row)) for row in rows}))
        dialog.open()

    def delete_comments(self) -> None:
        """Takes the comments of all packets away."""
        if self._session.capture is not None:
            rows = np.unique(self._session.capture.commented_rows)
            self.annotations.set_comments(dict.fromkeys(rows.tolist(), ()))

    def show_window(self) -> None:
        """Shows the selected packet in a window of its own, where it stays."""
        from tcpladder.ui.details.packet_window import PacketWindow

        if self._session.packet is not None:
            self._open(PacketWindow(self._session, self._session.packet, self._workspace.fields.open_names,
                                    self._window))

    def compare(self) -> None:
        """Shows two selected packets side by side; of one, remembers it for the next time."""
        from tcpladder.ui.details.packet_diff import PacketDiffWindow

        rows = self.rows
        if len(rows) == 1 and self._diff_row is not None and self._diff_row != rows[0]:
            rows = [self._diff_row, rows[0]]
        if len(rows) == 2:
            self._diff_row = None
            self.hint_followed.emit(self._diff_hint)
            left, right = map(self._session.decode, rows)
            self._open(PacketDiffWindow(left, right, self._window))
        elif len(rows) == 1:
            self._diff_row = rows[0]
            self.hint_followed.emit(self._diff_hint)
            self._diff_hint = _("Packet {number:,} will be compared: select the other one, and choose Compare Packets "
                                "again.").format(number=rows[0] + 1)
            self._session.problem_found.emit(self._diff_hint)
        else:
            self._session.problem_found.emit(ngettext(
                "Two packets can be compared; {count:,} is selected.",
                "Two packets can be compared; {count:,} are selected.", len(rows)).format(count=len(rows)))

    def add_column_of_field(self) -> None:
        """Adds a column of the selected field to the list."""
        if self._session.field is None:
            self._session.problem_found.emit(_("Select a field first; the column is made from it."))
        else:
            self.columns.add(self._session.field.name)

    def _shown_sections(self) -> list[int]:
        """The columns that can be seen, from left to right, as the list numbers them."""
        model = self._list.packets
        return [model.section_of(column.key if column.builtin is None else column.builtin)
                for column in self.columns.layout if column.builtin is not Column.MARK and not column.is_hidden]

    def _toggle_reference(self) -> None:
        if self._session.row is not None:
            self.annotations.toggle_reference(self._session.row)

    def _go_among(self, rows: Iterable[int], by: int) -> None:
        """Selects the next (or previous) of some packets; after the last comes the first."""
        ascending = sorted(rows)
        present = -1 if self._session.row is None else self._session.row
        if not ascending:
            self._session.problem_found.emit(_("There is no such packet."))
        elif by > 0:
            self._session.select_row(next((row for row in ascending if row > present), ascending[0]))
        else:
            self._session.select_row(next((row for row in reversed(ascending) if row < present), ascending[-1]))

    def _open(self, window: QWidget) -> None:
        window.destroyed.connect(lambda: self._forget(window))
        self.windows.append(window)
        self.window_made.emit(window)
        window.show()
        if len(self.windows) > _MOST_WINDOWS:
            self.windows[0].close()

    def _forget(self, window: QWidget) -> None:
        if window in self.windows:
            self.windows.remove(window)

    def _close_windows(self) -> None:
        self._diff_row = None
        for window in tuple(self.windows):
            window.close()
