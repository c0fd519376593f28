"""The frame as the capture file has it: number, times, lengths, interface (no header on the wire)."""

from tcpladder.fields.expression import CAPTURED, WIRE_LENGTH, F, peek
from tcpladder.fields.node import FieldNode
from tcpladder.fields.spec import Base, Element, Expert, FieldSpec, ProtocolSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.protocols.numbers import ENCAPSULATION_NAMES, LINKTYPE_PROTOCOLS


def _from_capture(name: str, label: str, type_: T, **more: object) -> FieldSpec:
    return FieldSpec(name=name, label=label, type=type_, column=True, generated=True, **more)  # type: ignore[arg-type]


def _length(name: str, label: str, *children: Element) -> FieldSpec:
    return _from_capture(name, label, T.UINT32, children=children, line_of=lambda length: (
        f"{label}: {length} byte{'' if length == 1 else 's'} ({length * 8} bits)"))


def _frame_line(node: FieldNode) -> str:
    if "frame.len" not in node.scope:       # bytes alone, not of a capture
        return node.spec.label
    wire, captured = node.scope["frame.len"], node.scope["frame.cap_len"]
    line = (f"Frame {node.scope['frame.number']}: {wire} byte{'' if wire == 1 else 's'} on wire ({wire * 8} bits), "
            f"{captured} byte{'' if captured == 1 else 's'} captured ({captured * 8} bits)")
    name = node.scope.get("frame.interface_name")
    if name is not None:
        line += f" on interface {name}, id {node.scope['frame.interface_id']}"
    direction = {0: " (outbound)", 1: " (inbound)"}.get(node.scope.get("frame.p2p_dir", -1), "")
    return line + direction


def _interface_line(node: FieldNode) -> str:
    name = node.scope.get("frame.interface_name")
    return f"Interface id: {node.value}" if name is None else f"Interface id: {node.value} ({name})"


_DIRECTIONS = {0: "Unknown", 1: "Inbound", 2: "Outbound"}
_RECEPTION_TYPES = {0: "Not specified", 1: "Unicast", 2: "Multicast", 3: "Broadcast", 4: "Promiscuous"}


def _flag(name: str, label: str, bit: int, count: int = 1, type_: T = T.BOOLEAN, **more: object) -> FieldSpec:
    """Some bits of the packet flags; the picture shows all 32, bit counting from the least significant."""
    return _from_capture(f"frame.packet_flags_{name}", label, type_, bits=(32 - bit - count, count),
                         picture=(0, 32), **more)


def _direction_line(node: FieldNode) -> str:
    return f"Direction: {_DIRECTIONS.get(node.value, 'Unknown')} (0x{node.value:x})"


FRAME_CHAIN = _from_capture("frame.protocols", "Protocols in frame", T.STRING)
COMMENTS = FieldSpec(name="pkt_comment", label="Packet comments", type=T.PROTOCOL)
COMMENT = FieldSpec(name="frame.comment", label="Comment", type=T.STRING, generated=True, text="{value}")
COMMENT_EXPERT = FieldSpec(name="frame.comment.expert", label="Formatted comment", type=T.NONE, generated=True)
FRAME = ProtocolSpec(
    name="frame", label="Frame", chain="frame", text=_frame_line, header_length=0,
    elements=(
        _from_capture("frame.section_number", "Section number", T.UINT32),
        _from_capture("frame.interface_id", "Interface id", T.UINT32, text=_interface_line, children=(
            _from_capture("frame.interface_name", "Interface name", T.STRING),
            _from_capture("frame.interface_description", "Interface description", T.STRING),
        )),
        _from_capture("frame.packet_flags", "Packet flags", T.UINT32, base=Base.HEX, children=(
            _flag("direction", "Direction", 0, 2, T.UINT32, base=Base.HEX, text=_direction_line),
            _flag("reception_type", "Reception type", 2, 3, T.UINT32, names=_RECEPTION_TYPES),
            _flag("fcs_length", "FCS length", 5, 4, T.UINT32),
            _flag("reserved", "Reserved", 9, 7, T.UINT32),
            _flag("crc_error", "CRC error", 24),
            _flag("packet_too_error", "Packet too long error", 25),
            _flag("packet_too_short_error", "Packet too short error", 26),
            _flag("wrong_inter_frame_gap_error", "Wrong interframe gap error", 27),
            _flag("unaligned_frame_error", "Unaligned frame error", 28),
            _flag("start_frame_delimiter_error", "Start frame delimiter error", 29),
            _flag("preamble_error", "Preamble error", 30),
            _flag("symbol_error", "Symbol error", 31),
        )),
        _from_capture("frame.encap_type", "Encapsulation type", T.INT16, names=ENCAPSULATION_NAMES),
        _from_capture("frame.time", "Arrival Time", T.ABSOLUTE_TIME),
        _from_capture("frame.offset_shift", "Time shift for this packet", T.RELATIVE_TIME),
        _from_capture("frame.time_epoch", "Epoch Time", T.RELATIVE_TIME),
        _from_capture("frame.time_delta", "Time delta from previous captured frame", T.RELATIVE_TIME),
        _from_capture("frame.time_delta_displayed", "Time delta from previous displayed frame", T.RELATIVE_TIME),
        _from_capture("frame.time_relative", "Time since reference or first frame", T.RELATIVE_TIME),
        _from_capture("frame.number", "Frame Number", T.UINT32),
        _length(
            "frame.len", "Frame Length",
            Expert(name="frame.len_lt_caplen", message="Frame length is less than captured length", severity="Error",
                   group="Malformed", when=WIRE_LENGTH < CAPTURED)),
        _length("frame.cap_len", "Capture Length"),
        _from_capture("frame.drop_count", "Drop Count", T.UINT64),
        _from_capture("frame.marked", "Frame is marked", T.BOOLEAN),
        _from_capture("frame.ignored", "Frame is ignored", T.BOOLEAN),
        _from_capture("frame.p2p_dir", "Point-to-Point Direction", T.INT8, names={0: "Sent", 1: "Received"}),
        FRAME_CHAIN,
    ),
    # FabricPath takes the place of an Ethernet header, with an EtherType of its own.
    next=((F("@linktype").equals(1) & peek(12, 2).equals(0x8903), {1: "cfp"}), (F("@linktype"), LINKTYPE_PROTOCOLS)),
)
