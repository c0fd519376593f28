"""How chosen fields are laid out in a line: the options that tshark takes after -E."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tcpladder.texts import _


class FormatError(ValueError):
    """An option after -E cannot be used; the message is the sentence for the person."""


@dataclass(frozen=True, slots=True)
class FieldFormat:
    """What stands between and around the values of a line."""

    bom: bool = False
    header: bool = False
    separator: str = "\t"
    occurrence: str = "a"       # f: first, l: last, a: all
    aggregator: str = ","       # between several values of one field
    quote: str = ""

    @staticmethod
    def parse(options: Iterable[str]) -> FieldFormat:
        """The layout that options such as "header=y" ask for; raises FormatError."""
        changes: dict[str, Any] = {}
        for option in options:
            name, equals, value = option.partition("=")
            if name not in _VALUES or not equals:
                raise FormatError(_("-E {option} is unknown; there are {names}.").format(
                    option=option, names=", ".join(f"{known}=" for known in _VALUES)))
            known = _VALUES[name]
            if value not in known and not (name in _FREE and len(value) == 1):
                sentence = (_("-E {name} takes one character, or one of {choices}; {value!r} is neither.")
                            if name in _FREE else
                            _("-E {name} takes one of {choices}; {value!r} is none of them."))
                raise FormatError(sentence.format(name=name, choices=", ".join(known), value=value))
            changes[name] = known.get(value, value)
        return FieldFormat(**changes)

    def chosen(self, values: Sequence[str]) -> Sequence[str]:
        """The occurrences that are wanted."""
        return values if self.occurrence == "a" else values[:1] if self.occurrence == "f" else values[-1:]

    def joined(self, values: Sequence[str]) -> str:
        """The wanted values of one field as one text, without quotes."""
        return self.aggregator.join(self.chosen(values))

    def line(self, row: Iterable[str]) -> str:
        """The texts of one packet as a line."""
        return self.separator.join(f"{self.quote}{text}{self.quote}" if text else "" for text in row) + "\n"


_YES_NO: dict[str, Any] = {"y": True, "Y": True, "n": False, "N": False}
_VALUES: dict[str, dict[str, Any]] = {
    "bom": _YES_NO, "header": _YES_NO,
    "separator": {"/t": "\t", "/s": " "},
    "occurrence": {"f": "f", "l": "l", "a": "a"},
    "aggregator": {"/s": " "},
    "quote": {"d": '"', "s": "'", "n": ""},
}
_FREE = frozenset({"separator", "aggregator"})
