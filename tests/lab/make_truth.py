"""Play the scenarios of the lab and write captures and truth files: python tests/lab/make_truth.py [NAME…]

Needs root and iproute2. Without names, all scenarios are played, which takes some minutes of waiting.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import closings  # noqa: F401
import openings  # noqa: F401
import transfers  # noqa: F401
from hosts import LabError, require
from pcap_file import write_pcap
from record import Record, Side, Sighting, Viewpoint, capture_at, describe
from scenarios import SCENARIOS
from story import story

TRUTHS = Path(__file__).resolve().parents[1] / "data" / "lab"
TRIES = 3


def main() -> int:
    parser = argparse.ArgumentParser(description="Play scenarios of the lab, write captures and truth files.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="name of a scenario (default: all)")
    names = parser.parse_args().names or list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        parser.error(f"There is no scenario {unknown[0]!r}. There are: {', '.join(SCENARIOS)}")
    failed = 0
    try:
        require("ip")
        TRUTHS.mkdir(parents=True, exist_ok=True)
        for name in names:
            failed += not play_until_it_goes_right(name)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if failed else 0


def play_until_it_goes_right(name: str) -> bool:
    """Play a scenario, again if timers spoilt it: a machine that stalls for 0.2 s causes retransmissions."""
    for _ in range(TRIES):
        try:
            play(name)
        except LabError as error:
            print(f"{name}: {error}", file=sys.stderr)
        else:
            return True
    return False


def play(name: str) -> None:
    """Play a scenario between two new hosts and write its captures.

    Captures at the hosts are written too, where they hold other frames than the wire's or in another order.
    """
    scenario = SCENARIOS[name]
    with story(ipv6=scenario.ipv6) as told:
        scenario.play(told)
        record = told.end()
    seen, announced = len(record.connections), len(scenario.verdicts)
    if seen != announced:
        raise LabError(f"{announced} connections were announced, {seen} were seen.")
    on_the_wire = capture_at(record, "wire")
    write(name, record, "wire", on_the_wire)
    sides: tuple[Side, Side] = ("client", "server")
    for viewpoint in sides:
        sightings = capture_at(record, viewpoint)
        if sightings and [s.taken for s in sightings] != [s.taken for s in on_the_wire]:
            write(f"{name}.{viewpoint}", record, viewpoint, sightings)


def write(file_name: str, record: Record, viewpoint: Viewpoint, sightings: list[Sighting]) -> None:
    """Write a capture and the truth about it."""
    name = file_name.partition(".")[0]
    head = {"scenario": name, "story": SCENARIOS[name].sentence, "captured_at": viewpoint}
    truth = head | describe(record, sightings)
    for connection, verdict in zip(truth["connections"], SCENARIOS[name].verdicts, strict=True):
        connection["verdict"] = asdict(verdict) if viewpoint == "wire" else None
    write_pcap(TRUTHS / f"{file_name}.pcap", [(s.time_ns, s.taken.frame.data) for s in sightings])
    (TRUTHS / f"{file_name}.json").write_text(format_truth(truth), encoding="utf-8")
    print(f"{file_name}: {len(sightings)} frames")


def format_truth(truth: dict[str, Any]) -> str:
    """JSON with one line for each connection, frame and call."""
    parts = []
    for key, value in truth.items():
        if isinstance(value, list) and value:
            lines = ",\n".join(f"  {json.dumps(item)}" for item in value)
            parts.append(f" {json.dumps(key)}: [\n{lines}\n ]")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main())
