"""A small table of services for tests: that of the machine may hold any names, or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tcpladder.protocols import services

TABLE = """\
# a table as services(5) describes it
domain          53/tcp                          # names
domain          53/udp
https   443/tcp
https   443/udp
shell           514/tcp         cmd syslog      # no passwords used
syslog          514/udp
http-alt        8080/tcp        webcache
second-name     8080/tcp
"""


@contextmanager
def use_services(table: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Has a file in the place of the system's table."""
    monkeypatch.setattr(services, "SERVICES_FILE", table)
    services.services.cache_clear()
    yield
    services.services.cache_clear()
