"""A field's value and label as text, written as Wireshark writes them."""

import datetime
import ipaddress
import string
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import Base, FieldSpec, LabelMaker
from tcpladder.fields.types import FieldType

_HEX_DIGITS = {FieldType.UINT8: 2, FieldType.INT8: 2, FieldType.CHAR: 2, FieldType.UINT16: 4, FieldType.INT16: 4,
               FieldType.UINT24: 6, FieldType.UINT32: 8, FieldType.INT32: 8, FieldType.UINT48: 12,
               FieldType.UINT64: 16, FieldType.INT64: 16}
_MOST_BYTES = 36        # of a value that a line shows
_FORMATTER = string.Formatter()
_OWN = frozenset({"label", "value", "raw", "shown"})     # what a text can say of a node itself
_NANOSECONDS = 1_000_000_000
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def show_text(node: FieldNode) -> str:
    """The bare value, as in PDML's show and in filters: no label, no value name."""
    return value_text(node.spec, node.value)


def value_text(spec: FieldSpec, value: Any) -> str:
    """The bare value of a field."""
    return "" if value is None else value_writer(spec)(value)


@cache
def value_writer(spec: FieldSpec) -> Callable[[Any], str]:
    """What makes a text of a field's bare values."""
    kind = spec.shown_as or spec.type
    if kind in (FieldType.NONE, FieldType.PROTOCOL):
        return lambda value: ""
    if spec.shown_by is not None:
        return spec.shown_by
    if kind is FieldType.BOOLEAN:
        return lambda value: "1" if value else "0"
    if kind.is_integer:
        return _number_writer(spec.base, kind)
    return _VALUE_WRITERS.get(kind, str)


def _number_writer(base: Base, kind: FieldType) -> Callable[[int], str]:
    if base in (Base.HEX, Base.HEX_DEC):
        digits = _HEX_DIGITS[kind]
        form, mask = f"0x%0{digits}x", (1 << 4 * digits) - 1
        return lambda value: form % (value & mask)
    if base is Base.OCT:
        return lambda value: f"0{value:o}" if value else "0"
    return str


def _octets_text(value: bytes) -> str:
    return bytes(value).hex(":")


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


_VALUE_WRITERS: Mapping[FieldType, Callable[[Any], str]] = {
    FieldType.IPV4: ipv4_text, FieldType.IPV6: ipv6_text, FieldType.ADDRESS: address_text,
    FieldType.ETHER: _octets_text, FieldType.EUI64: _octets_text, FieldType.BYTES: _octets_text,
    FieldType.ABSOLUTE_TIME: absolute_time_text, FieldType.RELATIVE_TIME: seconds_text,
    FieldType.DOUBLE: lambda value: f"{value:.15g}",
}


def label_text(node: FieldNode) -> str:
    """The line of the field tree: bit picture, label, value and its name."""
    return label_writer(node.spec)(node)


@cache
def label_writer(spec: FieldSpec) -> LabelMaker:
    """What makes the lines of a field."""
    line = _line_writer(spec)
    if spec.bits is None or spec.no_picture:
        return line
    return lambda node: bit_picture(node) + line(node)


def _line_writer(spec: FieldSpec) -> LabelMaker:
    label, text, line_of = spec.label, spec.text, spec.line_of
    if line_of is not None:
        return lambda node: line_of(node.value)
    if callable(text):
        return text
    if text is not None:
        wants_shown = "{shown}" in text
        return lambda node: filled(text, node.scope, label=label, value=node.value, raw=node.raw,
                                   shown=described_value(node) if wants_shown else "")
    if spec.type in (FieldType.NONE, FieldType.PROTOCOL):
        return lambda node: label
    describe = _describer(spec)
    return lambda node: label if node.value is None else f"{label}: {describe(node)}"


@cache
def around_value(spec: FieldSpec) -> tuple[str, str] | None:
    """What stands before and behind the bare value in a field's line; None where the line says more, or less."""
    kind = spec.shown_as or spec.type
    if (spec.line_of is not None or spec.names is not None or spec.bits is not None or spec.unit
            or kind not in _PLAIN or kind is not spec.type or spec.base not in (Base.DEC, Base.HEX)):
        return None
    if spec.text is None:
        return f"{spec.label}: ", " seconds" if kind is FieldType.RELATIVE_TIME else ""
    before, value, behind = spec.text.partition("{value}") if isinstance(spec.text, str) else ("", "", "")
    if not value or spec.base is not Base.DEC or not kind.is_integer or "{" in before.replace("{label}", "") + behind:
        return None
    return before.replace("{label}", spec.label), behind


_PLAIN = frozenset((*(kind for kind in FieldType if kind.is_integer), FieldType.RELATIVE_TIME, FieldType.ABSOLUTE_TIME,
                    FieldType.IPV4, FieldType.IPV6, FieldType.ETHER))


@cache
def label_names(spec: FieldSpec) -> tuple[str, ...] | None:
    """The other values of its layer that a field's line needs; None where nobody can say before it is made."""
    if callable(spec.text) and spec.line_of is None:
        return spec.line_needs
    parts = _parsed(spec.text) if isinstance(spec.text, str) else ()
    return tuple(name for _literal, name, _form in parts if name is not None and name not in _OWN)


def described_value(node: FieldNode) -> str:
    """The value with its name, unit and second base, as a person reads it."""
    return _describer(node.spec)(node)


@cache
def _describer(spec: FieldSpec) -> LabelMaker:
    kind, names, unit, write = spec.type, spec.names, spec.unit, value_writer(spec)
    if kind is FieldType.BOOLEAN:
        return lambda node: spec.true if node.value else spec.false
    if kind.is_integer and names is not None:
        if spec.base is Base.NONE:
            return lambda node: names.get(node.value, "Unknown")
        return lambda node: f"{names.get(node.value, 'Unknown')} ({write(node.value)})"
    if kind.is_integer and spec.base is Base.HEX_DEC:
        return lambda node: f"{write(node.value)} ({node.value}){unit}"
    if kind.is_integer and spec.base is Base.DEC_HEX:
        form = f"(0x%0{_HEX_DIGITS[kind]}x)"
        return lambda node: f"{node.value} {form % node.value}{unit}"
    if kind.is_integer and unit:
        return lambda node: write(node.value) + unit if node.raw is None else f"{node.value}{unit} ({node.raw})"
    if kind is FieldType.BYTES:
        return lambda node: _short_octets(node.value)
    if kind is FieldType.RELATIVE_TIME:
        return lambda node: f"{seconds_text(node.value)} seconds"
    return lambda node: write(node.value) + unit


def _short_octets(octets: bytes) -> str:
    shown = bytes(octets[:_MOST_BYTES]).hex() or "<MISSING>"
    return shown if len(octets) <= _MOST_BYTES else shown + "…"


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
