"""Who made a network interface: the first three bytes of its address, looked up in IEEE's registry.

The registry is netaddr's copy of it (no network is asked). It is read when the first name is wanted.
"""

from functools import cache


@cache
def manufacturer(oui: int) -> str:
    """The organisation that IEEE gave the 24-bit number to; empty where it gave it to nobody."""
    from netaddr import OUI, NotRegisteredError

    if oui == 0:
        return _NO_INTERFACE
    try:
        name = str(OUI(oui).registration().org)
    except NotRegisteredError:
        return ""
    return name.title() if name.isupper() else name


_NO_INTERFACE = "Officially Xerox, but loopback and unset addresses begin so, too"
