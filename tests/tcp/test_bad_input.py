"""Input that no TCP would send: no exception, and time in proportion to its length."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcpladder.tcp.analysis import analyse
from tcpladder.tcp.connection import ACK, FIN, PSH, RST, SYN, State
from tcpladder.tcp.fates import Spoken, infer_fates
from tcpladder.tcp.phases import tell_phases
from tcpladder.tcp.segments import Segments, Trait
from tcpladder.tcp.states import run_states
from tcpladder.tcp.streams import Streams, number_streams
from tcpladder.tcp.unwrapped import unwrap
from tests.tcp.scripts import read

MS = 1_000_000
CLIENT, SERVER = (1 << 16) | 40_000, (2 << 16) | 80


Sent = tuple[Segments, np.ndarray, np.ndarray]     # with source and destination of each


def segments(count: int, traits: Any = 0, window_shift: Any = -1, **columns: Any) -> Sent:
    """Segments from client to server, a millisecond apart, with these columns."""
    empty = np.zeros(0, np.int64)
    shift = np.broadcast_to(np.asarray(window_shift, np.int16), count)
    owner = np.flatnonzero(shift >= 0)
    defaults: dict[str, Any] = {
        "row": np.arange(count, dtype=np.int32), "times": np.arange(count, dtype=np.int64) * MS,
        "source": np.full(count, CLIENT), "destination": np.full(count, SERVER), "seq": np.zeros(count, np.uint32),
        "ack": np.zeros(count, np.uint32), "flags": np.full(count, ACK, np.uint16), "length": np.zeros(count, np.int32),
        "window": np.full(count, 64_240, np.uint16), "traits": np.broadcast_to(np.asarray(traits, np.uint8), count),
        "option_owner": owner, "option_mss": np.full(len(owner), -1, np.int32), "option_shift": shift[owner],
        "sack_owner": empty, "sack_left": empty.astype(np.uint32), "sack_right": empty.astype(np.uint32)}
    told = {**defaults, **columns}
    return Segments(**{name: told[name] for name in told if name not in ("source", "destination")}), told["source"], (
        told["destination"])


def there_and_back(count: int, back: np.ndarray) -> dict[str, Any]:
    """Columns of addresses: from the server where back is true."""
    return {"source": np.where(back, SERVER, CLIENT), "destination": np.where(back, CLIENT, SERVER)}


def look_at(told: Sent) -> Streams:
    streams = number_streams(*told)
    flow = unwrap(streams)
    analyse(streams, flow)
    tell_phases(streams, flow)
    streams.completeness()
    return streams


def random_segments(count: int, seed: int, spread: int) -> Sent:
    """Any flags, numbers within a span (so that they overlap and contradict), both directions, few ports."""
    random = np.random.default_rng(seed)
    columns = there_and_back(count, random.random(count) < 0.5)
    return segments(
        count, **columns, seq=random.integers(0, spread, count).astype(np.uint32),
        ack=random.integers(0, spread, count).astype(np.uint32), flags=random.integers(0, 512, count).astype(np.uint16),
        length=random.integers(0, 1500, count), window=random.integers(0, 3, count) * 1000,
        window_shift=random.integers(-1, 16, count).astype(np.int16),
        traits=np.where(random.random(count) < 0.05, Trait.QUOTED, 0) | np.where(
            random.random(count) < 0.02, Trait.FRAGMENT, 0),
        sack_owner=np.arange(0, count, 3), sack_left=random.integers(0, spread, -(-count // 3)).astype(np.uint32),
        sack_right=random.integers(0, spread, -(-count // 3)).astype(np.uint32))


@pytest.mark.parametrize("spread", [2, 3000, 2**31, 2**32])
@pytest.mark.parametrize("count", [0, 1, 2, 50, 2000])
def test_any_segments_at_all(count: int, spread: int) -> None:
    for seed in range(5):
        streams = look_at(random_segments(count, seed, spread))
        assert len(streams.stream) == count
        assert sorted(streams.order.tolist()) == list(range(count))


def test_a_hundred_thousand_half_open_connections() -> None:
    count = 300_000
    ports = np.tile(np.arange(100_000) % 60_000 + 1024, 3)
    hosts = np.tile(np.arange(100_000) // 60_000, 3)
    began = time.process_time()
    streams = look_at(segments(count, source=((hosts + 10) << 16) | ports, flags=np.full(count, SYN, np.uint16)))
    assert streams.count == 100_000
    assert time.process_time() - began < 20


def one_way(count: int) -> Sent:
    """Only one side was captured, with a gap: nothing is ever acknowledged."""
    seq = np.arange(count) * 100
    seq[10:] += 5
    return segments(count, seq=seq.astype(np.uint32), length=np.full(count, 100), ack=np.full(count, 7, np.uint32))


def reset_storm(count: int) -> Sent:
    return segments(count, flags=np.full(count, RST, np.uint16), **there_and_back(count, np.arange(count) % 2 == 0))


def reused_ports(count: int) -> Sent:
    return segments(count, flags=np.full(count, SYN, np.uint16),
                    seq=(np.arange(count, dtype=np.uint64) * 1_000_003 % 2**32).astype(np.uint32))


def jumping_numbers(count: int) -> Sent:
    jumps = np.where(np.arange(count) % 2, 2**31 - 1, 0).astype(np.uint32)
    return segments(count, seq=jumps, length=np.full(count, 10), ack=jumps[::-1].copy(),
                    **there_and_back(count, np.arange(count) % 3 == 0))


def overlapping(count: int) -> Sent:
    """Each segment begins at 1 and reaches further; ACKs creep forward byte by byte."""
    places = np.arange(count)
    back = places % 2 == 1
    return segments(count, seq=np.where(back, 1, 1).astype(np.uint32), length=np.where(back, 0, 100_000 + places),
                    ack=np.where(back, places, 1).astype(np.uint32), **there_and_back(count, back))


@pytest.mark.parametrize("make", [one_way, reset_storm, reused_ports, jumping_numbers])
def test_time_grows_with_the_length_and_no_faster(make: Callable[[int], Sent]) -> None:
    short, long = make(5_000), make(40_000)
    look_at(short)
    in_proportion(processor_time(lambda: look_at(short)), processor_time(lambda: look_at(long)))


def in_proportion(short: float, long: float) -> None:
    assert long < 20 * max(short, 0.02)     # eight times the length


def processor_time(work: Callable[[], object]) -> float:
    """The shortest of three: what other programs do to the processor's caches only adds to it."""
    spans = []
    for _turn in range(3):
        began = time.process_time()
        work()
        spans.append(time.process_time() - began)
    return min(spans)


