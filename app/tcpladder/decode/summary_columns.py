"""The order of the packet list's texts (decode/summary.py), found in columns.

A TCP segment or a UDP datagram that carries nothing we look into has an Info made of remarks, ports, flags and
numbers, in this order. Two of them compare as these parts do, one after the other; so most packets need no text at
all. Packets out of the ordinary are decoded, and take their places among the others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.all_packets import Batch, Instances, Values
from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.summaries import PLAIN_HEADERS, PLAIN_PAYLOADS
from tcpladder.decode.summary import REMARKS, remarks_text
from tcpladder.decode.upper_layers import Message
from tcpladder.decode.usual_options import USUAL_LENGTHS, have_usual_options, only_timestamps
from tcpladder.protocols.tcp import flag_words

Rows = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TextOf = Callable[[int], str]
Check = Callable[[int], None]

_BETWEEN_CHECKS: Final = 64
_ACK, _URG = 0x10, 0x20
_NUMBER_BITS: Final = 38        # of textual_keys
# How the only ones of them begin whose words depend on other packets.
_SACKS: Final = tuple(bytes((5, length)) for length in USUAL_LENGTHS[5])


def info_keys(columns: ColumnTable, rows: Rows, text_of: TextOf, check: Check) -> NDArray[np.int64]:
    """Numbers that compare as the Info of the rows does, letter case apart: shape of rows, equal for equal texts.

    text_of(row) is asked for the packets whose text cannot be told from columns. check(made) is called often with the
    number of texts made, and may raise to end the work.
    """
    if not len(rows):
        return np.zeros(0, np.int64)
    texts = _Texts(text_of, check)
    plain, messages = _plain_packets(columns, rows, texts)
    texts.take({row: message.info for row, (_protocol, message) in messages.items() if message.info})
    ranks = _ranks_by_parts(plain.first_words(), plain.numbers, texts)
    same = _shared(ranks)
    same = same[_of_groups_with(ranks[same], plain.options[same] > 0)]
    if len(same):
        ranks[same] = _told_apart(columns, ranks[same], rows[plain.places[same]], plain.options[same], texts)
    is_plain = np.zeros(len(rows), bool)
    is_plain[plain.places] = True
    rest = np.flatnonzero(~is_plain)
    found = [texts.of(row) for row in rows[rest].tolist()]
    # Between two ranks there is room for all other texts.
    room = len(found) + 1
    keys = np.empty(len(rows), np.int64)
    keys[plain.places] = (2 * ranks + 1) * room
    if len(rest):
        order = np.argsort(ranks)
        keys[rest] = _keys_among(
            found, rows[plain.places[order]], ranks[order], int((plain.remarks == 0).sum()), room, texts)
    return keys


def protocol_keys(columns: ColumnTable, rows: Rows, text_of: TextOf, check: Check) -> NDArray[np.int64]:
    """The same for the Protocol column."""
    texts = _Texts(text_of, check)
    others = _Others(columns.frame_count)
    for batch in columns.batches():
        others.look_at(batch)
        headers = batch.layer("tcp")
        # A segment with unusual options has a protocol of its own.
        others.is_plain[headers.rows[~have_usual_options(headers)]] = False
        texts.check()
    texts.take({row: protocol.upper() for row, (protocol, _message) in others.messages.items()})
    rest = np.flatnonzero(~others.is_plain[rows])
    found = [texts.of(row) for row in rows[rest].tolist()]
    ranks = _ranks_by_text({"tcp", "udp", *found})
    keys = np.where(others.is_tcp[rows], ranks["tcp"], ranks["udp"])
    keys[rest] = list(map(ranks.__getitem__, found))
    return keys


class _Texts:
    """Texts of packets, each made once."""

    def __init__(self, text_of: TextOf, check: Check) -> None:
        self._text_of, self._check = text_of, check
        self._known: dict[int, str] = {}

    def of(self, row: int) -> str:
        text = self._known.get(row)
        if text is None:
            if len(self._known) % _BETWEEN_CHECKS == 0:
                self.check()
            text = self._known[row] = self._text_of(row).casefold()
        return text

    def take(self, texts: Mapping[int, str]) -> None:
        """Texts that are known without making them."""
        self._known.update((row, text.casefold()) for row, text in texts.items())
        self.check()

    def check(self) -> None:
        self._check(len(self._known))


class _Others:
    """What frames hold beside plain layers; each batch is looked at once."""

    def __init__(self, frame_count: int) -> None:
        self.is_tcp: BoolArray = np.zeros(frame_count, bool)
        self.is_plain: BoolArray = np.zeros(frame_count, bool)
        # Messages about which nothing but the message itself is to be said, by row.
        self.messages: dict[int, tuple[str, Message]] = {}

    def look_at(self, batch: Batch) -> None:
        """Finds what the frames of a batch hold."""
        batch.layer("data")     # what it takes to find that finds all the others
        layers, transports = (np.zeros(batch.last - batch.first, np.int64) for _kind in range(2))
        found: list[tuple[str, Instances]] = []
        for protocol, headers in tuple(batch.layers.items()):
            if protocol in ("tcp", "udp"):
                transports += np.bincount(headers.rows - batch.first, minlength=len(transports))
            elif protocol not in PLAIN_HEADERS and protocol not in PLAIN_PAYLOADS and len(headers):
                layers += np.bincount(headers.rows - batch.first, minlength=len(layers))
                found.append((protocol, headers))
        self.is_tcp[batch.layer("tcp").rows] = True
        self.is_plain[batch.first:batch.last] = (layers == 0) & (transports == 1)
        for protocol, headers in found:
            if headers.messages:
                is_alone = (layers[headers.rows - batch.first] == 1) & ~self.is_tcp[headers.rows]
                self.messages.update(
                    (row, (protocol, message)) for row, message, alone in zip(
                        headers.rows.tolist(), headers.messages, is_alone.tolist(), strict=True) if alone)


@dataclass(frozen=True, slots=True)
class _Plain:
    """Packets with a plain Info; arrays of one length, an item a packet."""

    places: NDArray[np.int64]       # among the rows that were asked for
    remarks: NDArray[np.int64]      # 0: none; else the rank of their text, from 1
    source_port: NDArray[Any]
    destination_port: NDArray[Any]
    words: NDArray[np.int64]        # the rank of what follows the ports, up to the first number
    numbers: tuple[NDArray[Any], ...]     # those that follow, in this order, below 10**10
    options: NDArray[np.int64]      # bytes of options; words may follow the last number if there are any

    def first_words(self) -> NDArray[np.uint64]:
        """Everything before the first number as one."""
        bits = int(self.words.max(initial=0)).bit_length()
        ports = _port_ranks()
        key = self.remarks.astype(np.uint64) << np.uint64(32)
        key |= ports[self.source_port].astype(np.uint64) << np.uint64(16)
        key |= ports[self.destination_port]
        return key << np.uint64(bits) | self.words.astype(np.uint64)


def textual_keys(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers below 10**10 as numbers that compare as their decimal digits do, before a character less than "0"."""
    numbers = numbers.astype(np.int64)
    digits = np.searchsorted(_POWERS[1:], numbers, "right") + 1
    result: NDArray[np.int64] = numbers * _POWERS[10 - digits] << 4 | digits
    return result


