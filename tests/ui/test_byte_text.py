"""Bytes as text. The dump is what `tshark -x` prints for the first frame of captures/port-9502.pcap."""

import pytest

from tcpladder.ui.byte_text import c_array, hex_dump, hex_stream, visible_text

SYN_FRAME = bytes.fromhex(
    "00000000000000000000000008004500003c5a1140004006e2a87f0000017f00"
    "0001d6da251eae79367200000000a002801865ba00000204400c0402080a0f3a39b80000000001030303")
TSHARK_DUMP = """\
0000  00 00 00 00 00 00 00 00 00 00 00 00 08 00 45 00   ..............E.
0010  00 3c 5a 11 40 00 40 06 e2 a8 7f 00 00 01 7f 00   .<Z.@.@.........
0020  00 01 d6 da 25 1e ae 79 36 72 00 00 00 00 a0 02   ....%..y6r......
0030  80 18 65 ba 00 00 02 04 40 0c 04 02 08 0a 0f 3a   ..e.....@......:
0040  39 b8 00 00 00 00 01 03 03 03                     9.........
"""


def test_a_dump_looks_like_tsharks():
    assert hex_dump(SYN_FRAME) == TSHARK_DUMP


@pytest.mark.parametrize(("data", "text"), [(b"", ""), (b"\x7e\x7f", "0000  7e 7f" + 42 * " " + "   ~.\n")])
def test_short_dumps(data, text):
    assert hex_dump(data) == text


def test_a_stream_is_one_word():
    assert hex_stream(b"\x00\xff\x10") == "00ff10"


def test_a_c_array_has_eight_bytes_to_a_line():
    assert c_array(bytes(range(9)), "frame") == (
        "static const unsigned char frame[9] = {\n"
        "  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,\n"
        "  0x08\n"
        "};\n")


@pytest.mark.parametrize(("text", "shown"), [
    ("54918 → 8080 [SYN]", "54918 → 8080 [SYN]"),
    ("GET / HTTP/1.1\r\n", r"GET / HTTP/1.1\r\n"),
    ("a\tb\x00\x7f", r"a\tb\x00\x7f"),
    ("left\u202eright", r"left\u202eright"),      # would turn the writing direction of what follows
])
def test_text_from_packets_stays_on_its_line(text, shown):
    assert visible_text(text) == shown
