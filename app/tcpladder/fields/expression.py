"""Arithmetic over fields, declared once and computed for one packet (ints) or for all (arrays).

`F("ip.len") - F("ip.hdr_len")` builds an expression. evaluate() computes it with whatever the lookup
returns for a name, an int or a numpy array; every operator used here means the same for both.
"""

from __future__ import annotations

import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np

Lookup = Callable[[str], Any]   # raises KeyError where the field is absent


class Surroundings(Protocol):
    """Where a compiled expression finds what it needs of one packet; KeyError where that is absent.

    A structure goes from byte start to byte end, of which those before limit were captured.
    """

    start: int
    end: int
    limit: int

    @property
    def scope(self) -> Mapping[str, Any]:
        """Values that are known already."""

    def lookup(self, name: str) -> Any:
        """Any other value."""

    def peek(self, offset: int, size: int, order: str) -> int:
        """The number in some bytes, see peek()."""


class Expression(ABC):
    """Base of all expressions; the operators build new ones."""

    __slots__ = ()

    @abstractmethod
    def evaluate(self, lookup: Lookup) -> Any:
        """The value, with the names resolved by lookup."""

    @abstractmethod
    def names(self) -> Iterator[str]:
        """The fields that the value depends on."""

    @abstractmethod
    def source(self, tables: dict[str, Mapping[int, int]]) -> str:
        """The same in Python, for numbers, as compiled() needs it; tables that it needs are added by name."""

    def __add__(self, other: Expression | int) -> Expression:
        return Binary("+", self, as_expression(other))

    def __radd__(self, other: int) -> Expression:
        return Binary("+", as_expression(other), self)

    def __sub__(self, other: Expression | int) -> Expression:
        return Binary("-", self, as_expression(other))

    def __rsub__(self, other: int) -> Expression:
        return Binary("-", as_expression(other), self)

    def __mul__(self, other: Expression | int) -> Expression:
        return Binary("*", self, as_expression(other))

    def __floordiv__(self, other: Expression | int) -> Expression:
        return Binary("//", self, as_expression(other))

    def __mod__(self, other: Expression | int) -> Expression:
        return Binary("%", self, as_expression(other))

    def __rshift__(self, other: Expression | int) -> Expression:
        return Binary(">>", self, as_expression(other))

    def __lshift__(self, other: Expression | int) -> Expression:
        return Binary("<<", self, as_expression(other))

    def __and__(self, other: Expression | int) -> Expression:
        return Binary("&", self, as_expression(other))

    def __or__(self, other: Expression | int) -> Expression:
        return Binary("|", self, as_expression(other))

    def __lt__(self, other: Expression | int) -> Expression:
        return Binary("<", self, as_expression(other))

    def __le__(self, other: Expression | int) -> Expression:
        return Binary("<=", self, as_expression(other))

    def __gt__(self, other: Expression | int) -> Expression:
        return Binary(">", self, as_expression(other))

    def __ge__(self, other: Expression | int) -> Expression:
        return Binary(">=", self, as_expression(other))

    def equals(self, other: Expression | int) -> Expression:
        """1 where both are equal, else 0."""
        return Binary("==", self, as_expression(other))

    def differs(self, other: Expression | int) -> Expression:
        """1 where the two differ, else 0."""
        return Binary("!=", self, as_expression(other))

    def among(self, *values: int) -> Expression:
        """1 where the value is one of these, else 0."""
        return Translated(self, dict.fromkeys(values, 1), 0)

    def at_most(self, other: Expression | int) -> Expression:
        """The smaller of the two."""
        return Binary("min", self, as_expression(other))

    def at_least(self, other: Expression | int) -> Expression:
        """The larger of the two."""
        return Binary("max", self, as_expression(other))


def _smaller(a: Any, b: Any) -> Any:
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else np.minimum(a, b)


def _larger(a: Any, b: Any) -> Any:
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else np.maximum(a, b)


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
    ">>": operator.rshift, "<<": operator.lshift, "&": operator.and_, "|": operator.or_,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "min": _smaller, "max": _larger,
}


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Expression):
    """A number."""

    number: int

    def evaluate(self, lookup: Lookup) -> int:
        return self.number

    def names(self) -> Iterator[str]:
        return iter(())

    def source(self, tables: dict[str, Mapping[int, int]]) -> str:
        return repr(self.number)


