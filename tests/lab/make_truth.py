"""Play the scenarios of the lab and write captures and truth files: python tests/lab/make_truth.py [NAME…]

Needs root and iproute2. Without names, all scenarios are played; it takes a few minutes, most of them waiting.
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
from scenarios import SCENARIOS
from story import story

TRUTHS = Path(__file__).resolve().parents[1] / "data" / "lab"


def main() -> int:
    parser = argparse.ArgumentParser(description="Play the scenarios of the lab and write captures and truth files.")
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
            try:
                truth, frames = play(name)
            except LabError as error:
                failed += 1
                print(f"{name}: {error}", file=sys.stderr)
            else:
                write_pcap(TRUTHS / f"{name}.pcap", frames)
                (TRUTHS / f"{name}.json").write_text(format_truth(truth), encoding="utf-8")
                print(f"{name}: {len(frames)} frames")
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if failed else 0


def play(name: str) -> tuple[dict[str, Any], list[tuple[int, bytes]]]:
    """Play a scenario between two new hosts: its truth and its frames."""
    scenario = SCENARIOS[name]
    with story(ipv6=scenario.ipv6) as told:
        scenario.play(told)
        truth = told.truth()
        frames = told.frames()
    if len(truth["connections"]) != len(scenario.verdicts):
        raise LabError(f"{len(scenario.verdicts)} connections were announced, {len(truth['connections'])} were seen.")
    for connection, verdict in zip(truth["connections"], scenario.verdicts, strict=True):
        connection["verdict"] = asdict(verdict)
    return {"scenario": name, "story": scenario.sentence, **truth}, frames


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
