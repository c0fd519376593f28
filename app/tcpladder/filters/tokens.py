"""The words and signs of a filter.

The longest match wins, as in Wireshark: "80-2" is one word, "80 -2" is two. A word may turn out to be a
field, a number, an address or the name of a value; that is decided by the type it is compared with.
"""

import re
from collections.abc import Iterator

from lark import Token

from tcpladder.filters.errors import FilterError
from tcpladder.texts import _

LONGEST_FILTER = 65_536    # characters
DEEPEST_NESTING = 200      # open parentheses and braces

_HEXTET = "[0-9A-Fa-f]{1,4}"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_LAST_HEXTETS = rf"(?:{_IPV4}(?![0-9A-Fa-f:.])|{_HEXTET})"

# Everything that one comparison value may be written as without quotes.
_WORDS = tuple(re.compile(pattern) for pattern in (
    r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*",
    r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+",
    rf"{_IPV4}/[0-9]{{1,2}}",
    rf"{_HEXTET}(?::{_HEXTET}){{5}}:(?:{_IPV4}|{_HEXTET}:{_HEXTET})(?:/[0-9]{{1,3}})?",
    rf"(?:{_HEXTET}(?::{_HEXTET}){{0,6}})?::(?:(?:{_HEXTET}:){{0,6}}{_LAST_HEXTETS})?(?:/[0-9]{{1,3}})?",
    r":[0-9A-Fa-f]+(?:[:.-][0-9A-Fa-f]+)*",
))
_FIELD = re.compile(r"\.[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_BLANK = re.compile(r"[ \t\r\n\v\f]+")
_STRING = re.compile(r'[rR]?"((?:[^"\\]|\\.)*)"', re.DOTALL)
_CHARACTER = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_LAYER = re.compile(r"#([0-9]+)")
_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)(?:#([0-9]+))?\}")
_SIGN = re.compile(r"===|!==|==|!=|~=|>=|<=|&&|\|\||\.\.|[><~!&+\-*/%(){},]")

_SIGN_TYPES = {
    "==": "COMPARISON", "===": "COMPARISON", "!=": "COMPARISON", "!==": "COMPARISON", "~=": "COMPARISON",
    ">": "COMPARISON", ">=": "COMPARISON", "<": "COMPARISON", "<=": "COMPARISON",
    "~": "MATCHES", "!": "NOT", "&&": "AND", "||": "OR", "&": "MASK", "+": "PLUS", "-": "MINUS",
    "*": "TIMES", "/": "TIMES", "%": "TIMES", "..": "TO", ",": "COMMA",
    "(": "LPAR", ")": "RPAR", "{": "LBRACE", "}": "RBRACE",
}
_WORD_TYPES = {
    "eq": "COMPARISON", "any_eq": "COMPARISON", "all_eq": "COMPARISON", "ne": "COMPARISON",
    "all_ne": "COMPARISON", "any_ne": "COMPARISON", "gt": "COMPARISON", "ge": "COMPARISON",
    "lt": "COMPARISON", "le": "COMPARISON",
    "contains": "CONTAINS", "matches": "MATCHES", "in": "IN", "not": "NOT", "and": "AND", "or": "OR",
    "any": "QUANTIFIER", "all": "QUANTIFIER", "bitwise_and": "MASK",
}
# What other languages write, and what this one has instead.
_FOREIGN = {
    "=": "==", "|": "||", "<>": "!=", "=<": "<=", "=>": ">=", "AND": "and", "OR": "or", "NOT": "not",
    "bitand": "&", "IN": "in", "EQ": "eq", "NE": "ne", "GT": "gt", "LT": "lt", "GE": "ge", "LE": "le",
    "CONTAINS": "contains", "MATCHES": "matches", "like": "matches", "LIKE": "matches", "is": "==",
}
_FOREIGN_SIGN = re.compile(r"=>|=<|<>|=(?!=)|\|(?!\|)")


def scan_tokens(text: str) -> Iterator[Token]:
    """The tokens of a filter, in order; raises FilterError where there is none."""
    position = 0
    depth = 0
    while position < len(text):
        if blank := _BLANK.match(text, position):
            position = blank.end()
            continue
        if text[position] == "[":
            ranges = list(_slice_tokens(text, position))
            yield from ranges
            position = _end(ranges[-1])
            continue
        token = _token_at(text, position)
        depth += (token.type in ("LPAR", "LBRACE")) - (token.type in ("RPAR", "RBRACE"))
        if depth > DEEPEST_NESTING:
            raise FilterError(_("Parentheses are nested more than {limit} deep.").format(
                limit=DEEPEST_NESTING), position, position + 1)
        yield token
        position = _end(token)


def own_operator(foreign: str) -> str:
    """The operator that another language writes in this way, or ""."""
    return _FOREIGN.get(foreign, "")


def exclusive_or_is_missing() -> str:
    """What is said where somebody writes xor."""
    return _('There is no exclusive or in a filter; write "(a or b) and not (a and b)".')


def refuse_unreadable(text: str) -> None:
    """Raises FilterError for text that is no filter whatever it says: too long, or not text at all."""
    if len(text) > LONGEST_FILTER:
        raise FilterError(_("The filter has {length:,} characters; at most {limit:,} are read.").format(
            length=len(text), limit=LONGEST_FILTER), LONGEST_FILTER, len(text))
    for position, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            raise FilterError(_("The filter is not valid UTF-8."), position, position + 1)
        if character == "\0":
            raise FilterError(_("A filter cannot hold a null character."), position, position + 1)


def _end(token: Token) -> int:
    assert token.end_pos is not None
    return token.end_pos


def _token(kind: str, text: str, start: int) -> Token:
    return Token(kind, text, start_pos=start, end_pos=start + len(text))


def _token_at(text: str, start: int) -> Token:
    """The longest token that begins here."""
    first = text[start]
    if match := _STRING.match(text, start):
        return _token("STRING", match.group(), start)
    if first == '"':
        raise FilterError(_("The closing quotation mark of this text is missing."), start, len(text))
    if match := _CHARACTER.match(text, start):
        return _token("CHARACTER", match.group(), start)
    if first == "'":
        raise FilterError(_("The closing quotation mark of this character is missing."), start, len(text))
    if first == "#":
        return _layer_token(text, start)
    if first == "$":
        return _reference_token(text, start)
    words = [match.group() for pattern in _WORDS if (match := pattern.match(text, start))]
    if words:
        word = max(words, key=len)
        return _token(_WORD_TYPES.get(word, "WORD"), word, start)
    if match := _FIELD.match(text, start):
        return _token("FIELD", match.group(), start)
    if match := _FOREIGN_SIGN.match(text, start):
        suggestion = own_operator(match.group())
        raise FilterError(_('"{sign}" is not an operator here; did you mean "{suggestion}"?').format(
            sign=match.group(), suggestion=suggestion), start, match.end(), suggestion)
    if match := _SIGN.match(text, start):
        return _token(_SIGN_TYPES[match.group()], match.group(), start)
    if first == "^":
        end = start + len(text[start:]) - len(text[start:].lstrip("^"))
        raise FilterError(exclusive_or_is_missing(), start, end)
    if not first.isascii():
        raise FilterError(_('"{sign}" may stand only inside double quotation marks.').format(sign=first),
                          start, start + 1)
    raise FilterError(_('"{sign}" has no meaning in a filter.').format(sign=first), start, start + 1)


def _layer_token(text: str, start: int) -> Token:
    if match := _LAYER.match(text, start):
        return _token("LAYER", match.group(), start)
    if text.startswith("#[", start):
        return _token("LAYERS", "#", start)
    raise FilterError(_('A layer number or "[" must follow "#" at once.'), start, start + 1)


def _reference_token(text: str, start: int) -> Token:
    if match := _REFERENCE.match(text, start):
        return _token("REFERENCE", match.group(), start)
    end = text.find("}", start)
    message = _('After "$" the name of a field must follow in braces, as in {example}.')
    raise FilterError(message.format(example="${tcp.stream}"), start, end + 1 if end >= 0 else len(text))


def _slice_tokens(text: str, start: int) -> Iterator[Token]:
    """The tokens of "[…]": each range is one token, whatever it holds."""
    close = text.find("]", start)
    if close < 0:
        raise FilterError(_('The closing "]" is missing.'), start, len(text))
    yield _token("LSQB", "[", start)
    position = start + 1
    parts = text[position:close].split(",")
    for number, part in enumerate(parts):
        if number:
            yield _token("COMMA", ",", position - 1)
        stripped = part.strip()
        if stripped:
            yield _token("RANGE", stripped, position + part.index(stripped))
        position += len(part) + 1
    yield _token("RSQB", "]", close)
