"""What the window remembers from one run to the next."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

_MOST_RECENT_FILES = 10
_MOST_RECENT_FILTERS = 20


class Settings:
    """Values by name; kept in a store, or only as long as the program runs where there is none."""

    def __init__(self, store: QSettings | None) -> None:
        self._store = store
        self._values: dict[str, Any] = {}

    def text(self, name: str, default: str) -> str:
        """A word or sentence."""
        return str(self._get(name, default))

    def number(self, name: str, default: int) -> int:
        """A whole number; the default where what was kept is none."""
        try:
            return int(self._get(name, default))
        except (TypeError, ValueError):
            return default

    def switch(self, name: str, default: bool) -> bool:
        """On or off."""
        return self.text(name, "on" if default else "off") == "on"

    def texts(self, name: str) -> list[str]:
        """A list of texts; a store may hand back one text for a list of one, None for none."""
        value = self._get(name, [])
        if isinstance(value, str):
            return [value]
        return [str(item) for item in value or []]

    def holds(self, name: str) -> bool:
        """Something was kept under the name, if only an empty list."""
        return self._store.contains(name) if self._store is not None else name in self._values

    def state(self, name: str) -> QByteArray | None:
        """What Qt's saveState() and saveGeometry() gave."""
        value = self._get(name, None)
        return value if isinstance(value, QByteArray) else None

    def keep(self, name: str, value: Any) -> None:
        """Remembers a value: text, number, list of texts, or a state."""
        if isinstance(value, bool):
            value = "on" if value else "off"
        if self._store is not None:
            self._store.setValue(name, value)
        else:
            self._values[name] = value

    def keep_recent_file(self, path: Path) -> None:
        """Puts a file at the head of the recent files."""
        self._keep_first("recent-files", str(path.absolute()), _MOST_RECENT_FILES)

    def recent_files(self) -> list[Path]:
        """The latest files, latest first; those that are gone are left out."""
        return [path for path in map(Path, self.texts("recent-files")) if path.is_file()]

    def keep_recent_filter(self, text: str) -> None:
        """Puts a display filter at the head of the recent filters."""
        self._keep_first("recent-filters", text, _MOST_RECENT_FILTERS)

    def recent_filters(self) -> list[str]:
        """The latest display filters, latest first."""
        return self.texts("recent-filters")

    def _keep_first(self, name: str, text: str, most: int) -> None:
        self.keep(name, [text, *(other for other in self.texts(name) if other != text)][:most])

    def _get(self, name: str, default: Any) -> Any:
        if self._store is not None:
            return self._store.value(name, default)
        return self._values.get(name, default)
