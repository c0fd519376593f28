"""How fast PDML is written, beside tshark: seconds that pass, and seconds of processor, for one file.

usage: pdml.py CAPTURE [--times 3]

The two run in turn; the least of each counts, as other work on the machine only adds to it. What passes tells nothing
while other work keeps the processors: large captures are decoded by as many processes as there are processors.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path


def seconds(command: list[str]) -> tuple[float, float]:
    """Seconds that pass, and those of processor outside of the kernel; the command's output is thrown away."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.elapsed - before.elapsed, after.children_user - before.children_user


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares dump -T pdml with tshark.")
    parser.add_argument("capture", type=Path)
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    ours = [sys.executable, "-m", "tcpladder", "dump", str(arguments.capture), "-T", "pdml"]
    theirs = ["tshark", "-n", "-r", str(arguments.capture), "-T", "pdml"]
    turns = [(*seconds(ours), *seconds(theirs)) for _ in range(arguments.times)]
    passed, needed, their_passed, their_needed = (min(times) for times in zip(*turns, strict=True))
    for what, own, other in (("passed", passed, their_passed), ("processor", needed, their_needed)):
        print(f"{what}: tcpladder {own:.2f} s, tshark {other:.2f} s, ratio {own / other:.2f}")


if __name__ == "__main__":
    main()
