"""Measures how long it takes to load a capture, and the peak of memory, against tshark.

usage: loading.py CAPTURE... [--index-only] [--rounds 3] [--without-tshark]

Loading is what the window does before everything can be asked: index, headers, streams, analysis and the table of
connections.

Each round runs both programs on each file, one after the other, so that they meet the same
machine. tshark reads the file with two passes and a filter that matches nothing. Processor time is
given beside the time that passed: others may use the machine. Own memory is anonymous memory above
what the interpreter and our modules take, that of processes that share the work included: in the end, and at most on
the way. Peaks of the resident
set are given for both programs; ours holds pages of the mapped file, which the kernel may drop at any time.
"""

import argparse
import contextlib
import os
import re
import select
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOAD: Final = """
import sys, time
from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.reading import CaptureReader
from tcpladder.tcp.connections import ConnectionTable

print("ready", flush=True)
sys.stdin.readline()
start = time.perf_counter()
reader = CaptureReader(sys.argv[1])
capture = reader.capture
columns = ColumnTable(capture)
first = None
for progress in reader:
    if sys.argv[2] == "load":
        columns.extend(progress.frames)
    first = first or time.perf_counter() - start
if sys.argv[2] == "load":
    ConnectionTable(columns)
print(time.perf_counter() - start, first, capture.frame_count, flush=True)
sys.stdin.readline()
"""
_BETWEEN_LOOKS_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program, with the interpreter's or tshark's own start in it."""

    seconds: float
    processor_seconds: float
    peak_mib: float
    output: str


def run(command: list[str]) -> Run:
    """Runs a command to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _ended(process, start, "")


def run_ours(capture: Path, what: str, *, looks_at_memory: bool = False) -> Run:
    """Loads a capture, and looks meanwhile at the memory of the program and of the processes that it starts."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", LOAD, str(capture), what], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, bufsize=0)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    before = most = own_memory(process.pid)
    process.stdin.write("go\n")
    while looks_at_memory and not select.select([process.stdout], [], [], _BETWEEN_LOOKS_S)[0]:
        most = max(most, own_memory(process.pid))
    told = process.stdout.readline()
    end = own_memory(process.pid)
    process.stdin.close()
    process.stdout.close()
    return _ended(process, start, f"{told} {(end - before) / 1024} {(max(most, end) - before) / 1024}")


def own_memory(pid: int) -> int:
    """KiB of anonymous memory of a process and its children; what they share counts once."""
    total = 0
    for one in (pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())):
        with contextlib.suppress(OSError):      # it has ended meanwhile
            total += int(re.search(r"Pss_Anon:\s+(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text())[1])
    return total


def _ended(process: subprocess.Popen, start: float, told: str) -> Run:
    _pid, _status, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, told)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the loading of captures against tshark.")
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--index-only", action="store_const", const="index", default="load", dest="what")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-tshark", action="store_true")
    arguments = parser.parse_args()
    with_tshark = not arguments.without_tshark and shutil.which("tshark") is not None
    print("file, packets | seconds (processor), first rows s, own memory MiB, at most, bytes a packet, peak MiB"
          " | tshark s (processor), peak MiB | ratios")
    for capture in arguments.captures:
        ours: list[Run] = []
        theirs: list[Run] = []
        for _round in range(arguments.rounds):
            ours.append(run_ours(capture, arguments.what))
            if with_tshark:
                command = ["tshark", "-n", "-2", "-r", str(capture), "-Y", "frame.number==0"]
                theirs.append(run(command))
        numbers = [[float(number) for number in one.output.split()] for one in ours]
        seconds, first, frames, own, _most = (statistics.median(column) for column in zip(*numbers, strict=True))
        # In a run of its own: the kernel takes much time to tell it.
        most = float(run_ours(capture, arguments.what, looks_at_memory=True).output.split()[-1])
        peak = statistics.median(one.peak_mib for one in ours)
        processor = statistics.median(one.processor_seconds for one in ours)
        line = f"{capture.name}, {frames:,.0f} | {seconds:.3f} ({processor:.2f}), {first:.3f}, {own:.0f}, {most:.0f}"
        line += f", {own * 2**20 / max(frames, 1):.0f}, {peak:.0f}"
        if theirs:
            tshark_seconds = statistics.median(one.seconds for one in theirs)
            tshark_peak = statistics.median(one.peak_mib for one in theirs)
            tshark_processor = statistics.median(one.processor_seconds for one in theirs)
            line += f" | {tshark_seconds:.2f} ({tshark_processor:.2f}), {tshark_peak:.0f}"
            line += f" | {tshark_seconds / seconds:.1f} × the time, {tshark_processor / processor:.1f} × the processor,"
            line += f" {tshark_peak / max(most, 1):.1f} × the memory"
        print(line, flush=True)


if __name__ == "__main__":
    main()
