"""Followed streams as text: each piece in a form that people or programs can read."""

import codecs
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final

from tcpladder.tcp.follow import Piece, PieceKind
from tcpladder.texts import _, ngettext

_BYTES_A_LINE: Final = 16
_AS_ASCII: Final = bytes(octet if 32 <= octet < 127 or octet in b"\t\n\r" else ord(".") for octet in range(256))
_PRINTABLE: Final = bytes(octet if 32 <= octet < 127 else ord(".") for octet in range(256))
_SERVER_INDENT: Final = "    "


class Form(Enum):
    """How bytes are written."""

    ASCII = "ascii"
    UTF8 = "utf-8"
    HEX = "hex"         # offset, bytes, characters; the server's lines are indented
    RAW = "raw"         # two digits a byte, a line per piece


def form_title(form: Form) -> str:
    """What a person reads."""
    return {Form.ASCII: _("ASCII"), Form.UTF8: _("UTF-8"), Form.HEX: _("Hex dump"), Form.RAW: _("Raw bytes")}[form]


def piece_texts(pieces: Iterable[Piece], form: Form) -> Iterator[tuple[Piece, str]]:
    """Each piece with its text; a gap, or what the capture cut, is told in brackets."""
    decoders = {side: codecs.getincrementaldecoder("utf-8")("replace") for side in (True, False)}
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
    indent = "" if piece.from_client else _SERVER_INDENT
    lines = []
    for at in range(0, len(piece.data), _BYTES_A_LINE):
        octets = piece.data[at:at + _BYTES_A_LINE]
        pairs = f"{octets[:8].hex(' ')}  {octets[8:].hex(' ')}"
        lines.append(f"{indent}{piece.offset + at:08X}  {pairs:<48}   {octets.translate(_PRINTABLE).decode('ascii')}\n")
    return "".join(lines)
