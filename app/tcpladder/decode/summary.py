"""What the packet list says of a packet: source, destination, protocol and information, as tshark has them."""

from dataclasses import dataclass

from tcpladder.fields.node import DecodedPacket


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of the packet list."""

    source: str
    destination: str
    protocol: str
    info: str


def summarise(packet: DecodedPacket) -> Summary:
    """The row for a packet."""
    return Summary("", "", packet.layers[-1].name.upper(), "")
