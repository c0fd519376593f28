"""Packets from text: hex dumps as Wireshark, hexdump -C, xxd, od -Ax -tx1 and tcpdump -x write them."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from tcpladder.texts import _

LONGEST_PACKET: Final = 262_144
MOST_PACKETS: Final = 100_000
_MOST_PROBLEMS: Final = 100

# An offset, maybe a colon or bar, then bytes. tcpdump writes 0x before the offset, xxd and tcpdump a colon after it.
_LINE: Final = re.compile(r"\s*(?:0[xX])?([0-9A-Fa-f]{2,16})(?:[:|]\s*|\s+|$)(.*)")
_STREAM: Final = re.compile(r"\s*(?:0[xX])?((?:[0-9A-Fa-f]{2}[\s:-]?){2,})\s*")
_GROUP: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_COMMENT: Final = re.compile(r"\s*(?:#|//|--).*")
_TIMES: Final = (
    re.compile(r"(?P<date>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9}))?"),
    re.compile(r"(?<![\d:.])(?P<time>\d\d:\d\d:\d\d)[.,](?P<fraction>\d{1,9})"),
    re.compile(r"^\s*(?P<epoch>\d{9,10})\.(?P<fraction>\d{1,9})\b"),
)
_BYTES_IN_ORDER: Final = {"hex": 16, "decimal": 10, "octal": 8}


class OffsetBase(Enum):
    """How the offsets of a dump are written."""

    AUTOMATIC = "automatic"
    HEX = "hex"
    DECIMAL = "decimal"
    OCTAL = "octal"


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A line that could not be read as what it seems to be."""

    line: int
    """From 1."""
    message: str


@dataclass(frozen=True, slots=True)
class DumpedPacket:
    """The bytes of one packet, and what the text around them says."""

    data: bytes
    line: int
    """Where it begins, from 1."""
    time_ns: int | None = None
    """Since 1970, or since midnight where the text has no date; None where it has no time."""
    comment: str = ""


@dataclass(slots=True)
class HexDump:
    """What a text holds."""

    packets: list[DumpedPacket] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)
    base: OffsetBase = OffsetBase.HEX


def parse_hex_dump(text: str, base: OffsetBase = OffsetBase.AUTOMATIC) -> HexDump:
    """The packets of a hex dump. An offset of 0 begins a new packet; so does a line that is only bytes, without offset.

    Other lines are passed over; a time in the one before a packet becomes its time, a comment (#) its comment. Lines
    that cannot be part of a dump although they begin as one are named in problems, and end their packet.
    """
    if base is not OffsetBase.AUTOMATIC:
        return _Parser(base).parse(text)
    attempts = [_Parser(attempt).parse(text) for attempt in (OffsetBase.HEX, OffsetBase.DECIMAL, OffsetBase.OCTAL)]
    return min(attempts, key=lambda dump: len(dump.problems))


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    offset: int
    groups: tuple[str, ...]
    """Runs of hex digits after the offset, as far as they reach; text that looks like bytes may be among them."""
    starts: tuple[int, ...]
    """Where in the line each group starts."""


