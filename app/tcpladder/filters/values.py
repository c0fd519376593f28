"""The values of an operand in all frames, and what is done with them: pairing, comparing, calculating."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import FieldColumn
from tcpladder.fields.show import address_text, ipv4_text, ipv6_text, value_text
from tcpladder.fields.types import FieldType as T
from tcpladder.filters.byte_values import (
    BoolArray,
    ByteValues,
    CapturedBytes,
    CodedBytes,
    FixedBytes,
    IntArray,
    compare_pairs,
    compare_to_constant,
    equal_to_constant,
    prefix_mask,
)
from tcpladder.filters.literals import RULES
from tcpladder.filters.plan import LiteralOperand, Relation
from tcpladder.filters.tree import Range
from tcpladder.work.interruption import proceed

Data = NDArray[Any] | ByteValues

# Arithmetic with 32 bits fails outside of these, as Wireshark's does.
_LOWEST_RESULT = -2**31
_HIGHEST_RESULT = _LOWEST_32_BITS = 2**32 - 1

_PACKED = frozenset({T.ETHER, T.EUI64, T.IPV6, T.ADDRESS})


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Values and the row of each, ascending.

    rows is None for a constant: its one value goes with every row (none: it cannot be calculated). data is an
    array of numbers (times in nanoseconds and IPv4 addresses too) or byte strings. prefix: so many of the
    first bits count. asked: the rows that had operands, where some could not be calculated (None: rows).
    """

    rows: IntArray | None
    data: Data
    type: T
    prefix: int | None = None
    asked: IntArray | None = None

    def __len__(self) -> int:
        return len(self.data)

    @property
    def known_rows(self) -> IntArray:
        """The rows of what is no constant."""
        assert self.rows is not None
        return self.rows

    @property
    def asked_rows(self) -> IntArray:
        """The rows that had something to calculate with, also where it failed."""
        return self.known_rows if self.asked is None else self.asked

    @property
    def numbers(self) -> NDArray[Any]:
        """The data of what is a number."""
        assert isinstance(self.data, np.ndarray)
        return self.data

    @property
    def byte_strings(self) -> ByteValues:
        """The data as bytes; an IPv4 address as its four."""
        if isinstance(self.data, ByteValues):
            return self.data
        return FixedBytes(self.data.astype(">u4").view(np.uint8).reshape(-1, 4))

    def take(self, index: NDArray[Any]) -> Values:
        """Some of the values, by places or by a mask."""
        data = self.data.take(index) if isinstance(self.data, ByteValues) else self.data[index]
        return replace(self, rows=self.known_rows[index], data=data)

    def repeated(self, rows: IntArray) -> Values:
        """A literal as if it were found in each of the rows."""
        places = np.zeros(len(rows), np.int64)
        data = self.data.take(places) if isinstance(self.data, ByteValues) else self.data[places]
        return replace(self, rows=rows, data=data)


def values_of_literal(literal: LiteralOperand) -> Values:
    """One value for all rows."""
    content = literal.content
    data: Data
    if isinstance(content, bytes):
        data = CodedBytes([content], np.zeros(1, np.int64))
    elif isinstance(content, float):
        data = np.array([content])
    else:
        data = np.array([content], np.int64 if -2**63 <= content < 2**63 else object)
    return Values(None, data, literal.type, literal.prefix)


def values_of_column(column: FieldColumn) -> Values:
    """The values of a field."""
    return Values(column.rows, _data_of_column(column), column.type)


def _data_of_column(column: FieldColumn) -> Data:
    spec = column.spec
    if column.type in _PACKED:
        width = RULES[column.type].width or 0
        return FixedBytes(column.values.astype(np.uint8, copy=False).reshape(-1, width))
    if column.type is T.STRING:
        if column.values.dtype == object:
            return CodedBytes.of([str(text).encode() for text in column.values])
        if spec.names is not None:
            return CodedBytes([spec.names[number].encode() for number in range(len(spec.names))], column.values)
        if spec.shown_by is not None or spec.shown_as is not None:
            return _text_of(column.values, spec.shown_as, lambda value: value_text(spec, value))
    elif column.type not in (T.BYTES, T.PROTOCOL):
        return column.values
    spans = column.spans
    return CapturedBytes(spans.capture, spans.rows, spans.start, spans.length)


