"""What the person may choose, as one value: read from the settings, and kept there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from tcpladder.protocols.names import NameKind
from tcpladder.texts import LANGUAGES, _
from tcpladder.ui.settings import Settings
from tcpladder.ui.theme import Appearance, ColourSet
from tcpladder.ui.time_text import TimeFormat, precision_titles

SMALLEST_TEXT, LARGEST_TEXT = 6, 32
SPEEDS = (0.5, 1.0, 2.0, 4.0)       # steps a second

Kind = TypeVar("Kind", bound=Enum)


@dataclass(frozen=True, slots=True)
class Preferences:
    """One answer to each question; text_size in points, time_digits None for those of the capture's clock."""

    text_size: int
    language: str = ""          # one of LANGUAGES; "": the system's
    appearance: Appearance = Appearance.SYSTEM
    colour_set: ColourSet = ColourSet.STANDARD
    byte_family: str = ""       # of the monospaced font; "": the system's
    time_format: TimeFormat = TimeFormat.RELATIVE
    time_digits: int | None = None
    names: frozenset[NameKind] = frozenset()
    raw_numbers: bool = False
    speed: float = 1.0          # one of SPEEDS


def appearance_titles() -> dict[Appearance, str]:
    """The names of the appearances, with the keys that choose them in a menu."""
    return {Appearance.SYSTEM: _("&Follow the System"), Appearance.LIGHT: _("&Light"),
            Appearance.DARK: _("&Dark")}


def name_titles() -> dict[NameKind, str]:
    """What may be shown by name, as in the menu."""
    return {NameKind.MANUFACTURERS: _("&Manufacturers in Ethernet Addresses"),
            NameKind.PORTS: _("&Services of Ports")}


def read_preferences(settings: Settings, usual_text_size: int) -> Preferences:
    """What was kept; the usual answer wherever what was kept is none."""
    language = settings.text("language", "")
    digits: int | None = settings.number("time-digits", -1)
    speed = settings.number("play-speed", 100) / 100
    kinds = {kind.value: kind for kind in NameKind}
    return Preferences(
        text_size=min(max(settings.number("text-size", usual_text_size), SMALLEST_TEXT), LARGEST_TEXT),
        language=language if language in LANGUAGES else "",
        appearance=_member(Appearance, settings.text("appearance", ""), Appearance.SYSTEM),
        colour_set=_member(ColourSet, settings.text("colour-set", ""), ColourSet.STANDARD),
        byte_family=settings.text("byte-font", ""),
        time_format=_member(TimeFormat, settings.text("time-format", ""), TimeFormat.RELATIVE),
        time_digits=digits if digits in precision_titles() else None,
        names=frozenset(kinds[name] for name in settings.texts("names") if name in kinds),
        raw_numbers=settings.switch("raw-numbers", False),
        speed=speed if speed in SPEEDS else 1.0,
    )


def keep_preferences(settings: Settings, wanted: Preferences) -> None:
    """Remembers the answers."""
    settings.keep("text-size", wanted.text_size)
    settings.keep("language", wanted.language)
    settings.keep("appearance", wanted.appearance.value)
    settings.keep("colour-set", wanted.colour_set.value)
    settings.keep("byte-font", wanted.byte_family)
    settings.keep("time-format", wanted.time_format.value)
    settings.keep("time-digits", -1 if wanted.time_digits is None else wanted.time_digits)
    settings.keep("names", sorted(kind.value for kind in wanted.names))
    settings.keep("raw-numbers", wanted.raw_numbers)
    settings.keep("play-speed", round(wanted.speed * 100))


def _member(kind: type[Kind], value: str, default: Kind) -> Kind:
    """The member of an Enum with a value that was remembered, or the default."""
    try:
        return kind(value)
    except ValueError:
        return default
