"""Which UDP datagrams belong together, and the time between them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME

if TYPE_CHECKING:
    from tcpladder.decode.columns import ColumnTable

UDP_FIELDS = ("udp.stream", "udp.time_relative", "udp.time_delta")


def udp_fields(columns: "ColumnTable") -> Mapping[str, tuple[NDArray[Any], NDArray[np.bool_]]]:
    """Stream numbers in the order of first datagrams, and times since the first and the last of the stream (ns)."""
    table = columns.layer("udp")
    count = len(table)
    ends = _endpoints(columns, count)
    swapped = _less(ends[1], ends[0])
    key = [np.where(swapped, second, first) for first, second in zip(*ends, strict=True)]
    key += [np.where(swapped, first, second) for first, second in zip(*ends, strict=True)]
    order = np.lexsort((np.arange(count), *key))
    is_new = np.ones(count, bool)
    if count:
        is_new[1:] = np.logical_or.reduce([part[order][1:] != part[order][:-1] for part in key])
    group = np.cumsum(is_new) - 1
    first_of_group = order[is_new]
    number = np.empty(len(first_of_group), np.uint32)
    number[np.argsort(first_of_group, kind="stable")] = np.arange(len(first_of_group))
    stream = np.empty(count, np.uint32)
    stream[order] = number[group]

    whole = columns.layer_values("udp.checksum")[1]
    time = columns.capture.time_ns[table.rows]
    timed = whole & (time != NO_TIME)
    since_first, since_last = np.zeros(count, np.int64), np.zeros(count, np.int64)
    in_order = time[order]
    since_first[order] = in_order - in_order[is_new][group] if count else in_order
    # Empty datagrams do not count as the last one before.
    counts = is_new | (columns.layer_values("udp.length")[0][order] != 8)
    before = np.maximum.accumulate(np.where(counts, np.arange(count), 0))[:-1]
    since_last[order[1:]] = np.where(is_new[1:], 0, in_order[1:] - in_order[before])
    return {"udp.stream": (stream, whole), "udp.time_relative": (since_first, timed),
            "udp.time_delta": (since_last, timed)}


def _endpoints(columns: "ColumnTable", count: int) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """Source and destination of each datagram: upper and lower half of the address, and the port."""
    result = []
    for which, port in (("src", "udp.srcport"), ("dst", "udp.dstport")):
        upper, lower = np.zeros(count, np.uint64), np.zeros(count, np.uint64)
        inner, outer = columns.parents("udp", "ip")
        lower[inner] = columns.layer_values(f"ip.{which}")[0][outer]
        inner, outer = columns.parents("udp", "ipv6")
        halves = np.ascontiguousarray(columns.layer_values(f"ipv6.{which}")[0][outer]).view(">u8").reshape(-1, 2)
        upper[inner], lower[inner] = halves[:, 0], halves[:, 1]
        result.append([upper, lower, columns.layer_values(port)[0].astype(np.uint64)])
    return result[0], result[1]


def _less(a: list[NDArray[Any]], b: list[NDArray[Any]]) -> NDArray[np.bool_]:
    result = np.zeros(len(a[0]), bool)
    for first, second in zip(reversed(a), reversed(b), strict=True):
        result = (first < second) | ((first == second) & result)
    return result
