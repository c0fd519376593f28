"""Manufacturers: IEEE's registry as published, in the form that tshark 4.0 gives it in eth.src.oui's label."""

import subprocess
import sys

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.show import label_text
from tcpladder.protocols.manufacturers import manufacturer, short_manufacturer
from tests.protocols.frames import PACKET

ETHERNET = 1


@pytest.mark.parametrize(("oui", "name"), [
    (0x60334b, "Apple, Inc."),
    (0x00000c, "Cisco Systems, Inc"),
    (0x00241d, "Giga-Byte Technology"),     # GIGA-BYTE TECHNOLOGY CO.,LTD. in the registry
    (0xbcaec5, "ASUSTek COMPUTER INC")])
def test_short_names(oui, name):
    assert short_manufacturer(oui) == name


def test_a_locally_made_address_has_no_manufacturer():
    assert manufacturer(0x020000) == ""


def test_the_label_names_the_manufacturer():
    frame = bytes.fromhex("60334b000001" "020000000001" "0800") + PACKET
    labels = {label_text(node) for node in decode_packet(frame, ETHERNET).find_all("eth.addr.oui")}
    assert labels == {"Address OUI: 60:33:4b (Apple, Inc.)", "Address OUI: 02:00:00"}


def test_the_registry_is_not_read_at_the_start():
    code = "import sys, tcpladder.cli, tcpladder.decode.one_packet; sys.exit('netaddr' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
