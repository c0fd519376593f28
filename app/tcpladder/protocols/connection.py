"""What is said of the connection that a segment belongs to: fields of our own, for filters and exports.

No header holds them and the tree does not show them; the tcp floor works them out.
"""

from collections.abc import Mapping

from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType as T

_SIDES = ("client", "server")
_STATES = ("CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
           "CLOSING", "LAST-ACK", "TIME-WAIT")


def _told(name: str, label: str, type_: T, **more: object) -> FieldSpec:
    return FieldSpec(name=f"conn.{name}", label=label, type=type_, column=True, generated=True,
                     in_tree=False, **more)  # type: ignore[arg-type]


def _choice(name: str, label: str, *values: str) -> FieldSpec:
    """One of a few texts; its number is the place in the list."""
    names = dict(enumerate(values))
    return _told(name, label, T.STRING, names=names, shown_by=names.__getitem__)


CONNECTION_FIELDS: Mapping[str, FieldSpec] = {spec.name: spec for spec in (
    _choice("opening", "How the connection was opened",
            "three-way", "simultaneous", "fast-open", "refused", "unanswered", "mid-stream", "incomplete"),
    _choice("closing", "How the connection was closed",
            "four-way", "three-way", "simultaneous", "reset", "half-closed", "none"),
    _choice("initiator", "Who began to close the connection", *_SIDES),
    _choice("roles", "Whether a SYN shows who is the client, or it is assumed", "seen", "assumed"),
    _choice("from", "Who sent this segment", *_SIDES),
    _choice("state.client", "State of the client after this segment (RFC 9293)", *_STATES),
    _choice("state.server", "State of the server after this segment (RFC 9293)", *_STATES),
    _told("lost", "The capture proves that this segment did not arrive", T.BOOLEAN),
    _told("client.addr", "Address of the client", T.ADDRESS),
    _told("client.port", "Port of the client", T.UINT16),
    _told("server.addr", "Address of the server", T.ADDRESS),
    _told("server.port", "Port of the server", T.UINT16),
    _told("packets", "Segments of the whole connection", T.UINT32),
    _told("bytes.client", "Bytes that the client sent, repeated ones included", T.UINT64),
    _told("bytes.server", "Bytes that the server sent, repeated ones included", T.UINT64),
    _told("duration", "From the first segment of the connection to the last", T.RELATIVE_TIME),
    _told("syn_tries", "How often the client sent its SYN", T.UINT32),
    _told("setup_time", "From the first SYN to the end of the handshake", T.RELATIVE_TIME),
    _told("rtt", "Round-trip time of the handshake", T.RELATIVE_TIME),
    _told("retransmissions", "Segments of the whole connection that repeat others", T.UINT32),
    _told("finding", "What is worth telling about this segment, in words", T.STRING),
    _choice("finding.severity", "The gravest finding about this segment", "note", "warning", "error"),
)}