_POWERS: Final = 10 ** np.arange(11, dtype=np.int64)


@cache
def _port_ranks() -> NDArray[np.uint16]:
    """Where each port stands among all, as texts."""
    ranks = np.empty(1 << 16, np.uint16)
    ranks[np.argsort(textual_keys(np.arange(1 << 16)))] = np.arange(1 << 16)
    return ranks


def _plain_packets(columns: ColumnTable, rows: Rows,
                   texts: _Texts) -> tuple[_Plain, dict[int, tuple[str, Message]]]:
    """The plain packets among rows, and the messages of all that are alone in their frame, by row."""
    place_of = np.full(columns.frame_count, -1, np.int64)
    place_of[rows] = np.arange(len(rows))
    others = _Others(columns.frame_count)
    segments, datagrams = [], []
    before = 0
    for batch in columns.batches():
        others.look_at(batch)
        places = np.where(others.is_plain[batch.first:batch.last], place_of[batch.first:batch.last], -1)
        segments.append(_segments(columns, batch, before, places))
        before += len(batch.layer("tcp"))
        datagrams.append(_datagrams(batch, places))
        texts.check()
    tcp, udp = _joined(_Segments, segments), _joined(_Datagrams, datagrams)

    def together(of_segments: NDArray[Any], of_datagrams: NDArray[Any] | None = None) -> NDArray[Any]:
        """Numbers of both; what datagrams do not have is 0: the words before it have told them apart already."""
        if of_datagrams is None:
            of_datagrams = np.zeros(len(udp.places), of_segments.dtype)
        return np.concatenate([of_segments, of_datagrams])

    return _Plain(
        together(tcp.places, udp.places), together(_remark_ranks(columns, tcp)),
        together(tcp.source_port, udp.source_port), together(tcp.destination_port, udp.destination_port),
        _ranks_of_words(tcp.flags, len(udp.places)),
        (together(tcp.seq, udp.length), together(tcp.ack), together(tcp.window), together(tcp.length)),
        together(tcp.options)), others.messages


