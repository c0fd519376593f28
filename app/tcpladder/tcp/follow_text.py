"""Followed streams as text: each piece in a form that people or programs can read."""

import codecs
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.tcp.follow import KINDS, Piece, PieceKind, Pieces
from tcpladder.texts import _, ngettext

_BYTES_A_LINE: Final = 16
_BLOCK: Final = 1 << 14         # bytes that a block has at least
_KEPT_BLOCKS: Final = 16
_LONGEST_CHARACTER: Final = 4   # bytes, in UTF-8
_AS_ASCII: Final = bytes(octet if 32 <= octet < 127 or octet in b"\t\n\r" else ord(".") for octet in range(256))
_PRINTABLE: Final = bytes(octet if 32 <= octet < 127 else ord(".") for octet in range(256))
_SERVER_INDENT: Final = b"    "
_OFFSET_DIGITS, _HEX_COLUMN, _TEXT_COLUMN = 8, 10, 61       # of a line of a hex dump


class Form(Enum):
    """How bytes are written."""

    ASCII = "ascii"
    UTF8 = "utf-8"
    HEX = "hex"         # offset, bytes, characters; the server's lines are indented
    RAW = "raw"         # two digits a byte, a line per piece


def form_title(form: Form) -> str:
    """What a person reads."""
    return {Form.ASCII: _("ASCII"), Form.UTF8: _("UTF-8"), Form.HEX: _("Hex dump"), Form.RAW: _("Raw bytes")}[form]


def piece_texts(pieces: Iterable[Piece], form: Form, begun: tuple[bytes, bytes] = (b"", b"")
                ) -> Iterator[tuple[Piece, str]]:
    """Each piece with its text; a gap, or what the capture cut, is told in brackets.

    begun are the bytes of a character of UTF-8 that pieces before these began: of the server, of the client.
    """
    decoders = {side: codecs.getincrementaldecoder("utf-8")("replace") for side in (True, False)}
    for side, decoder in decoders.items():
        decoder.decode(begun[side])
    for piece in pieces:
        if piece.kind is PieceKind.MISSING:
            yield piece, _gap(piece.length)
            continue
        match form:
            case Form.ASCII:
                text = _unix_lines(piece.data.translate(_AS_ASCII).decode("ascii"))
            case Form.UTF8 if piece.kind is PieceKind.DATA:
                text = _unix_lines(decoders[piece.from_client].decode(piece.data))
            case Form.UTF8:
                text = _unix_lines(piece.data.decode("utf-8", "replace"))
            case Form.HEX:
                text = _hex_dump(piece)
            case Form.RAW:
                text = f"{piece.data.hex()}\n"
        yield piece, text + (_gap(piece.length - len(piece.data)) if len(piece.data) < piece.length else "")


