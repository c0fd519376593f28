"""Expert remarks in the tree, wrapped as tshark prints them: the remark, its message, severity and group."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from tcpladder.fields.node import DecodedPacket, FieldNode, ProblemKind
from tcpladder.fields.show import label_text
from tcpladder.fields.spec import (
    Base,
    Choice,
    Element,
    Expert,
    FieldSpec,
    Records,
    Repeat,
)
from tcpladder.fields.types import FieldType
from tcpladder.protocols import PROTOCOLS
from tcpladder.protocols.frame import COMMENT_EXPERT

# PI_* of Wireshark's expert information.
SEVERITIES = {"Comment": 0x100000, "Chat": 0x200000, "Note": 0x400000, "Warning": 0x600000, "Error": 0x800000}
GROUPS = {
    "Checksum": 0x1000000, "Sequence": 0x2000000, "Response": 0x3000000, "Request": 0x4000000,
    "Undecoded": 0x5000000, "Reassemble": 0x6000000, "Malformed": 0x7000000, "Debug": 0x8000000,
    "Protocol": 0x9000000, "Security": 0xa000000, "Comment": 0xb000000, "Decryption": 0xc000000,
    "Assumption": 0xd000000, "Deprecated": 0xe000000,
}


def _own_text(node: FieldNode) -> str:
    return str(node.value)


WRAPPER = FieldSpec(name="_ws.expert", label="Expert Info", type=FieldType.PROTOCOL, generated=True,
                    text=_own_text)
MESSAGE = FieldSpec(name="_ws.expert.message", label="Message", type=FieldType.STRING, hidden=True)
SEVERITY = FieldSpec(name="_ws.expert.severity", label="Severity level", type=FieldType.UINT32, base=Base.NONE,
                     names={number: name for name, number in SEVERITIES.items()}, generated=True)
GROUP = FieldSpec(name="_ws.expert.group", label="Group", type=FieldType.UINT32, base=Base.NONE,
                  names={number: name for name, number in GROUPS.items()}, generated=True)
CUT = FieldSpec(name="_ws.short", label="Packet size limited during capture", type=FieldType.PROTOCOL,
                text=_own_text)
MALFORMED = FieldSpec(name="_ws.malformed", label="Malformed Packet", type=FieldType.PROTOCOL, text=_own_text)
EXPERT_FIELDS: Mapping[str, FieldSpec] = {
    spec.name: spec for spec in (WRAPPER, MESSAGE, SEVERITY, GROUP, CUT, MALFORMED)}


def printed_layers(packet: DecodedPacket) -> list[FieldNode]:
    """The layers, and behind them a layer for each reason why decoding stopped."""
    return [*packet.layers, *(
        FieldNode(CUT if problem.kind is ProblemKind.CUT else MALFORMED, f"[{problem.message}]", 0, 0)
        for problem in packet.problems)]


def printed_children(node: FieldNode) -> Sequence[FieldNode]:
    """The children of a node, each expert remark in its wrapper."""
    children = node.children
    known = remarks()
    if node.spec is WRAPPER or known.keys().isdisjoint([child.spec for child in children]):
        return children
    return [_wrapped(child, node) if child.spec in known else child for child in children]


def printed_nodes(nodes: Sequence[FieldNode]) -> Iterator[FieldNode]:
    """These nodes and all below them, in the order in which they are printed."""
    for node in nodes:
        yield node
        if node.children:
            yield from printed_nodes(printed_children(node))


def _wrapped(remark: FieldNode, parent: FieldNode) -> FieldNode:
    severity, group = remarks()[remark.spec]
    message = str(parent.value) if remark.spec is COMMENT_EXPERT else label_text(remark)
    wrapper = FieldNode(WRAPPER, f"Expert Info ({severity}/{group}): {message}", 0, 0, position=parent.position)
    wrapper.children = [
        FieldNode(remark.spec, None, 0, 0, data=remark.data, scope=remark.scope),
        FieldNode(MESSAGE, message, 0, 0),
        FieldNode(SEVERITY, SEVERITIES[severity], 0, 0),
        FieldNode(GROUP, GROUPS[group], 0, 0),
    ]
    return wrapper


@cache
def remarks() -> Mapping[FieldSpec, tuple[str, str]]:
    """Severity and group of each remark that is declared."""
    found: dict[FieldSpec, tuple[str, str]] = {COMMENT_EXPERT: ("Comment", "Comment")}

    def visit(elements: Sequence[Element]) -> None:
        for element in elements:
            if isinstance(element, Expert):
                found[element.own_field] = (element.severity, element.group)
            elif isinstance(element, FieldSpec):
                visit(element.children)
            elif isinstance(element, Choice):
                for case in (*element.cases.values(), element.default):
                    visit(case)
            elif isinstance(element, Repeat):
                visit(element.elements)
            elif isinstance(element, Records):
                visit([spec for _case, spec in element.all_cases])

    for protocol in PROTOCOLS.values():
        visit((*protocol.elements, *protocol.trailer))
    return found
