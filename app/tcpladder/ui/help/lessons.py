"""The captures that come with the program, and what there is to see in each."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tcpladder.resource_files import captures_path
from tcpladder.texts import _

_LIST = "lessons.toml"


@dataclass(frozen=True, slots=True)
class Look:
    """One thing to look at; frames are frame numbers."""

    frames: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A capture, what it shows, and where to look."""

    path: Path
    title: str
    shows: str
    looks: tuple[Look, ...]


def lessons() -> list[Lesson]:
    """The lesson captures in their order; none where they were not shipped or their list is damaged."""
    try:
        folder = captures_path()
        entries = tomllib.loads((folder / _LIST).read_text(encoding="utf-8"))["lesson"]
        found = [_lesson(folder, **entry) for entry in entries]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return []
    return [lesson for lesson in found if lesson.path.is_file()]


def _lesson(folder: Path, file: str, title: str, shows: str, look: list[dict[str, Any]]) -> Lesson:
    return Lesson(folder / file, _(title), _(shows), tuple(_look(**each) for each in look))


def _look(frames: list[int], text: str) -> Look:
    return Look(tuple(frames), _(text))


def lesson_of(path: Path) -> Lesson | None:
    """The lesson whose capture this file is, or None."""
    path = path.absolute()
    if not path.with_name(_LIST).is_file():     # reading the list takes longer than anything else of opening a file
        return None
    return next((lesson for lesson in lessons() if lesson.path == path), None)
