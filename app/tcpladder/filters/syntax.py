"""The grammar of Wireshark 4.0's display filters: from text to a tree.

Nothing here knows which fields exist; that is check.py's part.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer

from tcpladder.filters.errors import FilterError
from tcpladder.filters.tokens import exclusive_or_is_missing, own_operator, refuse_unreadable, scan_tokens
from tcpladder.filters.tree import (
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Character,
    Comparison,
    Condition,
    Everything,
    Exists,
    Expression,
    FieldName,
    Interval,
    Layered,
    Membership,
    Negative,
    Operator,
    Opposite,
    Range,
    Reference,
    Search,
    Slice,
    Text,
    Word,
)
from tcpladder.texts import _

GRAMMAR = r"""
?start: either | -> everything

?either: both | both (OR both)+ -> any_of
?both: negation | negation (AND negation)+ -> all_of
?negation: NOT negation -> opposite | test
?test: LPAR either RPAR -> group | sum -> exists | relation | QUANTIFIER relation -> quantified

?relation: sum (COMPARISON sum)+ -> comparison
    | entity CONTAINS entity -> search
    | entity MATCHES entity -> search
    | entity IN set -> membership
    | entity NOT IN set -> exclusion
set: LBRACE element (COMMA element)* RBRACE
?element: bound | bound TO bound -> interval
?bound: entity | (PLUS | MINUS) entity -> signed

?sum: addition | sum MASK addition -> arithmetic
?addition: product | addition (PLUS | MINUS) product -> arithmetic
?product: factor | product TIMES factor -> arithmetic
?factor: bound | LBRACE sum RBRACE -> group

?entity: WORD -> word | FIELD -> field | STRING -> string | CHARACTER -> character
    | REFERENCE -> reference
    | WORD LPAR (sum (COMMA sum)*)? RPAR -> call
    | entity ranges -> slice
    | (WORD | FIELD) LAYER -> layer
    | (WORD | FIELD) LAYERS ranges -> layers
ranges: LSQB RANGE (COMMA RANGE)* RSQB

