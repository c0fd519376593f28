"""Which protocols carry which, with packets and bytes of each (Wireshark's protocol hierarchy)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.all_packets import PROTOCOL_CODES
from tcpladder.decode.columns import ColumnTable
from tcpladder.protocols import PROTOCOLS
from tcpladder.protocols.ipv6 import EXTENSION_HEADERS
from tcpladder.statistics.pairs import QUOTERS, Rows
from tcpladder.statistics.table import Table, number_column, text_column
from tcpladder.texts import _

_NONE = -1

Path = tuple[str, ...]      # of the names that filters use


def hierarchy(columns: ColumnTable, rows: Rows | None = None) -> Table:
    """One row per chain of protocols; a packet counts once for each chain that it holds.

    As Wireshark counts: what an error of ICMP quotes is a part of the message, an extension header a part of IPv6.
    """
    capture = columns.capture
    chosen = np.zeros(columns.frame_count, np.bool_)
    chosen[slice(None) if rows is None else rows] = True
    octets = capture.wire_len[:columns.frame_count].astype(np.int64)
    counts: dict[Path, tuple[int, int, int]] = {}
    deepest = np.full(columns.frame_count, _NONE, np.int64)     # the place in chains of the longest one of each row
    chains: list[Path] = []
    for path, found in _rows_by_path(columns):
        is_own = np.zeros(columns.frame_count, np.bool_)
        is_own[found] = True
        own = np.flatnonzero(is_own & chosen)
        if not len(own):
            continue
        chains.append(path)
        counts[path] = (len(own), int(octets[own].sum()), int(own[0]))
        longer = np.array([len(path) > len(chains[place]) if place >= 0 else True
                           for place in range(_NONE, len(chains))], np.bool_)
        last = own[longer[deepest[own] + 1]]
        deepest[last] = len(chains) - 1
    ends = np.bincount(deepest[deepest >= 0], minlength=len(chains))
    end_octets = np.bincount(deepest[deepest >= 0], octets[deepest >= 0], len(chains)).astype(np.int64)
    place_of = {path: place for place, path in enumerate(chains)}
    ordered = _as_tree(counts)
    packets = np.array([counts[path][0] for path in ordered], np.int64)
    length = np.array([counts[path][1] for path in ordered], np.int64)
    whole = max(int(chosen.sum()), 1)
    whole_octets = max(int(octets[chosen].sum()), 1)
    own_places = [place_of[path] for path in ordered]
    labels: dict[str, str] = {}
    for spec in PROTOCOLS.values():
        labels.setdefault(spec.own_field.name, spec.label)

    def name(place: int) -> str:
        return labels[ordered[place][-1]]

    def filter_of(place: int) -> str:
        return " && ".join(dict.fromkeys(ordered[place]))

    return Table((
        text_column(_("Protocol"), np.arange(len(ordered)), name),
        number_column(_("Packets"), packets), number_column(_("Packets (%)"), 100 * packets / whole, "{:.1f}"),
        number_column(_("Bytes"), length), number_column(_("Bytes (%)"), 100 * length / whole_octets, "{:.1f}"),
        number_column(_("End packets"), ends[own_places]), number_column(_("End bytes"), end_octets[own_places]),
    ), np.array([counts[path][2] for path in ordered], np.int64), filter_of,
        np.array([len(path) - 1 for path in ordered], np.int64))


def _rows_by_path(columns: ColumnTable) -> list[tuple[Path, NDArray[np.int32]]]:
    """Each chain of protocols, and the rows of the headers that end it."""
    codes = {code: name for name, code in PROTOCOL_CODES.items()}
    tables = {name: columns.layer(name) for name in PROTOCOLS if len(columns.layer(name))}
    paths: list[Path] = [()]
    number: dict[Path, int] = {(): 0}
    # For each header the place of its chain in paths; known from the outermost headers inwards.
    chains = {name: np.full(len(table), _NONE, np.int64) for name, table in tables.items()}
    if "frame" in chains:
        chains["frame"][:] = 0
    waiting = set(tables) - {"frame"}
    while waiting:
        is_new = False
        for name in sorted(waiting, key=PROTOCOL_CODES.__getitem__):
            table, own = tables[name], chains[name]
            open_places = np.flatnonzero(own == _NONE)
            for code in _different(table.carrier[open_places]):
                if codes[code] in QUOTERS:
                    continue
                places = open_places[(table.carrier[open_places] == code) & (table.carrier_index[open_places] >= 0)]
                around = chains[codes[code]][table.carrier_index[places]] if codes[code] in chains else places[:0]
                for outer in _different(around[around >= 0]):
                    path = paths[outer] if _has_no_row(name) else (*paths[outer], PROTOCOLS[name].own_field.name)
                    if path not in number:
                        number[path] = len(paths)
                        paths.append(path)
                    own[places[around == outer]] = number[path]
                    is_new = True
        if not is_new:
            break
    found: dict[Path, list[NDArray[np.int32]]] = {}
    for name, own in chains.items():
        if not _has_no_row(name):
            for chain in _different(own[own > 0]):
                found.setdefault(paths[chain], []).append(tables[name].rows[own == chain])
    return [(path, np.concatenate(parts)) for path, parts in found.items()]


def _has_no_row(name: str) -> bool:
    return PROTOCOLS[name].transparent or PROTOCOLS[name] in EXTENSION_HEADERS


def _different(numbers: NDArray[np.integer[Any]]) -> list[int]:
    """The different numbers among many small ones."""
    return np.flatnonzero(np.bincount(numbers)).tolist()


def _as_tree(counts: dict[Path, tuple[int, int, int]]) -> list[Path]:
    """Each chain before those that go on from it, and of those the most frequent first."""
    return sorted(counts, key=lambda path: [(-counts[path[:depth]][0] if path[:depth] in counts else 0, path[:depth])
                                            for depth in range(1, len(path) + 1)])
