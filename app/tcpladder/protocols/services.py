"""Services: what the system's own table (services(5)) calls the ports of TCP and UDP.

The table is read once: the socket library would read it again for each port.
"""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

SERVICES_FILE = (Path(os.environ.get("SYSTEMROOT", "C:/Windows"), "System32/drivers/etc/services") if os.name == "nt"
                 else Path("/etc/services"))


def service(protocol: str, port: int) -> str:
    """The name of a port of "tcp" or "udp"; "" where it has none."""
    return services(protocol).get(port, "")


@cache
def services(protocol: str) -> Mapping[int, str]:
    """All ports of "tcp" or "udp" that have a name; none where the system has no table."""
    try:
        lines = SERVICES_FILE.read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    return read_services(lines, protocol)


def read_services(lines: Iterable[str], protocol: str) -> Mapping[int, str]:
    """The ports of a protocol in a table of services; of several names of a port the first."""
    names: dict[int, str] = {}
    for line in lines:
        name, place, *_aliases = (*line.partition("#")[0].split(), "", "")
        port, _slash, protocols = place.partition("/")
        if port.isdecimal() and protocol in protocols.lower().split("/"):
            names.setdefault(int(port), name)
    return names
