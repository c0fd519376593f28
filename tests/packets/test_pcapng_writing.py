"""Exports of pcapng files keep all that belongs to the packets: against the bytes, and against editcap and tshark."""

import shutil
import struct
import subprocess

import numpy as np
import pytest

from tcpladder.packets.copying import save_copy
from tcpladder.packets.merging import merging_reader
from tcpladder.packets.writing import FileFormat, losses, save_packets
from tests.packets.files import (
    FRAMES,
    START_S,
    block,
    blocks_of,
    custom,
    end_of_options,
    enhanced,
    frames_of,
    interface,
    join,
    names,
    obsolete,
    option,
    options_of,
    pcap_header,
    pcap_record,
    read,
    secrets,
    section,
    simple,
    statistics,
)

needs_tshark = pytest.mark.skipif(shutil.which("editcap") is None, reason="tshark is not installed")

SECTION, INTERFACE, NAMES, STATISTICS, ENHANCED, JOURNAL, SECRETS = 0x0A0D0D0A, 1, 4, 5, 6, 9, 10
FRAME = bytes(range(64))
LOG = b"__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=started\n"


def number(order: str, form: str, value: int) -> bytes:
    return struct.pack(order + form, value)


def section_options(order: str) -> list[tuple[int, bytes]]:
    return [(2, b"a machine"), (3, b"Linux"), (4, b"recorder 1.0"), (1, b"of the section"), (1, b"again"),
            (2988, number(order, "I", 32473) + b"text"), (2989, number(order, "I", 32473) + b"\1\2\3\4\5")]


def interface_options(order: str) -> list[tuple[int, bytes]]:
    return [(1, b"of the interface"), (2, b"lan0"), (3, b"the wired one"), (4, bytes([192, 0, 2, 1, 255, 255, 255, 0])),
            (4, bytes([192, 0, 2, 2, 255, 255, 255, 0])), (5, bytes(range(16)) + b"\x40"), (6, bytes(range(6))),
            (7, bytes(range(8))), (8, number(order, "Q", 10**9)), (9, b"\x89"), (10, number(order, "I", 3600)),
            (11, b"\0tcp port 80"), (12, b"Linux 6.1"), (13, b"\4"), (14, number(order, "q", 5)), (15, b"a card"),
            (16, number(order, "Q", 10**8)), (17, number(order, "Q", 10**7)), (2988, number(order, "I", 32473) + b"x")]


def packet_options(order: str) -> list[tuple[int, bytes]]:
    return [(1, b"first"), (2, number(order, "I", 0x101)), (3, b"\2" + bytes([0xEC, 0x1D, 0x87, 0x97])),
            (3, b"\3" + bytes(range(16))), (4, number(order, "Q", 7)), (5, number(order, "Q", 0x1122334455667788)),
            (6, number(order, "I", 3)), (7, b"\0hardware"), (7, b"\1" + number(order, "Q", 2)),
            (7, b"\2" + number(order, "Q", 1)), (1, b"second"), (2989, number(order, "I", 32473) + b"\1\2")]


def statistics_options(order: str) -> list[tuple[int, bytes]]:
    return [(1, b"at the end"), (2, struct.pack(order + "II", 1, 2)), (3, struct.pack(order + "II", 3, 4)),
            (4, number(order, "Q", 100)), (5, number(order, "Q", 9)), (6, number(order, "Q", 8)),
            (7, number(order, "Q", 6)), (8, number(order, "Q", 5))]


def written(order: str, options: list[tuple[int, bytes]]) -> bytes:
    return join(option(order, code, value) for code, value in options) + end_of_options(order)


def everything(order: str = "<") -> bytes:
    """Every kind of block and option that belongs to packets."""
    return join([
        section(order, written(order, section_options(order))),
        interface(order, snaplen=4096, options=written(order, interface_options(order))),
        interface(order, linktype=101),
        names(order, written(order, [(2, b"dns.example"), (3, bytes([192, 0, 2, 53]))])),
        secrets(order),
        enhanced(FRAME, 0x1234_5678_9ABC_DEF1, order, options=written(order, packet_options(order))),
        block(order, JOURNAL, LOG),
        enhanced(FRAME, START_S * 10**6, order, number=1, wire_len=1500),
        custom(order),
        secrets(order, b"# more keys\n"),
        enhanced(FRAME, 0x1234_5678_9ABC_DEF2, order),
        statistics(order, 1, written(order, statistics_options(order))),
    ])


FIXED = {SECTION: 16, INTERFACE: 8, ENHANCED: 20 + len(FRAME), STATISTICS: 12}


def rich_blocks(content: bytes) -> list[tuple[str, int, bytes, list[tuple[int, bytes]]]]:
    """Order, kind, fixed part and options of each block."""
    result = []
    for order, kind, body in blocks_of(content):
        size = FIXED.get(kind, len(body))
        result.append((order, kind, body[:size], options_of(order, body[size:])))
    return result


