"""Which frames a checked filter lets pass, answered with arrays.

A frame may have several values of an operand or none. A relation is tested for every pair of values of one
frame, and holds for the frame if any pair (or every one) stands in it; a frame without a value fails.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tcpladder.decode.columns import ColumnTable, UnknownField
from tcpladder.fields.types import FieldType as T
from tcpladder.filters.byte_values import BoolArray, ByteValues, CodedBytes
from tcpladder.filters.errors import FilterCancelled, FilterError
from tcpladder.filters.literals import RULES
from tcpladder.filters.patterns import PatternTooSlow, finder
from tcpladder.filters.plan import (
    ArithmeticOperand,
    Between,
    CallOperand,
    Every,
    FieldOperand,
    LiteralOperand,
    Matches,
    NegativeOperand,
    NonZero,
    Not,
    Operand,
    Present,
    ReferenceOperand,
    Relates,
    Relation,
    SliceOperand,
    Some,
    Test,
)
from tcpladder.filters.protocol_bytes import bytes_with_payload, header_bytes
from tcpladder.filters.tree_fields import TREE_FIELDS, tree_values
from tcpladder.filters.values import (
    Data,
    Values,
    absolute,
    as_text,
    calculated,
    chosen_layers,
    extreme,
    is_not_zero,
    negated,
    paired,
    relation_holds,
    sliced,
    values_of_column,
    values_of_literal,
)
from tcpladder.protocols import PROTOCOLS
from tcpladder.texts import _

# What a field's values are for the selected frame: numbers, times in nanoseconds, bytes or texts.
References = Mapping[str, Sequence[Any]]


class Evaluation:
    """One run of a filter over the rows that the columns hold now.

    cancelled is asked now and then; FilterCancelled is raised where it says so.
    """

    def __init__(self, columns: ColumnTable, references: References, cancelled: Callable[[], bool],
                 progress: Callable[[float], None]) -> None:
        self._columns = columns
        self._references = references
        self._cancelled = cancelled
        self._progress = progress
        self._frame_count = columns.frame_count

    def select(self, test: Test) -> BoolArray:
        """The rows that pass: bool, shape (frame_count,)."""
        self._proceed()
        match test:
            case Not():
                return ~self.select(test.test)
            case Every():
                return self._every(test.tests)
            case Some():
                return self._some(test.tests)
            case Present():
                return self._present(test.operand)
            case NonZero():
                values = self._values(test.operand)
                return self._rows_with(values, is_not_zero(values), every=False)
            case Relates():
                searched = test.relation is Relation.CONTAINS
                left = self._searched(test.left) if searched else self._values(test.left)
                left, right = paired(left, self._values(test.right))
                passed = relation_holds(test.relation, left, right, test.every)
                return self._rows_with(left, passed, test.every)
            case Between():
                return self._between(test)
            case Matches():
                values = self._searched(test.operand)
                try:
                    passed = values.byte_strings.test(finder(test.pattern))
                except PatternTooSlow:
                    raise FilterError(_("The pattern takes too long for one packet; make it simpler."),
                                      test.start, test.end) from None
                return self._rows_with(values, passed, test.every)

    def watch(self, portion: float) -> None:
        """Called by work that takes long, also far below: reports how much of it is done, or stops it."""
        self._proceed()
        self._progress(portion)

    def _proceed(self) -> None:
        if self._cancelled():
            raise FilterCancelled

    def _every(self, tests: Sequence[Test]) -> BoolArray:
        result = np.ones(self._frame_count, bool)
        for test in tests:
            result &= self.select(test)
            if not result.any():
                break
        return result

    def _some(self, tests: Sequence[Test]) -> BoolArray:
        result = np.zeros(self._frame_count, bool)
        for test in tests:
            result |= self.select(test)
        return result

    def _rows_with(self, values: Values, passed: BoolArray, every: bool) -> BoolArray:
        """The rows of which any value, or every one, has passed."""
        if values.rows is None:     # a constant, the same for all
            return np.full(self._frame_count, bool(passed.all()))
        result = np.zeros(self._frame_count, bool)
        if every:
            result[values.asked_rows] = True
            result[values.rows[~passed]] = False
        else:
            result[values.rows[passed]] = True
        return result

    def _present(self, operand: Operand) -> BoolArray:
        if isinstance(operand, FieldOperand) and operand.name in PROTOCOLS and not operand.layers:
            return self._columns.column(operand.name).present(self._frame_count)
        values = self._values(operand)
        there = values.byte_strings.lengths > 0 if isinstance(operand, SliceOperand) else np.ones(len(values), bool)
        return self._rows_with(values, there, every=False)

    def _between(self, test: Between) -> BoolArray:
        values, low = paired(self._values(test.operand), self._values(test.low))
        above = relation_holds(Relation.GREATER_OR_EQUAL, values, low, test.every)
        places, high = paired(replace(values, data=np.arange(len(values))), self._values(test.high))
        values, above = values.take(places.numbers), above[places.numbers]
        below = relation_holds(Relation.LESS_OR_EQUAL, values, high, test.every)
        return self._rows_with(values, above & below, test.every)

    # Operands

    def _values(self, operand: Operand) -> Values:
        self._proceed()
        match operand:
            case LiteralOperand():
                return values_of_literal(operand)
            case FieldOperand():
                return self._field(operand)
            case ReferenceOperand():
                return self._reference(operand)
            case SliceOperand():
                return sliced(self._values(operand.operand), operand.ranges)
            case CallOperand():
                return self._call(operand)
            case NegativeOperand():
                return negated(self._values(operand.operand))
            case ArithmeticOperand():
                return calculated(operand.operator, *paired(self._values(operand.left),
                                                            self._values(operand.right)))

    def _searched(self, operand: Operand) -> Values:
        """Where "contains" and "matches" look: in a protocol and in all that it carries."""
        if isinstance(operand, FieldOperand) and operand.type is T.PROTOCOL:
            return self._field(operand, with_payload=True)
        return self._values(operand)

    def _field(self, operand: FieldOperand, with_payload: bool = False) -> Values:
        if operand.name in TREE_FIELDS:
            return tree_values(self._columns, operand.name)
        try:
            column = self._columns.column(operand.name)
        except UnknownField:        # a protocol that is not decoded: no packet has it
            return Values(np.zeros(0, np.int32), CodedBytes([], np.zeros(0, np.int64)), operand.type)
        if operand.name not in PROTOCOLS:
            values = values_of_column(column)
        elif with_payload:
            values = bytes_with_payload(self._columns, operand.name)
        else:
            values = header_bytes(self._columns, operand.name)
        if operand.layers:
            return values.take(chosen_layers(column.layers + 1, column.rows, operand.layers))
        return values

    def _reference(self, operand: ReferenceOperand) -> Values:
        found = list(self._references.get(operand.name, ()))
        if operand.layers:
            numbers = np.arange(1, len(found) + 1)
            kept = chosen_layers(numbers, np.zeros(len(found), np.int32), operand.layers)
            found = [value for value, keep in zip(found, kept, strict=True) if keep]
        rows = np.repeat(np.arange(self._frame_count, dtype=np.int32), len(found))
        places = np.tile(np.arange(len(found)), self._frame_count)
        data = _data_of(found)
        return Values(rows, data.take(places) if isinstance(data, ByteValues) else data[places], operand.type)

    def _call(self, operand: CallOperand) -> Values:
        arguments = [self._values(argument) for argument in operand.arguments]
        first = arguments[0]
        match operand.function:
            case "len":
                return _lengths(first)
            case "count":
                rows, count = np.unique(first.known_rows, return_counts=True)
                return Values(rows, count, T.UINT32)
            case "string":
                return as_text(first)
            case "upper" | "lower" as function:
                change = bytes.upper if function == "upper" else bytes.lower
                return Values(first.rows, _changed(first.byte_strings, change), T.STRING)
            case "abs":
                return absolute(first)
            case _:
                return extreme(arguments, operand.function == "max", self._frame_count)


def _lengths(values: Values) -> Values:
    """The bytes of each value; booleans and times have none, in Wireshark."""
    if isinstance(values.data, ByteValues):
        return Values(values.rows, values.data.lengths, T.UINT32)
    width = 0 if values.type is T.BOOLEAN else RULES[values.type].width or 0
    return Values(values.rows, np.full(len(values), width, np.uint32), T.UINT32)


def _changed(strings: ByteValues, change: Callable[[bytes], bytes]) -> CodedBytes:
    if isinstance(strings, CodedBytes):
        return strings.mapped(change)
    return CodedBytes.of([change(strings.item(index)) for index in range(len(strings))])


def _data_of(values: Sequence[Any]) -> Data:
    """The values of the selected frame as they are in columns."""
    if values and isinstance(values[0], str):
        return CodedBytes.of([value.encode() for value in values])
    if values and isinstance(values[0], bytes):
        return CodedBytes.of(values)
    return np.array(values, np.int64)
