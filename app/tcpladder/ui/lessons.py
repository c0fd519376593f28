"""The captures that come with the program, and what there is to see in each."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tcpladder.resource_files import captures_path
from tcpladder.texts import _


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
        entries = tomllib.loads((folder / "lessons.toml").read_text(encoding="utf-8"))["lesson"]
        found = [Lesson(folder / entry["file"], _(entry["title"]), _(entry["shows"]),
                        tuple(Look(tuple(look["frames"]), _(look["text"])) for look in entry["look"]))
                 for entry in entries]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return []
    return [lesson for lesson in found if lesson.path.is_file()]


def lesson_of(path: Path) -> Lesson | None:
    """The lesson whose capture this file is, or None."""
    return next((lesson for lesson in lessons() if lesson.path == path.absolute()), None)
