"""The ladder of every lesson capture: its verdicts, by what tshark prints of the packets, and its drawing."""

import pytest

from tcpladder.decode.columns import ColumnTable
from tcpladder.packets.reading import CaptureReader
from tcpladder.resource_files import captures_path
from tcpladder.tcp.connections import ConnectionTable
from tcpladder.tcp.explain import explain
from tcpladder.tcp.ladder import LadderOptions, lay_out
from tcpladder.tcp.pictures import WRITERS
from tcpladder.tcp.pictures.scene import columns_for, draw_rows
from tcpladder.tcp.pictures.shapes import TextMeasure
from tests.tcp.test_pictures import overlaps

FOUR_WAY = "Closing: four-way, started by the client"
VERDICTS = {
    "any-interface.pcap": ["Opening: three-way handshake, 0.029 ms", "Data: 4 segments, 6,656 bytes", FOUR_WAY],
    "connection-refused.pcap": ["Opening: refused"],
    "half-close.pcap": ["Opening: three-way handshake, 0.033 ms", "Data: 2 segments, 256 bytes", FOUR_WAY],
    "https-handshake.pcap": ["Opening: three-way handshake, 41.09 ms"],
    "https-three-packet-close.pcap": ["Closing: three packets, started by the client"],
    "ipv6-connection.pcap": ["Opening: three-way handshake, 0.027 ms", "Data: 4 segments, 384 bytes", FOUR_WAY],
    "loopback-four-way-close.pcapng": ["Opening: three-way handshake, 0.027 ms", "Data: 4 segments, 384 bytes",
                                       FOUR_WAY],
    "loopback-three-way-close.pcapng": ["Opening: three-way handshake, 0.030 ms", "Data: 4 segments, 384 bytes",
                                        "Closing: three packets, started by the client"],
    "mid-connection.pcap": ["Data: 6 segments, 768 bytes", FOUR_WAY],
    "port-9502.pcap": ["Opening: three-way handshake, 0.024 ms", "Data: 4 segments, 25 bytes"],
    "reset-by-client.pcap": ["Opening: three-way handshake, 0.030 ms", "Data: 4 segments, 384 bytes",
                             "Closing: reset by the client"],
    "syn-lost-then-answered.pcap": ["Opening: three-way handshake, 1.019 s · SYN sent 2 times",
                                    "Data: 4 segments, 384 bytes", FOUR_WAY],
}


@pytest.fixture(scope="module", params=sorted(VERDICTS))
def lesson(request):
    reader = CaptureReader(captures_path() / request.param)
    columns = ColumnTable(reader.capture)
    for progress in reader:
        columns.extend(progress.frames)
    reader.close()
    connection = ConnectionTable(columns).connection(0)
    yield request.param, connection
    reader.capture.close()


def test_the_titles_are_what_happened(lesson):
    name, connection = lesson
    titles = [band.title for band in lay_out(connection).bands]
    assert titles == VERDICTS[name]


@pytest.mark.parametrize("width", [400, 560, 900])
def test_nothing_overlaps(lesson, width):
    _name, connection = lesson
    columns, measure = columns_for(width), TextMeasure()
    for selected in range(len(connection.steps)):
        ladder = lay_out(connection, LadderOptions(selected=selected))
        assert overlaps(draw_rows(ladder, columns, measure, 0, ladder.height), columns.width, measure) == []


def test_every_writer_and_every_explanation_takes_it(lesson):
    _name, connection = lesson
    ladder = lay_out(connection)
    assert all(write(ladder) for write in WRITERS.values())
    for step in connection.steps:
        explanation = explain(connection, step.index)
        assert explanation.sentences
        assert "None" not in explanation.arithmetic
