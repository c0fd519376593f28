"""Measures how long display filters take on a capture whose columns are filled, against tshark -Y on the same file.

usage: filters.py CAPTURE [--rounds 5] [--without-tshark]

Columns are warm: each filter has been asked once before ("first" is that time, with the columns it needs still to be
made). tshark reads the file anew for every filter, so it is asked once for each of a few. A keystroke is one check of
a text, as the filter bar does it.
"""

import argparse
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tcpladder.decode.columns import ColumnTable
from tcpladder.filters import FilterError, compile_filter
from tcpladder.filters.completion import completions
from tcpladder.packets.reading import read_capture
from tcpladder.tcp.fields import register_tcp_fields


@dataclass(frozen=True, slots=True)
class Case:
    """A filter, the time that it may take at a million packets, and whether tshark is asked too."""

    text: str
    allowed_s: float
    with_tshark: bool = False


HEADER, ANALYSIS, COMBINATION, OTHER = 0.05, 0.1, 0.5, 0.5
CASES = (
    Case("tcp.port == 9502", HEADER, with_tshark=True),
    Case("tcp.flags.syn == 1 && tcp.flags.ack == 0", HEADER),
    Case("ip.addr == 10.0.0.0/8", HEADER),
    Case("ipv6.src == 2001:db8::/32", HEADER),
    Case("eth.src == 02:00:00:00:00:01", HEADER),
    Case("tcp.len > 1000", HEADER),
    Case("tcp.srcport in {9502, 20480..21000}", HEADER),
    Case("frame.len != 66", HEADER),
    Case("tcp.flags & 0x12 == 0x12", HEADER),
    Case("tcp.options.timestamp", HEADER),
    Case("udp or not ip", HEADER),
    Case("frame.time_relative > 1.5", HEADER),
    Case("tcp.analysis.flags", ANALYSIS, with_tshark=True),
    Case("tcp.analysis.retransmission and tcp.len > 0", ANALYSIS),
    Case("tcp.analysis.ack_rtt > 0.01", ANALYSIS),
    Case("tcp.stream == 7", ANALYSIS),
    Case("tcp.window_size < 30000", ANALYSIS),
    Case("conn.retransmissions > 0", ANALYSIS),
    Case('conn.opening == "three-way"', ANALYSIS),
    Case('conn.state.server == "CLOSE-WAIT"', ANALYSIS),
    Case("conn.client.addr == 10.0.0.0/8", ANALYSIS),
    Case('tcp.port == 9502 and ip.addr == 10.0.0.0/8 and tcp.flags.ack == 1 and tcp.len > 100 and ip.ttl < 65 and '
         'tcp.seq > 1 and not tcp.analysis.flags and tcp.hdr_len >= 32 and frame.len < 1500 and tcp.window_size > 0',
         COMBINATION, with_tshark=True),
    Case('udp or ipv6 or vlan or tcp.flags.reset == 1 or tcp.analysis.retransmission or tcp.len == 7 or '
         'tcp.srcport == 1 or ip.ttl == 3 or eth.addr == ff:ff:ff:ff:ff:ff or conn.closing == reset', COMBINATION),
    Case("tcp.len + tcp.hdr_len + ip.hdr_len == ip.len", OTHER),
    Case("tcp[13] & 2", OTHER),
    Case("eth.src[0:3] == 02:00:00", OTHER),
    Case("_ws.expert.severity == Warning", OTHER),
    Case('frame.protocols contains "udp"', OTHER),
)
KEYSTROKES = ('ip.addr == 10.0.0.1 and tcp.flags.syn == 1 and not (tcp.port in {80, 443} or tcp.len > 100) '
              'and tcp matches "x"')


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def loaded(path: Path) -> ColumnTable:
    """The columns of a capture, with all that conversations tell."""
    capture, progress = read_capture(path)
    columns = ColumnTable(capture)
    for step in progress:
        columns.extend(step.frames)
    register_tcp_fields(columns)
    return columns


def seconds_of_tshark(path: Path, text: str) -> float:
    """One run of tshark with the filter, analysis in two passes as ours."""
    command = ["tshark", "-n", "-2", "-r", str(path), "-Y", text, "-T", "fields", "-e", "frame.number"]
    return seconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True))


def measure_filters(columns: ColumnTable, path: Path, rounds: int, ask_tshark: bool) -> bool:
    """Prints a line per filter; says whether each stayed within what it may take."""
    scale = max(columns.frame_count / 1_000_000, 0.01)
    fine = True
    print(f"{'first ms':>9} {'warm ms':>9} {'may ms':>7} {'tshark s':>9} {'times':>7} {'packets':>9}  filter")
    for case in CASES:
        select = partial(compile_filter(case.text).select, columns)
        first = seconds(select)
        warm = statistics.median(seconds(select) for _round in range(rounds))
        found = int(select().sum())
        theirs = seconds_of_tshark(path, case.text) if case.with_tshark and ask_tshark else None
        compared = f"{theirs:9.1f} {theirs / warm:7,.0f}" if theirs else f"{'':17}"
        late = warm > case.allowed_s * scale
        fine &= not late
        print(f"{first * 1e3:9.1f} {warm * 1e3:9.1f} {case.allowed_s * scale * 1e3:7.0f} {compared} {found:9,}  "
              f"{case.text[:70]}{'   TOO SLOW' if late else ''}")
    return fine


def measure_keystrokes(columns: ColumnTable) -> bool:
    """Checks and completes a filter as it is typed, each text three times; prints the slowest of both."""

    def check(text: str) -> None:
        try:
            compile_filter(text, columns)
        except FilterError as error:
            str(error)

    typed = [KEYSTROKES[:end] for end in range(1, len(KEYSTROKES) + 1)]
    checks = [_best_of_three(partial(check, text)) for text in typed]
    offers = [_best_of_three(partial(completions, text, len(text), columns)) for text in typed]
    for name, times in (("check", checks), ("completion", offers)):
        print(f"{name} at a keystroke: median {statistics.median(times) * 1e3:.2f} ms, "
              f"slowest {max(times) * 1e3:.2f} ms")
    return max(checks) <= 0.005


def _best_of_three(work: Callable[[], object]) -> float:
    return min(seconds(work) for _time in range(3))


def main() -> int:
    """Exit status 1 where something took longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-tshark", action="store_true")
    arguments = parser.parse_args()
    columns = loaded(arguments.capture)
    print(f"{columns.frame_count:,} packets")
    ask_tshark = not arguments.without_tshark and shutil.which("tshark") is not None
    fine = measure_filters(columns, arguments.capture, arguments.rounds, ask_tshark)
    return 0 if measure_keystrokes(columns) and fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
