"""The TCP headers of a capture as arrays: what the analysis reads, and nothing else of the packets."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME
from tcpladder.tcp.connection import Endpoint

Array = NDArray[Any]
Places = NDArray[np.integer[Any]] | slice
EVERYWHERE = slice(None)

# An endpoint is one int64: family << 48 | address << 16 | port. An IPv6 address is an index in a table.
FAMILY_IPV4, FAMILY_IPV6, FAMILY_NONE = 0, 1, 2
_FAMILY_SHIFT, _ADDRESS_SHIFT = 48, 16
_MIXER = np.uint64(0x9E3779B97F4A7C15)      # odd, of many bits


class Trait(IntFlag):
    """What is known of a segment besides its numbers."""

    SACK_PERMITTED = 1
    TIMESTAMPS = 2
    OPTIONS_CUT = 4     # the capture ends within the options
    QUOTED = 8          # inside an ICMP error, not on its way
    FRAGMENT = 16       # of an IP packet: the segment goes on in others, its length is not known
    COOKIE = 32         # a fast-open cookie (RFC 7413), not the request for one


@dataclass(frozen=True, slots=True)
class Segments:
    """One entry per TCP header; all arrays have shape (n,) but those of the options.

    row is the frame that holds it (a frame may hold several); length counts the payload bytes that the
    sender declares; times are those of all frames of the capture. Maximum segment sizes and window shifts are listed
    by option_owner (the entry that holds them, ascending), -1 where one of the two is missing; SACK blocks by
    sack_owner, sack_left and sack_right.
    """

    times: NDArray[np.int64]
    row: NDArray[np.int32]
    seq: NDArray[np.uint32]
    ack: NDArray[np.uint32]
    flags: NDArray[np.uint16]
    length: NDArray[np.int32]
    window: NDArray[np.uint16]        # as on the wire
    traits: NDArray[np.uint8]         # bits of Trait
    option_owner: NDArray[np.int64]
    option_mss: NDArray[np.int32]
    option_shift: NDArray[np.int16]
    sack_owner: NDArray[np.int64]
    sack_left: NDArray[np.uint32]
    sack_right: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """(n,) when they were captured, 0 where the capture holds no time."""
        return self.time_at(EVERYWHERE)

    def time_at(self, places: Places) -> NDArray[np.int64]:
        """When some were captured, 0 where the capture holds no time."""
        times = self.times[self.row[places]]
        return np.where(times == NO_TIME, 0, times)

    @property
    def mss(self) -> NDArray[np.int32]:
        """(n,) the option, -1 where it is missing."""
        result = np.full(len(self), -1, np.int32)
        result[self.option_owner] = self.option_mss
        return result

    @property
    def window_shift(self) -> NDArray[np.int16]:
        """(n,) the option, -1 where it is missing."""
        result = np.full(len(self), -1, np.int16)
        result[self.option_owner] = self.option_shift
        return result

    def has(self, trait: Trait) -> NDArray[np.bool_]:
        """(n,) which of them have a trait."""
        found: NDArray[np.bool_] = (self.traits & np.uint8(trait)) != 0
        return found

    @property
    def quoted(self) -> NDArray[np.bool_]:
        """(n,) inside an ICMP error."""
        return self.has(Trait.QUOTED)

    def aside_at(self, places: Places = EVERYWHERE) -> NDArray[np.bool_]:
        """Which of some are quoted by an ICMP error, or of unknown length because IP cut them up."""
        found: NDArray[np.bool_] = (self.traits[places] & np.uint8(Trait.QUOTED | Trait.FRAGMENT)) != 0
        return found

    def part(self, start: int, end: int) -> Segments:
        """The entries from one place to another, as views."""
        taken: dict[str, Any] = {name: getattr(self, name)[start:end] for name in SEGMENT_TYPES}
        for owner, others in _LISTED.items():
            first, last = np.searchsorted(getattr(self, owner), [start, end])
            taken[owner] = getattr(self, owner)[first:last] - start
            taken |= {name: getattr(self, name)[first:last] for name in others}
        return Segments(times=self.times, **taken)

    def take(self, order: NDArray[np.integer[Any]]) -> Segments:
        """The entries at these places, in this order; none may be named twice."""
        place = np.full(len(self), -1, np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        taken: dict[str, Any] = {name: getattr(self, name)[order] for name in SEGMENT_TYPES}
        for owner, others in _LISTED.items():
            owners = place[getattr(self, owner)].astype(np.int64)
            by_owner = np.argsort(owners, kind="stable")
            by_owner = by_owner[np.searchsorted(owners, 0, sorter=by_owner):]
            taken[owner] = owners[by_owner]
            taken |= {name: getattr(self, name)[by_owner] for name in others}
        return Segments(times=self.times, **taken)


_LISTED = {"option_owner": ("option_mss", "option_shift"), "sack_owner": ("sack_left", "sack_right")}
SEGMENT_TYPES = {"row": np.int32, "seq": np.uint32, "ack": np.uint32, "flags": np.uint16,
                 "length": np.int32, "window": np.uint16, "traits": np.uint8}
LISTED_TYPES = {"option_owner": np.int64, "option_mss": np.int32, "option_shift": np.int16,
                "sack_owner": np.int64, "sack_left": np.uint32, "sack_right": np.uint32}


class AddressBook:
    """Turns addresses and ports into endpoints, and endpoints into what people read."""

    def __init__(self) -> None:
        self._addresses: list[bytes] = []        # IPv6
        self._number: dict[bytes, int] = {}      # of each of them

    def ipv6(self, addresses: Array) -> NDArray[np.int64]:
        """Endpoints with port 0 for addresses of shape (n, 16)."""
        if not len(addresses):
            return np.empty(0, np.int64)
        halves = np.ascontiguousarray(addresses).view(np.uint64)
        mixed = halves[:, 0] * _MIXER + halves[:, 1]
        _unique, index, group = np.unique(mixed, return_index=True, return_inverse=True)
        if (halves[index][group] != halves).any():      # two addresses were mixed into one number
            _unique, index, group = np.unique(addresses, axis=0, return_index=True, return_inverse=True)
        numbers = np.array([self._number_of(addresses[place].tobytes()) for place in index.tolist()], np.int64)
        keys: NDArray[np.int64] = numbers[group.reshape(-1)] << _ADDRESS_SHIFT
        return keys | (FAMILY_IPV6 << _FAMILY_SHIFT)

    def _number_of(self, address: bytes) -> int:
        number = self._number.setdefault(address, len(self._addresses))
        if number == len(self._addresses):
            self._addresses.append(address)
        return number

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
        packed[is_ipv6] = np.frombuffer(b"".join(self._addresses), np.uint8).reshape(-1, 16)[address[is_ipv6]]
        return packed, is_ipv4 | is_ipv6

    def endpoint(self, key: int) -> Endpoint:
        """Address and port as people write them."""
        family, port = key >> _FAMILY_SHIFT, key & 0xFFFF
        address = key >> _ADDRESS_SHIFT & 0xFFFFFFFF
        if family == FAMILY_IPV4:
            return Endpoint(socket.inet_ntop(socket.AF_INET, address.to_bytes(4, "big")), port)
        if family == FAMILY_IPV6:
            return Endpoint(socket.inet_ntop(socket.AF_INET6, self._addresses[address]), port)
        return Endpoint("", port)


NO_ADDRESS = FAMILY_NONE << _FAMILY_SHIFT
