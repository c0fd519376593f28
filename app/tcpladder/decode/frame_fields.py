"""The fields of the frame layer: they come from the capture file, not from the frame's bytes."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME, Capture, Interface, SparseValues
from tcpladder.protocols.numbers import ENCAPSULATION_OF_LINKTYPE

Values = tuple[NDArray[Any], NDArray[np.bool_]]
# Values of the rows [first, last) and where there is one; arrays of shape (last - first,).
FrameField = Callable[[Capture, int, int], Values]


def _everywhere(first: int, last: int) -> NDArray[np.bool_]:
    return np.ones(last - first, bool)


def _constant(value: int) -> FrameField:
    return lambda capture, first, last: (np.full(last - first, value, np.int64), _everywhere(first, last))


def _of_interface(value_of: Callable[[Capture, Interface], Any], dtype: Any = np.int64) -> FrameField:
    """A field that the interface decides; None where it says nothing."""
    def values(capture: Capture, first: int, last: int) -> Values:
        answers = [value_of(capture, interface) for interface in capture.interfaces]
        table = np.zeros(len(answers) + 1, dtype)
        there = np.zeros(len(answers) + 1, bool)
        for number, answer in enumerate(answers):
            if answer is not None:
                table[number], there[number] = answer, True
        interface = np.minimum(capture.interface[first:last], len(answers))
        return table[interface], there[interface]
    return values


def _sparse(part_of: Callable[[Capture], SparseValues], shift: int = 0, mask: int = 2**64 - 1) -> FrameField:
    def values(capture: Capture, first: int, last: int) -> Values:
        sparse = part_of(capture)
        begin, end = np.searchsorted(sparse.rows, [first, last])
        result, present = np.zeros(last - first, np.uint64), np.zeros(last - first, bool)
        rows = sparse.rows[begin:end] - first
        result[rows] = (sparse.values[begin:end] >> np.uint64(shift)) & np.uint64(mask)
        present[rows] = True
        return result, present
    return values


def _point_to_point(capture: Capture, first: int, last: int) -> Values:
    """1 for a frame that was received, 0 for one that was sent, where the capture says so."""
    direction, present = _sparse(lambda capture: capture.flags, 0, 3)(capture, first, last)
    return (direction == 1).astype(np.int8), present & ((direction == 1) | (direction == 2))


def _time(capture: Capture, first: int, last: int) -> Values:
    time = capture.time_ns[first:last]
    return time, time != NO_TIME


def _time_shift(capture: Capture, first: int, last: int) -> Values:
    return np.zeros(last - first, np.int64), _time(capture, first, last)[1]


def _since_first(capture: Capture, first: int, last: int) -> Values:
    time, timed = _time(capture, first, last)
    everything = capture.time_ns
    # Nearly always the first has a time; asked for one packet, looking at all of them would take too long.
    start = 0 if not len(everything) or everything[0] != NO_TIME else int(np.argmax(everything != NO_TIME))
    return np.where(timed, time - everything[start] if last > first else time, 0), timed


def _since_last(capture: Capture, first: int, last: int) -> Values:
    time, timed = _time(capture, first, last)
    before = first - 1
    while before >= 0 and capture.time_ns[before] == NO_TIME:
        before -= 1
    rows = np.flatnonzero(timed)
    result = np.zeros(last - first, np.int64)
    if len(rows):
        previous = capture.time_ns[before] if before >= 0 else time[rows[0]]
        result[rows] = np.diff(time[rows], prepend=previous)
    return result, timed


def _number(capture: Capture, first: int, last: int) -> Values:
    return np.arange(first + 1, last + 1, dtype=np.uint32), _everywhere(first, last)


def _if_pcapng(capture: Capture, value: Any) -> Any:
    return value if capture.format == "pcapng" else None


FRAME_FIELDS: Mapping[str, FrameField] = {
    "frame.section_number": _of_interface(lambda capture, item: _if_pcapng(capture, item.section + 1)),
    "frame.interface_id": _of_interface(lambda capture, item: _if_pcapng(capture, item.number)),
    "frame.interface_name": _of_interface(lambda capture, item: _if_pcapng(capture, item.name or "unknown"), object),
    "frame.interface_description": _of_interface(lambda capture, item: item.description or None, object),
    "frame.encap_type": _of_interface(lambda capture, item: ENCAPSULATION_OF_LINKTYPE.get(item.linktype, 0)),
    "frame.time": _time,
    "frame.offset_shift": _time_shift,
    "frame.time_epoch": _time,
    "frame.time_delta": _since_last,
    "frame.time_delta_displayed": _since_last,
    "frame.time_relative": _since_first,
    "frame.number": _number,
    "frame.len": lambda capture, first, last: (capture.wire_len[first:last], _everywhere(first, last)),
    "frame.cap_len": lambda capture, first, last: (capture.captured_len[first:last], _everywhere(first, last)),
    "frame.marked": _constant(0),
    "frame.ignored": _constant(0),
    "frame.p2p_dir": _point_to_point,
    "frame.drop_count": _sparse(lambda capture: capture.drop_counts),
    "frame.packet_flags": _sparse(lambda capture: capture.flags),
    # Parts of the flags word of an enhanced packet block (pcapng, section 4.3.1).
    "frame.packet_flags_direction": _sparse(lambda capture: capture.flags, 0, 3),
    "frame.packet_flags_reception_type": _sparse(lambda capture: capture.flags, 2, 7),
    "frame.packet_flags_fcs_length": _sparse(lambda capture: capture.flags, 5, 15),
    "frame.packet_flags_reserved": _sparse(lambda capture: capture.flags, 9, 0x7f),
    "frame.packet_flags_crc_error": _sparse(lambda capture: capture.flags, 24, 1),
    "frame.packet_flags_packet_too_error": _sparse(lambda capture: capture.flags, 25, 1),
    "frame.packet_flags_packet_too_short_error": _sparse(lambda capture: capture.flags, 26, 1),
    "frame.packet_flags_wrong_inter_frame_gap_error": _sparse(lambda capture: capture.flags, 27, 1),
    "frame.packet_flags_unaligned_frame_error": _sparse(lambda capture: capture.flags, 28, 1),
    "frame.packet_flags_start_frame_delimiter_error": _sparse(lambda capture: capture.flags, 29, 1),
    "frame.packet_flags_preamble_error": _sparse(lambda capture: capture.flags, 30, 1),
    "frame.packet_flags_symbol_error": _sparse(lambda capture: capture.flags, 31, 1),
}
