"""Which colour each packet has in the list: display filters, the first that matches wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.filters import FilterError, compile_filter
from tcpladder.texts import _
from tcpladder.ui.preferences.contrast import twin
from tcpladder.ui.theme import LIGHT, Pair, Theme

Masks = dict[str, NDArray[np.uint8]]       # by filter, one bit a row


@dataclass(frozen=True, slots=True)
class ColourRule:
    """Packets that match the filter have these colours ("#RRGGBB") in the light theme, and their twins in others."""

    name: str
    filter: str
    background: str
    text: str
    is_on: bool = True

    def pair(self, theme: Theme) -> Pair:
        """The colours in a theme."""
        return twin(Pair(self.background, self.text), theme)


# By the name under which the theme keeps the colours, in the order in which the rules are asked.
USUAL_FILTERS = {
    "bad-tcp": "tcp.analysis.flags && !tcp.analysis.window_update && !tcp.analysis.keep_alive"
               " && !tcp.analysis.keep_alive_ack",
    "icmp-error": "icmp.type in {3..5, 11, 12} || icmpv6.type in {1..4}",
    "arp": "arp",
    "icmp": "icmp || icmpv6",
    "reset": "tcp.flags.reset == 1",
    "checksum": "ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0",
    "syn-fin": "tcp.flags.syn == 1 || tcp.flags.fin == 1",
    "http": "http || tcp.port == 80",
    "tcp": "tcp",
    "udp": "udp",
    "broadcast": "eth.dst.ig == 1",
}


def usual_rules() -> tuple[ColourRule, ...]:
    """The rules as long as nobody has changed them."""
    names = {
        "bad-tcp": _("Bad TCP"), "icmp-error": _("ICMP errors"), "arp": "ARP", "icmp": "ICMP", "reset": _("TCP reset"),
        "checksum": _("Checksum errors"), "syn-fin": _("TCP SYN or FIN"), "http": "HTTP", "tcp": "TCP", "udp": "UDP",
        "broadcast": _("Broadcast and multicast"),
    }
    return tuple(ColourRule(names[key], text, LIGHT.rows[key].background, LIGHT.rows[key].text)
                 for key, text in USUAL_FILTERS.items())


@dataclass(frozen=True, slots=True, eq=False)
class Colouring:
    """Which rule each row has: codes are the index of the rule plus 1, 0 where none matches; uint16, (frame_count,)."""

    rules: tuple[ColourRule, ...]
    codes: NDArray[np.uint16]

    def rule_of(self, row: int) -> ColourRule | None:
        """The rule that colours a row, or None."""
        code = int(self.codes[row]) if row < len(self.codes) else 0
        return self.rules[code - 1] if code else None


NO_COLOURS = Colouring((), np.empty(0, np.uint16))


def packed_mask(columns: ColumnTable, text: str,
                cancelled: Callable[[], bool] = lambda: False) -> NDArray[np.uint8]:
    """The rows that a filter matches, one bit each; none where it is no filter."""
    try:
        mask = compile_filter(text, columns).select(columns, cancelled=cancelled)
    except FilterError:
        mask = np.zeros(columns.frame_count, bool)
    return np.packbits(mask)


class RuleMasks:
    """The rows that each filter matches, in one capture: evaluated once, and kept as one bit a row.

    known are those that were evaluated elsewhere.
    """

    def __init__(self, columns: ColumnTable, known: Masks | None = None) -> None:
        self._columns = columns
        self.known: Masks = known or {}

    def colouring(self, rules: Iterable[ColourRule], cancelled: Callable[[], bool] = lambda: False) -> Colouring:
        """The rules applied: the first that is on and matches wins. A rule whose filter is none matches nothing."""
        asked = tuple(rules)
        codes = np.zeros(self._columns.frame_count, np.uint16)
        # From the last rule to the first, so that the first has the last word.
        for code in range(len(asked), 0, -1):
            rule = asked[code - 1]
            if rule.is_on and rule.filter:
                codes[self.of(rule.filter, cancelled)] = code
        return Colouring(asked, codes)

    def of(self, text: str, cancelled: Callable[[], bool] = lambda: False) -> NDArray[np.bool_]:
        """The rows that a filter matches: shape (frame_count,)."""
        packed = self.known.get(text)
        if packed is None:
            packed = self.known[text] = packed_mask(self._columns, text, cancelled)
        return np.unpackbits(packed, count=self._columns.frame_count).astype(bool)
