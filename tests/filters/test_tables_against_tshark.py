"""The stored answers are those of tshark 4.0: asked again where it is installed, with sharkd, which answers sooner."""

import os
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from tests.filters import test_lessons, test_refused
from tests.filters.lesson_columns import CAPTURES
from tests.filters.sharkd import INSTALLED, Sharkd

pytestmark = [pytest.mark.tshark, pytest.mark.skipif(not INSTALLED, reason="sharkd is not installed")]

_BY_CAPTURE: dict[str, list[tuple[str, str]]] = defaultdict(list)
for _capture, _text, _frames in test_lessons.rows_of_table():
    _BY_CAPTURE[_capture].append((_text, _frames))


@pytest.mark.parametrize("capture_name", _BY_CAPTURE)
def test_the_frames_of_the_tables_are_those_of_tshark(capture_name: str, tmp_path: Path) -> None:
    capture = CAPTURES / capture_name
    with Sharkd(capture, tmp_path) as oracle:
        doubtful = [(text, frames) for text, frames in _BY_CAPTURE[capture_name]
                    if oracle.frames_found(text) != [int(number) for number in frames.split()]]
    assert [(text, _frames_of_tshark(capture, text, tmp_path)) for text, _frames in doubtful] == doubtful


def test_tshark_refuses_what_the_table_of_refusals_has(tmp_path: Path) -> None:
    with Sharkd(CAPTURES / "connection-refused.pcap", tmp_path) as oracle:
        accepted = [text for text, _columns, _message in test_refused.rows_of_table()
                    if oracle.frames_found(text) is not None]
    assert accepted == []


def _frames_of_tshark(capture: Path, text: str, settings: Path) -> str:
    """For the few that sharkd answers otherwise: it counts the payload among the bytes of "tcp"."""
    options = [word for name in ("tcp.desegment_tcp_streams", "ip.defragment", "ipv6.defragment")
               for word in ("-o", f"{name}:FALSE")]
    environment = {**os.environ, "WIRESHARK_CONFIG_DIR": str(settings), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    command = ["tshark", "-n", "-2", "-r", str(capture), *options, "-Y", text, "-T", "fields", "-e", "frame.number"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return " ".join(done.stdout.split())
