"""Colouring rules as lines of text, in the form of Wireshark's colorfilters file.

    @name@filter@[red,green,blue][red,green,blue]

The first colour is the background; numbers go from 0 to 65535. A rule that is off begins with "!"; lines that begin
with "#", and empty ones, say nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from tcpladder.filters import FilterError, compile_filter
from tcpladder.texts import _
from tcpladder.ui.packets.row_colours import ColourRule, usual_rules
from tcpladder.ui.settings import Settings

LONGEST_FILE = 1 << 20      # bytes

_SETTING = "colour-rules"
_LINE = re.compile(r"(?P<off>!?)@(?P<name>[^@]*)@(?P<filter>.*)@\[(?P<background>[^\]]*)\]\[(?P<text>[^\]]*)\]")
_OF_16_BITS, _OF_8_BITS = 0xFFFF, 0xFF


def kept_rules(settings: Settings) -> tuple[ColourRule, ...]:
    """The rules as the person left them, or the usual ones."""
    if not settings.holds(_SETTING):
        return usual_rules()
    rules, _complaints = read_rules(settings.text(_SETTING, ""))
    return tuple(rules)


def keep_rules(settings: Settings, rules: tuple[ColourRule, ...]) -> None:
    """Remembers the rules, in the form of their file."""
    settings.keep(_SETTING, write_rules(rules))


def write_rules(rules: Iterable[ColourRule]) -> str:
    """The rules as the text of a file; a rule writes the sign that separates in another way."""
    return "".join(map(_line, rules))


def read_rules(content: str) -> tuple[list[ColourRule], list[str]]:
    """The rules of a file, and a sentence for each line that is none or whose filter is none.

    A rule with a wrong filter is there, but off.
    """
    rules: list[ColourRule] = []
    complaints: list[str] = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            rule = _rule(line.strip())
        except ValueError as error:
            complaints.append(_("Line {number}: {reason}").format(number=number, reason=error))
            continue
        try:
            compile_filter(rule.filter)
        except FilterError as error:
            complaints.append(_("Line {number}, “{name}”: {reason}").format(
                number=number, name=rule.name, reason=error))
            rule = replace(rule, is_on=False)
        rules.append(rule)
    return rules, complaints


def _line(rule: ColourRule) -> str:
    name, text = rule.name.replace("@", " "), rule.filter.replace("@", r"\x40")
    return f"{'' if rule.is_on else '!'}@{name}@{text}@[{_numbers(rule.background)}][{_numbers(rule.text)}]\n"


def _rule(line: str) -> ColourRule:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(_("this is no rule such as @name@filter@[65535,65535,65535][0,0,0]."))
    return ColourRule(match["name"], match["filter"], _colour(match["background"]), _colour(match["text"]),
                      is_on=not match["off"])


def _colour(numbers: str) -> str:
    parts = [part.strip() for part in numbers.split(",")]
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in parts) \
            or max(map(int, parts)) > _OF_16_BITS:
        raise ValueError(_("[{numbers}] is no colour; three numbers from 0 to 65535 are.").format(numbers=numbers))
    return "#" + "".join(f"{round(int(part) * _OF_8_BITS / _OF_16_BITS):02X}" for part in parts)


def _numbers(colour: str) -> str:
    """"#12272E" as "4626,10023,11822"."""
    return ",".join(str(int(colour[at:at + 2], 16) * (_OF_16_BITS // _OF_8_BITS)) for at in (1, 3, 5))
