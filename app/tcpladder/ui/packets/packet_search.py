"""Finding a packet: the next that matches, onwards or backwards from the selected one, round the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.decode.summaries import summaries
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import label_text
from tcpladder.filters import compile_filter
from tcpladder.protocols.names import NUMBERS_ONLY, Names
from tcpladder.texts import _

Rows = NDArray[np.int64]
Span = tuple[int, int]                          # start and end in a text, or in the bytes of a packet
Matcher = Callable[[Rows], Iterator["Found | None"]]    # of some rows, one after the other

_BLOCK = 512                # packets whose lines are made together
_LONGEST_MATCH_S = 1.0      # for one text; a sensible expression needs microseconds


class SearchKind(Enum):
    """How the text is meant."""

    FILTER = "filter"
    TEXT = "text"
    EXPRESSION = "expression"
    HEX = "hex"

    @property
    def title(self) -> str:
        """The name in the find bar."""
        return {
            SearchKind.FILTER: _("Display filter"),
            SearchKind.TEXT: _("Text"),
            SearchKind.EXPRESSION: _("Regular expression"),
            SearchKind.HEX: _("Hex bytes"),
        }[self]

    @property
    def has_place(self) -> bool:
        """It can be looked for in several places."""
        return self in (SearchKind.TEXT, SearchKind.EXPRESSION)


class SearchPlace(Enum):
    """Where a text is looked for."""

    LIST = "list"
    FIELDS = "fields"
    BYTES = "bytes"

    @property
    def title(self) -> str:
        """The name in the find bar."""
        return {
            SearchPlace.LIST: _("Packet list"),
            SearchPlace.FIELDS: _("Fields"),
            SearchPlace.BYTES: _("Bytes"),
        }[self]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and where; place, match_case and the names shown count for texts and expressions alone."""

    kind: SearchKind
    text: str
    place: SearchPlace = SearchPlace.LIST
    match_case: bool = False
    names: Names = NUMBERS_ONLY


@dataclass(frozen=True, slots=True)
class Found:
    """A packet that matches, and what of it: a line of the field tree (0 for the first), or bytes."""

    row: int
    field: int | None = None
    span: Span | None = None
    wrapped: bool = False       # the search went on at the other end of the list


class SearchError(ValueError):
    """What was typed cannot be looked for; the message says why."""


def visible_fields(packet: DecodedPacket) -> list[FieldNode]:
    """The fields that the tree shows, in its order."""
    return [node for node in packet.walk() if not node.spec.hidden]


def check_search(search: Search) -> None:
    """Raises SearchError or FilterError where the text is not what its kind asks for."""
    if search.kind is SearchKind.FILTER:
        compile_filter(search.text)
    elif search.kind is SearchKind.HEX:
        _hex_bytes(search.text)
    elif search.kind is SearchKind.EXPRESSION:
        _expression(search.text, search.match_case)


def find_packet(columns: ColumnTable, rows: Rows, start: int, step: int, search: Search,
                proceed: Callable[[int], None]) -> Found | None:
    """The first match after (step 1) or before (step -1) rows[start], or None.

    proceed() is called for each packet with the number of those that were looked at, and may raise to end the
    search. Raises SearchError and FilterError where the text is not what its kind asks for.
    """
    matches = _matcher(columns, search)
    count = len(rows)
    for first in range(0, count, _BLOCK):
        places = start + step * np.arange(first + 1, min(first + _BLOCK, count) + 1)
        answers = matches(rows[places % count])
        for turn, place in enumerate(places.tolist(), start=first):
            proceed(turn)
            found = next(answers)
            if found is not None:
                return Found(found.row, found.field, found.span, wrapped=not 0 <= place < count)
    return None


def _matcher(columns: ColumnTable, search: Search) -> Matcher:
    if search.kind is SearchKind.FILTER:
        mask = compile_filter(search.text, columns).select(columns)
        return lambda rows: (Found(row) if is_found else None
                             for row, is_found in zip(rows.tolist(), mask[rows].tolist(), strict=True))
    if search.kind is SearchKind.HEX or search.place is SearchPlace.BYTES:
        look = _bytes_finder(search)

        def in_bytes(row: int) -> Found | None:
            span = look(bytes(columns.capture.frame(row)))
            return None if span is None else Found(row, span=span)

        return lambda rows: map(in_bytes, rows.tolist())
    see, names = _text_finder(search), search.names
    if search.place is SearchPlace.LIST:

        def in_list(rows: Rows) -> Iterator[Found | None]:
            order = np.argsort(rows)
            lines = dict(zip(rows[order].tolist(), summaries(columns, rows[order]), strict=True))
            for row in rows.tolist():
                line = lines[row]
                texts = {line.info, line.source, line.destination, line.protocol, names.info(line.protocol, line.info),
                         names.address(line.source), names.address(line.destination)}
                yield Found(row) if any(see(text) is not None for text in texts) else None

        return in_list

    def in_fields(row: int) -> Found | None:
        for place, node in enumerate(visible_fields(decode_row(columns, row))):
            if see(names.label(node.spec, label_text(node))) is not None:
                return Found(row, field=place)
        return None

    return lambda rows: map(in_fields, rows.tolist())


def _text_finder(search: Search) -> Callable[[str], Span | None]:
    if search.kind is SearchKind.EXPRESSION:
        return _expression(search.text, search.match_case)
    wanted = search.text if search.match_case else search.text.casefold()

    def find(text: str) -> Span | None:
        place = (text if search.match_case else text.casefold()).find(wanted)
        return None if place < 0 else (place, place + len(wanted))

    return find


def _bytes_finder(search: Search) -> Callable[[bytes], Span | None]:
    """Texts are found as UTF-8 and as UTF-16 in both orders of bytes."""
    if search.kind is SearchKind.EXPRESSION:
        find = _expression(search.text, search.match_case)
        return lambda data: find(data.decode("latin-1"))    # a character for each byte
    if search.kind is SearchKind.HEX:
        spellings, flags = [_hex_bytes(search.text)], 0
    else:
        spellings = [search.text.encode(code, "surrogatepass") for code in ("utf-8", "utf-16-le", "utf-16-be")]
        flags = 0 if search.match_case else re.IGNORECASE
    pattern = re.compile(b"|".join(map(re.escape, spellings)), flags)

    def find_any(data: bytes) -> Span | None:
        match = pattern.search(data)
        return match.span() if match else None

    return find_any


def _expression(text: str, match_case: bool) -> Callable[[str], Span | None]:
    import regex  # only this search needs it, and it takes its time to load

    try:
        pattern = regex.compile(text, 0 if match_case else regex.IGNORECASE)
    except (regex.error, RecursionError, OverflowError) as error:
        raise SearchError(_("“{text}” is no regular expression: {reason}.").format(text=text, reason=error)) from None

    def find(content: str) -> Span | None:
        try:
            match = pattern.search(content, timeout=_LONGEST_MATCH_S, concurrent=True)
        except TimeoutError:
            raise SearchError(_("The regular expression needs unreasonably long for one packet.")) from None
        return match.span() if match else None

    return find


def _hex_bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text.replace(":", " ").replace("-", " "))
    except ValueError:
        message = _("“{text}” is not a row of hex bytes such as 48:54:54:50.").format(text=text)
        raise SearchError(message) from None