@pytest.mark.parametrize("order", ["<", ">"])
def test_all_that_belongs_to_the_packets_is_exported(tmp_path, order):
    original = read(tmp_path / "a.pcapng", everything(order))
    save_packets(original, np.arange(3), tmp_path / "b.pcapng", FileFormat.PCAPNG)
    assert (tmp_path / "b.pcapng").read_bytes() == everything(order)


def test_the_other_blocks_keep_their_places_among_the_packets_that_are_left(tmp_path):
    original = read(tmp_path / "a.pcapng", everything())
    save_packets(original, np.array([1]), tmp_path / "b.pcapng", FileFormat.PCAPNG)
    kinds = [kind for _order, kind, _body in blocks_of((tmp_path / "b.pcapng").read_bytes())]
    assert kinds == [SECTION, INTERFACE, INTERFACE, NAMES, SECRETS, JOURNAL, ENHANCED, 0xBAD, SECRETS, STATISTICS]
    save_packets(original, np.array([], np.int64), tmp_path / "c.pcapng", FileFormat.PCAPNG)
    assert ENHANCED not in [kind for _order, kind, _body in blocks_of((tmp_path / "c.pcapng").read_bytes())]


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_must_not_be_copied_is_left_out(tmp_path, order):
    private = [(19372, number(order, "I", 32473) + b"text"), (19373, number(order, "I", 32473) + b"\1\2")]
    note = [(1, b"a note")]
    content = join([
        section(order, written(order, private + note)),
        interface(order, options=written(order, note + private)),
        custom(order, 0x40000BAD),
        block(order, 0x12345, b"nobody knows this block"),
        enhanced(FRAME, 5, order, options=written(order, private[:1] + note + private[1:])),
        enhanced(FRAME, 6, order),
        names(order, written(order, private)),
        statistics(order, 0, written(order, private + note)),
    ])
    original = read(tmp_path / "a.pcapng", content)
    save_packets(original, np.arange(2), tmp_path / "b.pcapng", FileFormat.PCAPNG)
    assert (tmp_path / "b.pcapng").read_bytes() == join([
        section(order, written(order, note)),
        interface(order, options=written(order, note)),
        enhanced(FRAME, 5, order, options=written(order, note)),
        enhanced(FRAME, 6, order),
        names(order),
        statistics(order, 0, written(order, note)),
    ])
    assert losses(original, np.arange(2), FileFormat.PCAPNG) == [
        "2 blocks of kinds that are unknown, or that may not be copied, will be left out."]
    original.set_comments(1, ("edited",))
    save_copy(original, tmp_path / "c.pcapng")
    kinds = [kind for _order, kind, _body in blocks_of((tmp_path / "c.pcapng").read_bytes())]
    assert 0x40000BAD not in kinds
    assert 0x12345 in kinds


def test_sections_stay_sections(tmp_path):
    content = everything("<") + everything(">") + section() + names()
    original = read(tmp_path / "a.pcapng", content)
    save_packets(original, np.arange(6), tmp_path / "b.pcapng", FileFormat.PCAPNG)
    assert (tmp_path / "b.pcapng").read_bytes() == content
    save_packets(original, np.array([4]), tmp_path / "c.pcapng", FileFormat.PCAPNG)
    copy = read(tmp_path / "c.pcapng")
    assert copy.sections == original.sections
    assert [copy.interface[0], copy.time_ns[0]] == [original.interface[4], original.time_ns[4]]


def test_edited_comments_take_the_place_of_those_of_the_file(tmp_path):
    original = read(tmp_path / "a.pcapng", everything())
    original.set_comments(0, ("edited",))
    original.set_comments(1, ("added",))
    save_packets(original, np.arange(3), tmp_path / "b.pcapng", FileFormat.PCAPNG)
    copy = read(tmp_path / "b.pcapng")
    assert [copy.packet_comments(row) for row in range(3)] == [("edited",), ("added",), ()]
    packet = next(one for one in rich_blocks((tmp_path / "b.pcapng").read_bytes()) if one[1] == ENHANCED)
    assert packet[3] == [(1, b"edited"), *(one for one in packet_options("<") if one[0] != 1)]


def test_older_packet_blocks(tmp_path):
    content = section() + interface() + obsolete(FRAMES[1]) + simple(FRAMES[2])
    original = read(tmp_path / "a.pcapng", content)
    save_packets(original, np.arange(2), tmp_path / "b.pcapng", FileFormat.PCAPNG)
    assert [kind for _order, kind, _body in blocks_of((tmp_path / "b.pcapng").read_bytes())][2:] == [ENHANCED, 3]
    copy = read(tmp_path / "b.pcapng")
    assert frames_of(copy) == frames_of(original)
    assert copy.time_ns.tolist() == original.time_ns.tolist()
    assert copy.drop_counts.values.tolist() == original.drop_counts.values.tolist()