def _text_of(values: NDArray[Any], kind: T | None, text_of: Callable[[Any], str]) -> CodedBytes:
    """A text for each of the values, made once for each that is different; addresses are given as bytes."""
    different, codes = _distinct(values)
    if kind is T.IPV4 and values.ndim == 1:
        plain: Iterable[Any] = (address.to_bytes(4, "big") for address in different.tolist())
    elif values.ndim == 2:
        plain = (row.tobytes() for row in different)
    else:
        plain = different.tolist()
    return CodedBytes([text_of(value).encode() for value in plain], codes)


def _distinct(values: NDArray[Any]) -> tuple[NDArray[Any], IntArray]:
    """The different values (rows of a matrix), and the place of each value among them."""
    if values.ndim == 1 or values.shape[1] > 8:
        different, codes = np.unique(values, axis=0, return_inverse=True)
        return different, codes.reshape(-1)
    keys = np.zeros((len(values), 8), np.uint8)
    keys[:, 8 - values.shape[1]:] = values
    _keys, index, codes = np.unique(keys.view(">u8").reshape(-1).astype(np.uint64), return_index=True,
                                    return_inverse=True)
    return values[index], codes


def as_text(values: Values) -> Values:
    """What string() gives: numbers in decimal, addresses as they are written."""
    makers: Mapping[T, Callable[[Any], str]] = {
        T.IPV4: ipv4_text, T.IPV6: ipv6_text, T.ADDRESS: address_text,
        T.ETHER: lambda address: address.hex(":"), T.EUI64: lambda address: address.hex(":"),
    }
    plain = values.data.matrix if isinstance(values.data, FixedBytes) else values.numbers
    texts = _text_of(plain, values.type, makers.get(values.type, str))
    return Values(values.rows, texts, T.STRING)


def chosen_layers(numbers: IntArray, rows: IntArray, layers: Sequence[Range]) -> BoolArray:
    """Which values lie in the chosen layers; numbers are the layers of the values, from 1."""
    kept = np.zeros(len(numbers), bool)
    if not len(numbers):
        return kept
    deepest = np.zeros(int(rows[-1]) + 1, np.int64)
    np.maximum.at(deepest, rows, numbers)
    count = deepest[rows]
    for part in layers:
        first = np.where(part.first >= 0, part.first, count + part.first + 1)
        if part.count is not None:
            last = first + part.count - 1
        elif part.last is not None:
            last = np.where(part.last >= 0, part.last, count + part.last + 1)
        else:
            last = count
        kept |= (numbers >= first) & (numbers <= last)
    return kept


def sliced(values: Values, ranges: Sequence[Range]) -> Values:
    """Parts of each value, put together; what lies beyond its end is empty."""
    parts = [values.byte_strings.part(bounds) for bounds in ranges]
    if len(parts) == 1:
        return Values(values.known_rows, parts[0], T.BYTES)
    joined = CodedBytes.of([b"".join(part.item(index) for part in parts) for index in range(len(values))])
    return Values(values.known_rows, joined, T.BYTES)


def paired(left: Values, right: Values) -> tuple[Values, Values]:
    """Every value of one with every value of the other in the same row; a constant stays alone."""
    if right.rows is None or left.rows is None:
        if left.rows is not None and not len(right):
            return replace(left.take(np.zeros(0, np.intp)), asked=left.asked_rows), right
        return left, right
    if left.asked is not None or right.asked is not None:
        asked = np.intersect1d(left.asked_rows, right.asked_rows)
        left, right = replace(left, asked=asked), replace(right, asked=asked)
    rows, others = left.known_rows, right.known_rows
    same_rows = rows is others or np.array_equal(rows, others)
    if same_rows and bool((rows[1:] != rows[:-1]).all()):
        return left, right
    first = np.searchsorted(others, rows, "left")
    count = np.searchsorted(others, rows, "right") - first
    left_places = np.repeat(np.arange(len(rows)), count)
    within = np.arange(len(left_places)) - np.repeat(np.cumsum(count) - count, count)
    return left.take(left_places), right.take(np.repeat(first, count) + within)


def relation_holds(relation: Relation, left: Values, right: Values, every: bool) -> BoolArray:
    """For values that are paired (or a literal on the right): which of the pairs stand in the relation.

    In Wireshark an unsigned number cannot be compared with one below zero; such a pair passes where every pair
    has to stand in the relation, and fails where any will do.
    """
    if relation is Relation.CONTAINS:
        return _contained(left.byte_strings, right)
    if isinstance(left.data, ByteValues):
        if relation in (Relation.EQUAL, Relation.DIFFERENT) and right.rows is None:
            equal = equal_to_constant(left.data, right.byte_strings.item(0), right.prefix)
            return equal if relation is Relation.EQUAL else ~equal
        return _BY_ORDER[relation](_byte_order(left, right))
    return _number_relation(relation, left, right, every)


