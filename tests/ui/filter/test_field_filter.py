"""Filters made from fields, and how they join what stands in the bar."""

import pytest

from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import Base, FieldSpec
from tcpladder.fields.types import FieldType
from tcpladder.ui.filter.field_filter import Joining, filter_for, joined


def node(name: str, kind: FieldType, value: object, **spec: object) -> FieldNode:
    return FieldNode(FieldSpec(name=name, label=name, type=kind, **spec), value, 0, 8)


@pytest.mark.parametrize(("field", "text"), [
    (node("tcp", FieldType.PROTOCOL, None), "tcp"),
    (node("tcp.srcport", FieldType.UINT16, 8080), "tcp.srcport == 8080"),
    (node("tcp.flags", FieldType.UINT16, 2, base=Base.HEX), "tcp.flags == 0x0002"),
    (node("tcp.flags.syn", FieldType.BOOLEAN, 1), "tcp.flags.syn == 1"),
    (node("ip.src", FieldType.IPV4, bytes([127, 0, 0, 1])), "ip.src == 127.0.0.1"),
    (node("eth.src", FieldType.ETHER, bytes(6)), "eth.src == 00:00:00:00:00:00"),
    (node("http.host", FieldType.STRING, 'a"b\\c'), r'http.host == "a\"b\\c"'),
    (node("tcp.payload", FieldType.BYTES, b"\x01\x02"), "tcp.payload == 01:02"),
    (node("tcp.payload", FieldType.BYTES, b""), "tcp.payload"),
])
def test_the_filter_of_a_field(field, text):
    assert filter_for(field) == text


@pytest.mark.parametrize(("joining", "alone", "with_others"), [
    (Joining.SELECTED, "b", "b"),
    (Joining.NOT_SELECTED, "!(b)", "!(b)"),
    (Joining.AND, "b", "(a || c) && (b)"),
    (Joining.OR, "b", "(a || c) || (b)"),
    (Joining.AND_NOT, "!(b)", "(a || c) && !(b)"),
    (Joining.OR_NOT, "!(b)", "(a || c) || !(b)"),
])
def test_joining(joining, alone, with_others):
    assert joined("  ", "b", joining) == alone
    assert joined("a || c", "b", joining) == with_others
