"""What a filter may do with each type, how its values are written, what it is called, and an example of it.

A value is an int (numbers, booleans, times in nanoseconds, IPv4 addresses), a float, or bytes (other
addresses, byte strings, texts as UTF-8). An address may have a prefix: so many of its first bits count.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from tcpladder.fields.types import FieldType as T
from tcpladder.filters.syntax import integer
from tcpladder.texts import N_, _, ngettext

_NANOSECONDS = 10**9
_NUMBER, _BYTES = "number", "bytes"     # kinds


class LiteralError(ValueError):
    """The text is no value of the type; the message is a whole sentence."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value that was read, and how many of its first bits count (None: all of it)."""

    content: int | float | bytes
    prefix: int | None = None


WordReader = Callable[[str, "TypeRule"], Value]
TextReader = Callable[[bytes, "TypeRule"], Value]


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What a filter may do with one type, and the words to say so.

    noun has its article, to follow "is". word reads what stands without quotes; text and character are
    None where quotes are of no use. operators are those of arithmetic that take the type. Types of one kind can
    be compared with each other; a type without one is a kind of its own. sliced: "[…]" cuts bytes out of it.
    searched: "contains" and "matches" look into it.
    """

    noun: str
    example: str
    word: WordReader
    text: TextReader | None = None
    character: Callable[[int], Value] | None = None
    lowest: int = 0
    highest: int = 0
    width: int | None = None        # bytes of the value, where all have the same
    operators: str = ""
    kind: str = ""
    sliced: bool = False
    searched: bool = False


def describe(rule: TypeRule) -> str:
    """The type in words, with its article."""
    return _(rule.noun)


def read_bytes(text: str) -> bytes:
    """Hex digits with or without ":", "." or "-" between them, or one byte as 0x00; raises ValueError."""
    if text[:2] in ("0x", "0X"):
        if len(text) != 4:
            raise ValueError(text)
        return bytes.fromhex(text[2:])
    groups = re.split(r"[:.-]", text.removeprefix(":"))
    if not all(re.fullmatch("[0-9A-Fa-f]+", group) for group in groups):
        raise ValueError(text)
    return b"".join(bytes.fromhex(group if len(group) % 2 == 0 else f"{group[:-1]}0{group[-1]}")
                    for group in groups)


def _not_one(text: str, rule: TypeRule) -> LiteralError:
    return LiteralError(_('"{text}" is not {noun}; write it like {example}.').format(
        text=text, noun=describe(rule), example=rule.example))


def _number(text: str, rule: TypeRule) -> Value:
    try:
        value = integer(text)
    except ValueError:
        raise _not_one(text, rule) from None
    if value > rule.highest:
        raise LiteralError(_("{number} is too large; the largest value is {highest:,}.").format(
            number=text, highest=rule.highest))
    return Value(value)


def _real(text: str, rule: TypeRule) -> Value:
    try:
        value = float(text)
    except ValueError:
        raise _not_one(text, rule) from None
    if not math.isfinite(value):
        raise _not_one(text, rule)
    return Value(value)


def _truth(text: str, rule: TypeRule) -> Value:
    words = {"True": 1, "TRUE": 1, "False": 0, "FALSE": 0}
    if text in words:
        return Value(words[text])
    try:
        number = integer(text)
    except ValueError:
        raise _not_one(text, rule) from None
    if number >= 2**64:
        raise _not_one(text, rule)
    return Value(int(number != 0))


def _ipv4(text: str, rule: TypeRule) -> Value:
    address, slash, prefix = text.partition("/")
    try:
        value = int(ipaddress.IPv4Address(address))
    except ValueError:
        raise _not_one(text, rule) from None
    if slash and int(prefix) > 32:
        raise LiteralError(_("The prefix of an IPv4 address has at most 32 bits, not {bits}.").format(
            bits=prefix))
    return Value(value, int(prefix) if slash else None)


def _ipv6(text: str, rule: TypeRule) -> Value:
    address, slash, prefix = text.partition("/")
    try:
        value = ipaddress.IPv6Address(address).packed
    except ValueError:
        raise _not_one(text, rule) from None
    if slash and int(prefix) > 128:
        raise LiteralError(_("The prefix of an IPv6 address has at most 128 bits, not {bits}.").format(
            bits=prefix))
    return Value(value, int(prefix) if slash else None)


def _address(text: str, rule: TypeRule) -> Value:
    """Of either family; IPv4 is mapped into IPv6, so that 96 bits come before it."""
    if ":" in text:
        return _ipv6(text, rule)
    value = _ipv4(text, rule)
    assert isinstance(value.content, int)
    mapped = bytes(10) + b"\xff\xff" + value.content.to_bytes(4, "big")
    return Value(mapped, None if value.prefix is None else value.prefix + 96)


def _byte_string(text: str, rule: TypeRule) -> Value:
    try:
        return Value(read_bytes(text))
    except ValueError:
        raise _not_one(text, rule) from None


def _hardware_address(text: str, rule: TypeRule) -> Value:
    value = _byte_string(text, rule)
    assert isinstance(value.content, bytes)
    assert rule.width is not None
    if len(value.content) != rule.width:
        count = len(value.content)
        message = ngettext('"{text}" has {count} byte; {noun} has {width}.',
                           '"{text}" has {count} bytes; {noun} has {width}.', count)
        raise LiteralError(message.format(text=text, count=count, noun=describe(rule), width=rule.width))
    return value


def _verbatim(text: str, _rule: TypeRule) -> Value:
    return Value(text.encode())


def _quoted(text: bytes, _rule: TypeRule) -> Value:
    return Value(text)


def _quoted_time(text: bytes, rule: TypeRule) -> Value:
    return _absolute_time(text.decode("utf-8", "replace"), rule)


def _relative_time(text: str, rule: TypeRule) -> Value:
    match = re.fullmatch(r"([0-9]+)(?:\.([0-9]{1,9}))?", text)
    if not match:
        raise _not_one(text, rule)
    return Value(int(match[1]) * _NANOSECONDS + _fraction(match[2]))


_ISO_TIME = re.compile(
    r"(?P<year>[0-9]{1,4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})(?:(?:T| *)"
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2})(?:\.(?P<fraction>[0-9]*))?)?"
    r"(?P<zone>Z| *UTC|[+-][0-9]{1,2}(?::?[0-9]{2})?)?)?)? *")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LEGACY_TIME = re.compile(
    r"(?P<month>[A-Za-z]{3}) +(?P<day>[0-9]{1,2}), *(?P<year>[0-9]{4}) +"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})(?:\.(?P<fraction>[0-9]*))?"
    r"(?P<zone> *UTC)?")


def _absolute_time(text: str, rule: TypeRule) -> Value:
    match = _ISO_TIME.fullmatch(text) or _LEGACY_TIME.fullmatch(text)
    if not match:
        raise _not_one(text, rule)
    try:
        whole = datetime(int(match["year"]), _month(match["month"]), 1, int(match["hour"] or 0),
                         int(match["minute"] or 0), tzinfo=_zone(match["zone"]))
        if int(match["day"]) > 31 or int(match["second"] or 0) > 61:
            raise ValueError(text)
        # A day or second past the end goes over into the next month or minute, as in the C library.
        whole += timedelta(days=int(match["day"]) - 1, seconds=int(match["second"] or 0))
        seconds = math.floor(whole.timestamp())
    except (ValueError, OverflowError):
        raise _not_one(text, rule) from None
    return Value(seconds * _NANOSECONDS + _fraction(match["fraction"]))


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    return _MONTHS.index(text.lower()) + 1      # ValueError where it is none


def _zone(text: str | None) -> timezone | None:
    """The zone, or None for local time."""
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(offset if text[0] == "+" else -offset)


def _fraction(digits: str | None) -> int:
    """Nanoseconds of the digits after the point."""
    return int((digits or "0")[:9].ljust(9, "0"))


def _plain_character(code: int) -> Value:
    return Value(code)


def _byte_character(code: int) -> Value:
    return Value(bytes([code]))


def _unsigned(bits: int, noun: str) -> TypeRule:
    return TypeRule(noun, "80, 0x50, 0b1010000, 0120", _number, character=_plain_character,
                    highest=2**bits - 1, width=(bits + 7) // 8, operators="+-*/%&", kind=_NUMBER)


def _signed(bits: int, noun: str) -> TypeRule:
    return TypeRule(noun, "80, -80, 0x50", _number, character=_plain_character,
                    lowest=-2**(bits - 1), highest=2**(bits - 1) - 1, width=bits // 8, operators="+-*/%&",
                    kind=_NUMBER)


RULES: Mapping[T, TypeRule] = {
    T.NONE: TypeRule(N_("a label without a value"), "", _verbatim),
    T.PROTOCOL: TypeRule(N_("a sequence of bytes"), '47:45:54, "GET"', _byte_string, _quoted,
                         _byte_character, sliced=True, searched=True),
    T.BYTES: TypeRule(N_("a sequence of bytes"), '47:45:54, "GET"', _byte_string, _quoted,
                      _byte_character, operators="&", kind=_BYTES, sliced=True, searched=True),
    T.STRING: TypeRule(N_("a text"), '"GET"', _verbatim, _quoted, _byte_character, sliced=True,
                       searched=True),
    T.BOOLEAN: TypeRule(N_("a yes-or-no value"), "1, 0, True, False", _truth,
                        character=lambda code: Value(int(code != 0)), highest=1, width=1, kind=_NUMBER),
    T.CHAR: _unsigned(8, N_("a character")),
    T.UINT8: _unsigned(8, N_("a number of 8 bits")),
    T.UINT16: _unsigned(16, N_("a number of 16 bits")),
    T.UINT24: _unsigned(24, N_("a number of 24 bits")),
    T.UINT32: _unsigned(32, N_("a number of 32 bits")),
    T.UINT48: _unsigned(48, N_("a number of 48 bits")),
    T.UINT64: _unsigned(64, N_("a number of 64 bits")),
    T.INT8: _signed(8, N_("a signed number of 8 bits")),
    T.INT16: _signed(16, N_("a signed number of 16 bits")),
    T.INT32: _signed(32, N_("a signed number of 32 bits")),
    T.INT64: _signed(64, N_("a signed number of 64 bits")),
    T.DOUBLE: TypeRule(N_("a number with a fraction"), "1.5", _real, width=8, operators="+-*/%"),
    T.FRAMENUM: _unsigned(32, N_("a frame number")),
    T.IPV4: TypeRule(N_("an IPv4 address"), "192.168.0.1, 10.0.0.0/8", _ipv4, width=4, operators="&",
                     sliced=True),
    T.IPV6: TypeRule(N_("an IPv6 address"), "2001:db8::1, fe80::/10", _ipv6, width=16, operators="&",
                     sliced=True),
    T.ADDRESS: TypeRule(N_("an IPv4 or IPv6 address"), "192.168.0.1, 10.0.0.0/8, fe80::/10", _address,
                        width=16, operators="&", sliced=True),
    T.ETHER: TypeRule(N_("a hardware address"), "00:1b:21:3c:9d:f8", _hardware_address, width=6,
                      operators="&", kind=_BYTES, sliced=True, searched=True),
    T.EUI64: TypeRule(N_("a 64-bit hardware address"), "00:1b:21:ff:fe:3c:9d:f8",
                      _hardware_address, width=8, operators="&", sliced=True),
    T.ABSOLUTE_TIME: TypeRule(N_("a date and time"),
                              '"2024-05-13 10:17:07.5", "May 13, 2024 10:17:07"', _absolute_time, _quoted_time),
    T.RELATIVE_TIME: TypeRule(N_("a span of time in seconds"), "0.25, 3", _relative_time,
                              operators="+-"),
}