@dataclass(frozen=True, slots=True)
class _Segments:
    """Plain TCP segments; arrays of one length."""

    places: NDArray[np.int64]
    headers: NDArray[np.int64]              # among those of the capture
    kinds: NDArray[Any]                     # of remarks; 0: none
    duplicate_of: NDArray[Any]              # frame
    duplicate_number: NDArray[Any]
    source_port: NDArray[Any]
    destination_port: NDArray[Any]
    flags: NDArray[Any]
    seq: NDArray[Any]
    ack: NDArray[Any]
    window: NDArray[Any]
    length: NDArray[Any]
    options: NDArray[np.int64]


def _segments(columns: ColumnTable, batch: Batch, before: int, places: NDArray[np.int64]) -> _Segments:
    """The plain segments of a batch; before: headers in earlier ones, places: of its frames, -1: not wanted."""
    headers = batch.layer("tcp")
    header, there = headers.lookup("tcp.hdr_len")
    flags, flagged = headers.lookup("tcp.flags")
    length, known = headers.lookup("tcp.len")
    places = places[headers.rows - batch.first]
    is_plain = (places >= 0) & there & flagged & known & (header >= 20) & (flags & _URG == 0)
    is_plain &= headers.lookup("tcp.urgent_pointer")[1] & (headers.start + header <= headers.captured)
    is_plain &= have_usual_options(headers)
    chosen = np.flatnonzero(is_plain)

    def told(name: str) -> Values:
        values, present = columns.values_in(name, batch, "tcp", None)
        return values[chosen], present[chosen]

    def either(name: str, otherwise: str) -> NDArray[Any]:
        values, present = told(name)
        return values if present.all() else np.where(present, values, headers.lookup(otherwise)[0][chosen])

    flags = flags[chosen]
    kinds, remarked = told("tcp.analysis.kinds")
    return _Segments(
        places[chosen], chosen + before, np.where(remarked, kinds, 0), told("tcp.analysis.duplicate_ack_frame")[0],
        told("tcp.analysis.duplicate_ack_num")[0], headers.lookup("tcp.srcport")[0][chosen],
        headers.lookup("tcp.dstport")[0][chosen], flags, either("tcp.seq", "tcp.seq_raw"),
        np.where(flags & _ACK, either("tcp.ack", "tcp.ack_raw"), 0),
        either("tcp.window_size", "tcp.window_size_value"), length[chosen], header[chosen].astype(np.int64) - 20)