_BY_ORDER: Mapping[Relation, Callable[[NDArray[np.int8]], BoolArray]] = {
    Relation.EQUAL: lambda order: order == 0, Relation.DIFFERENT: lambda order: order != 0,
    Relation.GREATER: lambda order: order > 0, Relation.GREATER_OR_EQUAL: lambda order: order >= 0,
    Relation.LESS: lambda order: order < 0, Relation.LESS_OR_EQUAL: lambda order: order <= 0,
}
_BY_NUMBER: Mapping[Relation, Callable[[Any, Any], Any]] = {
    Relation.EQUAL: np.equal, Relation.DIFFERENT: np.not_equal, Relation.GREATER: np.greater,
    Relation.GREATER_OR_EQUAL: np.greater_equal, Relation.LESS: np.less,
    Relation.LESS_OR_EQUAL: np.less_equal,
}


def _number_relation(relation: Relation, left: Values, right: Values, every: bool) -> BoolArray:
    numbers, others = left.numbers, right.numbers
    if right.rows is None and len(right):
        others = others[0] if others.dtype == object else others.item()
    if right.prefix is not None:
        mask = (2**32 - 1) ^ (2**(32 - right.prefix) - 1)
        numbers, others = numbers & np.uint32(mask), others & mask
    result: BoolArray = _BY_NUMBER[relation](numbers, others)
    below_zero = np.asarray(others) < 0
    if left.type.is_unsigned and below_zero.any():
        result = np.where(below_zero & (numbers >= 0), every, result)
    return result


def _byte_order(left: Values, right: Values) -> NDArray[np.int8]:
    strings, others = left.byte_strings, right.byte_strings
    if right.prefix is not None:
        return _prefix_order(strings, others.item(0), right.prefix)
    lengths_first = left.type is not T.STRING
    if right.rows is None:
        return compare_to_constant(strings, others.item(0), lengths_first)
    return compare_pairs(strings, others, lengths_first)


def _prefix_order(strings: ByteValues, network: bytes, prefix: int) -> NDArray[np.int8]:
    mask = prefix_mask(len(network), prefix)
    masked = FixedBytes(strings.padded(len(network)) & np.frombuffer(mask, np.uint8))
    wanted = bytes(byte & bit for byte, bit in zip(network, mask, strict=True))
    return compare_to_constant(masked, wanted, lengths_first=True)


def _contained(strings: ByteValues, right: Values) -> BoolArray:
    """Nothing contains an empty text, in Wireshark."""
    others = right.byte_strings
    if right.rows is None:
        wanted = others.item(0)
        return strings.test(lambda value: bool(wanted) and wanted in value)
    result = np.zeros(len(strings), bool)
    for index in range(len(strings)):
        if index & 0xff == 0:
            proceed(index, len(strings))
        wanted = others.item(index)
        result[index] = bool(wanted) and wanted in strings.item(index)
    return result


def is_not_zero(values: Values) -> BoolArray:
    """Which values are not zero; of byte strings: have a byte that is not."""
    if isinstance(values.data, ByteValues):
        width = int(values.data.lengths.max(initial=0))
        return np.asarray(values.data.padded(width).any(axis=1))
    return np.asarray(values.data != 0)


def negated(values: Values) -> Values:
    """Each number with its sign turned."""
    return replace(values, data=-_wide(values.numbers))


def absolute(values: Values) -> Values:
    """Each number without its sign."""
    return replace(values, data=np.abs(_wide(values.numbers)), asked=None)


