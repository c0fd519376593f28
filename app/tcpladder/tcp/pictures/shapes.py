"""The few shapes that the diagram is drawn with, whatever it is drawn on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from tcpladder.tcp.pictures.palette import Ink


class Anchor(Enum):
    """Which part of a text its x names."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True)
class Face:
    """A font: size in units, weight, slope."""

    size: float
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled or outlined or both."""

    x: float
    y: float
    width: float
    height: float
    fill: Ink | None = None
    line: Ink | None = None
    radius: float = 0.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; dash in units, solid if empty."""

    points: tuple[tuple[float, float], ...]
    ink: Ink
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon."""

    points: tuple[tuple[float, float], ...]
    ink: Ink


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text on the baseline y; turned text reads upwards from (x, y)."""

    x: float
    y: float
    text: str
    ink: Ink
    face: Face
    anchor: Anchor = Anchor.START
    turned: bool = False


Shape = Box | Line | Area | Words


class TextMeasure:
    """How wide text is, estimated from the usual proportions of a sans-serif font.

    Drawers that know their font measure exactly by overriding width().
    """

    def width(self, text: str, face: Face) -> float:
        """Width in units."""
        return _em_width(text) * face.size * (1.07 if face.bold else 1.0)

    def fit(self, text: str, face: Face, room: float) -> str:
        """The text, or as much of its beginning as fits, with "…"."""
        if self.width(text, face) <= room:
            return text
        kept = _longest(len(text), lambda count: self.width(text[:count].rstrip() + "…", face) <= room)
        return text[:kept].rstrip() + "…" if kept else ""

    def fit_middle(self, text: str, face: Face, room: float, keep_end: int) -> str:
        """The text, or its beginning, "…" and at least its last keep_end characters."""
        if self.width(text, face) <= room:
            return text
        end = text[-keep_end:]
        kept = _longest(len(text) - keep_end, lambda count: self.width(text[:count] + "…" + end, face) <= room)
        return text[:kept] + "…" + end

    def wrap(self, text: str, face: Face, room: float, most: int) -> list[str]:
        """The text on at most so many lines, broken between words; the last one is shortened where it must be."""
        lines: list[str] = []
        rest = text.split(" ")     # and not at the spaces that hold a number and its unit together
        while rest:
            if len(lines) == most - 1:
                return [*lines, self.fit(" ".join(rest), face, room)]
            count = max(1, self._words_that_fit(rest, face, room))
            lines.append(self.fit(" ".join(rest[:count]), face, room))
            rest = rest[count:]
        return lines

    def _words_that_fit(self, words: list[str], face: Face, room: float) -> int:
        return _longest(len(words), lambda count: self.width(" ".join(words[:count]), face) <= room)


def _longest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest count up to most that fits, where fits() is true up to some count and false from there on."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low


_NARROW = frozenset("iljt.,:;|!'()[] rf")
_WIDE = frozenset("mwMWQOG@%—…→←×")


@lru_cache(maxsize=4096)
def _em_width(text: str) -> float:
    return sum(0.36 if mark in _NARROW else 0.88 if mark in _WIDE else 0.68 if mark.isupper() else
               1.0 if ord(mark) > 0x2E7F else 0.6 for mark in text)
