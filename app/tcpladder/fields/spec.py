"""Declarations: protocols and fields as frozen data that both walks read.

A structure (a protocol's header, an option, a record) is a tuple of elements. Elements lie one after the
other unless they name a dpkt item (whose place dpkt declares) or an offset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypedDict

from tcpladder.fields.dpkt_layout import Layout
from tcpladder.fields.expression import Expression, peeked
from tcpladder.fields.types import FieldType

if TYPE_CHECKING:
    from tcpladder.fields.node import FieldNode


class Base(Enum):
    """How a number is written."""

    DEC = "decimal"
    HEX = "hexadecimal"
    OCT = "octal"
    DEC_HEX = "decimal (hexadecimal)"
    HEX_DEC = "hexadecimal (decimal)"
    NONE = "name only"


class Rest(Enum):
    """The size of a field that reaches to the declared end of its structure."""

    REST = "rest"


REST = Rest.REST
Size = int | Expression | Rest
LabelMaker = Callable[["FieldNode"], str]


class Words(TypedDict):
    """What a boolean field is called when it is set and when it is not."""

    true: str
    false: str


SET: Words = {"true": "Set", "false": "Not set"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FieldSpec:
    """One field: name, label and type, where it lies, and how it is shown.

    name    as filters have it; empty for a heading over its children
    item    the dpkt item that holds it; else at (bytes from the start of the structure), else it follows
            the element before it
    size    bytes; without it the item's, else the type's own width
    bits    (first, count) within the item, counted from its most significant bit
    scale   the value is scale times the number on the wire
    value   computed from other fields instead of read
    column  the name is filled in by a later floor (registered columns); absent where nobody has
    region  the children form a structure of their own, ending where the field ends
    usual   (size, first bytes) of a region that most packets have: known to be read to its end, so nobody looks
    when    the field is there only where this is not 0
    """

    name: str
    label: str
    type: FieldType
    item: str | None = None
    at: int | Expression | None = None
    size: Size | None = None
    bits: tuple[int, int] | None = None
    scale: int = 1
    little_endian: bool = False
    value: Expression | None = None
    column: bool = False
    base: Base = Base.DEC
    names: Mapping[int, str] | None = None
    true: str = "True"
    false: str = "False"
    unit: str = ""
    labels: bool = False    # a text of labels, each behind its length: a domain name
    text: str | LabelMaker | None = None    # the whole label where it is more than "label: value"
    line_of: Callable[[Any], str] | None = None     # the whole label, made of nothing but the value
    line_needs: tuple[str, ...] | None = None       # all that a text's function reads in the scope; None: not said
    shown_as: FieldType | None = None       # an address that counts as a text (host names without look-up)
    shown_by: Callable[[int], str] | None = None    # a text made from the number
    in_tree: bool = True        # False: a column for later floors alone
    hidden: bool = False
    generated: bool = False
    whole_item: bool = False    # bits of an item count as the whole item in PDML's pos and size
    picture: tuple[int, int] | None = None   # (first, count) bits of the item that the bit picture shows
    no_picture: bool = False
    when: Expression | None = None
    region: bool = False
    usual: tuple[int, bytes] | None = None
    children: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """Elements that depend on a value: the case's, or the default ones."""

    by: Expression
    cases: Mapping[int, tuple[Element, ...]]
    default: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repeat:
    """A structure that is repeated to the end of the one it lies in, or count times."""

    elements: tuple[Element, ...]
    stride: int
    count: Expression | None = None
    at: int | Expression | None = None


