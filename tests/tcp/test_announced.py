"""What FTP's control connection announces (the examples of RFC 959 and RFC 2428)."""

import pytest

from tcpladder.tcp.announced import announced_port


@pytest.mark.parametrize(("line", "port"), [
    (b"PORT 132,235,1,2,24,131\r\n", 6275),
    (b"227 Entering Passive Mode (132,235,1,2,24,131).\r\n", 6275),
    (b"227 Entering Passive Mode 132,235,1,2,24,131\r\n", 6275),
    (b"EPRT |1|132.235.1.2|6275|\r\n", 6275),
    (b"EPRT |2|1080::8:800:200C:417A|5282|\r\n", 5282),
    (b"229 Entering Extended Passive Mode (|||6446|)\r\n", 6446),
    (b"PORT 1,2,3,4,300,1\r\n", None),
    (b"EPRT |1|132.235.1.2|99999|\r\n", None),
    (b"226 Transfer complete\r\n", None),
    (b"", None),
])
def test_announced_ports(line, port):
    assert announced_port(line) == port
