"""The functions of the filter language, as a table that the checker, the help and the completion read."""

from collections.abc import Mapping
from dataclasses import dataclass

from tcpladder.fields.types import FieldType as T
from tcpladder.texts import N_


@dataclass(frozen=True, slots=True)
class Function:
    """What a function takes and gives.

    help is one sentence for people, translated when it is shown. result None: the type of the first argument.
    several: any number of arguments of one type. field_only: neither slices nor arithmetic nor functions.
    """

    help: str
    takes: frozenset[T]
    result: T | None
    several: bool = False
    field_only: bool = False


_INTEGERS = frozenset(kind for kind in T if kind.is_integer)
_EVERY_TYPE = frozenset(T)
_TEXT = frozenset({T.STRING})
_ORDERED = _EVERY_TYPE - {T.NONE}
_WRITABLE = _INTEGERS | {T.IPV4, T.IPV6, T.ADDRESS, T.ETHER, T.EUI64, T.DOUBLE}
_SIGNED = _INTEGERS | {T.DOUBLE, T.RELATIVE_TIME, T.BOOLEAN}

FUNCTIONS: Mapping[str, Function] = {
    "upper": Function(N_("The text with all letters A to Z large."), _TEXT, T.STRING, field_only=True),
    "lower": Function(N_("The text with all letters A to Z small."), _TEXT, T.STRING, field_only=True),
    "len": Function(N_("The number of bytes of each value."), _EVERY_TYPE, T.UINT32, field_only=True),
    "count": Function(N_("How often the field occurs in the frame."), _EVERY_TYPE, T.UINT32, field_only=True),
    "string": Function(N_("A number or an address as text."), _WRITABLE, T.STRING, field_only=True),
    "max": Function(N_("The largest of all values of all arguments."), _ORDERED, None, several=True),
    "min": Function(N_("The smallest of all values of all arguments."), _ORDERED, None, several=True),
    "abs": Function(N_("Each value without its sign."), _SIGNED, None),
}