%declare OR AND NOT QUANTIFIER COMPARISON CONTAINS MATCHES IN COMMA TO PLUS MINUS TIMES MASK
%declare LPAR RPAR LBRACE RBRACE LSQB RSQB WORD FIELD STRING CHARACTER REFERENCE LAYER LAYERS RANGE
"""

_NUMBER = re.compile("[+-]?(?:0[xX]([0-9A-Fa-f]+)|0[bB]([01]+)|(0[0-7]*)|([1-9][0-9]*))")
_LONGEST_NUMBER = 80        # characters; 64 bits in base 2 are 66
_LARGEST_OFFSET = 2**31 - 1
_INTEGER = r"[+-]?(?:0[xX][0-9A-Fa-f]+|[0-9]+)"
_RANGE = re.compile(rf"({_INTEGER})?\s*(?:([:-])\s*({_INTEGER})?)?")
_ESCAPE = re.compile(rb"\\(?:x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_SIMPLE_ESCAPES = {b"'": b"'", b'"': b'"', b"\\": b"\\", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n",
                   b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def parse(text: str) -> Condition:
    """The tree of a filter; raises FilterError where the text breaks the grammar."""
    refuse_unreadable(text)
    try:
        return cast(Condition, _parser().parse(text))
    except UnexpectedToken as error:
        raise _syntax_error(text, error) from None


def terminals_after(tokens: Iterable[Token]) -> frozenset[str]:
    """The kinds of tokens that may follow these; none where they break the grammar already."""
    parser = _parser().parse_interactive()
    try:
        for token in tokens:
            parser.feed_token(token)
    except (UnexpectedToken, FilterError):
        return frozenset()
    return frozenset(parser.accepts())  # type: ignore[no-untyped-call]


def integer(text: str) -> int:
    """A number in decimal, octal (leading 0), hexadecimal (0x) or binary (0b); raises ValueError."""
    match = _NUMBER.fullmatch(text)
    if not match or len(text) > _LONGEST_NUMBER:
        raise ValueError(text)
    bases = zip(match.groups(), (16, 2, 8, 10), strict=True)
    value = next(int(digits, base) for digits, base in bases if digits)
    return -value if text[0] == "-" else value


class _FilterLexer(Lexer):
    """scan_tokens() in the form in which lark wants a lexer."""

    def __init__(self, _configuration: Any) -> None:
        pass

    def lex(self, text: str) -> Iterator[Token]:  # type: ignore[override]
        return scan_tokens(text)


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer=_FilterLexer, transformer=_TreeBuilder())


class _TreeBuilder(Transformer[Token, Any]):
    """Called by the parser for each rule that it recognises."""

    def everything(self, _parts: list[Any]) -> Condition:
        return Everything()

    def any_of(self, parts: list[Any]) -> Condition:
        return AnyOf(parts[0].start, parts[-1].end, tuple(parts[::2]))

    def all_of(self, parts: list[Any]) -> Condition:
        return AllOf(parts[0].start, parts[-1].end, tuple(parts[::2]))

    def opposite(self, parts: list[Any]) -> Condition:
        sign, condition = parts
        if isinstance(condition, Opposite):     # a thousand of them are no deeper than one
            return cast(Condition, _starting_at(condition.condition, sign.start_pos))
        return Opposite(sign.start_pos, condition.end, condition)

    def group(self, parts: list[Any]) -> Any:
        return parts[1]

    def exists(self, parts: list[Any]) -> Condition:
        return Exists(parts[0].start, parts[0].end, parts[0])

    def comparison(self, parts: list[Any]) -> Condition:
        return Comparison(parts[0].start, parts[-1].end, tuple(parts[::2]),
                          tuple(_operator(token) for token in parts[1::2]))

    def search(self, parts: list[Any]) -> Condition:
        left, operator, right = parts
        return Search(left.start, right.end, left, _operator(operator), right)

    def membership(self, parts: list[Any]) -> Condition:
        left, _in, (elements, end) = parts
        return Membership(left.start, end, left, elements)

    def exclusion(self, parts: list[Any]) -> Condition:
        left, _not, _in, (elements, end) = parts
        return Opposite(left.start, end, Membership(left.start, end, left, elements))

    def quantified(self, parts: list[Any]) -> Condition:
        quantifier, relation = parts
        if isinstance(relation, Opposite):      # "all a not in {…}" is "a not in {…}"
            return cast(Condition, _starting_at(relation, quantifier.start_pos))
        return cast(Condition, replace(relation, start=quantifier.start_pos, quantifier=str(quantifier)))

    def set(self, parts: list[Any]) -> tuple[tuple[Expression | Interval, ...], int]:
        return tuple(parts[1:-1:2]), parts[-1].end_pos

    def interval(self, parts: list[Any]) -> Interval:
        low, _to, high = parts
        return Interval(low.start, high.end, low, high)

    def signed(self, parts: list[Any]) -> Expression:
        sign, operand = parts
        if sign.type == "PLUS":
            return cast(Expression, _starting_at(operand, sign.start_pos))
        return Negative(sign.start_pos, operand.end, operand)

    def arithmetic(self, parts: list[Any]) -> Expression:
        left, operator, right = parts
        sign = "&" if operator.type == "MASK" else str(operator)
        return Arithmetic(left.start, right.end, sign, left, right)

    def word(self, parts: list[Any]) -> Expression:
        return Word(parts[0].start_pos, parts[0].end_pos, str(parts[0]))

    def field(self, parts: list[Any]) -> Expression:
        return FieldName(parts[0].start_pos, parts[0].end_pos, parts[0][1:])

    def string(self, parts: list[Any]) -> Expression:
        return Text(parts[0].start_pos, parts[0].end_pos, _string_value(parts[0]))

    def character(self, parts: list[Any]) -> Expression:
        return Character(parts[0].start_pos, parts[0].end_pos, _character_value(parts[0]))

    def reference(self, parts: list[Any]) -> Expression:
        token = parts[0]
        name, _hash, layer = token[2:-1].partition("#")
        layers = (_layer(int(layer), token),) if layer else ()
        return Reference(token.start_pos, token.end_pos, name, layers)

    def call(self, parts: list[Any]) -> Expression:
        name, close = parts[0], parts[-1]
        return Call(name.start_pos, close.end_pos, self._name(name), tuple(parts[2:-1:2]))

    def slice(self, parts: list[Any]) -> Expression:
        operand, (ranges, end) = parts
        return Slice(operand.start, end, operand, ranges)

    def layer(self, parts: list[Any]) -> Expression:
        name, layer = parts
        return Layered(name.start_pos, layer.end_pos, self._name(name), (_layer(int(layer[1:]), layer),))

    def layers(self, parts: list[Any]) -> Expression:
        name, _hash, (ranges, end) = parts
        return Layered(name.start_pos, end, self._name(name), ranges)

    def ranges(self, parts: list[Any]) -> tuple[tuple[Range, ...], int]:
        return tuple(_range(token) for token in parts[1:-1:2]), parts[-1].end_pos

    def _name(self, token: Token) -> Any:
        return self.word([token]) if token.type == "WORD" else self.field([token])


def _starting_at(node: Any, start: int | None) -> Any:
    """The node with what precedes it counted in."""
    return replace(node, start=start)


def _operator(token: Token) -> Operator:
    assert token.start_pos is not None
    assert token.end_pos is not None
    return Operator(token.start_pos, token.end_pos, str(token))


def _error(message: str, token: Token) -> FilterError:
    assert token.start_pos is not None
    assert token.end_pos is not None
    return FilterError(message, token.start_pos, token.end_pos)


def _layer(number: int, token: Token) -> Range:
    if number > _LARGEST_OFFSET:
        raise _error(_("{number} is too large a number of a layer.").format(number=number), token)
    return Range(number, count=1)


def _range(token: Token) -> Range:
    match = _RANGE.fullmatch(token)
    if not match:
        raise _error(_('"{text}" is not a range; write i:length, i-last, i, :length or i:.').format(
            text=token), token)
    first_text, separator, second_text = match.groups()
    try:
        first = integer(first_text) if first_text else 0
        second = integer(second_text) if second_text else None
    except ValueError:
        first, second = _LARGEST_OFFSET + 1, None
    if abs(first) > _LARGEST_OFFSET or abs(second or 0) > _LARGEST_OFFSET:
        raise _error(_('"{text}" is too far away for a range.').format(text=token), token)
    if separator is None:
        return Range(first, count=1)
    if separator == ":":
        if second is not None and second <= 0:
            raise _error(_('The length after ":" must be 1 or more, not {length}.').format(
                length=second), token)
        return Range(first, count=second)
    if first_text is None or second is None:
        raise _error(_('"{text}" is not a range; both ends must stand beside "-".').format(text=token), token)
    if (first < 0) != (second < 0):
        raise _error(_("{first} and {last} are counted from different ends.").format(
            first=first, last=second), token)
    if first >= second:
        raise _error(_('"{text}" does not end after its beginning; one byte alone is written [{first}].').format(
            text=token, first=first), token)
    return Range(first, last=second)


def _string_value(token: Token) -> bytes:
    if token[0] in "rR":
        return token[2:-1].encode()
    return _unescaped(token)


def _character_value(token: Token) -> int:
    value = _unescaped(token)
    if len(value) != 1:
        raise _error(_("{text} is not one character; a longer text stands in double quotation marks.").format(
            text=token), token)
    if not 0 < value[0] < 128 and "\\" not in token:
        raise _error(_("{text} is not an ASCII character.").format(text=token), token)
    return value[0]


def _unescaped(token: Token) -> bytes:
    """What stands between the quotes, escapes resolved."""

    def resolve(match: re.Match[bytes]) -> bytes:
        body = match.group()[1:]
        kind = body[:1]
        try:
            if kind in (b"u", b"U") and len(body) > 1:
                code = int(body[1:], 16)
                if code < 0xA0:
                    raise ValueError
                return chr(code).encode()
            if kind == b"x" and len(body) > 1:
                return bytes([int(body[1:], 16)])
            if kind.isdigit() and kind < b"8":
                return bytes([int(body, 8)])
            return _SIMPLE_ESCAPES[kind]
        except (KeyError, ValueError):
            assert token.start_pos is not None
            start = token.start_pos + 1 + len(inner[:match.start()].decode())
            escape = match.group().decode()
            raise FilterError(_('{escape} is not an escape that is known here; write "\\\\" for a '
                                'backslash, or put r before the quotation mark.').format(escape=escape),
                              start, start + len(escape)) from None

    inner = token[1:-1].encode()
    return _ESCAPE.sub(resolve, inner)


def _syntax_error(text: str, error: UnexpectedToken) -> FilterError:
    token = error.token
    expected = set(error.accepts or error.expected)
    if token.type == "$END":
        end = len(text.rstrip())
        return FilterError(_ending(expected), end, end + 1)
    assert token.start_pos is not None
    before = text[:token.start_pos].rstrip()
    # A foreign operator may have been taken for a field: then the trouble begins behind it.
    for word, end in ((str(token), token.start_pos + len(token)), (before.rpartition(" ")[2], len(before))):
        if word == "xor":
            return FilterError(exclusive_or_is_missing(), end - len(word), end)
        if suggestion := own_operator(word):
            return FilterError(_('"{text}" is not an operator here; did you mean "{suggestion}"?').format(
                text=word, suggestion=suggestion), end - len(word), end, suggestion)
    return _error(_misplaced(expected, token).format(text=token.strip('"')), token)


def _ending(expected: set[str]) -> str:
    if "WORD" in expected and "COMPARISON" not in expected:
        return _("The filter ends where a field or a value should follow.")
    if "RPAR" in expected:
        return _('The closing ")" is missing.')
    if "RBRACE" in expected:
        return _('The closing "}" is missing.')
    if "LBRACE" in expected:
        return _('The filter ends where a set in braces should follow, as in "in {80, 443}".')
    return _("The filter ends where a comparison should follow.")


def _misplaced(expected: set[str], token: Token) -> str:
    """A sentence about a token that may not stand where it does."""
    if token.type == "RPAR" and "WORD" not in expected:
        return _('This ")" closes nothing.')
    if "LBRACE" in expected and "WORD" not in expected:
        return _('"{text}" stands where a set in braces should follow, as in "in {{80, 443}}".')
    if expected == {"IN"}:
        return _('"{text}" stands where "in" should follow.')
    if "RANGE" in expected:
        return _('"{text}" stands where a range should, as in [0:4].')
    if "WORD" in expected:
        return _('"{text}" stands where a field or a value should.')
    if "COMMA" in expected and "RBRACE" in expected:
        return _('"{text}" stands where a comma or the closing "}}" should.')
    if "COMMA" in expected:
        return _('"{text}" stands where a comma or the closing ")" should.')
    if "RBRACE" in expected:
        return _('"{text}" stands where the closing "}}" should.')
    return _('"{text}" stands where "and", "or" or the end of the filter should.')
