"""The files' part of the menus: copies, exports, imports; and the question before something unsaved is lost."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from tcpladder.packets.capture import Capture
from tcpladder.packets.copying import save_copy
from tcpladder.packets.whole_file import WriteError
from tcpladder.packets.writing import FileFormat, losses, save_packets
from tcpladder.texts import _, ngettext
from tcpladder.ui.files.saving_job import SavingJob
from tcpladder.ui.packets.packet_list import PacketList
from tcpladder.ui.session import Rows, Session, sentence_of
from tcpladder.ui.settings import Settings

if TYPE_CHECKING:
    from tcpladder.ui.files.export_dialog import ExportDialog
    from tcpladder.ui.files.import_dialog import Import

Act = Callable[..., QAction]    # MainWindow._act


class FileActions(QObject):
    """Writes files from the open capture, which itself is never changed."""

    def __init__(self, session: Session, packets: PacketList, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._list = packets
        self._settings = settings
        self._window = parent
        self._saved_comments: dict[int, tuple[str, ...]] = {}       # edited ones that a file holds by now
        self._temporary: set[Path] = set()      # files of imports that no copy was saved of
        self.question: QMessageBox | None = None
        session.capture_opened.connect(self._forget_saved)

    def fill_file_menu(self, menu: QMenu, act: Act) -> None:
        """Import, save a copy, export."""
        act(menu, _("Import from &Hex Dump…"), self.import_dump, always=True)
        act(menu, _("Save a Copy &As…"), self.save_as, "Ctrl+Shift+S")
        act(menu, _("&Export Specified Packets…"), self.export_packets, "Ctrl+Shift+E")

    # What is open

    def name_of(self, capture: Capture) -> str:
        """What the capture is called: its file's name; of several, the first's, and how many more."""
        more = len(capture.paths) - 1
        if not more:
            return capture.path.name
        return ngettext("{name} and {count:,} more", "{name} and {count:,} more", more).format(
            name=capture.path.name, count=more)

    def remember(self, capture: Capture) -> None:
        """Puts the capture's files among the recent ones, unless they will be gone when the program ends."""
        if capture.path in self._temporary:
            return
        for path in reversed(capture.paths):
            self._settings.keep_recent_file(path)
        self._settings.keep("folder", str(capture.path.absolute().parent))

    def import_dump(self) -> None:
        """Asks for a hex dump, and opens the packets that it holds."""
        from tcpladder.ui.files.import_dialog import ImportDialog

        dialog = ImportDialog(self._usual_folder(), self._session.jobs, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.open_import(dialog.wanted()))
        dialog.open()

    def open_import(self, wanted: Import) -> None:
        """Opens packets of a hex dump; they lie in a temporary file until the person saves a copy."""
        from tcpladder.packets.dummy_headers import HeaderError
        from tcpladder.packets.importing import save_dump

        def write_and_open() -> None:
            try:
                folder = tempfile.mkdtemp(prefix="tcpladder-")
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
                path = Path(folder, _("imported") + ".pcapng")
                save_dump(wanted.packets, path, wanted.linktype, wanted.headers)
            except (OSError, WriteError, HeaderError) as error:
                self._tell_failure(error)
                return
            self._temporary.add(path)
            self._session.open_capture(path)

        self.leave(write_and_open)

    # Copies

    def save_as(self, then: Callable[[], object] = lambda: None) -> None:
        """Asks for a name, and writes the capture there, with the comments as they are now."""
        capture = self._session.capture
        if capture is None:
            return
        proposed = capture.path
        if proposed in self._temporary:
            proposed = self._usual_folder() / proposed.name
        elif len(capture.paths) > 1:
            proposed = proposed.with_name(_("merged") + ".pcapng")
        elif capture.edited_comments:
            proposed = proposed.with_suffix(".pcapng")
        kinds = _("pcapng (*.pcapng *.pcapng.gz);;pcap, without comments (*.pcap *.cap *.pcap.gz);;All files (*)")
        name, _kind = QFileDialog.getSaveFileName(self._window, _("Save a Copy As"), str(proposed), kinds)
        if name:
            self.save_copy(Path(name), then)

    def save_copy(self, target: Path, then: Callable[[], object] = lambda: None) -> None:
        """Writes the capture to another file, in the format that its name asks for; never on to itself."""
        capture = self._session.capture
        if capture is None:
            return
        comments = capture.edited_comments
        keeps_comments = FileFormat.of(target) is FileFormat.PCAPNG

        def finish() -> None:
            if keeps_comments or not comments:
                self._saved_comments = comments
                self._temporary.discard(capture.path)
            then()

        if comments and not keeps_comments:
            self._tell(" ".join(losses(capture, self._every_row(capture), FileFormat.PCAP)))
        SavingJob(self._session, _("Writing {name}…").format(name=target.name), self._size_of_copy(capture, target),
                  lambda progressed: save_copy(capture, target, progressed=progressed),
                  then=finish, on_failure=self._tell_failure, parent=self._window)

    # Exports

    def export_packets(self) -> None:
        """Asks which packets and where to, and writes them."""
        from tcpladder.ui.files.export_dialog import ExportDialog

        capture = self._session.capture
        if capture is None:
            return
        beside = self._usual_folder() if capture.path in self._temporary else capture.path.absolute().parent
        folder = Path(self._settings.text("export-folder", str(beside)))
        dialog = ExportDialog(self._session, self._list.selected_rows(), folder, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._write_export(dialog))
        dialog.open()

    def save_rows(self, rows: Rows, target: Path, form: FileFormat) -> None:
        """Writes some packets to a file."""
        capture = self._session.capture
        if capture is None:
            return
        count = len(rows)
        sentence = ngettext("{count:,} packet was written to {name}.", "{count:,} packets were written to {name}.",
                            count).format(count=count, name=target.name)
        SavingJob(self._session, _("Writing {name}…").format(name=target.name), count,
                  lambda progressed: save_packets(capture, rows, target, form, progressed=progressed),
                  then=lambda: self._tell(sentence), on_failure=self._tell_failure, parent=self._window)

    def _write_export(self, dialog: ExportDialog) -> None:
        export = dialog.export()
        self._settings.keep("export-folder", str(export.target.absolute().parent))
        self.save_rows(export.rows, export.target, export.form)

    # What is not saved

    @property
    def has_unsaved(self) -> bool:
        """Something would be lost if the capture were closed now."""
        capture = self._session.capture
        if capture is None:
            return False
        return capture.path in self._temporary or capture.edited_comments not in ({}, self._saved_comments)

    def leave(self, go_on: Callable[[], object]) -> None:
        """Goes on at once, or where something is not saved, when the person has saved it or does not want it."""
        capture = self._session.capture
        if capture is None or not self.has_unsaved:
            go_on()
            return
        box = self.question = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        if capture.path in self._temporary:
            box.setWindowTitle(_("The Import Is Not Saved"))
            box.setText(_("The imported packets are in no file of yours yet."))
        else:
            box.setWindowTitle(_("Comments Are Not Saved"))
            box.setText(_("The comments on packets of {name} were changed and are in no file yet.").format(
                name=capture.path.name))
            box.setInformativeText(_("The capture itself stays as it is; save a copy as pcapng to keep the comments."))
        save = box.addButton(_("&Save a Copy As…"), QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton(_("&Discard"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)

        def decide() -> None:
            self.question = None
            if box.clickedButton() is save:
                self.save_as(go_on)
            elif box.clickedButton() is discard:
                self._saved_comments = capture.edited_comments
                self._temporary.discard(capture.path)
                go_on()

        box.finished.connect(decide)
        box.open()

    def _usual_folder(self) -> Path:
        """Where the person's captures are."""
        return Path(self._settings.text("folder", str(Path.home())))

    def _forget_saved(self) -> None:
        self._saved_comments = {}

    def _every_row(self, capture: Capture) -> Rows:
        return np.arange(capture.frame_count)

    def _size_of_copy(self, capture: Capture, target: Path) -> int:
        """What counts as all, in the units that save_copy() reports."""
        is_by_bytes = len(capture.paths) == 1 and capture.format == FileFormat.of(target).value
        return capture.file_size if is_by_bytes else capture.frame_count

    def _tell(self, sentence: str) -> None:
        self._session.problem_found.emit(sentence)

    def _tell_failure(self, error: Exception) -> None:
        self._tell(sentence_of(error))
