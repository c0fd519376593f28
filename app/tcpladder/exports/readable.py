"""Texts from packets made fit for a terminal."""

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def readable(text: str) -> str:
    """The text in one line; what a packet holds must not steer the terminal that it is shown on."""
    if text.isprintable():
        return text
    return _CONTROL.sub(lambda match: _SHORT.get(match[0]) or f"\\x{ord(match[0]):02x}", text)
