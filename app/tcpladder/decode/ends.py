"""Who sent each frame to whom, for all frames at once: the addresses and ports that the packet list names."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tcpladder.decode.columns import ColumnTable

Keys = NDArray[np.int64]

NOBODY = -1
NO_PORT = 0xFFFF + 1
_IPV6, _IPV4, _MAC = range(3)
_KIND_SHIFT = 48
_VALUE = (1 << _KIND_SHIFT) - 1
_NETWORKS = (("ip", "icmp", _IPV4), ("ipv6", "icmpv6", _IPV6))
_MACS = ("eth", "sll")


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Arrays of shape (frame_count,): hosts as keys that host_text() makes readable, NOBODY where nothing names one.

    Ports of TCP and UDP, NO_PORT elsewhere. In a tunnel the innermost header counts; what an ICMP error quotes
    does not.
    """

    source_host: Keys
    destination_host: Keys
    source_port: NDArray[np.int32]
    destination_port: NDArray[np.int32]
    _ipv6: NDArray[np.uint8]        # (n, 16): the addresses that keys of IPv6 number

    def host_text(self, key: int) -> str:
        """The address of a host as people write it."""
        kind, value = key >> _KIND_SHIFT, key & _VALUE
        if kind == _IPV6:
            return socket.inet_ntop(socket.AF_INET6, self._ipv6[value].tobytes())
        if kind == _IPV4:
            return socket.inet_ntop(socket.AF_INET, value.to_bytes(4, "big"))
        return value.to_bytes(6, "big").hex(":")


def read_ends(columns: ColumnTable) -> Ends:
    """The ends of all frames that were decoded."""
    count = columns.frame_count
    hosts = [np.full(count, NOBODY, np.int64) for _way in range(2)]
    ports = [np.full(count, NO_PORT, np.int32) for _way in range(2)]
    for protocol in _MACS:
        for end, name in zip(hosts, ("src", "dst"), strict=True):
            if (protocol, name) != ("sll", "dst"):      # a cooked header names the sender only
                column = columns.column("sll.src.eth" if protocol == "sll" else f"{protocol}.{name}")
                end[column.rows] = _number(column.values) | (_MAC << _KIND_SHIFT)
    ipv6 = _addresses_in_order(columns)
    depth = np.full(count, -1, np.int64)        # where the network header that counts begins
    for network, quoter, kind in _NETWORKS:
        table = columns.layer(network)
        is_quoted = np.zeros(len(table), np.bool_)
        is_quoted[columns.parents(network, quoter)[0]] = True
        present = columns.layer_values(f"{network}.dst")[1]
        places = np.flatnonzero(~is_quoted & present)
        places = places[table.start[places] > depth[table.rows[places]]]
        rows = table.rows[places]
        depth[rows] = table.start[places]           # of several in a frame the last is the innermost
        chosen = np.full(count, -1, np.int64)
        chosen[rows] = places
        for end, name in zip(hosts, ("src", "dst"), strict=True):
            values = columns.layer_values(f"{network}.{name}")[0][places]
            end[rows] = (values.astype(np.int64) if kind == _IPV4 else _places_of(values, ipv6)) | kind << _KIND_SHIFT
        for ports_of_end in ports:
            ports_of_end[rows] = NO_PORT
        for transport in ("tcp", "udp"):
            inner, outer = columns.parents(transport, network)
            inner_rows = columns.layer(transport).rows[inner]
            counts = chosen[inner_rows] == outer
            for ports_of_end, name in zip(ports, ("srcport", "dstport"), strict=True):
                numbers, there = columns.layer_values(f"{transport}.{name}")
                known = counts & there[inner]
                ports_of_end[inner_rows[known]] = numbers[inner[known]]
    return Ends(hosts[0], hosts[1], ports[0], ports[1], ipv6)


def _number(addresses: NDArray[np.uint8]) -> Keys:
    """MAC addresses, shape (n, 6), as numbers."""
    if not addresses.size:
        return np.zeros(0, np.int64)
    weights = np.array([1 << 8 * place for place in range(5, -1, -1)], np.int64)
    result: Keys = addresses.astype(np.int64) @ weights
    return result


def _addresses_in_order(columns: ColumnTable) -> NDArray[np.uint8]:
    """Every IPv6 address of the capture once, in order."""
    both = [columns.layer_values(f"ipv6.{name}")[0] for name in ("src", "dst")]
    texts = np.unique(np.ascontiguousarray(np.concatenate(both)).view(_TEXT).ravel()) if both[0].size else \
        np.zeros(0, _TEXT)
    result: NDArray[np.uint8] = texts.view(np.uint8).reshape(-1, 16)
    return result


def _places_of(addresses: NDArray[np.uint8], ordered: NDArray[np.uint8]) -> Keys:
    if not addresses.size:
        return np.zeros(0, np.int64)
    texts = np.ascontiguousarray(addresses).view(_TEXT).ravel()
    result: Keys = np.searchsorted(np.ascontiguousarray(ordered).view(_TEXT).ravel(), texts).astype(np.int64)
    return result


_TEXT = np.dtype("S16")     # compared byte by byte, which is the order of the addresses
