"""What was said since the program began: sentences of the message bar, and what Qt complained of."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, Signal

_MOST_ENTRIES = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A sentence, when it was said, and by whom ("tcpladder" or "Qt")."""

    time: datetime
    source: str
    text: str

    @property
    def line(self) -> str:
        """The entry as one line of text."""
        return f"{self.time:%Y-%m-%d %H:%M:%S}  {self.source}  {' '.join(self.text.split())}"


class MessageLog(QObject):
    """The latest entries, oldest first. May be told of by any thread."""

    added = Signal(object)      # Entry

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: deque[Entry] = deque(maxlen=_MOST_ENTRIES)

    def note(self, text: str, source: str = "tcpladder") -> None:
        """Adds an entry, said now."""
        entry = Entry(datetime.now(), source, text)
        self.entries.append(entry)
        self.added.emit(entry)


MESSAGES = MessageLog()     # of the whole program: Qt's messages belong to no window
