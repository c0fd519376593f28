"""Display filters that a person keeps under a name: bookmarks, and buttons beside the filter bar."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from tcpladder.texts import _
from tcpladder.ui.settings import Settings

_SETTING = "saved-filters"


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter with a name; is_button: it stands as a button beside the bar, with the comment as its tool tip."""

    name: str
    filter: str
    comment: str = ""
    is_button: bool = False


def first_filters() -> tuple[SavedFilter, ...]:
    """What is there as long as nobody has changed it: the first questions about TCP."""
    return (
        SavedFilter(_("Opening and closing"), "tcp.flags.syn == 1 || tcp.flags.fin == 1 || tcp.flags.reset == 1",
                    _("Segments that open, close or reset a connection")),
        SavedFilter(_("Refused or reset"), "tcp.flags.reset == 1", _("Segments that end a connection at once")),
        SavedFilter(_("Lost and repeated"), "tcp.analysis.retransmission || tcp.analysis.duplicate_ack",
                    _("Retransmissions, and ACKs that ask for them")),
        SavedFilter(_("Carries data"), "tcp.len > 0", _("Segments with at least one byte of data")),
    )


class SavedFilters(QObject):
    """The filters that were saved, in the person's order; kept in the settings."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.items: tuple[SavedFilter, ...] = ()
        self.restore()

    def restore(self) -> None:
        """Takes the filters that were kept."""
        is_kept = self._settings.holds(_SETTING)
        self.items = _read(self._settings.text(_SETTING, "")) if is_kept else first_filters()
        self.changed.emit()

    def replace(self, items: Iterable[SavedFilter]) -> None:
        """Keeps these and no others."""
        self.items = tuple(items)
        self._settings.keep(_SETTING, json.dumps([asdict(item) for item in self.items], ensure_ascii=False))
        self.changed.emit()


def _read(text: str) -> tuple[SavedFilter, ...]:
    """What was kept; entries that are none, written by another version or by hand, are left out."""
    try:
        entries = json.loads(text)
    except ValueError:
        return ()
    return tuple(_saved(entry) for entry in entries if _is_saved(entry)) if isinstance(entries, list) else ()


def _is_saved(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str) and isinstance(entry.get("filter"), str)


def _saved(entry: dict[str, Any]) -> SavedFilter:
    return SavedFilter(entry["name"], entry["filter"], str(entry.get("comment", "")), entry.get("is_button") is True)
