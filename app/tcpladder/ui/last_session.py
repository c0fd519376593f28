"""What was open when the program ended without being closed, so that it can be opened again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from tcpladder.ui.session import Session
from tcpladder.ui.settings import Settings


@dataclass(frozen=True, slots=True)
class LastSession:
    """A capture, the display filter, and the selected row (or None)."""

    path: Path
    filter_text: str
    row: int | None


class SessionMemory(QObject):
    """Keeps the state of the session in the settings, until the window is closed as it should be."""

    def __init__(self, session: Session, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._settings = settings
        self.left_over = self._read()
        session.packet_selected.connect(lambda _packet: self._keep())
        session.shown_changed.connect(self._keep)
        session.loading_finished.connect(self._keep)
        session.capture_closed.connect(self.forget)

    def forget(self) -> None:
        """Nothing is to be opened again: all was closed by the person."""
        self._settings.keep("last-session", [])

    def _keep(self) -> None:
        capture, packet = self._session.capture, self._session.packet
        if capture is not None and len(capture.paths) == 1:
            row = "" if packet is None else str(packet.row)
            self._settings.keep("last-session", [str(capture.path.absolute()), self._session.filter_text, row])

    def _read(self) -> LastSession | None:
        kept = self._settings.texts("last-session")
        if len(kept) != 3 or not Path(kept[0]).is_file():
            return None
        return LastSession(Path(kept[0]), kept[1], int(kept[2]) if kept[2].isdecimal() else None)
