"""Who sent each packet to whom, for each kind of address: the raw material of endpoints and conversations."""

import socket
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable
from tcpladder.texts import _

KINDS: Final = ("eth", "ip", "ipv6", "tcp", "udp")
QUOTERS: Final = ("icmp", "icmpv6")     # carry the headers of other packets

Rows = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """One entry per header; arrays of shape (n,). source and destination are places in addresses, of which there are
    few; they are sorted as their bytes are, an IPv4 address before an IPv6 one, and then by port.

    stream is the number of the TCP or UDP stream, of shape (0,) for others.
    """

    kind: str
    row: Rows
    source: NDArray[np.int64]
    destination: NDArray[np.int64]
    addresses: tuple[tuple[bytes, int], ...]    # address and port, 0 where there is none
    stream: NDArray[np.int64]

    @property
    def has_ports(self) -> bool:
        """The addresses have ports."""
        return self.kind in ("tcp", "udp")

    def host(self, address: int) -> str:
        """An address as people write it."""
        octets = self.addresses[address][0]
        if len(octets) == 6:
            return octets.hex(":")
        return socket.inet_ntop(socket.AF_INET if len(octets) == 4 else socket.AF_INET6, octets)

    def port(self, address: int) -> int:
        """Its port."""
        return self.addresses[address][1]

    def address_filter(self, address: int) -> str:
        """The display filter for packets from or to an address."""
        if not self.has_ports:
            return f"{self.kind}.addr == {self.host(address)}"
        family = "ip" if len(self.addresses[address][0]) == 4 else "ipv6"
        return f"{family}.addr == {self.host(address)} && {self.kind}.port == {self.port(address)}"


def kind_title(kind: str) -> str:
    """The name of a kind of address, with the number of its layer."""
    return {"eth": _("Ethernet"), "ip": _("IPv4"), "ipv6": _("IPv6"), "tcp": _("TCP"), "udp": _("UDP")}[kind]


def pairs_of(columns: ColumnTable, kind: str, rows: Rows | None = None) -> Pairs:
    """The pairs of one of KINDS; of some rows (ascending) only, where they are given.

    What an error of ICMP quotes is not on its way, and left out.
    """
    table = columns.layer(kind)
    chosen = np.ones(len(table), np.bool_) if rows is None else np.isin(table.rows, rows)
    keys = np.zeros((2, len(table), 3), np.uint64)      # address as two numbers, then family and port
    if kind in ("tcp", "udp"):
        for carrier in ("ip", "ipv6"):
            own, outer = columns.parents(kind, carrier)
            if len(own):
                keys[:, own] = _address_keys(columns, carrier)[:, outer]
                chosen[own] &= ~_is_quoted(columns, carrier)[outer]
        for side, end in enumerate(("srcport", "dstport")):
            ports, present = columns.layer_values(f"{kind}.{end}")
            keys[side, :, 2] += ports.astype(np.uint64)
            chosen &= present
        stream = columns.layer_values(f"{kind}.stream")[0].astype(np.int64)
        chosen &= keys[0, :, 2] >> np.uint64(16) > 0
    else:
        keys[:] = _address_keys(columns, kind)
        chosen &= ~_is_quoted(columns, kind)
        for end in ("src", "dst"):
            chosen &= columns.layer_values(f"{kind}.{end}")[1]
        stream = np.zeros(0, np.int64)
    known, places = _numbered(keys[:, chosen].reshape(-1, 3))
    half = int(chosen.sum())
    return Pairs(kind, table.rows[chosen], places[:half], places[half:], tuple(map(_address, known.tolist())),
                 stream[chosen] if len(stream) else stream)


def _is_quoted(columns: ColumnTable, kind: str) -> NDArray[np.bool_]:
    """Whether a header stands in a message of ICMP, which quotes what it is about."""
    is_quoted = np.zeros(len(columns.layer(kind)), np.bool_)
    for quoter in QUOTERS:
        is_quoted[columns.parents(kind, quoter)[0]] = True
    return is_quoted


def _address_keys(columns: ColumnTable, kind: str) -> NDArray[np.uint64]:
    """Shape (2, n, 3): of source and destination two numbers that hold the address, and its width << 16."""
    ends = [columns.layer_values(f"{kind}.{end}")[0] for end in ("src", "dst")]
    keys = np.zeros((2, len(ends[0]), 3), np.uint64)
    for side, values in enumerate(ends):
        if values.ndim == 1:
            keys[side, :, 1], width = values, 4
        else:
            width = values.shape[1]
            wide = np.zeros((len(values), 16), np.uint8)
            wide[:, 16 - width:] = values
            keys[side, :, :2] = wide.view(">u8")
        keys[side, :, 2] = width << 16
    return keys


def _numbered(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The different rows of an array, sorted, and the place of each row among them."""
    order = np.lexsort((keys[:, 2] & 0xFFFF, keys[:, 1], keys[:, 0], keys[:, 2] >> np.uint64(16)))
    ordered = keys[order]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    places = np.empty(len(order), np.int64)
    places[order] = np.cumsum(is_new) - 1
    return ordered[is_new], places


def _address(key: list[int]) -> tuple[bytes, int]:
    high, low, rest = key
    return (high << 64 | low).to_bytes(16, "big")[16 - (rest >> 16):], rest & 0xFFFF