@dataclass(frozen=True, slots=True)
class _Datagrams:
    """Plain UDP datagrams; arrays of one length."""

    places: NDArray[np.int64]
    source_port: NDArray[Any]
    destination_port: NDArray[Any]
    length: NDArray[np.int64]


_Packets = TypeVar("_Packets", _Segments, _Datagrams)


def _datagrams(batch: Batch, places: NDArray[np.int64]) -> _Datagrams:
    """The plain datagrams of a batch; places: of each of its frames, -1 where they are not wanted."""
    headers = batch.layer("udp")
    length, there = headers.lookup("udp.length")
    checksum, summed = headers.lookup("udp.checksum")
    places = places[headers.rows - batch.first]
    whole = headers.start + length.astype(np.int64) <= headers.stop
    is_plain = (places >= 0) & there & summed & (length >= 8) & (checksum != 0) & whole
    chosen = np.flatnonzero(is_plain & ~headers.lookup("udp.room")[1])
    return _Datagrams(places[chosen], headers.lookup("udp.srcport")[0][chosen],
                      headers.lookup("udp.dstport")[0][chosen], length[chosen].astype(np.int64) - 8)


def _joined(kind: type[_Packets], parts: list[_Packets]) -> _Packets:
    """The packets of all batches together."""
    return kind(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(kind)))


def _ranks_of_words(flags: NDArray[Any], datagrams: int) -> NDArray[np.int64]:
    """Where the words after the ports of segments with these flags, then of so many datagrams, stand among all."""
    texts = {code: f" [{flag_words(code)}] seq=".casefold() for code in np.flatnonzero(np.bincount(flags)).tolist()}
    ranks = _ranks_by_text([*texts.values(), " len="])
    of_flags = np.zeros(max(texts, default=0) + 1, np.int64)
    for code, text in texts.items():
        of_flags[code] = ranks[text]
    return np.concatenate([of_flags[flags], np.full(datagrams, ranks[" len="])])


def _remark_ranks(columns: ColumnTable, segments: _Segments) -> NDArray[np.int64]:
    """Where the remarks of the analysis stand among all texts of remarks: 0 where there is none, else from 1."""
    ranks = np.zeros(len(segments.kinds), np.int64)
    remarked = np.flatnonzero(segments.kinds)
    if not len(remarked):
        return ranks
    _kinds, first, kind = np.unique(segments.kinds[remarked], return_index=True, return_inverse=True)
    # What is said of a repeated acknowledgment is put into the text of each kind.
    texts = [remarks_text({name for name in REMARKS
                           if columns.values_of(f"tcp.analysis.{name}", header, header + 1)[1][0]}, "\0").casefold()
             for header in segments.headers[remarked[first]].tolist()]
    ranks[remarked] = 1 + _ranks_of([
        texts[number].replace("\0", f"{frame}#{times}") for number, frame, times in zip(
            kind.tolist(), segments.duplicate_of[remarked].tolist(), segments.duplicate_number[remarked].tolist(),
            strict=True)])
    return ranks


def _told_apart(columns: ColumnTable, ranks: NDArray[np.int64], rows: Rows, lengths: NDArray[np.int64],
                texts: _Texts) -> NDArray[np.int64]:
    """Ranks of packets that differ in their options, if at all.

    Where all of one rank have only timestamps, these are compared; else one packet of those with equal options is
    decoded.
    """
    table = columns.layer("tcp")
    first = table.start[np.searchsorted(table.rows, rows)] + 20
    stamps, stamped = only_timestamps(columns.capture, rows, first, lengths)
    others = np.flatnonzero(_of_groups_with(ranks, ~stamped))
    result = ranks
    for which in ("tsval", "tsecr"):
        numbers = textual_keys(stamps[which])
        numbers[others] = 0
        result = _refined(result, numbers)
    decoded: dict[tuple[int, bytes | int], int] = {}
    chosen: list[int] = []
    for rank, row, start, length in zip(*(part[others].tolist() for part in (ranks, rows, first, lengths)),
                                        strict=True):
        options = bytes(columns.capture.frame(row)[start:start + length])
        is_alone = any(sack in options for sack in _SACKS)
        chosen.append(decoded.setdefault((rank, row if is_alone else options), row))
    different = np.bincount(ranks[others], np.isin(rows[others], chosen))[ranks[others]] > 1
    mixed = others[different]
    result[mixed] = _refined(ranks[mixed], _ranks_of(
        [texts.of(row) for row, is_needed in zip(chosen, different.tolist(), strict=True) if is_needed]))
    return result


