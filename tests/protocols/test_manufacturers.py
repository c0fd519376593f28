"""Manufacturers: IEEE's registry as published, in the form that tshark 4.0 gives it in eth.src.oui's label."""

import subprocess
import sys

import pytest

from tcpladder.decode.one_packet import decode_packet
from tcpladder.fields.show import label_text
from tcpladder.protocols.manufacturers import manufacturer
from tests.protocols.frames import PACKET

ETHERNET = 1


@pytest.mark.parametrize(("oui", "name"), [
    ("60:33:4b", " (Apple, Inc.)"),
    ("00:00:0c", " (Cisco Systems, Inc)"),
    ("80:fb:06", " (Huawei Technologies C"),      # HUAWEI TECHNOLOGIES CO.,LTD in the registry
    ("bc:ae:c5", " (ASUSTek COMPUTER INC."),
    ("02:00:00", "")])      # made by nobody
def test_the_label_names_the_manufacturer(oui, name):
    frame = bytes.fromhex(oui.replace(":", "")) + bytes.fromhex("000001" "020000000001" "0800") + PACKET
    node = decode_packet(frame, ETHERNET).find("eth.dst.oui")
    assert label_text(node) == f"Destination OUI: {oui}{name}"


def test_a_locally_made_address_has_no_manufacturer():
    assert manufacturer(0x020000) == ""


def test_the_registry_is_not_read_at_the_start():
    code = "import sys, tcpladder.cli, tcpladder.decode.one_packet; sys.exit('netaddr' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
