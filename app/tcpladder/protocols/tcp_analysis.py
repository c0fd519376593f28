"""What only the conversation tells of a TCP segment; declared here, filled in by the tcp floor."""

from dataclasses import replace

from tcpladder.fields.expression import F
from tcpladder.fields.spec import Element, Expert, FieldSpec
from tcpladder.fields.types import FieldType as T


def _column(name: str, label: str, type_: T, text: str | None = None, children: tuple[Element, ...] = ()) -> FieldSpec:
    return FieldSpec(name=name, label=label, type=type_, column=True, generated=True, text=text, children=children)


def _remark(name: str, severity: str, message: str) -> Expert:
    return Expert(name=f"tcp.analysis.{name}", severity=severity, group="Sequence", message=message)


REMARKS = (
    _remark("retransmission", "Note", "This frame is a (suspected) retransmission"),
    _remark("fast_retransmission", "Note", "This frame is a (suspected) fast retransmission"),
    _remark("spurious_retransmission", "Note", "This frame is a (suspected) spurious retransmission"),
    _remark("out_of_order", "Warning", "This frame is a (suspected) out-of-order segment"),
    _remark("reused_ports", "Note",
            "A new tcp session is started with the same ports as an earlier session in this trace"),
    _remark("lost_segment", "Warning", "Previous segment(s) not captured (common at capture start)"),
    _remark("ack_lost_segment", "Warning", "ACKed segment that wasn't captured (common at capture start)"),
    _remark("window_update", "Chat", "TCP window update"),
    _remark("window_full", "Warning", "TCP window specified by the receiver is now completely full"),
    _remark("keep_alive", "Note", "TCP keep-alive segment"),
    _remark("keep_alive_ack", "Note", "ACK to a TCP keep-alive segment"),
    _remark("duplicate_ack", "Note", "Duplicate ACK (#{tcp.analysis.duplicate_ack_num})"),
    _remark("zero_window_probe", "Note", "TCP Zero Window Probe"),
    _remark("zero_window", "Warning", "TCP Zero Window segment"),
    _remark("zero_window_probe_ack", "Note", "ACK to a TCP Zero Window Probe"),
)

# Fast open (RFC 7413): shown beside the option and the number that prove it, not with the analysis.
COOKIE_SENT = replace(_remark("tfo_syn", "Note", "TCP SYN with TFO Cookie"), when=(F("tcp.flags") & 0x12).equals(0x02))
DATA_ACCEPTED = _remark("tfo_ack", "Note", "TCP SYN-ACK accepting TFO data")

ANALYSIS = _column("tcp.analysis", "SEQ/ACK analysis", T.NONE, children=(
    _column("tcp.analysis.acks_frame", "This is an ACK to the segment in frame", T.FRAMENUM),
    _column("tcp.analysis.ack_rtt", "The RTT to ACK the segment was", T.RELATIVE_TIME),
    _column("tcp.analysis.initial_rtt", "iRTT", T.RELATIVE_TIME),
    _column("tcp.analysis.bytes_in_flight", "Bytes in flight", T.UINT32),
    _column("tcp.analysis.push_bytes_sent", "Bytes sent since last PSH flag", T.UINT32),
    _column("tcp.analysis.duplicate_ack", "This is a TCP duplicate ack", T.NONE),
    _column("tcp.analysis.duplicate_ack_num", "Duplicate ACK #", T.UINT32),
    _column("tcp.analysis.duplicate_ack_frame", "Duplicate to the ACK in frame", T.FRAMENUM),
    _column("tcp.analysis.flags", "TCP Analysis Flags", T.NONE, children=REMARKS),
    # Equal numbers, equal remarks; 0: none.
    replace(_column("tcp.analysis.kinds", "Remarks together", T.UINT32), in_tree=False),
    _column("tcp.analysis.rto_frame", "RTO based on delta from frame", T.FRAMENUM),
    _column("tcp.analysis.rto", "The RTO for this segment was", T.RELATIVE_TIME),
))
