"""Measures and hashes; the expected values are those of capinfos."""

import shutil
import subprocess

import numpy as np
import pytest

from tcpladder.packets.properties import file_hashes, measures
from tcpladder.resource_files import captures_path
from tests.packets.files import FRAMES, interface, read, section, simple


@pytest.mark.skipif(shutil.which("capinfos") is None, reason="capinfos is not installed")
@pytest.mark.tshark
@pytest.mark.parametrize("name", ["loopback-four-way-close.pcapng", "port-9502.pcap"])
def test_measures_and_hashes_are_those_of_capinfos(name):
    path = captures_path() / name
    answer = subprocess.run(["capinfos", "-T", "-M", "-r", "-c", "-d", "-u", "-y", "-x", "-z", "-H", path],
                            capture_output=True, text=True, check=True).stdout.split("\t")
    packets, data, seconds, byte_rate, packet_size, packet_rate, sha256, _ripemd, sha1 = answer[1:]
    measured = measures(read(path))
    assert (measured.packets, measured.wire_bytes) == (int(packets), int(data))
    assert measured.seconds == pytest.approx(float(seconds), abs=1e-6)
    assert measured.byte_rate == pytest.approx(float(byte_rate), abs=0.01)
    assert measured.packet_size == pytest.approx(float(packet_size), abs=0.01)
    assert measured.packet_rate == pytest.approx(float(packet_rate), abs=0.01)
    assert file_hashes(path, lambda: None) == {"SHA-256": sha256, "SHA-1": sha1.strip()}


def test_packets_without_times_have_no_rates(tmp_path):
    capture = read(tmp_path / "a.pcapng", section() + interface() + simple(FRAMES[0]) + simple(FRAMES[1]))
    measured = measures(capture)
    assert (measured.packets, measured.wire_bytes, measured.seconds) == (2, 121, None)
    assert (measured.packet_rate, measured.byte_rate, measured.packet_size) == (None, None, 60.5)
    assert measures(capture, np.empty(0, np.int64)).packet_size is None
