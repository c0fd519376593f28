"""Measures how long it takes to load a capture, and the peak of memory, against tshark.

usage: loading.py CAPTURE... [--index-only] [--rounds 3] [--without-tshark]

Loading is what the window does before everything can be asked: index, headers, streams, analysis and the table of
connections.

Each round runs both programs on each file, one after the other, so that they meet the same
machine. tshark reads the file with two passes and a filter that matches nothing. Memory is the
peak of the resident set; mapped file pages are counted in it, and given apart, because the kernel
may drop them at any time.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOAD: Final = """
import re, sys, time
from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.reading import CaptureReader
from tcpladder.tcp.connections import ConnectionTable

def resident(kind):
    return int(re.search(kind + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) >> 10

before = resident("RssAnon")
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
seconds = time.perf_counter() - start
print(seconds, first, capture.frame_count, resident("RssAnon") - before)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program, with the interpreter's or tshark's own start in it."""

    seconds: float
    peak_mib: float
    output: str


def run(command: list[str]) -> Run:
    """Runs a command to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _pid, _status, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    process.stdout.close()
    return Run(time.perf_counter() - start, usage.ru_maxrss / 1024, output)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the loading of captures against tshark.")
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--index-only", action="store_const", const="index", default="load", dest="what")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-tshark", action="store_true")
    arguments = parser.parse_args()
    with_tshark = not arguments.without_tshark and shutil.which("tshark") is not None
    print("file, packets | seconds, first rows s, own memory MiB, peak MiB | tshark s, peak MiB | ratios")
    for capture in arguments.captures:
        ours: list[Run] = []
        theirs: list[Run] = []
        for _round in range(arguments.rounds):
            ours.append(run([sys.executable, "-c", LOAD, str(capture), arguments.what]))
            if with_tshark:
                command = ["tshark", "-n", "-2", "-r", str(capture), "-Y", "frame.number==0"]
                theirs.append(run(command))
        numbers = [[float(number) for number in one.output.split()] for one in ours]
        seconds, first, frames, own = (statistics.median(column) for column in zip(*numbers, strict=True))
        peak = statistics.median(one.peak_mib for one in ours)
        line = f"{capture.name}, {frames:,.0f} | {seconds:.3f}, {first:.3f}, {own:.0f}, {peak:.0f}"
        if theirs:
            tshark_seconds = statistics.median(one.seconds for one in theirs)
            tshark_peak = statistics.median(one.peak_mib for one in theirs)
            line += f" | {tshark_seconds:.2f}, {tshark_peak:.0f}"
            line += f" | {tshark_seconds / seconds:.0f} × the time, {tshark_peak / peak:.1f} × the memory"
        print(line, flush=True)


if __name__ == "__main__":
    main()
