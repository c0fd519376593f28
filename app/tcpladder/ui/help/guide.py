"""The user guide as pages: one Markdown file a language, a page for each heading of the first rank."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tcpladder.resource_files import resource_path
from tcpladder.texts import language


@dataclass(frozen=True, slots=True)
class Page:
    """A title, and the text under it in Markdown."""

    title: str
    text: str

    def holds(self, words: str) -> bool:
        """All the words occur on the page, in any case and order."""
        page = f"{self.title}\n{self.text}".casefold()
        return all(word in page for word in words.casefold().split())


def guide_folder() -> Path:
    """Where the guide lies; what it shows is named from there."""
    return resource_path("guide")


def guide_pages(code: str = "") -> tuple[Page, ...]:
    """The pages in a language, that of the program where none is given; in English where there are none in it."""
    path = guide_folder() / f"{code or language()}.md"
    if not path.exists():
        path = guide_folder() / "en.md"
    pages: list[Page] = []
    for part in ("\n" + path.read_text(encoding="utf-8")).split("\n# ")[1:]:
        title, _end, text = part.partition("\n")
        pages.append(Page(title.strip(), text.strip()))
    return tuple(pages)
