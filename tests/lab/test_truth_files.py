"""The truth files fit their captures, so that a comparison with them means something."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import dpkt
import pytest

LAB = Path(__file__).resolve().parent
DATA = LAB.parent / "data" / "lab"
TRUTHS = sorted(DATA.glob("*.json"))
STATES = {
    "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
    "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
}  # fmt: skip
FLAG_OF_WORD = {"SYN": dpkt.tcp.TH_SYN, "FIN": dpkt.tcp.TH_FIN, "RST": dpkt.tcp.TH_RST, "ACK": dpkt.tcp.TH_ACK}


def read_frames(truth_file: Path) -> list[tuple[int, Any]]:
    """Time in nanoseconds and TCP header of every frame of the capture beside a truth file."""
    with truth_file.with_suffix(".pcap").open("rb") as file:
        frames = list(dpkt.pcap.Reader(file))
    return [(round(time * 10**9), dpkt.ethernet.Ethernet(data).data.data) for time, data in frames]


def test_there_are_scenarios_enough_and_every_one_is_named_in_the_readme() -> None:
    names = {truth.stem for truth in TRUTHS if "." not in truth.stem}
    assert len(names) >= 30
    readme = (LAB / "README.md").read_text(encoding="utf-8")
    in_table = readme.partition("| fact | scenarios |")[2]
    assert set(re.findall(r"`([a-z0-9-]+)`", in_table)) == names


@pytest.mark.parametrize("truth_file", TRUTHS, ids=lambda path: path.stem)
def test_truth_has_one_entry_for_each_frame_of_its_capture(truth_file: Path) -> None:
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    frames = read_frames(truth_file)
    assert [entry["frame"] for entry in truth["frames"]] == list(range(1, len(frames) + 1))
    for entry, (time_ns, tcp) in zip(truth["frames"], frames, strict=True):
        connection = truth["connections"][entry["connection"]]
        assert abs(entry["time_ns"] - time_ns) < 1000  # dpkt gives floating-point seconds
        assert tcp.sport == connection[entry["from"]]["port"]
        words = entry["segment"].split("-")
        for word, flag in FLAG_OF_WORD.items():
            if word != "ACK" or word in words:
                assert bool(tcp.flags & flag) == (word in words)
        assert bool(tcp.data) == ("DATA" in words)


@pytest.mark.parametrize("truth_file", TRUTHS, ids=lambda path: path.stem)
def test_truth_holds_only_states_of_rfc_9293_and_frames_of_its_capture(truth_file: Path) -> None:
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    last = len(truth["frames"])
    with_states = list(truth["frames"]) + [call for call in truth["calls"] if call["connection"] is not None]
    for entry in truth["frames"]:
        with_states += [entry["sent"], *entry["arrivals"]]
        assert all(entry["frame"] <= arrival["after_frame"] <= last for arrival in entry["arrivals"])
        after = entry["arrivals"][-1] if entry["arrivals"] else entry["sent"]
        assert (entry["client"], entry["server"]) == (after["client"], after["server"])
    assert {entry[end] for entry in with_states for end in ("client", "server")} <= STATES
    assert all(0 <= call["after_frame"] <= last for call in truth["calls"])
