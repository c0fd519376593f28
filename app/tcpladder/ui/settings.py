"""What the window remembers from one run to the next."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PySide6.QtCore import QByteArray, QSettings

_MOST_RECENT_FILES = 10
_MOST_RECENT_FILTERS = 20

# What each profile has for itself; all else is the same in all of them.
PROFILE_SETTINGS = frozenset({
    "appearance", "byte-font", "colour-rules", "colour-set", "colours", "columns", "names", "open-fields", "play-speed",
    "raw-numbers", "saved-filters", "text-size", "time-digits", "time-format",
})


class Settings:
    """Values by name; kept in a store, or only as long as the program runs where there is none.

    Where a profile is in use, the values of PROFILE_SETTINGS are its own; those of the default one, whose name is "",
    have no place of their own.
    """

    def __init__(self, store: QSettings | None) -> None:
        self._store = store
        self._values: dict[str, Any] = {}
        self._profile = ""
        if self.text("profile", "") in self.profiles():
            self._profile = self.text("profile", "")

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
        return self._holds(self._place(name))

    def state(self, name: str) -> QByteArray | None:
        """What Qt's saveState() and saveGeometry() gave."""
        value = self._get(name, None)
        return value if isinstance(value, QByteArray) else None

    def keep(self, name: str, value: Any) -> None:
        """Remembers a value: text, number, list of texts, or a state."""
        if isinstance(value, bool):
            value = "on" if value else "off"
        self._set(self._place(name), value)

    @property
    def profile(self) -> str:
        """The name of the profile in use; "" for the default one."""
        return self._profile

    def profiles(self) -> list[str]:
        """The names of the profiles, in the order in which they were made, without the default one."""
        return self.texts("profiles")

    def use_profile(self, name: str) -> None:
        """Takes the values of another profile from now on."""
        self._profile = name
        self.keep("profile", name)

    def profile_values(self, name: str) -> dict[str, Any]:
        """What was kept in a profile, by the names of PROFILE_SETTINGS."""
        places = {setting: _place_in(name, setting) for setting in sorted(PROFILE_SETTINGS)}
        values = {setting: self._raw(place, None) for setting, place in places.items() if self._holds(place)}
        return {setting: [] if value is None else value for setting, value in values.items()}

    def write_profile(self, name: str, values: Mapping[str, Any]) -> None:
        """Adds a profile with these values, or gives it these and no others."""
        self._forget_values(name)
        for setting, value in values.items():
            self._set(_place_in(name, setting), value)
        if name not in self.profiles():
            self.keep("profiles", [*self.profiles(), name])

    def rename_profile(self, name: str, new_name: str) -> None:
        """Gives a profile another name; it keeps its place among the others, and stays in use where it was."""
        names = [new_name if other == name else other for other in self.profiles()]
        self.write_profile(new_name, self.profile_values(name))
        self._forget_values(name)
        self.keep("profiles", names)
        if self._profile == name:
            self.use_profile(new_name)

    def remove_profile(self, name: str) -> None:
        """Removes a profile that is not in use."""
        self._forget_values(name)
        self.keep("profiles", [other for other in self.profiles() if other != name])

    def _forget_values(self, name: str) -> None:
        for setting in PROFILE_SETTINGS:
            place = _place_in(name, setting)
            if self._store is not None:
                self._store.remove(place)
            else:
                self._values.pop(place, None)

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
        return self._raw(self._place(name), default)

    def _place(self, name: str) -> str:
        return _place_in(self._profile, name) if name in PROFILE_SETTINGS else name

    def _raw(self, place: str, default: Any) -> Any:
        if self._store is not None:
            return self._store.value(place, default)
        return self._values.get(place, default)

    def _holds(self, place: str) -> bool:
        return self._store.contains(place) if self._store is not None else place in self._values

    def _set(self, place: str, value: Any) -> None:
        if self._store is not None:
            self._store.setValue(place, value)
        else:
            self._values[place] = value


def _place_in(profile: str, setting: str) -> str:
    """Where the store has a setting of a profile."""
    return f"profile-{quote(profile, safe='')}/{setting}" if profile else setting
