"""The functions of the filter language, as a table that the checker, the help and the completion read."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tcpladder.fields.types import FieldType as T


class Result(Enum):
    """What a function gives; SAME: the type of its first argument."""

    COUNT = T.UINT32
    TEXT = T.STRING
    SAME = None

    @property
    def type(self) -> T:
        """The type of the result where it does not depend on the arguments."""
        assert self.value is not None
        return self.value


@dataclass(frozen=True, slots=True)
class Function:
    """What a function takes and gives.

    help is one sentence for people, to be translated when shown. several: any number of arguments of one
    type. field_only: neither slices nor arithmetic nor other functions.
    """

    help: str
    takes: frozenset[T]
    result: Result
    several: bool = False
    field_only: bool = False


_INTEGERS = frozenset(kind for kind in T if kind.is_integer)
_EVERY_TYPE = frozenset(T)

FUNCTIONS: Mapping[str, Function] = {
    "upper": Function("The text with all letters A to Z large.", frozenset({T.STRING}), Result.TEXT,
                      field_only=True),
    "lower": Function("The text with all letters a to z small.", frozenset({T.STRING}), Result.TEXT,
                      field_only=True),
    "len": Function("The number of bytes of each value.", _EVERY_TYPE, Result.COUNT, field_only=True),
    "count": Function("How often the field occurs in the frame.", _EVERY_TYPE, Result.COUNT, field_only=True),
    "string": Function("A number or an address as text.",
                       _INTEGERS | {T.IPV4, T.IPV6, T.ETHER, T.EUI64, T.DOUBLE}, Result.TEXT, field_only=True),
    "max": Function("The largest of all values of all arguments.", _EVERY_TYPE - {T.NONE}, Result.SAME, several=True),
    "min": Function("The smallest of all values of all arguments.", _EVERY_TYPE - {T.NONE}, Result.SAME, several=True),
    "abs": Function("Each value without its sign.", _INTEGERS | {T.DOUBLE, T.RELATIVE_TIME, T.BOOLEAN}, Result.SAME),
}
