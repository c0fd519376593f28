"""Conversations and the numbers that depend on them. Expected values are those of tshark 4.0.17 (-2)."""

import pytest

from tests.tcp.scripts import script

HANDSHAKE = """
    +0    > S  0:0(0)
    +.01  < S. 0:0(0) ack 1
    +.01  > .  1:1(0) ack 1
"""


@pytest.fixture
def told(tmp_path):
    """Reads a script."""
    return lambda text, **more: script(text, tmp_path / "script.pcap", **more)


def test_both_directions_are_one_stream_and_ports_tell_streams_apart(told):
    capture = told("""
        +0 > S  0:0(0)         port 40000
        +0 > S  0:0(0)         port 40001
        +0 < S. 0:0(0) ack 1   port 40001
        +0 < S. 0:0(0) ack 1   port 40000
    """)
    assert capture.values("tcp.stream") == [0, 1, 1, 0]


def test_a_syn_with_a_new_number_opens_a_new_stream_on_the_same_ports(told):
    capture = told(HANDSHAKE + """
        +1 > S 900:900(0)
        +1 < S. 700:700(0) ack 901
        +1 > . 901:901(0) ack 701
    """)
    assert capture.values("tcp.stream") == [0, 0, 0, 1, 1, 1]
    assert capture.values("tcp.seq") == [0, 0, 1, 0, 0, 1]
    assert capture.named("tcp.analysis.reused_ports") == [4]


def test_a_syn_that_is_sent_again_stays_in_its_stream(told):
    capture = told("+0 > S 0:0(0)\n+1 > S 0:0(0)\n+0 < R. 0:0(0) ack 1\n+1 > S 0:0(0)")
    assert capture.values("tcp.stream") == [0, 0, 0, 0]
    assert capture.named("tcp.analysis.reused_ports") == []


def test_numbers_are_relative_and_wrap(told):
    capture = told(HANDSHAKE + """
        +0 > P. 1:41(40) ack 1
        +0 < .  1:1(0) ack 41
    """, isns=(2**32 - 11, 5000))
    assert capture.values("tcp.seq") == [0, 0, 1, 1, 1]
    assert capture.values("tcp.nxtseq") == [1, 1, 1, 41, 1]
    assert capture.values("tcp.ack") == [0, 1, 1, 1, 41]
    assert capture.values("tcp.seq_raw")[3] == 2**32 - 10


def test_mid_stream_the_numbers_begin_at_one(told):
    capture = told("+0 > P. 77:87(10) ack 50\n+0 < . 50:50(0) ack 87")
    assert capture.values("tcp.seq") == [1, 1]
    assert capture.values("tcp.ack") == [1, 11]


def test_without_the_ack_flag_the_ack_field_stays_as_it_is_on_the_wire(told):
    assert told("+0 > F 0:0(0) ack 0").values("tcp.ack") == [5000]


@pytest.mark.parametrize(("client", "server", "windows", "factors"), [
    ("<wscale 3>", "<wscale 0>", [100, 100, 100, 800], [None, None, 1, 8]),
    ("<wscale 15>", "<wscale 0>", [100, 100, 100, 1638400], [None, None, 1, 16384]),   # 14 is the largest shift
    ("<wscale 3>", "", [100, 100, 100, 100], [None, None, -2, -2]),
    ("", "<wscale 3>", [100, 100, 100, 100], [None, None, -2, -2]),
])
def test_windows_are_scaled_where_both_sides_offer_it(told, client, server, windows, factors):
    capture = told(f"""
        +0 > S  0:0(0) win 100 {client}
        +0 < S. 0:0(0) ack 1 win 100 {server}
        +0 < .  1:1(0) ack 1 win 100
        +0 > .  1:1(0) ack 1 win 100
    """)
    assert capture.values("tcp.window_size") == windows
    assert capture.values("tcp.window_size_scalefactor") == factors


def test_without_a_handshake_the_scale_is_not_known(told):
    capture = told("+0 > . 1:1(0) ack 1 win 100")
    assert (capture.values("tcp.window_size"), capture.values("tcp.window_size_scalefactor")) == ([100], [-1])


def test_one_captured_syn_tells_the_scale_of_its_side(told):
    capture = told("+0 > S 0:0(0) <wscale 3>\n+0 < . 1:1(0) ack 1 win 100\n+0 > . 1:1(0) ack 1 win 100")
    assert capture.values("tcp.window_size_scalefactor") == [None, -1, 8]


@pytest.mark.parametrize(("text", "shown"), [
    (HANDSHAKE, [7, 7, 7]),
    (HANDSHAKE + "+0 > P. 1:2(1) ack 1", [15] * 4),
    (HANDSHAKE + "+0 > F. 1:1(0) ack 1", [23] * 4),
    ("+0 > S 0:0(0)\n+0 < R. 0:0(0) ack 1", [37, 37]),
    ("+0 > . 1:2(1) ack 1\n+0 > F 2:2(0)", [0, 8]),            # the first segment counts from the second on
    ("+0 > . 1:2(1) ack 1\n+0 > F. 2:2(0) ack 1", [20, 28]),
    ("+0 < S. 0:0(0) ack 1\n+0 > . 1:1(0) ack 1", [4, 6]),
])
def test_completeness_is_that_of_the_whole_stream(told, text, shown):
    assert told(text).values("tcp.completeness") == shown


def test_times_count_within_the_stream(told):
    capture = told("+0 > S 0:0(0)\n+1 > S 0:0(0) port 2\n+1 < S. 0:0(0) ack 1\n+.5 < S. 0:0(0) ack 1 port 2")
    assert capture.values("tcp.time_relative") == [0, 0, 2_000_000_000, 1_500_000_000]
    assert capture.values("tcp.time_delta") == [0, 0, 2_000_000_000, 1_500_000_000]
