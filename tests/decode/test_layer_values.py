"""A field's value in each header of its protocol, where several protocols declare the field."""

from pathlib import Path

import pytest

from tcpladder.decode.columns import ColumnTable, all_fields
from tcpladder.packets.reading import CaptureReader

CAPTURES = Path(__file__).parents[2] / "captures"


@pytest.fixture(scope="module")
def any_interface() -> ColumnTable:
    """A capture of Linux's "any" device: its link headers are those of version 2."""
    reader = CaptureReader(CAPTURES / "any-interface.pcap")
    columns = ColumnTable(reader.capture)
    for progress in reader:
        columns.extend(progress.frames)
    reader.close()
    return columns


def test_every_link_field_has_a_value_or_none_in_each_header(any_interface: ColumnTable) -> None:
    for name in (name for name in all_fields() if name.startswith("sll")):
        values, present = any_interface.layer_values(name)
        assert len(values) == len(present)


def test_what_another_protocol_holds_is_not_among_the_headers_of_the_first(any_interface: ColumnTable) -> None:
    assert len(any_interface.column("sll.src.eth").rows)
    values, present = any_interface.layer_values("sll.src.eth")
    assert len(values) == len(present) == len(any_interface.layer("sll")) == 0


def test_the_starts_of_some_headers_are_those_of_the_table(any_interface: ColumnTable) -> None:
    table = any_interface.layer("tcp")
    places = table.rows[::3] * 0 + range(0, len(table), 3)
    assert any_interface.starts_of("tcp", places).tolist() == table.start[::3].tolist()