def calculated(operator: str, left: Values, right: Values) -> Values:
    """The results for values that are paired; those that cannot be calculated are left out."""
    if operator == "&" and isinstance(left.data, ByteValues):
        return replace(left, data=_masked(left.data, right.byte_strings))
    rows, asked = (left.rows, left.asked) if left.rows is not None else (right.rows, right.asked)
    first, second = np.broadcast_arrays(_wide(left.numbers), _wide(right.numbers))
    if operator == "&":
        return replace(left, rows=rows, data=first & second, asked=asked)
    good = np.ones(len(first), bool)
    unsigned = left.type.is_unsigned
    if operator in "/%":
        good &= second != 0
        second = np.where(second == 0, 1, second)
    with np.errstate(over="ignore"):
        result = _ARITHMETIC[operator](first, second)
    if unsigned:
        # Wireshark takes the second for an unsigned number too, 2**64 larger than it is.
        huge = (second < 0) & (first >= 0)
        if huge.any():
            fits, as_huge = _with_huge(operator, first, result)
            good &= fits | ~huge
            if left.type.width != 8:
                as_huge = as_huge & _LOWEST_32_BITS
            result = np.where(huge, as_huge, result)
    if unsigned or left.type.is_signed:
        good &= (result >= _LOWEST_RESULT) & (result <= _HIGHEST_RESULT) | (left.type.width == 8)
    whole = replace(left, rows=rows, data=result, asked=asked)
    if good.all():
        return whole
    if rows is None:
        return replace(whole, data=result[good])
    return replace(whole.take(good), asked=whole.asked_rows)


def _with_huge(operator: str, first: NDArray[Any], result: NDArray[Any]) -> tuple[BoolArray, NDArray[Any]]:
    """Where 64 bits are enough for a number and another of almost 2**64, and what comes out, modulo 2**64."""
    everywhere = np.ones(len(first), bool)
    match operator:
        case "+":
            return result < 0, result
        case "-":
            return ~everywhere, result
        case "*":
            return first <= 1, result
        case "/":
            return everywhere, np.zeros_like(result)
        case _:
            return everywhere, first


def _divided(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """Towards zero for whole numbers, as in C."""
    quotient: NDArray[Any] = np.abs(left) / np.abs(right) if left.dtype.kind == "f" else abs(left) // abs(right)
    return np.where((left < 0) != (right < 0), -quotient, quotient)


_ARITHMETIC: Mapping[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": _divided, "%": np.fmod,
}


def _wide(numbers: NDArray[Any]) -> NDArray[Any]:
    return numbers if numbers.dtype.kind in "fO" else numbers.astype(np.int64)


def _masked(left: ByteValues, right: ByteValues) -> ByteValues:
    """Byte by byte, as far as both reach."""
    if len(right) == 1 != len(left):
        right = right.take(np.zeros(len(left), np.int64))
    shorter = np.minimum(left.lengths, right.lengths)
    if len(shorter) and bool((shorter == shorter[0]).all()):
        width = int(shorter[0])
        return FixedBytes(left.padded(width) & right.padded(width))
    return CodedBytes.of([bytes(a & b for a, b in zip(left.item(index), right.item(index), strict=False))
                          for index in range(len(left))])


def extreme(arguments: Sequence[Values], largest: bool, frame_count: int) -> Values:
    """The largest or smallest value of each row that has any; a literal goes with every row."""
    if all(values.rows is None for values in arguments):
        return replace(_best_of_rows([values.repeated(_ONE_ROW) for values in arguments], largest), rows=None)
    every_row = np.arange(frame_count, dtype=np.int32)
    return _best_of_rows([values.repeated(every_row) if values.rows is None else values for values in arguments],
                         largest)


_ONE_ROW = np.zeros(1, np.int32)


def _best_of_rows(parts: Sequence[Values], largest: bool) -> Values:
    rows = np.concatenate([part.known_rows for part in parts])
    kind = parts[0].type
    if isinstance(parts[0].data, ByteValues):
        strings = [item for part in parts for item in _items(part.byte_strings)]
        return _best_strings(rows, strings, kind, largest)
    numbers = np.concatenate([_wide(part.numbers) for part in parts])
    order = np.lexsort((numbers, rows))
    sorted_rows = rows[order]
    border = np.flatnonzero(sorted_rows[1:] != sorted_rows[:-1]) + 1
    if largest:
        places = np.append(border - 1, len(order) - 1) if len(order) else border
    else:
        places = np.insert(border, 0, 0) if len(order) else border
    return Values(sorted_rows[places], numbers[order[places]], kind)


def _best_strings(rows: IntArray, strings: Sequence[bytes], kind: T, largest: bool) -> Values:
    best: dict[int, bytes] = {}
    choose = max if largest else min

    def rank(text: bytes) -> tuple[int, bytes]:
        return (0 if kind is T.STRING else len(text), text)

    for row, text in zip(rows.tolist(), strings, strict=True):
        best[row] = choose(best[row], text, key=rank) if row in best else text
    ordered = sorted(best)
    return Values(np.array(ordered, np.int32), CodedBytes.of([best[row] for row in ordered]), kind)


def _items(strings: ByteValues) -> Iterable[bytes]:
    return (strings.item(index) for index in range(len(strings)))
