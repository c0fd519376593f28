"""A field's value and label as text, written as Wireshark writes them."""

import datetime
import ipaddress
import string
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import Base, FieldSpec
from tcpladder.fields.types import FieldType

_HEX_DIGITS = {FieldType.UINT8: 2, FieldType.INT8: 2, FieldType.CHAR: 2, FieldType.UINT16: 4, FieldType.INT16: 4,
               FieldType.UINT24: 6, FieldType.UINT32: 8, FieldType.INT32: 8, FieldType.UINT48: 12,
               FieldType.UINT64: 16, FieldType.INT64: 16}
_MOST_BYTES = 36        # of a value that a line shows
_FORMATTER = string.Formatter()
_NANOSECONDS = 1_000_000_000
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def show_text(node: FieldNode) -> str:
    """The bare value, as in PDML's show and in filters: no label, no value name."""
    return value_text(node.spec, node.value)


def value_text(spec: FieldSpec, value: Any) -> str:
    """The bare value of a field."""
    kind = spec.shown_as or spec.type
    if value is None or kind in (FieldType.NONE, FieldType.PROTOCOL):
        return ""
    if spec.shown_by is not None:
        return spec.shown_by(value)
    if kind is FieldType.BOOLEAN:
        return "1" if value else "0"
    if kind.is_integer:
        if spec.base in (Base.HEX, Base.HEX_DEC):
            return f"0x{value & ((1 << 4 * _HEX_DIGITS[kind]) - 1):0{_HEX_DIGITS[kind]}x}"
        if spec.base is Base.OCT:
            return f"0{value:o}" if value else "0"
        return str(value)
    if kind is FieldType.IPV4:
        return ipv4_text(value)
    if kind is FieldType.IPV6:
        return ipv6_text(value)
    if kind is FieldType.ADDRESS:
        return address_text(value)
    if kind in (FieldType.ETHER, FieldType.EUI64, FieldType.BYTES):
        return bytes(value).hex(":")
    if kind is FieldType.ABSOLUTE_TIME:
        return absolute_time_text(value)
    if kind is FieldType.RELATIVE_TIME:
        return seconds_text(value)
    if kind is FieldType.DOUBLE:
        return f"{value:.15g}"
    return str(value)


def ipv4_text(address: bytes) -> str:
    """Dotted decimal."""
    return f"{address[0]}.{address[1]}.{address[2]}.{address[3]}"


def ipv6_text(address: bytes) -> str:
    """RFC 5952; the last four bytes in dotted form where Wireshark writes them so."""
    packed = bytes(address)
    if packed[:10] == bytes(10) and packed[10:12] == b"\xff\xff":
        return f"::ffff:{ipv4_text(packed[12:])}"
    if packed[:12] == bytes(12) and packed[12:14] != b"\0\0":
        return f"::{ipv4_text(packed[12:])}"
    return str(ipaddress.IPv6Address(packed))


def address_text(address: bytes) -> str:
    """An IPv6 address, or the IPv4 address that is mapped into it."""
    return ipv6_text(address).removeprefix("::ffff:")


def seconds_text(nanoseconds: int) -> str:
    """Seconds with nine decimals, exact."""
    sign = "-" if nanoseconds < 0 else ""
    seconds, rest = divmod(abs(nanoseconds), _NANOSECONDS)
    return f"{sign}{seconds}.{rest:09d}"


def absolute_time_text(nanoseconds: int) -> str:
    """A point in time in UTC: Nov 14, 2023 22:13:20.000000000 UTC."""
    seconds, rest = divmod(nanoseconds, _NANOSECONDS)
    return f"{_second_text(seconds)}.{rest:09d} UTC"


@lru_cache(maxsize=1024)
def _second_text(seconds: int) -> str:
    moment = _EPOCH + datetime.timedelta(seconds=seconds)
    return f"{moment:%b} {moment.day:2d}, {moment.year} {moment:%H:%M:%S}"


def label_text(node: FieldNode) -> str:
    """The line of the field tree: bit picture, label, value and its name."""
    spec = node.spec
    text = spec.text
    if callable(text):
        line = text(node)
    elif text is not None:
        line = filled(text, node.scope, label=spec.label, value=node.value, raw=node.raw,
                      shown=described_value(node) if "{shown}" in text else "")
    elif node.value is None or spec.type in (FieldType.NONE, FieldType.PROTOCOL):
        line = spec.label
    else:
        line = f"{spec.label}: {described_value(node)}"
    return bit_picture(node) + line


def described_value(node: FieldNode) -> str:
    """The value with its name, unit and second base, as a person reads it."""
    spec, value = node.spec, node.value
    kind = spec.type
    if kind is FieldType.BOOLEAN:
        return spec.true if value else spec.false
    if kind.is_integer:
        number = node.raw if node.raw is not None else value
        if spec.names is not None:
            name = spec.names.get(value, "Unknown")
            return name if spec.base is Base.NONE else f"{name} ({value_text(spec, value)})"
        if spec.unit and node.raw is not None:
            return f"{value}{spec.unit} ({number})"
        text = value_text(spec, value)
        if spec.base is Base.HEX_DEC:
            text = f"{text} ({value})"
        elif spec.base is Base.DEC_HEX:
            text = f"{text} (0x{value:0{_HEX_DIGITS[kind]}x})"
        return text + spec.unit
    if kind is FieldType.BYTES:
        shown = bytes(value[:_MOST_BYTES]).hex() or "<MISSING>"
        return shown if len(value) <= _MOST_BYTES else shown + "…"
    if kind is FieldType.RELATIVE_TIME:
        return f"{seconds_text(value)} seconds"
    return value_text(spec, value) + spec.unit


def bit_picture(node: FieldNode) -> str:
    """`.... .1.. = ` for a field of some bits of a byte or more, else nothing."""
    spec = node.spec
    if spec.bits is None or spec.no_picture:
        return ""
    width = node.size * 8
    first = node.start_bit - node.position * 8
    count = spec.bits[1]
    if spec.picture is not None:
        first, width = spec.bits[0] - spec.picture[0], spec.picture[1]
    number = node.raw if node.raw is not None else int(node.value)
    digits = ["." if not first <= place < first + count else str((number >> (first + count - 1 - place)) & 1)
              for place in range(width)]
    groups = ["".join(digits[place:place + 4]) for place in range(0, width, 4)]
    return " ".join(groups) + " = "


def filled(template: str, scope: Mapping[str, Any], **more: Any) -> str:
    """A text with {any.field} of a layer filled in; "?" for a field that is not there."""
    return "".join([
        literal if name is None else literal + format(more[name] if name in more else scope.get(name, "?"), form)
        for literal, name, form in _parsed(template)])


@cache
def _parsed(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """The parts of a text: what stands before a name, the name, and its format."""
    return tuple((literal, name, form or "") for literal, name, form, _conversion in _FORMATTER.parse(template))
