"""How long the packets are, in classes that double."""

import numpy as np

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.capture import NO_TIME
from tcpladder.statistics.pairs import Rows
from tcpladder.statistics.table import Table, number_column, text_column
from tcpladder.texts import _

_BORDERS = np.array([0, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120])


def packet_lengths(columns: ColumnTable, rows: Rows | None = None) -> Table:
    """One row per class of lengths on the wire, in bytes; the first row is for all packets."""
    capture = columns.capture
    chosen = np.arange(columns.frame_count) if rows is None else np.asarray(rows)
    length = capture.wire_len[chosen].astype(np.int64)
    of_class = np.searchsorted(_BORDERS, length, side="right")      # 0 is left for the row of all
    count = len(_BORDERS) + 1
    packets = np.bincount(of_class, minlength=count)
    packets[0] = len(length)
    total = np.bincount(of_class, length, count)
    total[0] = length.sum()
    least, most = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    first = np.full(count, np.iinfo(np.int64).max)
    for groups in (of_class, np.zeros_like(of_class)):
        np.minimum.at(least, groups, length)
        np.maximum.at(most, groups, length)
        np.minimum.at(first, groups, chosen)
    is_there = packets > 0
    times = capture.time_ns[chosen]
    dated = times[times != NO_TIME]
    seconds = (int(dated.max()) - int(dated.min())) / 1e9 if len(dated) else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        average = np.where(is_there, total / packets, np.nan)
        rate = packets / seconds if seconds > 0 else np.full(count, np.nan)

    def name(place: int) -> str:
        if place == 0:
            return _("All packets")
        if place == len(_BORDERS):
            return _("{least:,} and more").format(least=_BORDERS[-1])
        return _("{least:,}–{most:,}").format(least=_BORDERS[place - 1], most=_BORDERS[place] - 1)

    def filter_of(place: int) -> str:
        least = _BORDERS[max(place - 1, 0)]
        if place in (0, len(_BORDERS)):
            return f"frame.len >= {least}"
        return f"frame.len >= {least} && frame.len < {_BORDERS[place]}"

    return Table((
        text_column(_("Length (bytes)"), np.arange(count), name),
        number_column(_("Packets"), packets),
        number_column(_("Packets (%)"), 100 * packets / max(len(length), 1), "{:.1f}"),
        number_column(_("Average"), average, "{:,.2f}"),
        number_column(_("Shortest"), np.where(is_there, least, np.nan), "{:,.0f}"),
        number_column(_("Longest"), np.where(is_there, most, np.nan), "{:,.0f}"),
        number_column(_("Packets/s"), rate, "{:,.3f}"),
    ), np.where(is_there, first, 0), filter_of)
