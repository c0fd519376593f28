"""What is worth telling about a connection, in plain words with the evidence."""

from __future__ import annotations

from tcpladder.tcp.connection import Connection, Finding
from tcpladder.tcp.fates import Fates


def find_findings(connection: Connection, fates: Fates) -> tuple[Finding, ...]:
    """Everything noteworthy, in the order of the steps that show it."""
    return ()
