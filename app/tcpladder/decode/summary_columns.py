"""The order of the packet list's texts (decode/summary.py), found in columns.

A TCP segment or a UDP datagram that carries nothing we look into has an Info made of remarks, ports, flags and
numbers, in this order. Two of them compare as these parts do, one after the other; so most packets need no text at
all. Packets out of the ordinary are decoded, and take their places among the others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable, LayerTable
from tcpladder.decode.summaries import PLAIN_HEADERS, PLAIN_PAYLOADS
from tcpladder.decode.summary import REMARKS, remarks_text
from tcpladder.decode.upper_layers import Message
from tcpladder.decode.usual_options import USUAL_LENGTHS, are_usual, only_timestamps
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
    texts = _Texts(text_of, check)
    others = _Others(columns)
    plain = _plain_packets(columns, rows, others)
    texts.take({row: message.info for row, (_protocol, message) in others.messages.items() if message.info})
    ranks = _refined(np.zeros(len(plain.places), np.int64), plain.first_words())
    for numbers in plain.numbers:
        ranks = _refined(ranks, numbers.astype(np.int64))
        texts.check()
    same = _shared(ranks)
    same = same[_of_groups_with(ranks[same], plain.options[same] > 0)]
    if len(same):
        ranks[same] = _told_apart(columns, ranks[same], rows[plain.places[same]], plain.options[same], texts)
    keys = np.empty(len(rows), np.int64)
    keys[plain.places] = (2 * ranks + 1) << 32
    is_plain = np.zeros(len(rows), bool)
    is_plain[plain.places] = True
    rest = np.flatnonzero(~is_plain)
    if len(rest):
        order = np.argsort(ranks)
        keys[rest] = _keys_among(
            [texts.of(row) for row in rows[rest].tolist()], rows[plain.places[order]], ranks[order],
            int((plain.remarks == 0).sum()), texts)
    return keys


def protocol_keys(columns: ColumnTable, rows: Rows, text_of: TextOf, check: Check) -> NDArray[np.int64]:
    """The same for the Protocol column."""
    texts = _Texts(text_of, check)
    others = _Others(columns)
    texts.take({row: protocol.upper() for row, (protocol, _message) in others.messages.items()})
    is_plain = others.is_plain.copy()
    is_plain[_rows_with_unusual_options(columns)] = False       # one of them has a protocol of its own
    rest = np.flatnonzero(~is_plain[rows])
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
    """What frames hold beside plain layers."""

    def __init__(self, columns: ColumnTable) -> None:
        count = columns.frame_count
        layers = np.zeros(count, np.uint8)
        found: list[tuple[str, NDArray[np.integer[Any]]]] = []
        for protocol in sorted(columns.present_protocols() - PLAIN_HEADERS - PLAIN_PAYLOADS):
            rows = columns.rows_with(protocol)
            layers += np.minimum(np.bincount(rows, minlength=count), 2).astype(np.uint8)
            found.append((protocol, rows))
        segments, datagrams = (np.bincount(columns.rows_with(protocol), minlength=count)
                               for protocol in ("tcp", "udp"))
        self.is_tcp: BoolArray = segments > 0
        self.is_plain: BoolArray = (layers == 0) & (segments + datagrams == 1)
        # Messages about which nothing but the message itself is to be said, by row.
        is_alone = (layers == 1) & ~self.is_tcp
        self.messages: dict[int, tuple[str, Message]] = {}
        for protocol, rows in found:
            for row, message in zip(rows.tolist(), columns.messages(protocol), strict=False):
                if is_alone[row]:
                    self.messages[row] = protocol, message


@dataclass(frozen=True, slots=True)
class _Plain:
    """Packets with a plain Info; arrays of one length, an item a packet."""

    places: NDArray[np.int64]       # among the rows that were asked for
    is_tcp: BoolArray
    remarks: NDArray[np.int64]      # 0: none; else the rank of their text, from 1
    source_port: NDArray[Any]
    destination_port: NDArray[Any]
    words: NDArray[np.int64]        # the rank of what follows the ports, up to the first number
    numbers: tuple[NDArray[Any], ...]     # keys of the numbers that follow, in this order
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


def _plain_packets(columns: ColumnTable, rows: Rows, others: _Others) -> _Plain:
    place_of = np.full(columns.frame_count, -1, np.int64)
    place_of[rows] = np.arange(len(rows))
    place_of[~others.is_plain] = -1
    tcp, udp = _segments(columns, place_of), _datagrams(columns, place_of)
    words = _ranks_of_words(tcp.flags, len(udp.places))
    # What has no such number has 0 there: the words before it have told them apart already.
    numbers = tuple(textual_keys(np.concatenate([segments, datagrams])) for segments, datagrams in (
        (tcp.seq, udp.length), *((column, np.zeros(len(udp.places), np.int64))
                                 for column in (tcp.ack, tcp.window, tcp.length))))
    return _Plain(
        np.concatenate([tcp.places, udp.places]), np.arange(len(words)) < len(tcp.places),
        np.concatenate([tcp.remarks, np.zeros(len(udp.places), np.int64)]),
        np.concatenate([tcp.source_port, udp.source_port]),
        np.concatenate([tcp.destination_port, udp.destination_port]), words, numbers,
        np.concatenate([tcp.options, np.zeros(len(udp.places), np.int64)]))


@dataclass(frozen=True, slots=True)
class _Segments:
    """Plain TCP segments; arrays of one length."""

    places: NDArray[np.int64]
    remarks: NDArray[np.int64]
    source_port: NDArray[Any]
    destination_port: NDArray[Any]
    flags: NDArray[Any]
    seq: NDArray[Any]
    ack: NDArray[Any]
    window: NDArray[Any]
    length: NDArray[Any]
    options: NDArray[np.int64]


def _segments(columns: ColumnTable, place_of: NDArray[np.int64]) -> _Segments:
    table = columns.layer("tcp")
    header, there = columns.layer_values("tcp.hdr_len")
    flags, flagged = columns.layer_values("tcp.flags")
    length, known = columns.layer_values("tcp.len")
    places = place_of[table.rows]
    captured = columns.capture.captured_len[table.rows]
    is_plain = (places >= 0) & there & flagged & known & (header >= 20) & (flags & _URG == 0)
    is_plain &= columns.layer_values("tcp.urgent_pointer")[1] & (table.start + header.astype(np.int64) <= captured)
    with_options = np.flatnonzero(is_plain & (header > 20))
    is_plain[with_options] = _usual_options(columns, table, with_options, header[with_options])
    chosen = np.flatnonzero(is_plain)

    def either(name: str, otherwise: str) -> NDArray[Any]:
        values, present = columns.layer_values(name)
        values, present = values[chosen], present[chosen]
        return values if present.all() else np.where(present, values, columns.layer_values(otherwise)[0][chosen])

    flags = flags[chosen]
    return _Segments(
        places[chosen], _remark_ranks(columns, chosen), columns.layer_values("tcp.srcport")[0][chosen],
        columns.layer_values("tcp.dstport")[0][chosen], flags, either("tcp.seq", "tcp.seq_raw"),
        np.where(flags & _ACK, either("tcp.ack", "tcp.ack_raw"), 0),
        either("tcp.window_size", "tcp.window_size_value"), length[chosen],
        header[chosen].astype(np.int64) - 20)


@dataclass(frozen=True, slots=True)
class _Datagrams:
    """Plain UDP datagrams; arrays of one length."""

    places: NDArray[np.int64]
    source_port: NDArray[Any]
    destination_port: NDArray[Any]
    length: NDArray[np.int64]


def _datagrams(columns: ColumnTable, place_of: NDArray[np.int64]) -> _Datagrams:
    table = columns.layer("udp")
    length, there = columns.layer_values("udp.length")
    checksum, summed = columns.layer_values("udp.checksum")
    places = place_of[table.rows]
    captured = columns.capture.captured_len[table.rows]
    whole = table.start + length.astype(np.int64) <= np.minimum(captured, table.end)
    is_plain = (places >= 0) & there & summed & (length >= 8) & (checksum != 0) & whole
    chosen = np.flatnonzero(is_plain & ~columns.layer_values("udp.room")[1])
    return _Datagrams(places[chosen], columns.layer_values("udp.srcport")[0][chosen],
                      columns.layer_values("udp.dstport")[0][chosen], length[chosen].astype(np.int64) - 8)


def _ranks_of_words(flags: NDArray[Any], datagrams: int) -> NDArray[np.int64]:
    """Where the words after the ports of segments with these flags, then of so many datagrams, stand among all."""
    texts = {code: f" [{flag_words(code)}] seq=".casefold() for code in np.flatnonzero(np.bincount(flags)).tolist()}
    ranks = _ranks_by_text([*texts.values(), " len="])
    of_flags = np.zeros(max(texts, default=0) + 1, np.int64)
    for code, text in texts.items():
        of_flags[code] = ranks[text]
    return np.concatenate([of_flags[flags], np.full(datagrams, ranks[" len="])])


def _remark_ranks(columns: ColumnTable, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the remarks of the analysis stand among all texts of remarks: 0 where there is none, else from 1."""
    mask = np.zeros(len(chosen), np.int64)
    for bit, name in enumerate(REMARKS):
        mask |= columns.layer_values(f"tcp.analysis.{name}")[1][chosen].astype(np.int64) << bit
    mask[~columns.layer_values("tcp.analysis.flags")[1][chosen]] = 0
    remarked = np.flatnonzero(mask)
    ranks = np.zeros(len(chosen), np.int64)
    if len(remarked):
        frames, numbers = (columns.layer_values(f"tcp.analysis.duplicate_ack_{part}")[0][chosen[remarked]].tolist()
                           for part in ("frame", "num"))
        ranks[remarked] = 1 + _ranks_of([
            remarks_text({name for bit, name in enumerate(REMARKS) if found >> bit & 1}, f"{frame}#{number}").casefold()
            for found, frame, number in zip(mask[remarked].tolist(), frames, numbers, strict=True)])
    return ranks


