"""The text of a stream in blocks is the text of its pieces, whatever the blocks; and what is sought is found."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tcpladder.tcp import follow_text
from tcpladder.tcp.follow import PieceKind, Pieces
from tcpladder.tcp.follow_text import Form, StreamText, piece_texts
from tests.packets.files import pcap_header, pcap_record, read

Told = tuple[bool, PieceKind, bytes]
Make = Callable[[list[Told]], Pieces]

WORDS = st.sampled_from(["ä", "你好", "a", "b", "\r\n", "\n", "Straße", "İ", "\N{GRINNING FACE}"])
TEXTS = st.lists(WORDS, max_size=12).map(lambda words: "".join(words).encode())
ANYTHING = st.one_of(TEXTS, TEXTS.map(lambda text: text[1:-1]), st.binary(max_size=24))
PIECES = st.lists(st.tuples(st.booleans(), st.sampled_from(list(PieceKind)), ANYTHING), max_size=40)
reuses = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Pieces that lie in the frames of a capture."""

    def make(told: list[Told]) -> Pieces:
        content = pcap_header() + b"".join(pcap_record(data) for _side, _kind, data in told)
        capture = read(tmp_path / "a.pcap", content)
        sent = {True: 0, False: 0}
        found: list[Any] = []
        for row, (side, kind, data) in enumerate(told):
            held = 0 if kind is PieceKind.MISSING else len(data)
            found.append((kind, side, row, sent[side], len(data), 0, held))
            sent[side] += len(data)
        return Pieces.of(capture, found)

    return make


@pytest.fixture(params=[16, 100, 1 << 14])
def block_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(follow_text, "_BLOCK", request.param)
    size: int = request.param
    return size


@reuses
@given(told=PIECES, form=st.sampled_from(list(Form)))
def test_blocks_put_together_are_the_pieces(make: Make, block_size: int, told: list[Told], form: Form) -> None:
    pieces = make(told)
    text = StreamText(pieces, form)
    told_texts = [text for _piece, text in piece_texts(pieces, form)]
    assert text.all() == "".join(told_texts)
    # Each character belongs to the piece whose text it is in.
    blocks = [text.block(number) for number in range(text.count)]
    owners = [piece for block in blocks for begin, end, piece in block.runs(0, len(block.text))
              for _character in range(begin, end)]
    assert owners == [number for number, part in enumerate(told_texts) for _character in part]
    assert all(block.piece_at(begin) == piece for block in blocks
               for begin, _end, piece in block.runs(0, len(block.text)))
    if form is Form.HEX and PieceKind.MISSING not in {kind for _side, kind, _data in told}:
        assert all(block.text.endswith("\n") for block in blocks if block.text)


@reuses
@given(told=PIECES, wanted=st.sampled_from(["a", "ÄÄ", "ss", "好A", "你", "b" * 3, "6", "missing"]),
       backwards=st.booleans(), data=st.data())
def test_what_is_sought_is_found_next_or_from_the_other_end(make: Make, block_size: int, told: list[Told], wanted: str,
                                                            backwards: bool, data: st.DataObject) -> None:
    text = StreamText(make(told), Form.UTF8)
    whole = text.all()
    lengths = [len(text.block(number).text) for number in range(text.count)]
    starts = np.cumsum([0, *lengths])
    at = data.draw(st.integers(0, len(whole)))
    first = text.canonical(0, at)
    found = text.find(wanted, first, backwards=backwards)
    places = [match.start() for match in re.finditer(f"(?={re.escape(wanted)})", whole, re.IGNORECASE)]
    before, behind = [place for place in places if place < at], [place for place in places if place >= at]
    expected = [*before[::-1], *behind[::-1]] if backwards else [*behind, *before]
    if found is None:
        # A match over the ends of three blocks, none of which ends a line, is too long to be found.
        assert not expected or block_size < 100
    else:
        begin, end = (int(starts[block]) + character for block, character in found)
        assert whole[begin:end].lower() == wanted.lower()
        if block_size >= 100:
            assert begin == expected[0]


def test_only_what_is_looked_at_is_read(make: Make) -> None:
    pieces = make([(True, PieceKind.DATA, b"line of a text\n" * 100)] * 400)
    text = StreamText(pieces, Form.ASCII)
    read: list[int] = []
    make_text = text._make
    text._made = lambda number: (read.append(number), make_text(number))[1]      # type: ignore[assignment, func-returns-value]
    assert text.count > 30
    assert text.block(20).text.startswith("line")
    assert read == [20, 21]
    assert sum(text.sizes()) == sum(len(text.block(number).text) for number in range(text.count))


def test_a_hex_dump_is_that_of_hexdump(make: Make) -> None:
    for length in (0, 1, 8, 15, 16, 17, 1000):
        data = bytes(number * 7 & 0xFF for number in range(length))
        printed = "".join(text for _piece, text in piece_texts(make([(True, PieceKind.DATA, data)]), Form.HEX))
        lines = printed.splitlines()
        assert len(lines) == -(-length // 16)
        for number, line in enumerate(lines):
            octets = data[16 * number:16 * number + 16]
            assert line[:8] == f"{16 * number:08X}"
            assert bytes.fromhex(line[10:58]) == octets
            assert line[61:] == "".join(chr(octet) if 32 <= octet < 127 else "." for octet in octets)
