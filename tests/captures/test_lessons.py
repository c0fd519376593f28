"""The lesson captures, their README and the start page's list name the same files."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import dpkt
import pytest

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
LESSONS = tomllib.loads((CAPTURES / "lessons.toml").read_text(encoding="utf-8"))["lesson"]
FILES = {path.name for path in CAPTURES.iterdir() if path.suffix in (".pcap", ".pcapng")}


def count_frames(capture: Path) -> int:
    with capture.open("rb") as file:
        return sum(1 for _ in dpkt.pcap.UniversalReader(file))


def test_every_capture_is_a_lesson_and_every_lesson_a_capture() -> None:
    assert sorted(lesson["file"] for lesson in LESSONS) == sorted(FILES)


def test_readme_describes_every_capture_once() -> None:
    readme = (CAPTURES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([^`]+)` \|", readme, re.MULTILINE)) == sorted(FILES)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson["file"])
def test_a_lesson_has_its_texts_and_points_at_frames_that_exist(lesson: dict[str, Any]) -> None:
    assert set(lesson) == {"file", "title", "shows", "look"}
    assert not lesson["title"].endswith(".")
    assert lesson["shows"].endswith(".")
    last = count_frames(CAPTURES / lesson["file"])
    for point in lesson["look"]:
        assert set(point) == {"frames", "text"}
        assert point["text"].endswith(".")
        assert set(point["frames"]) <= set(range(1, last + 1))
        assert point["frames"] == sorted(point["frames"]) != []
