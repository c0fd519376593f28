"""Filters that tshark 4.0.17 refuses too; what is said about them, and about which columns, is in refused.tsv."""

import csv
from pathlib import Path

import pytest

from tcpladder.filters import FilterError, compile_filter


def rows_of_table() -> list[tuple[str, str, str]]:
    with Path(__file__).with_name("refused.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["filter"], row["columns"], row["message"]) for row in rows]


@pytest.mark.parametrize(("text", "columns", "message"), rows_of_table())
def test_a_wrong_filter_is_refused_with_a_place_and_a_sentence(text: str, columns: str, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert caught.value.message == message
    assert f"{caught.value.start + 1}–{caught.value.end}" == columns


def test_the_place_is_said_in_columns_counted_from_one() -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter("tcp.port = 80")
    assert str(caught.value) == '"=" is not an operator here; did you mean "=="?   (column 10)'
    with pytest.raises(FilterError) as caught:
        compile_filter('ip.src == "abc"')
    assert str(caught.value).endswith('cannot be compared with the text "abc".   (columns 11–15)')
