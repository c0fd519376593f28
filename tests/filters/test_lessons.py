"""Filters on the lesson captures: the frames in lessons.tsv are those that tshark 4.0.17 finds."""

import csv
from pathlib import Path

import pytest

from tests.filters.lesson_columns import frames_found


def rows_of_table() -> list[tuple[str, str, str]]:
    with Path(__file__).with_name("lessons.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["capture"], row["filter"], row["frames"]) for row in rows]


@pytest.mark.parametrize(("capture_name", "text", "frames"), rows_of_table())
def test_a_filter_finds_the_frames_that_tshark_finds(capture_name: str, text: str, frames: str) -> None:
    assert frames_found(capture_name, text) == [int(number) for number in frames.split()]
