"""Regular expressions on bytes, as Wireshark has them: PCRE's language, letter case ignored unless (?-i)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from tcpladder.texts import _

if TYPE_CHECKING:
    import regex

_LONGEST_SEARCH_S = 1.0     # for one value; a sensible pattern needs microseconds

# What PCRE writes differently from the package that does the work; "]" ends a set as soon as it may.
_PARTS = re.compile(
    rb"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\x\{(?P<code>[0-9A-Fa-f]+)\}|\\o\{(?P<octal>[0-7]+)\}"
    rb"|\\x(?P<digits>[0-9A-Fa-f]{0,2})|\\c(?P<control>[ -~])|\\(?P<escape>.)"
    rb"|(?P<brace>\{,)|\(\?'(?P<name>[A-Za-z_]\w*)'|(?P<set>\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*+\])", re.DOTALL)
_SET_PARTS = re.compile(
    rb"\\x\{(?P<code>[0-9A-Fa-f]+)\}|\\(?P<escape>.)|\[:\^?[a-z]+:\]|(?P<plain>[\[&|~-])(?=(?P<next>.?))", re.DOTALL)
_ESCAPES = {
    b"h": rb"[\t\x20\xa0]", b"H": rb"[^\t\x20\xa0]", b"v": rb"[\n\x0b\f\r\x85]", b"V": rb"[^\n\x0b\f\r\x85]",
    b"R": rb"(?>\r\n|[\n\x0b\f\r\x85])", b"N": rb"[^\n]", b"z": rb"\Z", b"Z": rb"(?=\n?\Z)", b"e": rb"\x1b",
    b"E": b"",
}
_SET_ESCAPES = {b"h": rb"\t\x20\xa0", b"v": rb"\n\x0b\f\r\x85", b"e": rb"\x1b"}


# What decides how large a pattern becomes where its repetitions are written out.
_SIZES = re.compile(
    rb"\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|(?P<open>\()|(?P<close>\))|\{(?P<least>\d+)(?P<most>,\d*)?\}|.", re.DOTALL)
_MOST_REPETITIONS = 65_535      # PCRE takes no larger number either
_LARGEST_PATTERN = 100_000       # single characters, with every repeated group written out


class PatternTooSlow(Exception):
    """The pattern needs unreasonably long for one value."""


def check_pattern(pattern: bytes) -> None:
    """Raises ValueError, with a reason in words, where the pattern is not one."""
    _compiled(pattern)


def finder(pattern: bytes) -> Callable[[bytes], bool]:
    """A test for whether the pattern is found in a value; it raises PatternTooSlow."""
    compiled = _compiled(pattern)

    def found(value: bytes) -> bool:
        try:
            return compiled.search(value, timeout=_LONGEST_SEARCH_S, concurrent=True) is not None
        except (TimeoutError, MemoryError):     # it tries too much, or calls itself for ever
            raise PatternTooSlow from None

    return found


@lru_cache(maxsize=64)
def _compiled(pattern: bytes) -> regex.Pattern[bytes]:
    import regex  # only a filter with a pattern needs it, and it takes its time to load

    try:
        translated = _translated(pattern)
        _refuse_too_large(translated)
        return regex.compile(translated, regex.IGNORECASE | regex.VERSION1)
    except regex.error as error:
        raise ValueError(error.msg) from None
    except (RecursionError, MemoryError, OverflowError):
        raise ValueError(_("it is too complicated")) from None


def _translated(pattern: bytes) -> bytes:
    """PCRE's way of writing a pattern turned into that of the package."""
    if pattern.startswith(b"(*"):
        raise ValueError(_("verbs such as (*UTF) are not taken"))
    return _PARTS.sub(_translated_part, pattern)


def _refuse_too_large(pattern: bytes) -> None:
    """Raises ValueError for repetitions of repetitions that would fill the memory."""
    sizes = [0]         # of each open group, as far as it has been read
    last, is_group = 0, False
    for match in _SIZES.finditer(pattern):
        if match["open"]:
            sizes.append(0)
        elif match["close"] and len(sizes) > 1:
            last, is_group = sizes.pop() + 1, True
            sizes[-1] += last
        elif match["least"]:
            numbers = (match["least"].lstrip(b"0"), (match["most"] or b"").lstrip(b",0"))
            times = max(int(number[:6] or b"0") for number in numbers)
            if times > _MOST_REPETITIONS:
                raise ValueError(_("a repetition counts to {most:,} at most").format(most=_MOST_REPETITIONS))
            sizes[-1] += last * times if is_group else times
        else:
            last, is_group = 1, False
            sizes[-1] += 1
        if sizes[-1] > _LARGEST_PATTERN:
            raise ValueError(_("it is too complicated"))


def _translated_part(match: re.Match[bytes]) -> bytes:
    if match["quoted"] is not None:
        return re.escape(match["quoted"])
    if match["code"]:
        return _byte(int(match["code"], 16))
    if match["octal"]:
        return _byte(int(match["octal"], 8))
    if match["digits"] is not None:
        return _byte(int(match["digits"] or b"0", 16))
    if match["control"]:
        return _byte(match["control"].upper()[0] ^ 0x40)
    if match["name"]:
        return b"(?P<" + match["name"] + b">"
    if match["brace"]:      # a lower bound is needed for a repetition; these are two characters
        return rb"\{,"
    if match["set"]:
        head = 2 if match["set"].startswith(b"[^") else 1
        inner = match["set"][head:-1]
        first = b"\\]" if inner.startswith(b"]") else b""     # a "]" that stands first is no end
        rest = _SET_PARTS.sub(_translated_set_part, inner[1:] if first else inner)
        return match["set"][:head] + first + rest + b"]"
    return _ESCAPES.get(match["escape"], match[0])


def _translated_set_part(match: re.Match[bytes]) -> bytes:
    if match["code"]:
        return _byte(int(match["code"], 16))
    if match["escape"]:
        return _SET_ESCAPES.get(match["escape"], match[0])
    sign = match["plain"]
    # In a set of the package "[" opens another, and doubled signs are operators.
    return b"\\" + sign if sign == b"[" or (sign and sign == match["next"]) else match[0]


def _byte(number: int) -> bytes:
    if number > 0xFF:
        raise ValueError(_("a pattern looks at bytes, and {number} is none").format(number=hex(number)))
    return rb"\x%02x" % number
