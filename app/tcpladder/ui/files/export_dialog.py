"""Which packets go into a file of their own, and how."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from tcpladder.packets.frame_ranges import RangeError, rows_of_ranges
from tcpladder.packets.writing import FileFormat, losses
from tcpladder.texts import _, ngettext
from tcpladder.ui.session import Rows, Session


@dataclass(frozen=True, slots=True)
class Export:
    """What the person decided."""

    rows: Rows
    target: Path
    form: FileFormat


class ExportDialog(QDialog):
    """Asks which packets, in which format, and where to."""

    def __init__(self, session: Session, selected: Rows, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        assert session.capture is not None      # the menu offers it only then
        self._capture = session.capture
        self.setWindowTitle(_("Export Specified Packets"))
        self._choices = self._what_can_be_chosen(selected)
        self.range = QLineEdit()
        self.range.setPlaceholderText(_("such as 1-5,9"))
        self.range.setAccessibleName(_("Range of packets"))
        self.leave_out_ignored = QCheckBox(self._ignored_title())
        self.leave_out_ignored.setChecked(True)
        self.leave_out_ignored.setVisible(bool(session.ignored))
        self.form = QComboBox()
        for form, title in ((FileFormat.PCAPNG, _("pcapng – comments, interfaces, exact times")),
                            (FileFormat.PCAP, _("pcap – read by every tool"))):
            self.form.addItem(title, form)
        self.pack = QCheckBox(_("&Compress with gzip"))
        self.target = QLineEdit(str(folder / f"{_plain_stem(self._capture.path)}-part.pcapng"))
        self.target.setMinimumWidth(360)
        browse = QPushButton(_("&Browse…"))
        browse.clicked.connect(self._browse)
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.notice.setMinimumHeight(3 * self.notice.fontMetrics().lineSpacing())
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self._accept_if_agreed)
        self.buttons.rejected.connect(self.reject)
        self._chosen = QButtonGroup(self)
        self._agreed: set[Path] = set()     # files that may be replaced
        content = QVBoxLayout(self)
        content.setSpacing(12)
        content.addWidget(self._packets_box())
        content.addWidget(self._file_box(browse))
        content.addWidget(self.notice)
        content.addWidget(self.buttons)
        self.range.textEdited.connect(lambda _text: self.choose("range"))
        self._chosen.idToggled.connect(self._say)
        self.range.textChanged.connect(self._say)
        self.leave_out_ignored.toggled.connect(self._say)
        self.form.currentIndexChanged.connect(self._follow_format)
        self.pack.toggled.connect(self._follow_format)
        self.target.textChanged.connect(self._say)
        self.choose("shown" if session.shown is not None else "all")
        self._say()

    def choose(self, name: str) -> None:
        """Chooses all, shown, selected, marked, connection or range."""
        self._radio[name].setChecked(True)

    def export(self) -> Export:
        """What was chosen. Raises RangeError where the range names no packets."""
        name = next(name for name, radio in self._radio.items() if radio.isChecked())
        rows = rows_of_ranges(self.range.text(), self._session.frame_count) if name == "range" \
            else self._choices[name][1]
        if self.leave_out_ignored.isChecked() and self._session.ignored:
            rows = rows[~np.isin(rows, list(self._session.ignored))]
        return Export(rows, Path(self.target.text()).expanduser(), self.form.currentData())

    def _what_can_be_chosen(self, selected: Rows) -> dict[str, tuple[str, Rows]]:
        session = self._session
        everything = np.arange(session.frame_count)
        return {
            "all": (_("&All packets"), everything),
            "shown": (_("&Displayed packets"), everything if session.shown is None else session.shown),
            "selected": (_("&Selected packets"), selected),
            "marked": (_("&Marked packets"), np.array(sorted(session.marked), np.int64)),
            "connection": (_("Packets of the selected c&onnection"), session.connection_rows),
        }

    def _ignored_title(self) -> str:
        count = len(self._session.ignored)
        return ngettext("&Leave out {count:,} ignored packet", "&Leave out {count:,} ignored packets", count).format(
            count=count)

    def _packets_box(self) -> QGroupBox:
        box = QGroupBox(_("Packets"))
        grid = QGridLayout(box)
        grid.setColumnStretch(1, 1)
        self._radio: dict[str, QRadioButton] = {}
        for line, (name, (title, rows)) in enumerate(self._choices.items()):
            radio = self._radio[name] = QRadioButton(title)
            radio.setEnabled(len(rows) > 0)
            grid.addWidget(radio, line, 0)
            grid.addWidget(QLabel(f"{len(rows):,}"), line, 1)
        last = len(self._choices)
        self._radio["range"] = QRadioButton(_("&Range:"))
        grid.addWidget(self._radio["range"], last, 0)
        grid.addWidget(self.range, last, 1)
        grid.addWidget(self.leave_out_ignored, last + 1, 0, 1, 2)
        for radio in self._radio.values():
            self._chosen.addButton(radio)
        return box

    def _file_box(self, browse: QPushButton) -> QGroupBox:
        box = QGroupBox(_("File"))
        lines = QVBoxLayout(box)
        name, format_line = QHBoxLayout(), QHBoxLayout()
        title = QLabel(_("&Name:"))
        title.setBuddy(self.target)
        for widget in (title, self.target, browse):
            name.addWidget(widget)
        format_title = QLabel(_("&Format:"))
        format_title.setBuddy(self.form)
        for part in (format_title, self.form, self.pack):
            format_line.addWidget(part)
        format_line.addStretch(1)
        lines.addLayout(name)
        lines.addLayout(format_line)
        return box

    def _say(self) -> None:
        """Says what will be written, or why nothing can be."""
        try:
            chosen = self.export()
        except RangeError as error:
            self._refuse(str(error) if self.range.text() else _("Write which packets, such as 1-5,9."))
            return
        if not len(chosen.rows):
            self._refuse(_("There are no such packets."))
        elif not self.target.text().strip():
            self._refuse(_("Give the file a name."))
        else:
            count = len(chosen.rows)
            sentence = ngettext("{count:,} packet will be written.", "{count:,} packets will be written.", count)
            self.notice.setText(" ".join([sentence.format(count=count),
                                          *losses(self._capture, chosen.rows, chosen.form)]))
            self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(True)

    def _refuse(self, sentence: str) -> None:
        self.notice.setText(sentence)
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(False)

    def _follow_format(self) -> None:
        """Gives the name the ending of the format."""
        path = Path(self.target.text())
        ending = f".{self.form.currentData().value}" + (".gz" if self.pack.isChecked() else "")
        self.target.setText(str(path.with_name(_plain_stem(path) + ending)))
        self._say()

    def _browse(self) -> None:
        name, _kind = QFileDialog.getSaveFileName(self, self.windowTitle(), self.target.text())
        if name:
            self._agreed.add(Path(name))
            self.target.setText(name)

    def _accept_if_agreed(self) -> None:
        target = self.export().target
        if target.exists() and target not in self._agreed:
            answer = QMessageBox.question(self, self.windowTitle(),
                                          _("{name} exists. Replace it?").format(name=target))
            if answer is not QMessageBox.StandardButton.Yes:
                return
        self.accept()


def _plain_stem(path: Path) -> str:
    """A file's name without the endings of captures."""
    name = path.name
    for ending in (".gz", ".zst", ".xz", ".lz4", ".bz2", ".pcapng", ".pcap", ".cap"):
        name = name.removesuffix(ending)
    return name or "packets"
