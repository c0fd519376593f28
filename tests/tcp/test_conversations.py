"""However a capture is cut up while it is read, the same conversations come out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.reading import CaptureReader
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.conversations import Conversations, conversations_of, look_at
from tcpladder.work.interruption import watched_by
from tests.tcp.said import said_of_segments

CAPTURES = sorted((Path(__file__).resolve().parents[2] / "captures").rglob("*.pcap*"))
OF_SEGMENTS = ("marks", "acked", "rto_from", "bytes_in_flight", "push_bytes", "duplicate_number", "duplicate_of",
               "noted", "initial_rtt_ns")


def load(path: Path, batch_frames: int) -> ColumnTable:
    reader = CaptureReader(path, batch_frames=batch_frames, first_batch_frames=batch_frames)
    columns = ColumnTable(reader.capture)
    for progress in reader:
        columns.extend(progress.frames)
    reader.close()
    return columns


def arrays(conversations: Conversations) -> dict[str, np.ndarray]:
    """All that is known of the segments, by name."""
    streams, segments = conversations.streams, conversations.streams.segments
    found = {name: getattr(segments, name) for name in (
        "row", "time_ns", "seq", "ack", "flags", "length", "window", "traits", "mss", "window_shift", "sack_owner",
        "sack_left", "sack_right")}
    found |= {name: getattr(streams, name) for name in ("order", "stream", "side", "base_seq", "shift", "reused")}
    book = conversations.headers.addresses
    found["endpoints"] = np.array([[str(book.endpoint(int(key))) for key in pair] for pair in streams.endpoints])
    return found | {name: said_of_segments(conversations.analysis, name) for name in OF_SEGMENTS}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_batches_of_any_size_give_the_same(path: Path) -> None:
    whole = arrays(conversations_of(load(path, 50_000)))
    for batch_frames in (1, 7):
        cut = arrays(conversations_of(load(path, batch_frames)))
        for name, values in whole.items():
            assert np.array_equal(values, cut[name]), (batch_frames, name)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_columns_are_the_same_after_other_columns_were_read(path: Path) -> None:
    """What is let go of between two questions is found again."""
    columns, fresh = load(path, 9), load(path, 9)
    columns.extend(columns.capture.frame_count)
    for name in ("tcp.len", "ip.src", "tcp.options.mss_val", "eth.type", "udp.length"):
        columns.column(name)
    for name in ("tcp.len", "tcp.flags", "ip.dst", "frame.len", "tcp.options.wscale.shift"):
        again, first = columns.column(name), fresh.column(name)
        assert np.array_equal(again.rows, first.rows)
        assert np.array_equal(again.values, first.values)
        assert np.array_equal(again.spans.start, first.spans.start)


@pytest.mark.parametrize("path", CAPTURES[:6], ids=lambda path: path.stem)
def test_streams_analysed_one_by_one_and_all_at_once(path: Path) -> None:
    streams = conversations_of(load(path, 50_000)).streams
    one_by_one, all_at_once = look_at(streams, 1), look_at(streams, 1 << 30)
    for name in OF_SEGMENTS:
        assert np.array_equal(said_of_segments(one_by_one[0], name), said_of_segments(all_at_once[0], name)), name
    for name in ("client_side", "opening", "closing", "opened", "first_fin", "reset", "syn_tries"):
        assert np.array_equal(getattr(one_by_one[1], name), getattr(all_at_once[1], name)), name


def test_the_table_can_be_stopped_while_it_is_made() -> None:
    class StoppedError(Exception):
        pass

    def stop(_portion: float) -> None:
        raise StoppedError

    columns = load(CAPTURES[0], 50_000)
    with pytest.raises(StoppedError), watched_by(stop):
        ConnectionTable(columns)
    assert ConnectionTable(columns).count > 0