def _ranks_by_text(texts: Iterable[str]) -> dict[str, int]:
    return {text: rank for rank, text in enumerate(sorted(set(texts)))}


def _ranks_of(texts: list[str]) -> NDArray[np.int64]:
    """Where each text stands among all different ones."""
    ranks = _ranks_by_text(texts)
    return np.fromiter(map(ranks.__getitem__, texts), np.int64, len(texts))


def _shared(ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places whose rank others have, too."""
    return np.flatnonzero(np.bincount(ranks, minlength=1)[ranks] > 1)


def _of_groups_with(groups: NDArray[np.int64], wanted: BoolArray) -> BoolArray:
    """Which items share their group with one that is wanted."""
    found = np.zeros(int(groups.max(initial=0)) + 1, bool)
    found[groups[wanted]] = True
    result: BoolArray = found[groups]
    return result


def _ranks_by_parts(words: NDArray[np.uint64], numbers: Iterable[NDArray[Any]], texts: _Texts) -> NDArray[np.int64]:
    """Ranks by words, then by the digits of one number after the other; a rank is the place of the first that has it.

    Only what the parts before have not told apart is sorted by the next.
    """
    order = np.argsort(words)
    is_first = _changes(words[order])
    for part in numbers:
        tied = np.flatnonzero(~is_first | ~np.append(is_first[1:], True))
        members = order[tied]
        keys = np.cumsum(is_first)[tied] << _NUMBER_BITS | textual_keys(part[members])
        within = np.argsort(keys)
        order[tied] = members[within]
        is_first[tied] = _changes(keys[within])
        texts.check()
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    return ranks


def _changes(values: NDArray[Any]) -> BoolArray:
    """Where another value begins, as at the first."""
    changes = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def _refined(ranks: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ranks that tell apart by keys of textual_keys what had one rank; a rank is the place of the first that has it."""
    groups = np.cumsum(np.bincount(ranks, minlength=1) > 0)[ranks]     # as small numbers
    words = groups << _NUMBER_BITS | keys
    order = np.argsort(words)
    words, before = words[order], ranks[order]
    place = np.arange(len(order))
    first = np.maximum.accumulate(np.where(_changes(words), place, 0))
    first_of_group = np.maximum.accumulate(np.where(_changes(before), place, 0))
    refined = np.empty_like(ranks)
    refined[order] = before + first - first_of_group
    return refined


def _keys_among(found: list[str], rows: Rows, ranks: NDArray[np.int64], without_remarks: int, room: int,
                texts: _Texts) -> NDArray[np.int64]:
    """Keys of texts among those of rows, which are in order and begin with a digit or, after the first so many, "[".

    The keys of rank r and of r + 1 are 2 * room apart; so many texts stand between them at most.
    """
    keys: dict[str, int] = {}
    for number, text in enumerate(sorted(set(found)), start=1):
        first, last = 0, len(rows)
        if text[:1] < "0":
            last = 0
        elif text[0] > "[":
            first = last
        elif text[0] <= "9":
            last = without_remarks
        else:
            first = without_remarks
            last = len(rows) if text[0] == "[" else first
        place = bisect_left(rows, text, first, last, key=lambda row: texts.of(int(row)))
        same = place < last and texts.of(int(rows[place])) == text
        rank = int(ranks[place]) if place < len(rows) else len(rows)
        keys[text] = (2 * rank + 1) * room if same else 2 * rank * room + number
    return np.fromiter(map(keys.__getitem__, found), np.int64, len(found))
