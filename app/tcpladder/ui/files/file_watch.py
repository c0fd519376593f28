"""Notices that the open file changes on the disk; what was added is read when the person asks for it, or at once."""

from PySide6.QtCore import QObject, QTimer

from tcpladder.texts import _
from tcpladder.ui.session import Session

_INTERVAL_MS = 3000
_INTERVAL_FOLLOWING_MS = 500


class FileWatch(QObject):
    """Compares the size of the session's file with what was read, every few seconds; tells each change once."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._told = ""
        self._is_following = False
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.look)
        session.capture_opened.connect(self._stop)
        session.capture_closed.connect(self._stop)
        session.loading_finished.connect(self._timer.start)

    @property
    def is_following(self) -> bool:
        """What is added to the file is shown without asking."""
        return self._is_following

    def follow(self, on: bool) -> None:
        """Reads what is added to the file as it comes, or leaves it until the person reloads."""
        self._is_following = on
        self._timer.setInterval(_INTERVAL_FOLLOWING_MS if on else _INTERVAL_MS)

    def look(self) -> None:
        """Looks at the file now."""
        if self._is_following and (self._session.is_behind or self._has_grown()):
            self._session.read_on()
            return
        sentence = self._sentence()
        if sentence and sentence != self._told:
            self._session.problem_found.emit(sentence)
        self._told = sentence

    def _stop(self) -> None:
        self._timer.stop()
        self._told = ""

    def _has_grown(self) -> bool:
        capture = self._session.capture
        try:
            return capture is not None and capture.path.stat().st_size > capture.file_size
        except OSError:
            return False

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
            text = _("{name} has grown since it was read; reload it to see what is new, or follow it (menu View).")
            return text.format(name=name)
        if capture.has_lost_bytes:
            return _("The disk does not deliver some bytes of {name}; zeros stand in their place.").format(name=name)
        return ""
