"""DNS messages (RFC 1035 section 4), read as dpkt.dns reads them, in a fraction of its time: captures hold many."""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Final, NamedTuple

from dpkt.dns import (
    DNS_A,
    DNS_AAAA,
    DNS_CNAME,
    DNS_HINFO,
    DNS_MX,
    DNS_NS,
    DNS_NULL,
    DNS_OPT,
    DNS_PTR,
    DNS_SOA,
    DNS_SRV,
    DNS_TXT,
)

_HEADER: Final = Struct(">6H")
_QUESTION: Final = Struct(">2H")        # behind its name
_RECORD: Final = Struct(">2HIH")        # behind its name
_LONGEST_NAME: Final = 255
# What the data of records consist of: so many bytes, so many names, and bytes behind them. Others are not known.
_DATA: Final[Mapping[int, tuple[int, int, int]]] = {
    **dict.fromkeys((DNS_A, DNS_AAAA, DNS_NULL, DNS_OPT, DNS_TXT, DNS_HINFO), (0, 0, 0)),
    **dict.fromkeys((DNS_NS, DNS_CNAME, DNS_PTR), (0, 1, 0)), DNS_SOA: (0, 2, 20), DNS_MX: (2, 1, 0),
    DNS_SRV: (6, 1, 0)}
_STRINGS: Final = frozenset({DNS_TXT, DNS_HINFO})


class Question(NamedTuple):
    """A name and the type of the records that are asked for."""

    name: str
    type: int


class Record(NamedTuple):
    """A resource record; named: the last name in its data, "" if it holds none."""

    name: str
    type: int
    ttl: int
    data: bytes
    named: str


class DnsMessage(NamedTuple):
    """What a message says, without its authority and additional records, which are only checked."""

    id: int
    flags: int
    questions: list[Question]
    answers: list[Record]


def read_dns(data: bytes) -> DnsMessage:
    """The message in the bytes; raises ValueError, LookupError or struct.error where dpkt refuses it."""
    number, flags, question_count, answer_count, *other_counts = _HEADER.unpack_from(data)
    at = _HEADER.size
    questions: list[Question] = []
    for _question in range(question_count):
        name, at = _name(data, at)
        questions.append(Question(name, _QUESTION.unpack_from(data, at)[0]))
        at += _QUESTION.size
    answers: list[Record] = []
    for _answer in range(answer_count):
        record, at = _record(data, at)
        answers.append(record)
    for _other in range(sum(other_counts)):
        at = _record(data, at)[1]
    return DnsMessage(number, flags, questions, answers)


def _record(data: bytes, start: int) -> tuple[Record, int]:
    """The record that begins at a byte, and where the next one does."""
    name, at = _name(data, start)
    kind, _class, ttl, length = _RECORD.unpack_from(data, at)
    at += _RECORD.size
    end = at + length
    held = data[at:end]
    before, names, behind = _DATA[kind]
    if len(held) < before:
        raise ValueError(length)
    at += before
    named = ""
    for _part in range(names):
        named, at = _name(data, at)
    if at + behind > len(data):
        raise ValueError(length)
    if kind in _STRINGS:
        _check_strings(held)
    return Record(name, kind, ttl, held, named), end


def _name(data: bytes, start: int) -> tuple[str, int]:
    """The name that begins at a byte, and where what follows it begins; pointers lead back only."""
    labels: list[bytes] = []
    at, first, behind, length = start, start, 0, 0
    while size := data[at]:
        if size < 0x40:
            at += 1
            labels.append(data[at:at + size])
            at += size
            length += size + 1
            if length > _LONGEST_NAME:
                raise ValueError(length)
        elif size >= 0xc0:
            behind = behind or at + 2
            at = (size & 0x3f) << 8 | data[at + 1]
            if at >= first:
                raise ValueError(at)
            first = at
        else:
            raise ValueError(size)
    return b".".join(labels).decode(), behind or at + 1


def _check_strings(held: bytes) -> None:
    """Raises ValueError if a string of a TXT record is no text."""
    at = 0
    while at < len(held):
        end = at + 1 + held[at]
        held[at + 1:end].decode()
        at = end
