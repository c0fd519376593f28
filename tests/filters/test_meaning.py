"""What the table of lessons cannot show: the selected frame, local time, comments, protocols that are not decoded."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from tcpladder.filters import FilterError, compile_filter
from tests.filters.lesson_columns import columns_of, frames_found

HALF_CLOSE = "half-close.pcap"


def found_with(text: str, references: dict[str, list[int] | list[bytes] | list[str]]) -> list[int]:
    """Frames of a lesson that pass, with values of a selected frame."""
    mask = compile_filter(text).select(columns_of(HALF_CLOSE), references=references)
    return [row + 1 for row in np.flatnonzero(mask).tolist()]


def test_a_reference_stands_for_the_values_of_the_selected_frame() -> None:
    assert found_with("tcp.len == ${tcp.len}", {"tcp.len": [256]}) == [4]
    assert found_with("tcp.len > ${tcp.len} - 129", {"tcp.len": [256]}) == [4, 8, 10, 12]
    assert found_with("frame.time_relative > ${frame.time_relative} + 0.1",
                      {"frame.time_relative": [300_000_000]}) == [14, 15]
    assert found_with("eth.src == ${eth.dst}", {"eth.dst": [bytes.fromhex("020000000080")]}) == \
        frames_found(HALF_CLOSE, "eth.src == 02:00:00:00:00:80")
    assert found_with("tcp.flags.str == ${tcp.flags.str}", {"tcp.flags.str": ["··········S·"]}) == [1]


def test_a_reference_may_have_several_values() -> None:
    both = {"tcp.port": [8080, 54918]}
    assert len(found_with("tcp.srcport == ${tcp.port}", both)) == 15
    assert found_with("all tcp.srcport == ${tcp.port}", both) == []
    assert found_with("tcp.srcport == ${tcp.port#1}", both) == frames_found(HALF_CLOSE, "tcp.srcport == 8080")
    assert found_with("tcp.len in {${tcp.len}, 128}", {"tcp.len": [256]}) == [4, 8, 10, 12]


def test_without_a_selected_frame_nothing_equals_a_reference() -> None:
    assert frames_found(HALF_CLOSE, "tcp.len == ${tcp.len}") == []
    assert frames_found(HALF_CLOSE, "tcp.len != ${tcp.len}") == []


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_time_without_a_zone_is_local_time() -> None:
    start = int(columns_of(HALF_CLOSE).column("frame.time").values[0]) // 10**9
    local = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(start))
    world = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(start))
    assert local != world
    assert len(frames_found(HALF_CLOSE, f'frame.time >= "{local}"')) == 15
    assert len(frames_found(HALF_CLOSE, f'frame.time >= "{world}Z"')) == 15
    assert len(frames_found(HALF_CLOSE, f'frame.time >= "{world}"')) == 15
    assert frames_found(HALF_CLOSE, f'frame.time >= "{local}Z"') == []
    assert len(frames_found(HALF_CLOSE, f'frame.time >= "{local}+09:00"')) == 15


def test_a_protocol_that_is_not_decoded_is_in_no_packet_and_that_is_said() -> None:
    compiled = compile_filter("tcp or ospf")
    assert compiled.select(columns_of(HALF_CLOSE)).all()
    assert compiled.remark == "ospf cannot be decoded yet, so no packet has it."
    assert compile_filter("tcp").remark == ""
    assert not compile_filter('ospf contains "x" or len(ospf) > 1').select(columns_of(HALF_CLOSE)).any()


def test_an_empty_filter_lets_everything_pass() -> None:
    assert compile_filter("").select(columns_of(HALF_CLOSE)).all()
    assert compile_filter("  \n ").select(columns_of(HALF_CLOSE)).all()


def test_slices_of_slices_are_cut_from_the_inside() -> None:
    assert frames_found(HALF_CLOSE, "eth.src[4:2][1] == 10") == frames_found(HALF_CLOSE, "eth.src[5] == 10")


@pytest.mark.parametrize("pattern", [r"\Q.\E", r"\x{2e}", r"[.]", r"\o{56}", r"(?'dot'\.)", r"\.(?#a dot)"])
def test_patterns_may_be_written_as_in_pcre(pattern: str) -> None:
    assert len(frames_found(HALF_CLOSE, f'ip.host matches r"{pattern}"')) == 15
    assert frames_found(HALF_CLOSE, f'tcp.flags.str matches r"{pattern}"') == []


def test_patterns_cannot_look_for_more_than_bytes() -> None:
    with pytest.raises(FilterError, match="0x263a is none"):
        compile_filter(r'frame matches r"\x{263a}"')
