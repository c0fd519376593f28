"""Names beside numbers: who made an interface, and which service has a port.

Manufacturers are those of IEEE's registry, services those of the system's own table. No network is asked. The forms are
Wireshark's; where a number has no name, the number stands in the name's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from tcpladder.fields.show import label_writer
from tcpladder.fields.spec import FieldSpec, LabelMaker
from tcpladder.fields.types import FieldType
from tcpladder.protocols.manufacturers import manufacturer
from tcpladder.protocols.services import service

_MOST_LETTERS = 8       # of a manufacturer's name before the rest of an address
_GROUP = 0x010000
_ADDRESS = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b(?!:)")
_PORTS_OF_INFO = re.compile(r"\b(\d+) → (\d+)\b")
_PORT_OF_LABEL = re.compile(r"\b((?:Src|Dst|Source|Destination|Source or Destination) Port): (\d+)")
_HOLD_ADDRESSES = frozenset({"eth", "icmpv6.opt.linkaddr", "icmpv6.opt.src_linkaddr", "icmpv6.opt.target_linkaddr"})
_TRANSPORTS = {"TCP": "tcp", "MPTCP": "tcp", "UDP": "udp"}      # whose line in the list begins with ports
_EMPTY_WORDS = re.compile(
    r"( (a +s|ab|ag|b ?v|closed joint stock company|co|company|corp|corporation|de c ?v|gmbh|holding|inc|incorporated"
    r"|jsc|kg|k k|limited|llc|ltd|n ?v|oao|of|open joint stock company|ooo|oü|oy|oyj|plc|pty|pvt|s ?a ?r ?l|s ?a"
    r"|s ?p ?a|sp ?k|s ?r ?l|systems|the|zao|z ?o ?o|&))+(?= )", re.IGNORECASE)
# RFC 1112 section 6.4, RFC 2464 section 7, RFC 5798 section 7.3, IEEE 802.1Q clause 8.6.3, 802.3 annex 57A, 802.1AB
_GROUPS = (("01:00:5e:", "IPv4mcast"), ("33:33:", "IPv6mcast"))
_RESERVED = {"ff:ff:ff:ff:ff:ff": "Broadcast", "01:80:c2:00:00:00": "Spanning-tree-(for-bridges)_00",
             "01:80:c2:00:00:02": "Slow-Protocols", "01:80:c2:00:00:03": "Nearest-non-TPMR-bridge",
             "01:80:c2:00:00:0e": "LLDP_Multicast"}
_VIRTUAL_ROUTER = "00:00:5e:00:01:"


class NameKind(Enum):
    """What may be shown by name."""

    MANUFACTURERS = "manufacturers"
    PORTS = "ports"


@dataclass(frozen=True, slots=True)
class Names:
    """Which names are shown. Every method gives back its text unchanged where nothing is to be shown by name."""

    kinds: frozenset[NameKind] = frozenset()

    @property
    def has_ports(self) -> bool:
        """Ports are shown by the names of their services."""
        return NameKind.PORTS in self.kinds

    def address(self, text: str) -> str:
        """A cell with an address: "VMware_12:34:56" for one of Ethernet that somebody made."""
        if NameKind.MANUFACTURERS not in self.kinds or not _ADDRESS.fullmatch(text):
            return text
        return ethernet_name(text)

    def port(self, protocol: str, port: int) -> str:
        """A port of "tcp" or "udp" in a cell of its own, or behind an address: "http"."""
        return self.service(protocol, port) or str(port)

    def service(self, protocol: str, port: int) -> str:
        """The name of a port of "tcp" or "udp"; "" where it has none, or none is to be shown."""
        return service(protocol, port) if self.has_ports else ""

    def info(self, protocol: str, text: str) -> str:
        """The Info cell of a segment or datagram: "54918 → http(80) [SYN] …"."""
        transport = _TRANSPORTS.get(protocol)
        if not self.has_ports or transport is None:
            return text

        def named(match: re.Match[str]) -> str:
            return " → ".join(f"{name}({port})" if (name := service(transport, int(port))) else port
                              for port in match.groups())

        return _PORTS_OF_INFO.sub(named, text, count=1)

    def of_label(self, spec: FieldSpec) -> Callable[[str], str] | None:
        """What puts names into the line of a field in the tree; None where nothing is to be put.

        "Source: VMware_12:34:56 (00:50:56:12:34:56)", "Source Port: http (80)", "Destination Port: 54918 (54918)".
        """
        protocol = spec.name.partition(".")[0]
        if NameKind.MANUFACTURERS in self.kinds:
            if _is_resolved(spec):
                return lambda text: _ADDRESS.sub(lambda match: ethernet_name(match[0]), text)
            if spec.type is FieldType.ETHER or spec.name in _HOLD_ADDRESSES:
                return lambda text: _ADDRESS.sub(lambda match: f"{ethernet_name(match[0])} ({match[0]})", text)
        if self.has_ports and protocol in _TRANSPORTS.values() and (spec.name == protocol or "port" in spec.name):
            return lambda text: _PORT_OF_LABEL.sub(
                lambda match: f"{match[1]}: {self.port(protocol, int(match[2]))} ({match[2]})", text)
        return None

    def label(self, spec: FieldSpec, text: str) -> str:
        """The line of a field in the tree, with names; see of_label()."""
        put = self.of_label(spec)
        return text if put is None else put(text)

    def label_writer(self, spec: FieldSpec) -> LabelMaker:
        """What makes the lines of a field, with names."""
        write, put = label_writer(spec), self.of_label(spec)
        return write if put is None else lambda node: put(write(node))

    def value(self, spec: FieldSpec, text: str) -> str:
        """The bare value of a field: only those that are names themselves change, such as eth.src_resolved."""
        return self.address(text) if _is_resolved(spec) else text


NUMBERS_ONLY = Names()


def _is_resolved(spec: FieldSpec) -> bool:
    """Whether a field stands for the name of an Ethernet address."""
    return spec.type is FieldType.STRING and spec.shown_as is FieldType.ETHER


@lru_cache(maxsize=4096)
def ethernet_name(address: str) -> str:
    """An Ethernet address with its maker in place of the first three bytes, or the name of a group, or as it is."""
    if address in _RESERVED:
        return _RESERVED[address]
    for beginning, group in _GROUPS:
        if address.startswith(beginning):
            rest = address.removeprefix(beginning)
            while rest.startswith("00:"):
                rest = rest.removeprefix("00:")
            return f"{group}_{rest}"
    if address.startswith(_VIRTUAL_ROUTER):
        return f"IETF-VRRP-VRID_{address[-2:]}"
    oui = int(address[:8].replace(":", ""), 16)
    maker = "" if oui == 0 or oui & _GROUP else short_maker(manufacturer(oui))
    return f"{maker}_{address[9:]}" if maker else address


def short_maker(organisation: str) -> str:
    """What an organisation is called in a narrow column: no "Inc." and the like, eight letters at most."""
    words = " ".join(("", *re.sub(r"""[",'()/:;.]""", " ", organisation).split(), ""))
    return "".join(_EMPTY_WORDS.sub("", words).split() or words.split())[:_MOST_LETTERS]
