"""The TCP headers of a capture as arrays: what the analysis reads, and nothing else of the packets."""

from __future__ import annotations

import socket
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.tcp.connection import Endpoint

Array = NDArray[Any]

# An endpoint is one int64: family << 48 | address << 16 | port. An IPv6 address is an index in a table.
FAMILY_IPV4, FAMILY_IPV6, FAMILY_NONE = 0, 1, 2
_FAMILY_SHIFT, _ADDRESS_SHIFT = 48, 16


@dataclass(frozen=True, slots=True)
class Segments:
    """One entry per TCP header; all arrays have shape (n,) but those of the SACK blocks.

    row is the frame that holds it (a frame may hold several); length counts the payload bytes that the
    sender declares; time_ns is 0 where the capture holds no time. mss and window_shift are -1 where the
    option is missing. SACK blocks are listed by sack_owner (the entry that holds them, ascending), sack_left
    and sack_right.
    """

    row: NDArray[np.int32]
    time_ns: NDArray[np.int64]
    source: NDArray[np.int64]         # endpoints
    destination: NDArray[np.int64]
    seq: NDArray[np.uint32]
    ack: NDArray[np.uint32]
    flags: NDArray[np.uint16]
    length: NDArray[np.int64]
    window: NDArray[np.int64]         # as on the wire
    mss: NDArray[np.int32]
    window_shift: NDArray[np.int16]
    sack_permitted: NDArray[np.bool_]
    timestamps: NDArray[np.bool_]
    options_cut: NDArray[np.bool_]    # the capture ends within the options
    quoted: NDArray[np.bool_]         # inside an ICMP error, not on its way
    fragment: NDArray[np.bool_]       # of an IP packet: the segment goes on in others, its length is not known
    cookie: NDArray[np.bool_]         # a fast-open cookie (RFC 7413), not the request for one
    sack_owner: NDArray[np.int64]
    sack_left: NDArray[np.uint32]
    sack_right: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.row)

    def take(self, order: NDArray[np.int64]) -> Segments:
        """The entries at these places, in this order; none may be named twice."""
        place = np.full(len(self), -1, np.int64)
        place[order] = np.arange(len(order))
        owner = place[self.sack_owner]
        by_owner = np.argsort(owner, kind="stable")
        by_owner = by_owner[np.searchsorted(owner, 0, sorter=by_owner):]
        taken: dict[str, Any] = {
            field.name: getattr(self, field.name)[order]
            for field in fields(self) if not field.name.startswith("sack_") or field.name == "sack_permitted"}
        return Segments(**taken, sack_owner=owner[by_owner], sack_left=self.sack_left[by_owner],
                        sack_right=self.sack_right[by_owner])


class AddressBook:
    """Turns addresses and ports into endpoints, and endpoints into what people read."""

    def __init__(self) -> None:
        self._ipv6 = np.empty((0, 16), np.uint8)

    def add_ipv6(self, addresses: Array) -> NDArray[np.int64]:
        """Endpoints with port 0 for addresses of shape (n, 16).

        The table is made anew, so that all addresses must be given at once.
        """
        if not len(addresses):
            return np.empty(0, np.int64)
        halves = np.ascontiguousarray(addresses).view(np.uint64)
        order = np.lexsort((halves[:, 1], halves[:, 0]))
        ordered = halves[order]
        is_new = np.ones(len(order), np.bool_)
        is_new[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
        index = np.empty(len(order), np.int64)
        index[order] = np.cumsum(is_new) - 1
        self._ipv6 = ordered[is_new].view(np.uint8).reshape(-1, 16)
        return (FAMILY_IPV6 << _FAMILY_SHIFT) | (index << _ADDRESS_SHIFT)

    @staticmethod
    def ipv4(addresses: Array) -> NDArray[np.int64]:
        """Endpoints with port 0 for addresses as uint32."""
        return addresses.astype(np.int64) << _ADDRESS_SHIFT

    def packed(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The addresses of endpoints as IPv6, IPv4 mapped into it: shape (n, 16), and which of them are known."""
        family, address = keys >> _FAMILY_SHIFT, keys >> _ADDRESS_SHIFT & 0xFFFFFFFF
        packed = np.zeros((len(keys), 16), np.uint8)
        is_ipv4, is_ipv6 = family == FAMILY_IPV4, family == FAMILY_IPV6
        packed[is_ipv4, 10:12] = 0xFF
        packed[is_ipv4, 12:] = address[is_ipv4].astype(">u4").view(np.uint8).reshape(-1, 4)
        packed[is_ipv6] = self._ipv6[address[is_ipv6]]
        return packed, is_ipv4 | is_ipv6

    def endpoint(self, key: int) -> Endpoint:
        """Address and port as people write them."""
        family, port = key >> _FAMILY_SHIFT, key & 0xFFFF
        address = key >> _ADDRESS_SHIFT & 0xFFFFFFFF
        if family == FAMILY_IPV4:
            return Endpoint(socket.inet_ntop(socket.AF_INET, address.to_bytes(4, "big")), port)
        if family == FAMILY_IPV6:
            return Endpoint(socket.inet_ntop(socket.AF_INET6, self._ipv6[address].tobytes()), port)
        return Endpoint("", port)


NO_ADDRESS = FAMILY_NONE << _FAMILY_SHIFT
