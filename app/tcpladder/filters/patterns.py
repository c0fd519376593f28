"""Regular expressions on bytes, as Wireshark has them: PCRE's language, letter case ignored unless (?-i)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from tcpladder.texts import _

if TYPE_CHECKING:
    import regex

_LONGEST_SEARCH_S = 2.0     # for one value; a sensible pattern needs microseconds


class PatternTooSlow(Exception):
    """The pattern needs unreasonably long for a value."""


def check_pattern(pattern: bytes) -> None:
    """Raises ValueError, with a reason in words, where the pattern is not one."""
    _compiled(pattern)


def finder(pattern: bytes) -> Callable[[bytes], bool]:
    """A test for whether the pattern is found in a value; it raises PatternTooSlow."""
    compiled = _compiled(pattern)

    def found(value: bytes) -> bool:
        try:
            return compiled.search(value, timeout=_LONGEST_SEARCH_S, concurrent=True) is not None
        except TimeoutError:
            raise PatternTooSlow from None

    return found


@lru_cache(maxsize=64)
def _compiled(pattern: bytes) -> regex.Pattern[bytes]:
    import regex  # only a filter with a pattern needs it, and it takes its time to load

    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except regex.error as error:
        raise ValueError(_("{reason} at character {position}").format(
            reason=error.msg, position=(error.pos or 0) + 1)) from None
    except (RecursionError, MemoryError, OverflowError):
        raise ValueError(_("it is too complicated")) from None
