"""What may be typed next: fields, operators, functions and values seen in the capture, each with a sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from lark import Token

from tcpladder.decode.columns import ColumnTable
from tcpladder.fields.show import value_text
from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.filters.compiled import filter_fields
from tcpladder.filters.constants import value_names
from tcpladder.filters.errors import FilterError
from tcpladder.filters.functions import FUNCTIONS
from tcpladder.filters.literals import RULES, describe
from tcpladder.filters.syntax import terminals_after
from tcpladder.filters.tokens import scan_tokens
from tcpladder.filters.undecoded import UNDECODED
from tcpladder.texts import N_, _, ngettext

_MOST_VALUES = 20
_TYPES_WITH_VALUES = frozenset(kind for kind in T if kind.is_integer or kind.is_address) | {T.BOOLEAN}


# By the grammar's terminal: what it may be, and a sentence about each.
OPERATORS: Mapping[str, Mapping[str, str]] = {
    "COMPARISON": {
        "==": N_("Any value is equal."),
        "!=": N_("All values differ."),
        ">": N_("A value is greater."),
        "<": N_("A value is less."),
        ">=": N_("A value is greater or equal."),
        "<=": N_("A value is less or equal."),
        "===": N_("All values are equal."),
        "!==": N_("Any value differs."),
    },
    "CONTAINS": {"contains": N_("The bytes or the text are found in a value.")},
    "MATCHES": {"matches": N_("A regular expression is found in a value; letter case is ignored.")},
    "IN": {"in": N_("A value is one of a set: in {80, 443, 8000..8999}.")},
    "MASK": {"&": N_("The bits that both have.")},
    "AND": {"and": N_("Both conditions hold.")},
    "OR": {"or": N_("At least one of the conditions holds.")},
    "NOT": {"not": N_("The condition does not hold.")},
    "QUANTIFIER": {
        "any": N_("At least one value fulfils the comparison that follows."),
        "all": N_("Every value fulfils the comparison that follows."),
    },
}


@dataclass(frozen=True, slots=True)
class Completion:
    """A text for the place of the cursor: it replaces what stands from start to end."""

    text: str
    help: str
    start: int
    end: int


def completions(text: str, cursor: int, columns: ColumnTable | None = None, most: int = 100) -> list[Completion]:
    """What may stand at the cursor and begins as what has been typed there; the likeliest first.

    Nothing is offered within quotation marks, or where what stands before the cursor is wrong.
    """
    try:
        tokens = list(scan_tokens(text[:cursor]))
    except FilterError as error:
        if text[error.start:cursor] != ".":     # a dot behind a protocol: a field of it is being typed
            return []
        tokens = list(scan_tokens(text[:error.start]))
    typed = _typed(text[:cursor], tokens)
    start = cursor - len(typed)
    tokens = [token for token in tokens if token.start_pos is not None and token.start_pos < start]
    fields = filter_fields(columns)
    words = (Completion(word, sentence, start, cursor) for word, sentence in _words(tokens, fields, columns)
             if word.lstrip('"').casefold().startswith(typed.casefold()) and word != typed)
    return list(islice(words, most))


def _typed(before: str, tokens: Sequence[Token]) -> str:
    """The beginning of a word that ends at the cursor."""
    last = tokens[-1].start_pos if tokens and tokens[-1].type not in ("STRING", "CHARACTER") else None
    if last is not None and (before[last].isalnum() or before[last] == "_") and not before[-1].isspace():
        return before[last:]
    return ""


def _words(tokens: Sequence[Token], fields: Mapping[str, FieldSpec],
           columns: ColumnTable | None) -> Iterator[tuple[str, str]]:
    """All that may follow the tokens, with a sentence about each."""
    expected = terminals_after(tokens)
    if "WORD" in expected:
        field = _compared_field(tokens, fields)
        if field is not None:
            yield from _values(field, columns)
        decoded = fields.keys() - UNDECODED.keys()
        for name in sorted(decoded, key=lambda name: (name.count("."), name)):
            spec = fields[name]
            yield name, _("{label}, {noun}").format(label=spec.label, noun=describe(RULES[spec.type]))
        for name, function in FUNCTIONS.items():
            yield f"{name}(", _(function.help)
    for terminal, operators in OPERATORS.items():
        if terminal in expected:
            yield from ((operator, _(sentence)) for operator, sentence in operators.items())


def _compared_field(tokens: Sequence[Token], fields: Mapping[str, FieldSpec]) -> FieldSpec | None:
    """The field whose value is to be typed, or None where something else is."""
    place = len(tokens) - 1
    if place >= 0 and tokens[place].type in ("LBRACE", "COMMA", "TO"):
        while place >= 0 and tokens[place].type != "IN":
            if tokens[place].type not in ("LBRACE", "COMMA", "TO", "WORD", "STRING", "CHARACTER"):
                return None
            place -= 1
    if place < 1 or tokens[place].type not in ("COMPARISON", "IN", "CONTAINS"):
        return None
    name = tokens[place - 1]
    return fields.get(name.lstrip(".")) if name.type in ("WORD", "FIELD") else None


def _values(field: FieldSpec, columns: ColumnTable | None) -> Iterator[tuple[str, str]]:
    """The values of a field that the capture has, most frequent first, then the names of others."""
    names = value_names(field)
    seen: set[str] = set()
    if columns is not None and field.name in columns.fields() and _has_values_at_hand(field):
        values = columns.column(field.name).values
        different, counts = np.unique(values, axis=0, return_counts=True)
        for place in np.argsort(-counts, kind="stable")[:_MOST_VALUES].tolist():
            value = different[place]
            plain = value.tobytes() if value.ndim else value.item()
            if field.type is T.IPV4:
                plain = plain.to_bytes(4, "big")
            text = value_text(field, plain)
            seen.add(names.get(plain, "") if isinstance(plain, int) else "")
            yield text, _seen(int(counts[place]), names.get(plain, "") if isinstance(plain, int) else "")
    for name in names.values():
        if name not in seen:
            yield f'"{name}"', _("A value of {field}.").format(field=field.name)


def _has_values_at_hand(field: FieldSpec) -> bool:
    """Whether its values may be counted; what takes the story of each connection is too slow for a keystroke."""
    return field.type in _TYPES_WITH_VALUES and (field.in_tree or field.type is not T.BOOLEAN)


def _seen(count: int, name: str) -> str:
    times = ngettext("{count:,} time in this capture", "{count:,} times in this capture", count).format(count=count)
    return _("{name}, {times}").format(name=name, times=times) if name else times
