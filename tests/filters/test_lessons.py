"""Filters on the lesson captures: the frames in the tables are those that tshark 4.0.17 finds.

lessons.tsv goes through the language, fields.tsv through the fields that the captures have: each is asked for by
itself and with one of its values.
"""

import csv
from pathlib import Path

import pytest

from tests.filters.lesson_columns import frames_found


def rows_of_table() -> list[tuple[str, str, str]]:
    found = []
    for name in ("lessons.tsv", "fields.tsv"):
        with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            found += [(row["capture"], row["filter"], row["frames"]) for row in rows]
    return found


@pytest.mark.parametrize(("capture_name", "text", "frames"), rows_of_table())
def test_a_filter_finds_the_frames_that_tshark_finds(capture_name: str, text: str, frames: str) -> None:
    assert frames_found(capture_name, text) == [int(number) for number in frames.split()]
