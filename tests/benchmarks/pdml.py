"""How fast PDML is written, beside tshark: the ratio of the seconds of processor that both need for one file.

usage: pdml.py CAPTURE [--times 3]

The two run in turn; the least of each counts, as other work on the machine only adds to it.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path


def user_seconds(command: list[str]) -> float:
    """Seconds of processor that a command needs outside of the kernel; its output is thrown away."""
    before = os.times().children_user
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return os.times().children_user - before


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares dump -T pdml with tshark.")
    parser.add_argument("capture", type=Path)
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    ours = [sys.executable, "-m", "tcpladder", "dump", str(arguments.capture), "-T", "pdml"]
    theirs = ["tshark", "-n", "-r", str(arguments.capture), "-T", "pdml"]
    pairs = [(user_seconds(ours), user_seconds(theirs)) for _ in range(arguments.times)]
    own, other = (min(seconds) for seconds in zip(*pairs, strict=True))
    print(f"tcpladder {own:.2f} s, tshark {other:.2f} s, ratio {own / other:.2f}")


if __name__ == "__main__":
    main()
