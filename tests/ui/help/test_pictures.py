"""The pictures of the guide: each is there, is of the language it stands among, and is made by tests.ui.pictures."""

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage

from tcpladder.texts import LANGUAGES
from tcpladder.ui.help.guide import guide_folder, guide_pages
from tests.ui.every_window import spoken
from tests.ui.pictures import LETTERS, PAINTERS, folder_of, letters, painted

pytestmark = pytest.mark.gui

README = Path(__file__).parents[3] / "README.md"
WITHOUT_PICTURES = {"Command line", "Keys"}     # what they speak of is no window
MOST_BYTES = 2_000_000      # of all pictures


def named(text: str) -> list[Path]:
    """The pictures that a page of Markdown shows."""
    return [(guide_folder() / name).resolve() for name in re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)]


def pixels(image: QImage) -> np.ndarray:
    """Red, green, blue: int32, shape (height, width, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return data[:, :, 2::-1].astype(np.int32)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Of two pictures where they overlap: the mean over pixels and colours, 0 to 255."""
    height, width = (min(sides) for sides in zip(one.shape[:2], other.shape[:2], strict=True))
    return float(np.abs(one[:height, :width] - other[:height, :width]).mean())


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_pictures_that_a_guide_names_are_there_in_its_language(code):
    pages = guide_pages(code)
    found = [path for page in pages for path in named(page.text)]
    assert len(found) == len(set(found)) == len(PAINTERS)
    assert {path.parent for path in found} == {folder_of(code).resolve()}
    assert [path.name for path in found] == [path.name for page in guide_pages("en") for path in named(page.text)]
    assert all(not QImage(str(path)).isNull() for path in found)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_page_about_a_window_has_a_picture(code):
    for page, english in zip(guide_pages(code), guide_pages("en"), strict=True):
        assert bool(named(page.text)) == (english.title not in WITHOUT_PICTURES), page.title


def test_no_picture_is_kept_that_is_not_made():
    made = {folder_of(code) / f"{name}.png" for code in LANGUAGES for name in PAINTERS}
    kept = {path for path in folder_of("en").parent.rglob("*") if path.is_file()}
    assert kept == made
    assert sum(path.stat().st_size for path in kept) < MOST_BYTES
    assert all(path.stat().st_size > 1000 for path in kept)


def test_pictures_that_the_first_page_shows_are_there():
    names = re.findall(r"\]\((resources/screenshots/[^)]+)\)", README.read_text(encoding="utf-8"))
    assert len(names) == 4
    assert all((README.parent / name).is_file() for name in names)


@pytest.mark.parametrize("name", PAINTERS)
def test_a_picture_shows_what_the_window_shows_in_its_language(qapp, name):
    """What changed since may move a letter; another language moves more."""
    pictures = {code: QImage(str(folder_of(code) / f"{name}.png")) for code in LANGUAGES}
    if any(picture.text(LETTERS) != letters() for picture in pictures.values()):
        pytest.skip("the pictures were made with other fonts")
    kept = {code: pixels(picture) for code, picture in pictures.items()}
    for code in LANGUAGES:
        with spoken(code):
            fresh = pixels(painted(name))
        own, *others = sorted(kept, key=lambda other: difference(fresh, kept[other]))
        assert own == code
        assert difference(fresh, kept[own]) < min(difference(fresh, kept[other]) for other in others) / 2