def _rows_with_unusual_options(columns: ColumnTable) -> NDArray[np.integer[Any]]:
    """The rows whose TCP options are others, or cannot be read to their end."""
    table = columns.layer("tcp")
    header, there = columns.layer_values("tcp.hdr_len")
    with_options = np.flatnonzero(there & (header > 20))
    whole = table.start[with_options] + header[with_options] <= columns.capture.captured_len[table.rows[with_options]]
    chosen = with_options[whole]
    usual = _usual_options(columns, table, chosen, header[chosen])
    rows: NDArray[np.integer[Any]] = table.rows[np.concatenate([with_options[~whole], chosen[~usual]])]
    return rows


def _usual_options(columns: ColumnTable, table: LayerTable, chosen: NDArray[np.int64],
                   header: NDArray[Any]) -> BoolArray:
    return are_usual(columns.capture, table.rows[chosen], table.start[chosen] + 20, header.astype(np.int64) - 20)


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


def _refined(ranks: NDArray[np.int64], keys: NDArray[Any]) -> NDArray[np.int64]:
    """Ranks that tell apart by keys what had one rank; a rank is the place of the first that has it.

    Where all have rank 0, keys may have 64 bits, else textual_keys' 38.
    """
    members = _shared(ranks)
    if not len(members):
        return ranks
    before, words = ranks[members], keys[members]
    if before[0] != 0 or before.max() != 0:
        groups = np.cumsum(np.bincount(before) > 0)[before]        # as small numbers
        words = groups.astype(np.uint64) << np.uint64(_NUMBER_BITS) | words.astype(np.uint64)
    order = np.argsort(words)
    words, before = words[order], before[order]
    place = np.arange(len(order))
    first = np.maximum.accumulate(np.where(np.diff(words, prepend=words[:1]) != 0, place, 0))
    first_of_group = np.maximum.accumulate(np.where(np.diff(before, prepend=before[:1]) != 0, place, 0))
    refined = ranks.copy()
    refined[members[order]] = before + first - first_of_group
    return refined


def _keys_among(found: list[str], rows: Rows, ranks: NDArray[np.int64], without_remarks: int,
                texts: _Texts) -> NDArray[np.int64]:
    """Keys of texts among those of rows, which are in order and begin with a digit or, after the first so many, "["."""
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
        keys[text] = (2 * rank + 1) << 32 if same else (2 * rank) << 32 | number
    return np.fromiter(map(keys.__getitem__, found), np.int64, len(found))
