"""Whatever is typed is answered at once: with a filter or with a FilterError."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpladder.filters import FilterCancelled, FilterError, compile_filter
from tests.filters.lesson_columns import columns_of, frames_found

NONSENSE = {
    "100,000 characters": "tcp.port == 80 or " * 5_600,
    "100,000 characters without a blank": "a" * 100_000,
    "10,000 parentheses": "(" * 10_000 + "tcp" + ")" * 10_000,
    "10,000 parentheses that are never closed": "(" * 10_000,
    "10,000 closing parentheses": ")" * 10_000,
    "10,000 braces": "{" * 10_000 + "tcp.len" + "}" * 10_000 + " == 1",
    "a sum of 10,000": "tcp.len" + " + 1" * 10_000 + " == 1",
    "a slice of a slice of …": "tcp" + "[0:1]" * 10_000,
    "calls within calls": "abs(" * 10_000 + "tcp.len" + ")" * 10_000 + " == 1",
    "a number of 60,000 digits": "tcp.port == " + "9" * 60_000,
    "an unpaired surrogate": "frame contains \"\udcff\"",
    "a null character": "tcp\0",
    "quotes in quotes": '"' * 10_001,
    "backslashes": "\\" * 10_000,
}


@pytest.mark.parametrize("text", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_refused_within_a_second(text: str) -> None:
    started = time.process_time()       # of this process alone: the machine may be busy
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert time.process_time() - started < 1
    assert 0 <= caught.value.start < caught.value.end
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [
    "not " * 10_001 + "tcp",
    "tcp" + " and tcp" * 5_000,
    "udp" + " or tcp" * 5_000,
    "tcp.port in {" + ",".join(map(str, range(0, 60_000, 6))) + "}",
    "tcp.port" + " == tcp.port" * 1_000,
])
def test_long_but_flat_filters_are_answered(text: str) -> None:
    compile_filter(text).select(columns_of("connection-refused.pcap"))


def test_ten_thousand_denials_are_even() -> None:
    assert frames_found("connection-refused.pcap", "not " * 10_000 + "tcp") == [3, 4]
    assert frames_found("connection-refused.pcap", "not " * 10_001 + "tcp") == [1, 2]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.text("tcp.orude()[]{}#&|!=<>~+-*/%,:'\"\\$ 0189axr\n", max_size=60))
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    refused = None
    try:
        compile_filter(text).select(columns_of("connection-refused.pcap"))
    except FilterError as error:
        refused = error
    assert refused is None or 0 <= refused.start < refused.end


def test_a_catastrophic_pattern_is_given_up() -> None:
    text = r'frame matches "(?s)^(?:.|.)*q{9}z$"'
    started = time.process_time()
    with pytest.raises(FilterError, match="too long for one packet"):
        compile_filter(text).select(columns_of("any-interface.pcap"))
    assert time.process_time() - started < 10


@pytest.mark.parametrize(("pattern", "reason"), [
    ("(((a{999}){999}){999})", "it is too complicated"),
    ("(?:(?:(?:(?:a?){99}){99}){99}){99}", "it is too complicated"),
    ("(" * 20_000 + ")" * 20_000, "it is too complicated"),
    ("x{0,99999999}", "a repetition counts to 65,535 at most"),
    ("x{" + "9" * 10_000 + "}", "a repetition counts to 65,535 at most"),
    ("[[:alpha:]", "unterminated character set"),
])
def test_a_pattern_that_pcre_refuses_is_refused_before_it_fills_the_memory(pattern: str, reason: str) -> None:
    started = time.process_time()
    with pytest.raises(FilterError, match=f"^The pattern cannot be used: {reason}[.]"):
        compile_filter(f'frame matches r"{pattern}"')
    assert time.process_time() - started < 1


@pytest.mark.parametrize("pattern", ["[a{99999}]?", r"\{99999\}|", "(?:ab){250}|", "a{65535}|"])
def test_what_only_looks_large_is_a_pattern(pattern: str) -> None:
    assert frames_found("connection-refused.pcap", f'frame matches r"{pattern}"') == [1, 2, 3, 4]


def test_an_evaluation_stops_when_nobody_wants_it_any_more() -> None:
    columns = columns_of("half-close.pcap")
    asked = iter([False, False, True])
    with pytest.raises(FilterCancelled):
        compile_filter("frame contains 00 and tcp and ip").select(columns, cancelled=lambda: next(asked))