WRONG = -1      # the kind of a record whose length cannot be right
BEHIND = -2     # of what stands behind the last record


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """Records of a kind and a length (options), up to the end of the structure or of size.

    kind_at      where in a record its kind is: one byte
    length_at    where in a record its length is: length_size bytes
    length_unit  bytes that one step of the length stands for
    length_adds  bytes that the length does not count (IPv6 options: 2)
    length       all of it computed instead, from what lies in the record (peek, NAME)
    clipped      a record that is too long for the structure ends with it, else it ends the list
    single       kinds that are one byte without a length
    last         kinds after which nothing more is read, but such kinds again where behind is declared
    wrong        stands for the first two bytes of a record whose length cannot be right; the list ends with it
    behind       stands for all that follows a last kind, from the first byte on that is no last kind
    """

    cases: Mapping[int, FieldSpec]
    default: FieldSpec
    kind_at: int = 0
    length_at: int = 1
    length_size: int = 1
    length_unit: int = 1
    length_adds: int = 0
    length: Expression | None = None
    at: int | Expression | None = None
    shortest: int = 2
    size: Size = REST
    clipped: bool = False
    wrong: FieldSpec | None = None
    behind: FieldSpec | None = None
    single: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()

    @property
    def all_cases(self) -> tuple[tuple[int | None, FieldSpec], ...]:
        """Every kind that is told apart, None for the others, WRONG and BEHIND for what is no record."""
        others = ((WRONG, self.wrong), (BEHIND, self.behind))
        return (*self.cases.items(), (None, self.default),
                *((kind, spec) for kind, spec in others if spec is not None))

    @property
    def head(self) -> int:
        """Bytes of a record that tell its kind and its length."""
        if self.length is None:
            return max(self.kind_at + 1, self.length_at + self.length_size)
        places = [peeked(name) for name in self.length.names() if name.startswith("@peek")]
        return max(self.kind_at + 1, *(offset + size for offset, size in places))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stop:
    """Nothing more of the structure is read where the condition holds; the reason is a problem."""

    when: Expression
    reason: str      # a message with the fields' filter names in braces


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expert:
    """A remark as Wireshark's expert information has it: on the field whose child it is, else on the one before.

    It stands where the condition holds; without one, where a later floor says so (registered columns).
    """

    name: str
    message: str     # with the filter names of fields in braces
    severity: str    # Chat, Note, Warning, Error
    group: str       # Sequence, Protocol, Malformed, ...
    when: Expression | None = None
    text: str | LabelMaker | None = None    # the whole message where it says more
    own_field: FieldSpec = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "own_field", FieldSpec(
            name=self.name, label=self.message, type=FieldType.NONE, generated=True, column=self.when is None,
            text=self.text or self.message))


Element = FieldSpec | Choice | Repeat | Records | Stop | Expert


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProtocolSpec:
    """A protocol: its header's structure and what follows it.

    name           unique among the declarations; layer is what the tree and filters say where that differs
    header_length  bytes of the header; where missing, what the elements take
    total_length   bytes of header and payload as the header declares them, where it does
    next           (field, table) pairs, the first that answers decides; a table maps numbers to names of
                   protocols, "" to none
    """

    name: str
    label: str
    elements: tuple[Element, ...]
    layout: Layout | None = None
    header_length: Expression | int | None = None
    total_length: Expression | None = None
    next: tuple[tuple[Expression, Mapping[int, str]], ...] = ()
    default_next: str = "data"
    text: str | LabelMaker | None = None
    chain: str | LabelMaker = ""    # what frame.protocols shows where it is not the name
    nests_payload: bool = False     # what follows stands in our part of the tree, not beside it
    quotes: bool = False            # what follows is the copy of another packet (in an ICMP error)
    inside: bool = False            # stands in the part of the tree of the header that it extends, which grows by it
    alone: Expression | None = None     # where this holds, the header that it extends does not grow, nor has it
    extends: bool = False           # the header before it counts as the carrier of what follows
    transparent: bool = False       # no layer of its own: only decides what follows
    parsed: bool = False            # an upper layer that decode/upper_layers.py reads; elements list its fields
    trailer: tuple[Element, ...] = ()    # what lies behind total_length, else behind the payload, to our own end
    layer: str = ""
    own_field: FieldSpec = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "own_field", FieldSpec(
            name=self.layer or self.name, label=self.label, type=FieldType.PROTOCOL, text=self.text))
