"""Which colour each packet has in the list: display filters, the first that matches wins."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.filters import compile_filter


@dataclass(frozen=True, slots=True)
class ColourRule:
    """Packets that match the filter have the colours that the theme keeps under the name."""

    name: str
    filter: str


COLOUR_RULES = (
    ColourRule("bad-tcp", "tcp.analysis.flags && !tcp.analysis.window_update && !tcp.analysis.keep_alive"
                          " && !tcp.analysis.keep_alive_ack"),
    ColourRule("icmp-error", "icmp.type in {3..5, 11, 12} || icmpv6.type in {1..4}"),
    ColourRule("arp", "arp"),
    ColourRule("icmp", "icmp || icmpv6"),
    ColourRule("reset", "tcp.flags.reset == 1"),
    ColourRule("checksum", "ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0"),
    ColourRule("syn-fin", "tcp.flags.syn == 1 || tcp.flags.fin == 1"),
    ColourRule("http", "http || tcp.port == 80"),
    ColourRule("tcp", "tcp"),
    ColourRule("udp", "udp"),
    ColourRule("broadcast", "eth.dst.ig == 1"),
)


def colour_codes(columns: ColumnTable) -> NDArray[np.uint8]:
    """Index of the first matching rule plus 1, 0 where none matches: uint8, shape (frame_count,)."""
    codes = np.zeros(columns.frame_count, np.uint8)
    # From the last rule to the first, so that the first has the last word.
    for code in range(len(COLOUR_RULES), 0, -1):
        codes[compile_filter(COLOUR_RULES[code - 1].filter, columns).select(columns)] = code
    return codes
