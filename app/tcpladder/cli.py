"""The command line: open a window, or answer in text without one."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tcpladder.decode.columns import ColumnTable
from tcpladder.decode.one_packet import decode_row
from tcpladder.exports.pdml import pdml
from tcpladder.fields.node import DecodedPacket
from tcpladder.packets.capture import Capture, CaptureError
from tcpladder.packets.reading import read_capture


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns the exit status (0 all read, 1 not read to the end, 2 wrong usage)."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="tcpladder")
    commands = parser.add_subparsers(dest="command")
    dump = commands.add_parser("dump")
    dump.add_argument("capture")
    dump.add_argument("-T", dest="format", default="text")
    parsed = parser.parse_args(arguments)
    capture, _ = load(Path(parsed.capture))
    columns = ColumnTable(capture)
    columns.extend(capture.frame_count)
    for piece in pdml(decode_row(columns, row) for row in range(capture.frame_count)):
        sys.stdout.write(piece)
    return 1 if capture.problems else 0


def load(path: Path) -> tuple[Capture, ColumnTable]:
    capture, steps = read_capture(path)
    for _ in steps:
        pass
    return capture, ColumnTable(capture)
