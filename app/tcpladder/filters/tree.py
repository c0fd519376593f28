"""What a filter says, before anybody has looked at which fields exist: expressions and conditions.

start and end delimit the characters that a node was written in (0-based, end after the last).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """One part of a slice or of a choice of layers: "i:j", "i-j", "i", ":j" or "i:".

    Either count or last (inclusive) ends it; without both it reaches to the end. Negative positions are
    counted from the end.
    """

    first: int
    count: int | None = None
    last: int | None = None

    def bounds(self, length: int) -> tuple[int, int] | None:
        """Begin and end within something of this length, or None where it does not fit."""
        begin = self.first if self.first >= 0 else length + self.first
        if self.count is not None:
            end = begin + self.count
        elif self.last is not None:
            end = (self.last if self.last >= 0 else length + self.last) + 1
        else:
            end = length
        return (begin, end) if 0 <= begin < end <= length else None


@dataclass(frozen=True, slots=True)
class Word:
    """A word without quotes: a field, a number, an address, the name of a value."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class FieldName:
    """A word that is a field by its leading dot."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """What stood in double quotes, escapes resolved."""

    start: int
    end: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Character:
    """A character constant: a number below 256."""

    start: int
    end: int
    value: int


@dataclass(frozen=True, slots=True)
class Reference:
    """The values that a field has in the selected frame."""

    start: int
    end: int
    text: str
    layers: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Layered:
    """A field in some layers of its protocol only; the outermost is layer 1."""

    start: int
    end: int
    field: Word | FieldName
    layers: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes out of a value."""

    start: int
    end: int
    operand: Expression
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function and what it is given."""

    start: int
    end: int
    name: Word
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two operands and one of + - * / % &."""

    start: int
    end: int
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Negative:
    """An operand with a minus sign."""

    start: int
    end: int
    operand: Expression


Expression = Word | FieldName | Text | Character | Reference | Layered | Slice | Call | Arithmetic | Negative


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as it was written."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Exists:
    """Something is there (of arithmetic: is not zero)."""

    start: int
    end: int
    operand: Expression


@dataclass(frozen=True, slots=True)
class Comparison:
    """Operands with comparison operators between them; "a < b < c" means "a < b and b < c"."""

    start: int
    end: int
    operands: tuple[Expression, ...]
    operators: tuple[Operator, ...]
    quantifier: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """"contains" or "matches"."""

    start: int
    end: int
    left: Expression
    operator: Operator
    right: Expression
    quantifier: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """An element of a set: everything from low to high, both included."""

    start: int
    end: int
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class Membership:
    """A value is one of a set."""

    start: int
    end: int
    left: Expression
    elements: tuple[Expression | Interval, ...]
    quantifier: str = ""


@dataclass(frozen=True, slots=True)
class Opposite:
    """Not."""

    start: int
    end: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conditions joined by "and"."""

    start: int
    end: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions joined by "or"."""

    start: int
    end: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty filter."""

    start: int = 0
    end: int = 0


Condition = Exists | Comparison | Search | Membership | Opposite | AllOf | AnyOf | Everything
