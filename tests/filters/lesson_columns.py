"""The columns of the lesson captures, read once."""

from functools import cache
from pathlib import Path

import numpy as np

from tcpladder.decode.columns import ColumnTable
from tcpladder.filters import compile_filter
from tcpladder.packets.reading import read_capture
from tcpladder.tcp.fields import register_tcp_fields

CAPTURES = Path(__file__).parents[2] / "captures"


@cache
def columns_of(capture_name: str) -> ColumnTable:
    """The columns of a lesson capture, with the fields that the conversation tells."""
    capture, progress = read_capture(CAPTURES / capture_name)
    for _step in progress:
        pass
    columns = ColumnTable(capture)
    columns.extend(capture.frame_count)
    register_tcp_fields(columns)
    return columns


def frames_found(capture_name: str, text: str) -> list[int]:
    """The frame numbers that a filter finds in a lesson capture."""
    rows = np.flatnonzero(compile_filter(text).select(columns_of(capture_name)))
    return [row + 1 for row in rows.tolist()]
