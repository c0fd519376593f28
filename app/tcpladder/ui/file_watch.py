"""Notices that the open file changes on the disk; nothing is read again until the person asks for it."""

from PySide6.QtCore import QObject, QTimer

from tcpladder.texts import _
from tcpladder.ui.session import Session

_INTERVAL_MS = 3000


class FileWatch(QObject):
    """Compares the size of the session's file with what was read, every few seconds; tells each change once."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._told = ""
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.look)
        session.capture_opened.connect(self._stop)
        session.capture_closed.connect(self._stop)
        session.loading_finished.connect(self._timer.start)

    def look(self) -> None:
        """Looks at the file now."""
        sentence = self._sentence()
        if sentence and sentence != self._told:
            self._session.problem_found.emit(sentence)
        self._told = sentence

    def _stop(self) -> None:
        self._timer.stop()
        self._told = ""

    def _sentence(self) -> str:
        capture = self._session.capture
        if capture is None or self._session.is_loading:
            return ""
        name = capture.path.name
        try:
            size = sum(path.stat().st_size for path in capture.paths)
        except OSError:
            return _("{name} is not there any more; what was read from it can still be seen.").format(name=name)
        if size < capture.file_size:
            text = _("{name} became shorter since it was read; packets from its end may show zeros. Reload it.")
            return text.format(name=name)
        if size > capture.file_size:
            return _("{name} has grown since it was read; reload it to see what is new.").format(name=name)
        return ""
