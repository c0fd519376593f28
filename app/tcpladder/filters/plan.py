"""A checked filter: what is left to do when every name is a field and every operand has a type."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tcpladder.fields.types import FieldType
from tcpladder.filters.tree import Range


@dataclass(frozen=True, slots=True)
class FieldOperand:
    """All values of a field in a frame; layers restricts them to some headers of its protocol."""

    name: str
    type: FieldType
    layers: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class LiteralOperand:
    """A value that stands in the filter; prefix: so many of its first bits count."""

    type: FieldType
    content: int | float | bytes
    prefix: int | None = None


@dataclass(frozen=True, slots=True)
class ReferenceOperand:
    """The values that a field has in the selected frame."""

    name: str
    type: FieldType
    layers: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class SliceOperand:
    """Bytes of each value."""

    operand: Operand
    ranges: tuple[Range, ...]
    type: FieldType = FieldType.BYTES


@dataclass(frozen=True, slots=True)
class CallOperand:
    """What a function gives."""

    function: str
    arguments: tuple[Operand, ...]
    type: FieldType


@dataclass(frozen=True, slots=True)
class ArithmeticOperand:
    """Two operands, every value of one with every value of the other."""

    operator: str
    left: Operand
    right: Operand
    type: FieldType


@dataclass(frozen=True, slots=True)
class NegativeOperand:
    """Each value with its sign turned."""

    operand: Operand
    type: FieldType


Operand = (FieldOperand | LiteralOperand | ReferenceOperand | SliceOperand | CallOperand | ArithmeticOperand
           | NegativeOperand)


class Relation(Enum):
    """How two values may stand to each other."""

    EQUAL = "=="
    DIFFERENT = "!="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class Present:
    """The operand has a value."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class NonZero:
    """The operand has a value that is not zero."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Relates:
    """Any pair of values, or every pair, stands in the relation; both operands are there."""

    relation: Relation
    every: bool
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """A value lies between two others, both included."""

    every: bool
    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class Matches:
    """A pattern (PCRE, on bytes) is found in a value. start and end: where it stands in the filter."""

    every: bool
    operand: Operand
    pattern: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Not:
    """The test fails."""

    test: Test


@dataclass(frozen=True, slots=True)
class Every:
    """All tests hold; none of none fails."""

    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one test holds."""

    tests: tuple[Test, ...]


Test = Present | NonZero | Relates | Between | Matches | Not | Every | Some
