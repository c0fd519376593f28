"""dump on the lesson captures. The numbers are those of captures/README.md; the layout is tshark's."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.program import CAPTURES, FOUR_WAY, Program
from tests.lab.pcap_file import write_pcap

FIELDS = ("-e", "frame.number", "-e", "tcp.srcport", "-e", "tcp.seq")
TELNET = CAPTURES / "port-9502.pcap"


def test_fields_of_the_packets_of_a_filter(program: Program) -> None:
    answer = program("dump", FOUR_WAY, "-Y", "tcp.flags.fin == 1", "-T", "fields", *FIELDS)
    assert (answer.status, answer.output) == (0, "8\t54918\t257\n10\t8080\t129\n")


@pytest.mark.parametrize(("options", "first_line"), [
    ([], "1\t55002,9502\t127.0.0.1,127.0.0.1"),
    (["-E", "separator=/s"], "1 55002,9502 127.0.0.1,127.0.0.1"),
    (["-E", "separator=;", "-E", "aggregator=/s"], "1;55002 9502;127.0.0.1 127.0.0.1"),
    (["-E", "occurrence=f"], "1\t55002\t127.0.0.1"),
    (["-E", "occurrence=l"], "1\t9502\t127.0.0.1"),
    (["-E", "quote=d"], '"1"\t"55002,9502"\t"127.0.0.1,127.0.0.1"'),
    (["-E", "quote=s"], "'1'\t'55002,9502'\t'127.0.0.1,127.0.0.1'"),
    (["-E", "header=y"], "frame.number\ttcp.port\tip.addr"),
    (["-E", "bom=y"], "\ufeff1\t55002,9502\t127.0.0.1,127.0.0.1"),
])
def test_the_layout_of_fields(program: Program, options: list[str], first_line: str) -> None:
    answer = program("dump", TELNET, "-T", "fields", "-e", "frame.number", "-e", "tcp.port", "-e", "ip.addr", *options)
    assert answer.lines[0] == first_line


def test_a_field_that_a_packet_lacks_is_empty(program: Program) -> None:
    answer = program("dump", CAPTURES / "connection-refused.pcap", "-T", "fields",
                     "-e", "frame.number", "-e", "arp.opcode", "-e", "tcp.flags.reset")
    assert answer.output == "1\t1\t\n2\t2\t\n3\t\t0\n4\t\t1\n"


def test_columns_of_the_list_are_fields_too(program: Program) -> None:
    answer = program("dump", TELNET, "-T", "fields", "-Y", "frame.number == 1", "-e", "_ws.col.No.",
                     "-e", "_ws.col.Time", "-e", "_ws.col.Source", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info")
    assert answer.output == (
        "1\t0.000000\t127.0.0.1\tTCP\t55002 → 9502 [SYN] Seq=0 Win=32792 Len=0 MSS=16396 SACK_PERM "
        "TSval=255474104 TSecr=0 WS=8\n")


def test_text_is_a_line_per_packet(program: Program) -> None:
    answer = program("dump", CAPTURES / "connection-refused.pcap")
    assert answer.lines[1].split()[2:6] == ["02:00:00:00:00:80", "→", "02:00:00:00:00:10", "ARP"]
    assert answer.lines[0].endswith("Who has 192.0.2.80? Tell 192.0.2.10")
    assert answer.lines[1].endswith("192.0.2.80 is at 02:00:00:00:00:80")
    assert "[RST, ACK] Seq=1 Ack=1" in answer.lines[3]


def test_the_tree_as_text(program: Program) -> None:
    answer = program("dump", TELNET, "-V", "-Y", "frame.number == 4")
    assert "Transmission Control Protocol, Src Port: 55002, Dst Port: 9502, Seq: 1, Ack: 1, Len: 7" in answer.lines
    assert "    Sequence Number (raw): 2927179379" in answer.lines
    assert "        .... .... 1... = Push: Set" in answer.lines
    assert "    [TCP Segment Len: 7]" in answer.lines
    assert answer.lines[-1] == ""
    assert not any("Source or Destination Port" in line for line in answer.lines)    # a hidden field


def test_the_bytes_as_text(program: Program) -> None:
    answer = program("dump", TELNET, "-x", "-Y", "frame.number == 4")
    assert answer.lines[0] == "0000  00 00 00 00 00 00 00 00 00 00 00 00 08 00 45 00   ..............E."
    assert answer.lines[4].endswith("68 65 6c 6c 6f 0d 0a                        9.hello..")
    assert answer.lines[5:] == [""]


def test_csv_has_the_columns_of_the_list(program: Program) -> None:
    header, first, *others = csv.reader(io.StringIO(program("dump", FOUR_WAY, "-T", "csv").output))
    assert header == ["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"]
    assert first[:6] == ["1", "0.000000000", "127.0.0.1", "127.0.0.1", "TCP", "74"]
    assert len(others) == 10


def test_csv_of_chosen_fields_quotes_what_needs_it(program: Program) -> None:
    answer = program("dump", FOUR_WAY, "-T", "csv", "-Y", "frame.number == 1", "-e", "frame.number", "-e", "tcp.port")
    assert answer.output == 'frame.number,tcp.port\n1,"54918,8080"\n'


def test_json_holds_layers_and_trees(program: Program) -> None:
    packets = json.loads(program("dump", FOUR_WAY, "-T", "json").output)
    tcp = packets[7]["_source"]["layers"]["tcp"]
    assert len(packets) == 11
    assert (tcp["tcp.seq"], tcp["tcp.flags"], tcp["tcp.flags_tree"]["tcp.flags.fin"]) == ("257", "0x0011", "1")


def test_json_of_chosen_fields(program: Program) -> None:
    packets = json.loads(program("dump", FOUR_WAY, "-T", "json", "-e", "tcp.port", "-e", "arp.opcode").output)
    assert packets[0]["_source"]["layers"] == {"tcp.port": ["54918", "8080"]}


def test_no_packet_at_all_is_still_a_document(program: Program) -> None:
    nothing = ("-Y", "arp")
    assert json.loads(program("dump", FOUR_WAY, "-T", "json", *nothing).output) == []
    assert list(ElementTree.fromstring(program("dump", FOUR_WAY, "-T", "pdml", *nothing).output)) == []
    assert program("dump", FOUR_WAY, *nothing) == (0, "", "")


def test_pdml_of_the_second_fin(program: Program) -> None:
    document = ElementTree.fromstring(program("dump", FOUR_WAY, "-T", "pdml").output)
    packets = document.findall("packet")
    seq = packets[9].find(".//field[@name='tcp.seq']")
    assert len(packets) == 11
    assert seq is not None
    assert (seq.get("show"), seq.get("size"), seq.get("pos")) == ("129", "4", "38")


def test_help_and_version(program: Program) -> None:
    for command in ([], ["dump"], ["connections"], ["diagram"]):
        answer = program(*command, "--help")
        assert answer.status == 0
        assert "examples:" in answer.output
    assert program("--version").output.startswith("tcpladder ")


@pytest.mark.usefixtures("small_services")
@pytest.mark.parametrize(("flags", "line"), [
    (["-n"], "00:50:56:12:34:56\tff:ff:ff:ff:ff:ff\t53\t1024 → 53 Len=0"),
    (["-N", ""], "00:50:56:12:34:56\tff:ff:ff:ff:ff:ff\t53\t1024 → 53 Len=0"),
    (["-N", "m"], "VMware_12:34:56\tBroadcast\t53\t1024 → 53 Len=0"),
    (["-n", "-N", "t"], "00:50:56:12:34:56\tff:ff:ff:ff:ff:ff\t53\t1024 → domain(53) Len=0"),
    (["-N", "mt"], "VMware_12:34:56\tBroadcast\t53\t1024 → domain(53) Len=0"),
])
def test_names(program: Program, tmp_path: Path, flags: list[str], line: str) -> None:
    write_pcap(tmp_path / "udp.pcap", [(0, bytes.fromhex(
        "ffffffffffff 005056123456 0800 4500001c 00000000 40110000 c0000201 c0000202 0400 0035 0008 0000"))])
    answer = program("dump", tmp_path / "udp.pcap", "-T", "fields", "-e", "eth.src_resolved", "-e", "eth.dst_resolved",
                     "-e", "udp.dstport", "-e", "_ws.col.Info", *flags)
    assert answer.output == line + "\n"


@pytest.mark.parametrize("flags", ["d", "n", "N", "v", "g", "mtn", "M"])
def test_names_that_are_not_known(program: Program, flags: str) -> None:
    answer = program("dump", FOUR_WAY, "-N", flags)
    assert (answer.status, answer.output) == (2, "")
    assert f"m (manufacturers) and t (services of ports), which need no network, not '{flags.strip('mt')}'" in (
        answer.complaint)
