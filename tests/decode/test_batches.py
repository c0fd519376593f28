"""In which batches a file is read and decoded makes no difference to any column, nor does reading it twice."""

from pathlib import Path

import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.reading import CaptureReader
from tcpladder.tcp.fields import register_tcp_fields
from tests.benchmarks.make_capture import write_capture

PACKETS = 120
FIELDS = ("frame.time_epoch", "frame.len", "frame.time_delta", "eth.src", "vlan.id", "ip.src", "ipv6.dst", "ip.id",
          "tcp.srcport", "tcp.seq_raw", "tcp.options.timestamp.tsval", "tcp.options.mss_val", "udp.length",
          "udp.stream", "dns.qry.name", "tcp.stream", "tcp.seq", "tcp.ack", "tcp.window_size", "tcp.completeness",
          "tcp.len", "tcp.analysis.acks_frame", "tcp.analysis.retransmission")


def columns_of(path: Path, batch_frames: int) -> dict[str, tuple[list[int], list[object], list[int]]]:
    reader = CaptureReader(path, batch_frames=batch_frames, first_batch_frames=batch_frames)
    columns = ColumnTable(reader.capture)
    for progress in reader:
        columns.extend(progress.frames)
    reader.close()
    register_tcp_fields(columns)
    found = {}
    for name in FIELDS:
        column = columns.column(name)
        found[name] = (column.rows.tolist(), column.values.tolist(), column.spans.start.tolist())
    return found


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_batches_of_any_size_give_the_same_columns(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"mix.{form}"
    write_capture(path, PACKETS, seed=5)
    at_once = columns_of(path, 10 * PACKETS)
    assert len(at_once["frame.len"][0]) == PACKETS
    assert at_once["tcp.stream"][0]
    assert at_once["udp.stream"][0]
    for batch_frames in (1, 2, 7, 50, PACKETS - 1, PACKETS, 10 * PACKETS):
        assert columns_of(path, batch_frames) == at_once, batch_frames


def test_both_formats_give_the_same_columns(tmp_path: Path) -> None:
    for form in ("pcap", "pcapng"):
        write_capture(tmp_path / f"mix.{form}", PACKETS, seed=6)
    assert columns_of(tmp_path / "mix.pcap", 50) == columns_of(tmp_path / "mix.pcapng", 50)
