"""Packed captures: whole, in several members, cut, damaged, and without the package that unpacks them."""

import bz2
import gzip
import importlib
import lzma
import sys

import pytest

from tcpladder.packets.capture import CaptureError
from tests.packets.files import FRAMES, frames_of, join, pcap_header, pcap_record, read

CAPTURE = pcap_header() + join(pcap_record(frame, fraction=number) for number, frame in enumerate(FRAMES * 300))
KINDS = ["gzip", "bzip2", "xz", "zstd", "lz4"]


def packed(kind: str, data: bytes) -> bytes:
    if kind == "zstd":
        return pytest.importorskip("zstandard").ZstdCompressor().compress(data)
    if kind == "lz4":
        return pytest.importorskip("lz4.frame").compress(data, block_size=4)
    return {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}[kind](data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_packed_capture_is_read_like_the_plain_one(tmp_path, kind):
    capture = read(tmp_path / "a.pcap", packed(kind, CAPTURE))
    assert capture.compression == kind
    assert frames_of(capture) == list(FRAMES * 300)
    assert not capture.problems


@pytest.mark.parametrize("kind", KINDS)
def test_members_one_after_the_other_are_one_capture(tmp_path, kind):
    half = len(CAPTURE) // 2
    content = packed(kind, CAPTURE[:half]) + packed(kind, CAPTURE[half:]) + (bytes(8) if kind == "xz" else b"")
    capture = read(tmp_path / "a.pcap", content)
    assert frames_of(capture) == list(FRAMES * 300)
    assert not capture.problems


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_gives_what_could_be_unpacked(tmp_path, kind):
    first, second = packed(kind, CAPTURE), packed(kind, join(pcap_record(frame) for frame in FRAMES))
    capture = read(tmp_path / "a.pcap", first + second[:-5])
    assert frames_of(capture)[:1800] == list(FRAMES * 300)
    assert f"the {kind} data is cut short after" in capture.problems[0].message


@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_the_packed_data_is_left_out_with_a_sentence(tmp_path, kind):
    capture = read(tmp_path / "a.pcap", packed(kind, CAPTURE) + b"trailing words")
    assert capture.frame_count == 1800
    assert f"the {kind} data ends at byte" in capture.problems[0].message


@pytest.mark.parametrize("kind", ["bzip2", "xz", "zstd", "lz4"])
def test_damage_is_a_sentence(tmp_path, kind):
    content = bytearray(packed(kind, CAPTURE))
    content[len(content) // 2:] = bytes(range(256)) * 4
    try:
        capture = read(tmp_path / "a.pcap", bytes(content))
    except CaptureError as error:
        message = str(error)
    else:
        message = capture.problems[0].message
    assert f"the {kind} data is" in message


@pytest.mark.parametrize(("kind", "package"), [("zstd", "zstandard"), ("lz4", "lz4")])
def test_a_missing_package_is_named(tmp_path, monkeypatch, kind, package):
    content = packed(kind, CAPTURE)
    for name in ("zstandard", "lz4.frame"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError):
        importlib.import_module("zstandard")
    with pytest.raises(CaptureError) as refused:
        read(tmp_path / "a.pcap", content)
    assert str(refused.value) == (f"a.pcap is packed with {kind}; reading it needs the package {package}: "
                                  'pip install "tcpladder[compressions]"')
