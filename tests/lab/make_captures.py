"""Make the lesson captures again: python tests/lab/make_captures.py [NAME…]

Without names, all of them. The live ones need root, iproute2, tcpdump and editcap.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import dpkt
import handmade
from hosts import LabError, require
from lessons import LESSONS, SERVER_PORT, Lesson
from segments import segment_in

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
HANDMADE: dict[str, Callable[[Path], None]] = {
    "https-handshake.pcap": handmade.write_https_handshake,
    "https-three-packet-close.pcap": handmade.write_https_three_packet_close,
    "port-9502.pcap": handmade.write_port_9502,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the lesson captures again.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="file name in captures/ (default: all)")
    names = parser.parse_args().names or [*HANDMADE, *LESSONS]
    unknown = [name for name in names if name not in HANDMADE and name not in LESSONS]
    if unknown:
        parser.error(f"There is no lesson {unknown[0]!r}. There are: {', '.join([*HANDMADE, *LESSONS])}")
    try:
        if any(name in LESSONS for name in names):
            require("ip", "tcpdump", "editcap")
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                made = Path(folder, name)
                if name in HANDMADE:
                    HANDMADE[name](made)
                else:
                    make_live(LESSONS[name], made)
                (CAPTURES / name).write_bytes(made.read_bytes())
                print(f"{name}: {made.stat().st_size} bytes")
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def make_live(lesson: Lesson, made: Path) -> None:
    """Play a lesson into the file `made`; raise LabError if other frames were recorded than it says."""
    recorded = made.with_suffix(".recorded")
    lesson.record(recorded)
    frames = ", ".join(name_frames(recorded))
    if frames != lesson.frames:
        raise LabError(f"{made.name} was not written: wanted were {lesson.frames}; seen were {frames}.")
    if made.suffix == ".pcap":
        recorded.rename(made)
        return
    comments = [f"-a{number}:{text}" for number, text in lesson.frame_comments.items()]
    command = ["editcap", "-F", "pcapng", "--capture-comment", lesson.comment, *comments]
    subprocess.run([*command, str(recorded), str(made)], check=True)


def name_frames(pcap: Path) -> list[str]:
    """The names of all frames of a pcap file, as lessons write them."""
    with pcap.open("rb") as file:
        reader = dpkt.pcap.Reader(file)
        cooked = reader.datalink() == dpkt.pcap.DLT_LINUX_SLL2
        frame_type = dpkt.sll2.SLL2 if cooked else dpkt.ethernet.Ethernet
        return [name_frame(frame_type(data).data) for _, data in reader]


def name_frame(packet: object) -> str:
    segment = segment_in(packet)
    if segment is not None:
        return f"{'>' if segment.destination[1] == SERVER_PORT else '<'} {segment.name}"
    return "ARP" if isinstance(packet, dpkt.arp.ARP) else "ICMPv6"


if __name__ == "__main__":
    sys.exit(main())