def _gap(count: int) -> str:
    text = ngettext("[{count:,} byte is missing in the capture]", "[{count:,} bytes are missing in the capture]", count)
    return f"\n{text.format(count=count)}\n"


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _hex_dump(piece: Piece) -> str:
    indent = b"" if piece.from_client else _SERVER_INDENT
    count = len(piece.data)
    if not count:
        return ""
    lines = -(-count // _BYTES_A_LINE)
    octets = np.zeros((lines, _BYTES_A_LINE), np.uint8)
    octets.reshape(-1)[:count] = np.frombuffer(piece.data, np.uint8)
    table = np.full((lines, len(indent) + _TEXT_COLUMN + _BYTES_A_LINE + 1), ord(" "), np.uint8)
    table[:, -1] = ord("\n")
    body = table[:, len(indent):]
    offsets = (piece.offset + _BYTES_A_LINE * np.arange(lines)).astype(">u4")
    body[:, 0:_OFFSET_DIGITS:2], body[:, 1:_OFFSET_DIGITS:2] = _digits(
        offsets.view(np.uint8).reshape(lines, 4), b"0123456789ABCDEF")
    places = _HEX_COLUMN + 3 * np.arange(_BYTES_A_LINE) + (np.arange(_BYTES_A_LINE) >= 8)
    body[:, places], body[:, places + 1] = _digits(octets, b"0123456789abcdef")
    body[:, _TEXT_COLUMN:-1] = np.frombuffer(_PRINTABLE, np.uint8)[octets]
    left = lines * _BYTES_A_LINE - count
    if left:
        body[-1, places[-left:]] = body[-1, places[-left:] + 1] = ord(" ")
    text = table.tobytes().decode("ascii")
    return f"{text[:len(text) - 1 - left]}\n"


def _digits(octets: NDArray[np.uint8], digits: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both hex digits of octets."""
    table = np.frombuffer(digits, np.uint8)
    return table[octets >> 4], table[octets & 0xF]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a stream's text. Piece pieces[i] begins at the character starts[i]; the first may have begun before."""

    text: str
    starts: list[int]
    pieces: list[int]

    def piece_at(self, character: int) -> int:
        """The number of the piece that a character belongs to."""
        return self.pieces[max(0, bisect_right(self.starts, character) - 1)]

    def runs(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The pieces of some characters: from where, to where, which."""
        number = max(0, bisect_right(self.starts, start) - 1)
        while start < end:
            until = min(end, self.starts[number + 1]) if number + 1 < len(self.starts) else end
            if until > start:
                yield start, until, self.pieces[number]
            start, number = until, number + 1


Place = tuple[int, int]
"""A block and a character in it: less than its length, but behind the last character of all."""


class StreamText:
    """The text of a stream, made in blocks when they are asked for, whatever its size.

    Blocks end at the end of a line; only in a line as long as a block, at the end of a piece.
    """

    def __init__(self, pieces: Pieces, form: Form) -> None:
        self.pieces, self.form = pieces, form
        # A gap is told in some words, and a piece without bytes takes its time, too.
        ends = np.cumsum(pieces.held + 32)
        size = int(ends[-1]) if len(ends) else 0
        cuts = np.searchsorted(ends, np.arange(_BLOCK, size, _BLOCK)) + 1
        self._first = np.unique(np.concatenate([[0], cuts, [len(pieces)]]))
        self._made = lru_cache(_KEPT_BLOCKS)(self._make)
        self.block: Callable[[int], Block] = lru_cache(_KEPT_BLOCKS)(self._cut)
        """The block of a number."""

    @property
    def count(self) -> int:
        """How many blocks there are, at least one."""
        return max(1, len(self._first) - 1)

    def sizes(self) -> NDArray[np.int64]:
        """Roughly how many characters each block has, shape (count,)."""
        pieces = self.pieces
        if not len(pieces):
            return np.zeros(1, np.int64)
        lines = -(-pieces.held // _BYTES_A_LINE)
        characters = {Form.HEX: lines * 80, Form.RAW: 2 * pieces.held + 1}.get(self.form, pieces.held)
        gaps = np.where(pieces.held < pieces.length, 40, 0)
        sizes: NDArray[np.int64] = np.add.reduceat(characters + gaps, self._first[:-1])
        return sizes

    def all(self) -> str:
        """The whole text, where it is known to be small."""
        return "".join(self.block(number).text for number in range(self.count))

    def between(self, first: Place, last: Place, check: Callable[[], None] = lambda: None) -> Iterator[str]:
        """The text from one place to another, in parts. check() is called often, and may raise."""
        for number in range(first[0], last[0] + 1):
            check()
            text = self.block(number).text
            yield text[first[1] if number == first[0] else 0:last[1] if number == last[0] else len(text)]

    def canonical(self, block: int, character: int) -> Place:
        """The place of a character that may be counted on from a block into those behind or before it."""
        while character < 0 and block > 0:
            block -= 1
            character += len(self.block(block).text)
        while block < self.count - 1 and character >= len(self.block(block).text):
            character -= len(self.block(block).text)
            block += 1
        return block, min(max(0, character), len(self.block(block).text))

    @property
    def end(self) -> Place:
        """Behind the last character."""
        return self.canonical(self.count - 1, len(self.block(self.count - 1).text))

    def find(self, wanted: str, first: Place, *, backwards: bool = False,
             check: Callable[[int], None] = lambda _blocks: None) -> tuple[Place, Place] | None:
        """Where a text is next, from a place on, or before it, and from the other end after that; case is the same.

        A line is searched by itself, as far as it lies in one block or its neighbour. check(blocks so far) may raise.
        """
        if not wanted:
            return None
        pattern = re.compile(f"(?=({re.escape(wanted)}))", re.IGNORECASE)
        lower = wanted.lower()
        step = -1 if backwards else 1
        for done in range(self.count + 1):
            check(done)
            number = (first[0] + step * done) % self.count
            text = self.block(number).text
            length = len(text)
            if number + 1 < self.count and not text.endswith("\n"):
                text += self.block(number + 1).text[:len(wanted) - 1]
            begin, end = 0, length
            if done == 0:
                begin, end = (0, first[1]) if backwards else (first[1], length)
            elif done == self.count:
                begin, end = (first[1], length) if backwards else (0, first[1])
            at = _find(text, lower, pattern, begin, end, backwards)
            if at is not None:
                return (number, at[0]), self.canonical(number, at[1])
        return None

    def _make(self, number: int) -> tuple[str, list[int], list[int]]:
        """The text of a block's pieces, where each begins, and which they are."""
        if number >= len(self._first) - 1:
            return "", [], []
        first, last = self._first[number:number + 2].tolist()
        pieces = self.pieces[first:last]
        begun = (self._begun(first, False), self._begun(first, True)) if self.form is Form.UTF8 else (b"", b"")
        texts = [text for _piece, text in piece_texts(pieces, self.form, begun)]
        starts = list(accumulate(map(len, texts), initial=0))
        return "".join(texts), starts[:-1], list(range(first, last))

    def _cut(self, number: int) -> Block:
        """A block from the first line that begins in its pieces to that of the next."""
        text, starts, pieces = self._made(number)
        head = _first_line(text) if number else 0
        tail, tail_starts, tail_pieces = self._made(number + 1)
        taken = _first_line(tail)
        begins = [max(0, start - head) for start in starts] + [len(text) - head + start for start in tail_starts
                                                               if start < taken]
        return Block(text[head:] + tail[:taken], begins, pieces + tail_pieces[:len(begins) - len(starts)])

    def _begun(self, first: int, from_client: bool) -> bytes:
        """The bytes of a character that one side began before a piece."""
        pieces = self.pieces
        known = b""
        number = first - 1
        while number >= 0 and len(known) < _LONGEST_CHARACTER - 1 and first - number < _BLOCK:
            if pieces.from_client[number] == from_client and KINDS[pieces.kind[number]] is PieceKind.DATA:
                known = pieces[number].data[1 - _LONGEST_CHARACTER:] + known
            number -= 1
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        decoder.decode(known[1 - _LONGEST_CHARACTER:])
        return decoder.getstate()[0]


def _first_line(text: str) -> int:
    """How many characters the first line has, with its end; 0 where it does not end."""
    return text.find("\n") + 1


def _find(text: str, lower: str, pattern: re.Pattern[str], begin: int, end: int,
          backwards: bool) -> tuple[int, int] | None:
    """Where a match that begins in [begin, end) lies: the first, or the last."""
    lowered = text.lower()
    if len(lowered) == len(text):       # so for nearly all texts: much faster than patterns
        at = lowered.rfind(lower, begin, end + len(lower) - 1) if backwards else lowered.find(
            lower, begin, end + len(lower) - 1)
        return None if at < 0 else (at, at + len(lower))
    matches = (match.span(1) for match in pattern.finditer(text, begin) if match.start() < end)
    return max(matches, default=None) if backwards else next(matches, None)