def test_contradictory_copies_cost_a_bounded_time() -> None:
    began = time.process_time()
    look_at(overlapping(20_000))
    assert time.process_time() - began < 20


def spoken(count: int, seed: int, spread: int) -> list[Spoken]:
    random = np.random.default_rng(seed)
    flags = random.choice([SYN, SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK, 0, FIN | SYN], count)
    seqs, acks = random.integers(-5, spread, count), random.integers(-5, spread, count)
    lengths = random.integers(0, 3, count) * 100
    return [Spoken(index * 50 * MS, bool(random.random() < 0.5), int(flag), int(seq),
                   int(seq + length + bool(flag & SYN) + bool(flag & FIN)), int(ack), bool(random.random() < 0.1),
                   ((int(ack), int(ack) + 50),) if index % 7 == 0 else ())
            for index, (flag, seq, ack, length) in enumerate(zip(flags, seqs, acks, lengths, strict=True))]


@pytest.mark.parametrize("spread", [3, 500, 100_000])
def test_states_of_any_segments_at_all(spread: int) -> None:
    for seed in range(60):
        told = spoken(80, seed, spread)
        course = run_states(told, infer_fates(told), refused=False)
        assert len(course.states) == 80
        assert all(isinstance(state, State) for pair in course.states for state in pair)


def test_states_of_a_long_connection_take_time_in_proportion() -> None:
    spans = []
    for count in (5_000, 40_000):
        told = spoken(count, 1, 100_000)
        spans.append(processor_time(lambda told=told: run_states(told, infer_fates(told), refused=False)))
    in_proportion(*spans)


def test_connections_of_frames_with_random_bytes_in_the_tcp_header(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    records = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)]
    for index in range(400):
        tcp = random.bytes(int(random.integers(0, 90)))
        tcp = (struct.pack(">HH", 40_000, 80) + tcp[4:]) if index % 2 and len(tcp) > 4 else tcp
        packet = bytes(12) + b"\x08\x00" + struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02") + tcp
        records += [struct.pack("<IIII", index, 0, len(packet), len(packet)), packet]
    path = tmp_path / "random.pcap"
    path.write_bytes(b"".join(records))
    told = read(path)
    assert told.table.count > 0
    for stream in range(told.table.count):
        connection = told.table.connection(stream)
        assert connection.steps
        assert told.table.stream_of_row(connection.first_row) is not None
