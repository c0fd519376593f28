"""A wrong filter with a suggestion: the suggestion put in its place makes the filter right."""

import pytest

from tcpladder.filters import FilterError, compile_filter


@pytest.mark.parametrize(("wrong", "right"), [
    ("tcp.prt == 80", "tcp.port == 80"),
    ("tcp.port = 80", "tcp.port == 80"),
    ("tcp.port <> 80", "tcp.port != 80"),
    ("uper(http.host) == \"A\"", "upper(http.host) == \"A\""),
    ("tcp.flags.syn == \"Sett\"", "tcp.flags.syn == \"Set\""),
    ("tcp.flags.syn == Sett", "tcp.flags.syn == \"Set\""),
])
def test_a_suggestion_stands_in_for_what_is_wrong(wrong, right):
    with pytest.raises(FilterError) as caught:
        compile_filter(wrong)
    error = caught.value
    assert wrong[:error.start] + error.suggestion + wrong[error.end:] == right
    assert compile_filter(right)


def test_where_nobody_knows_nothing_is_suggested():
    with pytest.raises(FilterError) as caught:
        compile_filter("tcp.port == ")
    assert caught.value.suggestion == ""