@pytest.mark.parametrize("order", ["<", ">"])
def test_merged_files_keep_all_of_both_in_the_order_of_the_first(tmp_path, order):
    other = "<" if order == ">" else ">"
    (tmp_path / "a.pcapng").write_bytes(everything(order))
    (tmp_path / "b.pcapng").write_bytes(everything(other))
    (tmp_path / "c.pcap").write_bytes(pcap_header() + pcap_record(FRAME, START_S))
    reader = merging_reader([tmp_path / "a.pcapng", tmp_path / "b.pcapng", tmp_path / "c.pcap"])
    for _progress in reader:
        pass
    save_packets(reader.capture, np.arange(7), tmp_path / "m.pcapng", FileFormat.PCAPNG)
    blocks = rich_blocks((tmp_path / "m.pcapng").read_bytes())
    reader.close()
    assert {one[0] for one in blocks} == {order}
    assert sorted(one[1] for one in blocks if one[1] not in (SECTION, INTERFACE, ENHANCED)) == sorted(
        2 * [NAMES, SECRETS, JOURNAL, 0xBAD, SECRETS, STATISTICS])
    repeated = [one for one in section_options(order) if one[0] in (1, 2988, 2989)]
    assert blocks[0][3] == section_options(order) + repeated
    plain = [(3, b"a.pcapng")], [(3, b"b.pcapng")], [(3, b"c.pcap"), (9, b"\6")]
    assert [one[3] for one in blocks if one[1] == INTERFACE] == [
        interface_options(order), plain[0], interface_options(order), plain[1], plain[2]]
    assert [one[3] for one in blocks if one[3] and one[1] == ENHANCED] == 2 * [packet_options(order)]
    assert [one[3] for one in blocks if one[1] == STATISTICS] == 2 * [statistics_options(order)]
    assert sorted(struct.unpack_from(order + "I", one[2])[0] for one in blocks if one[1] == STATISTICS) == [1, 3]
    as_first = [body for _order, kind, body in blocks_of(everything(order)) if kind in (NAMES, SECRETS, JOURNAL, 0xBAD)]
    assert sorted(one[2] for one in blocks if one[1] in (NAMES, SECRETS, JOURNAL, 0xBAD)) == sorted(2 * as_first)


def pdml(path) -> str:
    answer = subprocess.run(["tshark", "-r", str(path), "-T", "json", "-x"], capture_output=True, text=True, check=True)
    return answer.stdout


@needs_tshark
@pytest.mark.tshark
@pytest.mark.parametrize("order", ["<", ">"])
def test_tshark_and_capinfos_read_the_same_from_the_export(tmp_path, order):
    original = read(tmp_path / "a.pcapng", everything(order))
    original_text = pdml(tmp_path / "a.pcapng")
    about = ["capinfos", "-tEcsuIDk", "-N"]
    said = subprocess.run([*about, "a.pcapng"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    (tmp_path / "a.pcapng").rename(tmp_path / "b.pcapng")
    original = read(tmp_path / "b.pcapng")
    save_packets(original, np.arange(3), tmp_path / "a.pcapng", FileFormat.PCAPNG)
    assert pdml(tmp_path / "a.pcapng") == original_text
    again = subprocess.run([*about, "a.pcapng"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert again == said
    assert "the wired one" in said


@needs_tshark
@pytest.mark.tshark
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_editcap_keeps_is_kept(tmp_path, order):
    # Not the verdicts: editcap 4.0 writes them with another option's code and without padding.
    verdict_free = [one for one in packet_options(order) if one[0] != 7]
    content = everything(order).replace(
        enhanced(FRAME, 0x1234_5678_9ABC_DEF1, order, options=written(order, packet_options(order))),
        enhanced(FRAME, 0x1234_5678_9ABC_DEF1, order, options=written(order, verdict_free)))
    original = read(tmp_path / "a.pcapng", content)
    # editcap counts the journal entry and the custom block as packets, and writes in this machine's byte order.
    subprocess.run(["editcap", "-F", "pcapng", "-r", tmp_path / "a.pcapng", tmp_path / "e.pcapng", "1-5"], check=True)
    save_packets(original, np.arange(3), tmp_path / "b.pcapng", FileFormat.PCAPNG)
    assert (tmp_path / "b.pcapng").read_bytes() == content
    theirs, ours = rich_blocks((tmp_path / "e.pcapng").read_bytes()), rich_blocks(content)
    of_kind = {kind: [one for one in ours if one[1] == kind] for _order, kind, _fixed, _options in ours}
    seen = dict.fromkeys(of_kind, 0)
    for their_order, kind, fixed, options in theirs:
        ours_now = of_kind[kind][seen[kind]]
        seen[kind] += 1
        assert len(fixed) == len(ours_now[2])
        assert {code for code, _value in options} <= {code for code, _value in ours_now[3]}
        if their_order == order:
            clock = slice(4, 12) if kind == ENHANCED else slice(0, 0)       # editcap counts in other ticks
            assert fixed.replace(fixed[clock], b"") == ours_now[2].replace(ours_now[2][clock], b"")
            assert all(one in ours_now[3] for one in options)
    assert sum(seen.values()) == 10
