"""Names beside numbers: who made an interface, and which service has a port.

Manufacturers are those of IEEE's registry, which comes with netaddr; services are those of the system's own table
(/etc/services and its like, by way of the socket library). No network is asked, and where a number has no name it
stays a number.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from tcpladder.protocols.manufacturers import manufacturer
from tcpladder.texts import _

_MOST_LETTERS = 8       # of a manufacturer's name before the rest of an address
_UNIVERSAL = 0x020000   # the bit that is set where an address was not given by a manufacturer
_GROUP = 0x010000
_ADDRESS = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b(?!:)")
_PORTS_OF_INFO = re.compile(r"\b(\d+) → (\d+)\b")
_PORT_OF_LABEL = re.compile(r"\b(Src Port|Dst Port|Source Port|Destination Port): (\d+)")
_EMPTY_WORDS = frozenset({"ab", "ag", "bv", "co", "company", "corp", "corporate", "corporation", "gmbh", "inc",
                          "incorporated", "international", "limited", "llc", "ltd", "oy", "plc", "sa", "spa", "srl",
                          "systems", "technologies", "technology", "the"})


class NameKind(Enum):
    """What may be shown by name."""

    MANUFACTURERS = "manufacturers"
    PORTS = "ports"

    @property
    def title(self) -> str:
        """The name in the menu."""
        return {NameKind.MANUFACTURERS: _("&Manufacturers in Ethernet Addresses"),
                NameKind.PORTS: _("&Services of Ports")}[self]


@dataclass(frozen=True, slots=True)
class Names:
    """Which names are shown. Every method gives back its text unchanged where there is nothing to name."""

    kinds: frozenset[NameKind] = frozenset()

    def address(self, text: str) -> str:
        """A cell with an address: "VMware_12:34:56" for one of Ethernet that somebody made."""
        if NameKind.MANUFACTURERS not in self.kinds or not _ADDRESS.fullmatch(text):
            return text
        return ethernet_name(text)

    def info(self, protocol: str, text: str) -> str:
        """The Info cell of a segment or datagram: "54918 → http(80) [SYN] …"."""
        if NameKind.PORTS not in self.kinds or protocol not in ("TCP", "UDP"):
            return text

        def named(match: re.Match[str]) -> str:
            return " → ".join(_port_text(protocol.lower(), int(port), "{name}({port})") for port in match.groups())

        return _PORTS_OF_INFO.sub(named, text, count=1)

    def label(self, field: str, text: str) -> str:
        """The line of a field in the tree: "Source: VMware_12:34:56 (00:50:56:12:34:56)", "Source Port: http (80)"."""
        protocol = field.partition(".")[0]
        if NameKind.MANUFACTURERS in self.kinds and protocol in ("eth", "arp", "sll") and ":" in text:
            text = _ADDRESS.sub(_with_name, text)
        if NameKind.PORTS in self.kinds and protocol in ("tcp", "udp"):
            text = _PORT_OF_LABEL.sub(
                lambda match: f"{match[1]}: {_port_text(protocol, int(match[2]), '{name} ({port})')}", text)
        return text


def ethernet_name(address: str) -> str:
    """An Ethernet address with its maker in place of the first three bytes, or as it is."""
    if address == "ff:ff:ff:ff:ff:ff":
        return "Broadcast"
    oui = int(address[:8].replace(":", ""), 16)
    maker = "" if oui == 0 or oui & (_UNIVERSAL | _GROUP) else short_maker(manufacturer(oui))
    return f"{maker}_{address[9:]}" if maker else address


def short_maker(organisation: str) -> str:
    """What an organisation is called in a narrow column: no "Inc." and the like, eight letters at most."""
    words = re.findall(r"\w+", organisation)
    telling = [word for word in words if word.lower() not in _EMPTY_WORDS] or words
    return "".join(word[0].upper() + word[1:] for word in telling)[:_MOST_LETTERS]


@lru_cache(maxsize=4096)
def service(protocol: str, port: int) -> str:
    """What the system's table calls a port of "tcp" or "udp"; "" where it has no name."""
    try:
        return socket.getservbyport(port, protocol)
    except (OSError, OverflowError):
        return ""


def _with_name(match: re.Match[str]) -> str:
    address = match[0]
    name = ethernet_name(address)
    return address if name == address else f"{name} ({address})"


def _port_text(protocol: str, port: int, form: str) -> str:
    name = service(protocol, port)
    return form.format(name=name, port=port) if name else str(port)
