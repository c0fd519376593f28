"""Names of link types, for people who choose or read one."""

from tcpladder.protocols.numbers import ENCAPSULATION_NAMES, ENCAPSULATION_OF_LINKTYPE
from tcpladder.texts import _


def linktype_title(linktype: int) -> str:
    """"Ethernet (1)"; for one that has no name here, only the number."""
    name = ENCAPSULATION_NAMES.get(ENCAPSULATION_OF_LINKTYPE.get(linktype, -1))
    if name is None:
        return _("Link type {number}").format(number=linktype)
    return _("{name} ({number})").format(name=name, number=linktype)
