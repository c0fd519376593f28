"""What is known of the open capture as a whole, in a window that can be copied from."""

from html import escape
from pathlib import Path

import numpy as np
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from tcpladder.fields.show import seconds_text
from tcpladder.packets.capture import NO_TIME, Capture
from tcpladder.packets.properties import Measures, file_hashes, measures
from tcpladder.texts import _, ngettext
from tcpladder.ui.dialog_parts import resize_for_text
from tcpladder.ui.files.link_types import linktype_title
from tcpladder.ui.jobs import Job
from tcpladder.ui.session import Session
from tcpladder.ui.time_text import TimeFormat, time_text

_MOST_COMMENTS = 500
Facts = list[tuple[str, str]]


class PropertiesDialog(QDialog):
    """Sizes, hashes, times, origin, interfaces, rates and comments."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        assert session.capture is not None      # the menu offers it only then
        self._capture = session.capture
        self.setWindowTitle(_("Capture Properties"))
        self._hashes: dict[Path, dict[str, str]] = {}
        self.page = QTextBrowser()
        self.page.setAccessibleName(self.windowTitle())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copying = buttons.addButton(_("C&opy"), QDialogButtonBox.ButtonRole.ActionRole)
        copying.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.page.toPlainText()))
        buttons.rejected.connect(self.reject)
        content = QVBoxLayout(self)
        content.addWidget(self.page)
        content.addWidget(buttons)
        resize_for_text(self, 680, 680)
        self._write()
        paths = self._capture.paths
        session.jobs.start("hashes", lambda job: _hashes_of(paths, job), then=self._take_hashes,
                           on_failure=lambda _error: None)
        self.finished.connect(lambda _result: session.jobs.cancel("hashes"))

    def _take_hashes(self, hashes: dict[Path, dict[str, str]]) -> None:
        self._hashes = hashes
        self._write()

    def _write(self) -> None:
        capture = self._capture
        place = self.page.verticalScrollBar().value()
        self.page.setHtml("".join([
            *(_section(_("File"), self._file_facts(path)) for path in capture.paths),
            _section(_("Capture"), _capture_facts(capture)),
            self._measures_table(),
            *(_section(_("Interface {number}").format(number=number), facts)
              for number, facts in enumerate(_interface_facts(capture))),
            _section(_("Comments"), _comment_facts(capture)),
            _section(_("Problems"), [("", problem.message) for problem in capture.problems]),
        ]))
        self.page.verticalScrollBar().setValue(place)

    def _file_facts(self, path: Path) -> Facts:
        capture = self._capture
        facts = [(_("Name"), str(path))]
        try:
            size = path.stat().st_size
            facts.append((_("Size"), ngettext("{count:,} byte", "{count:,} bytes", size).format(count=size)))
        except OSError as error:
            facts.append((_("Size"), _("unknown: {reason}").format(reason=error.strerror)))
        if len(capture.paths) == 1:
            kind = f"{capture.format} ({capture.compression})" if capture.compression else capture.format
            facts.append((_("Format"), kind))
        hashes = self._hashes.get(path)
        if hashes is None:
            facts.append((_("Hashes"), _("are being computed…")))
        else:
            facts += hashes.items()
        return facts

    def _measures_table(self) -> str:
        """All packets beside those that are shown and marked."""
        session = self._session
        marked = np.array(sorted(session.marked), np.int64)
        columns = [(_("Captured"), measures(self._capture)),
                   (_("Displayed"), measures(self._capture, session.shown)),
                   (_("Marked"), measures(self._capture, marked))]
        rows = [[title, *(cell(measured) for _name, measured in columns)] for title, cell in (
            (_("Packets"), lambda one: f"{one.packets:,}"),
            (_("Time span, s"), lambda one: "–" if one.seconds is None else f"{one.seconds:,.6f}"),
            (_("Packets per second"), lambda one: _number(one.packet_rate)),
            (_("Average packet size, bytes"), lambda one: _number(one.packet_size)),
            (_("Bytes on the wire"), lambda one: f"{one.wire_bytes:,}"),
            (_("Bytes captured"), lambda one: f"{one.captured_bytes:,}"),
            (_("Bytes per second"), lambda one: _number(one.byte_rate)),
            (_("Bits per second"), lambda one: _number(None if one.byte_rate is None else 8 * one.byte_rate)),
        )]
        head = "".join(f"<th align='right'>{escape(name)}</th>" for name, _measured in columns)
        body = "".join(f"<tr><td>{escape(title)}</td>" + "".join(
            f"<td align='right'>{escape(cell)}</td>" for cell in cells) + "</tr>" for title, *cells in rows)
        return f"<h3>{escape(_('Measures'))}</h3><table cellpadding='3'><tr><td></td>{head}</tr>{body}</table>"


def _capture_facts(capture: Capture) -> Facts:
    measured: Measures = measures(capture)
    facts: Facts = []
    for title, time in ((_("First packet"), measured.first_ns), (_("Last packet"), measured.last_ns)):
        if time is not None:
            facts.append((title, time_text(time, TimeFormat.DATE_TIME, NO_TIME, 9)))
    if measured.first_ns is not None and measured.last_ns is not None:
        elapsed = seconds_text(measured.last_ns - measured.first_ns)
        facts.append((_("Elapsed"), _("{seconds} s").format(seconds=elapsed)))
    for section in capture.sections:
        facts += [(title, text) for title, text in (
            (_("Hardware"), section.hardware), (_("Operating system"), section.os),
            (_("Application"), section.application)) if text]
    return facts


def _interface_facts(capture: Capture) -> list[Facts]:
    counts = np.bincount(capture.interface, minlength=len(capture.interfaces))
    drops = capture.drop_counts
    result = []
    for number, interface in enumerate(capture.interfaces):
        mine = capture.interface[drops.rows] == number
        facts = [(_("Name"), interface.name), (_("Description"), interface.description),
                 (_("Link type"), linktype_title(interface.linktype)),
                 (_("Packets"), f"{counts[number]:,}"),
                 (_("Dropped packets"), f"{int(drops.values[mine].sum()):,}" if mine.any() else ""),
                 (_("Capture filter"), interface.filter),
                 (_("Packet size limit"), _("{count:,} bytes").format(count=interface.snaplen)
                  if interface.snaplen else ""),
                 (_("Clock"), _("{count:,} ticks per second").format(count=interface.ticks_per_second)),
                 (_("Operating system"), interface.os), (_("Hardware"), interface.hardware)]
        facts += [(_("Comment"), comment) for comment in interface.comments]
        result.append([(title, text) for title, text in facts if text])
    return result


def _comment_facts(capture: Capture) -> Facts:
    facts = [(_("Capture"), comment) for comment in capture.comments]
    for row in np.unique(capture.commented_rows)[:_MOST_COMMENTS].tolist():
        facts += [(_("Packet {number:,}").format(number=row + 1), comment) for comment in capture.packet_comments(row)]
    return facts


def _section(title: str, facts: Facts) -> str:
    """A heading and a table of two columns; nothing where there are no facts."""
    if not facts:
        return ""
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(text).replace(chr(10), '<br>')}</td></tr>"
                   for name, text in facts)
    return f"<h3>{escape(title)}</h3><table cellpadding='3'>{rows}</table>"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.2f}"


def _hashes_of(paths: tuple[Path, ...], job: Job) -> dict[Path, dict[str, str]]:
    hashes: dict[Path, dict[str, str]] = {}
    for path in paths:
        try:
            hashes[path] = file_hashes(path, job.check)
        except OSError as error:
            hashes[path] = {_("Hashes"): _("unknown: {reason}").format(reason=error.strerror)}
    return hashes