@dataclass(frozen=True, slots=True, eq=False)
class F(Expression):
    """The value of a field (after scaling), by its filter name."""

    name: str

    def evaluate(self, lookup: Lookup) -> Any:
        return lookup(self.name)

    def names(self) -> Iterator[str]:
        yield self.name

    def source(self, tables: dict[str, Mapping[int, int]]) -> str:
        if self.name == "@length":
            return "(of.end - of.start)"
        if self.name == "@captured":
            return "max(0, of.limit - of.start)"
        if self.name.startswith("@peek"):
            return f"of.peek({', '.join(map(repr, _peek_parts(self.name)))})"
        return f"(of.scope[{self.name!r}] if {self.name!r} in of.scope else of.lookup({self.name!r}))"


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Expression):
    """Two operands and what joins them."""

    symbol: str
    left: Expression
    right: Expression

    def evaluate(self, lookup: Lookup) -> Any:
        return _OPERATORS[self.symbol](self.left.evaluate(lookup), self.right.evaluate(lookup))

    def names(self) -> Iterator[str]:
        yield from self.left.names()
        yield from self.right.names()

    def source(self, tables: dict[str, Mapping[int, int]]) -> str:
        left, right = self.left.source(tables), self.right.source(tables)
        return f"{self.symbol}({left}, {right})" if self.symbol.isalpha() else f"({left} {self.symbol} {right})"


@dataclass(frozen=True, slots=True, eq=False)
class Translated(Expression):
    """A value looked up in a table of whole numbers."""

    operand: Expression
    table: Mapping[int, int]
    default: int

    def evaluate(self, lookup: Lookup) -> Any:
        value = self.operand.evaluate(lookup)
        if not isinstance(value, np.ndarray):
            return self.table.get(int(value), self.default)
        result = np.full(value.shape, self.default, np.int64)
        for key, translated in self.table.items():
            result[value == key] = translated
        return result

    def names(self) -> Iterator[str]:
        return self.operand.names()

    def source(self, tables: dict[str, Mapping[int, int]]) -> str:
        name = f"table{len(tables)}"
        tables[name] = self.table
        return f"{name}.get(int({self.operand.source(tables)}), {self.default!r})"


Condition = Callable[[Surroundings], bool]


@cache
def compiled(expression: Expression) -> Callable[[Surroundings], int]:
    """The expression as a function, for numbers: what evaluate() gives, several times as fast."""
    tables: dict[str, Mapping[int, int]] = {}
    function: Callable[[Surroundings], int] = eval(f"lambda of: int({expression.source(tables)})", dict(tables))
    return function


@cache
def compiled_all(conditions: Sequence[Expression]) -> Condition:
    """Whether none of these is 0, asked in their order, as a function like that of compiled()."""
    tables: dict[str, Mapping[int, int]] = {}
    sources = " and ".join(condition.source(tables) for condition in conditions)
    function: Condition = eval(f"lambda of: bool({sources or True})", dict(tables))
    return function


def as_expression(value: Expression | int) -> Expression:
    """The expression itself, or a constant."""
    return value if isinstance(value, Expression) else Constant(value)


# What a structure knows of itself besides its fields; counted in bytes.
LENGTH = F("@length")       # from its first byte to its declared end
CAPTURED = F("@captured")   # from its first byte to where the capture or its declared end stops it
ZEROS = F("@zeros")         # how many of its first 64 bytes are zero before another value comes
SUM16 = F("@sum16")         # the ones' complement sum of its 16-bit words; absent unless all were captured

NAME = F("@name")           # bytes of the domain name that a record begins with (RFC 1035, section 3.1)

# What is known of the whole frame, and of where in it a structure stands.
WIRE_LENGTH = F("@wire_length")     # bytes of the frame before it was cut
TIME = F("@time")                   # when it was captured: nanoseconds since 1970; absent without a time
QUOTED = F("@quoted")               # 1 in the copy of a packet (in an ICMP error), else 0
TURN = F("@turn")                   # within a repetition: which time it is, from 0
DEPTH = F("@depth")                 # how many headers stand around; the frame counts as one


def peek(offset: int, size: int = 1, *, little_endian: bool = False) -> F:
    """The number in size bytes at offset from the start of the structure, ahead of its being declared."""
    return F(f"@peek {offset} {size} {'little' if little_endian else 'big'}")


@cache
def peeked(name: str) -> tuple[int, int]:
    """Offset and size of what the name of a peek() says."""
    offset, size, _order = _peek_parts(name)
    return offset, size


def _peek_parts(name: str) -> tuple[int, int, str]:
    _peek, offset, size, order = name.split()
    return int(offset), int(size), order


def sum16_with(*addresses: tuple[str, ...]) -> F:
    """SUM16 with the words of addresses added (a pseudo-header): of each group of fields, the first that is there."""
    return F("+".join(("@sum16", *("|".join(group) for group in addresses))))


def optional(name: str, otherwise: int) -> F:
    """The value of a field, or another number where the field is absent."""
    return F(f"@optional {name} {otherwise}")


def together(name: str) -> F:
    """How many records of a name a list has at most from one at a multiple of four bytes up to the next such."""
    return F(f"@together {name}")


def matches(pattern: str) -> F:
    """1 where the bytes of the structure begin with what a regular expression says, else 0."""
    return F(f"@matches {pattern}")


@cache
def byte_pattern(pattern: str) -> re.Pattern[bytes]:
    """The regular expression of matches()."""
    return re.compile(pattern.encode("latin-1"))


def known(name: str) -> F:
    """1 where a field that a later floor fills in is filled in, else 0."""
    return F(f"@known {name}")