class _Parser:
    def __init__(self, base: OffsetBase) -> None:
        self._base = _BYTES_IN_ORDER[base.value]
        self._dump = HexDump(base=base)
        self._lines: list[_Line] = []       # of the packet that is being read
        self._time: int | None = None
        self._comment = ""

    def parse(self, text: str) -> HexDump:
        for number, line in enumerate(text.splitlines(), start=1):
            if len(self._dump.packets) >= MOST_PACKETS or len(self._dump.problems) >= _MOST_PROBLEMS:
                break
            self._take(number, line)
        self._end_packet()
        return self._dump

    def _take(self, number: int, text: str) -> None:
        stripped = text.strip()
        if not stripped:
            return
        if _COMMENT.fullmatch(text):
            self._end_packet()
            self._note(stripped)
            return
        line = self._dump_line(number, text)
        if line is not None:
            self._take_line(line)
        elif self._is_stream(stripped):
            self._end_packet()
            self._add(bytes.fromhex(re.sub(r"^0[xX]|[\s:-]", "", stripped)), number)
        else:
            self._end_packet()
            self._note(stripped)

    def _is_stream(self, text: str) -> bool:
        """A line that is nothing but bytes, such as Wireshark's "copy as hex stream"."""
        return _STREAM.fullmatch(text) is not None

    def _note(self, text: str) -> None:
        """Takes in what a line between packets says."""
        time = _time_of(text)
        if time is not None:
            self._time = time
        elif text.startswith("#"):
            self._comment = text.lstrip("#").strip()

    def _dump_line(self, number: int, text: str) -> _Line | None:
        """The line as one of a dump, or None where it is none."""
        match = _LINE.fullmatch(text)
        if match is None:
            return None
        has_sign = ":" in text[match.end(1):match.end(1) + 1] or text.strip()[:2] in ("0x", "0X")
        if not has_sign and len(match[1]) < 3:
            return None         # nobody writes offsets of two digits: these are bytes, or text
        try:
            offset = int(match[1], self._base)
        except ValueError:
            if not self._lines:
                return None
            self._problem(number, _("{offset} is no offset in this base.").format(offset=match[1]))
            return None
        groups, starts = _groups(text, match.start(2))
        if not groups and not (self._lines and not match[2].strip()):
            return None
        if offset and not self._lines and not has_sign and {len(group) for group in groups} == {len(match[1])}:
            return None         # words of one length: bytes without an offset
        return _Line(number, offset, tuple(groups), tuple(starts))

    def _take_line(self, line: _Line) -> None:
        if line.offset == 0:
            self._end_packet()
            if line.groups:
                self._lines.append(line)
            return
        if not self._lines:
            self._problem(line.number, _(
                "The dump begins at offset {offset:#x}; the lines before it are missing.").format(offset=line.offset))
            return
        known = sum(self._sure_lengths())
        before = self._lines[-1]
        at = before.offset
        step = line.offset - at
        if step <= 0 or step > _byte_count(before.groups):
            expected = at + _byte_count(before.groups) if step > 0 else at
            self._problem(line.number, _(
                "Offset {offset:#x} does not follow: {expected:#x} was expected after {known:,} bytes.").format(
                offset=line.offset, expected=expected, known=known + _byte_count(before.groups)))
            self._lines.clear()
            return
        self._lines.append(line)

    def _sure_lengths(self) -> Iterator[int]:
        """Bytes of the lines that another one follows."""
        for line, following in zip(self._lines, self._lines[1:], strict=False):
            yield following.offset - line.offset

    def _end_packet(self) -> None:
        if not self._lines:
            return
        lengths = [*self._sure_lengths(), self._last_length()]
        data = b"".join(bytes.fromhex("".join(line.groups))[:length]
                        for line, length in zip(self._lines, lengths, strict=True))
        first = self._lines[0].number
        self._lines.clear()
        self._add(data, first)

    def _last_length(self) -> int:
        """Bytes of the last line: no following offset tells where its text begins, the lines before it do."""
        last = self._lines[-1]
        count = _byte_count(last.groups)
        if len(self._lines) == 1:
            return min(count, _bytes_before_text(last))
        longest = max(self._sure_lengths())
        sizes, edge = [], 0
        for line, length in zip(self._lines, self._sure_lengths(), strict=False):
            place = 0
            for group, start in zip(line.groups, line.starts, strict=True):
                if place < length:
                    edge = max(edge, start + len(group))
                    sizes.append(len(group))
                place += len(group) // 2
        allowed = max(sizes)
        total = 0
        for group, start in zip(last.groups, last.starts, strict=True):
            if start >= edge or len(group) > allowed:
                break
            total += len(group) // 2
        return min(total, longest)

    def _add(self, data: bytes, line: int) -> None:
        if len(data) > LONGEST_PACKET:
            self._problem(line, _("The packet has {count:,} bytes; {most:,} are the most.").format(
                count=len(data), most=LONGEST_PACKET))
        elif data:
            self._dump.packets.append(DumpedPacket(data, line, self._time, self._comment))
        self._time, self._comment = None, ""

    def _problem(self, line: int, message: str) -> None:
        self._dump.problems.append(LineProblem(line, message))


def _groups(text: str, start: int) -> tuple[list[str], list[int]]:
    """The words of whole bytes from a place on, up to the first word that is none; and where each starts."""
    groups: list[str] = []
    starts: list[int] = []
    for match in re.finditer(r"\S+", text[start:]):
        if not _GROUP.fullmatch(match[0]) or len(match[0]) > 32:
            break
        groups.append(match[0])
        starts.append(start + match.start())
    return groups, starts


def _byte_count(groups: tuple[str, ...]) -> int:
    return sum(map(len, groups)) // 2


def _bytes_before_text(line: _Line) -> int:
    """Bytes of a line that stands alone: up to a wide gap, which after eight bytes may be a mere breathing space."""
    total = 0
    previous_end: int | None = None
    size = len(line.groups[0])
    for group, start in zip(line.groups, line.starts, strict=True):
        gap = 1 if previous_end is None else start - previous_end
        if total >= 16 or gap > 2 or (gap == 2 and total != 8) or len(group) > size:
            break
        total += len(group) // 2
        previous_end = start + len(group)
    return total


def _time_of(text: str) -> int | None:
    """Nanoseconds of a time in a line between packets."""
    for pattern in _TIMES:
        match = pattern.search(text)
        if match is None:
            continue
        parts = match.groupdict()
        fraction = int((parts.get("fraction") or "0").ljust(9, "0"))
        if parts.get("epoch"):
            return int(parts["epoch"]) * 10**9 + fraction
        day = parts.get("date") or "1970-01-01"
        try:
            moment = datetime.datetime.fromisoformat(f"{day}T{parts['time']}+00:00")
        except ValueError:
            continue
        return int(moment.timestamp()) * 10**9 + fraction
    return None
