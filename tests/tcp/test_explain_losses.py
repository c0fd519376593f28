"""What the card says of losses, told as a script: a gap, SACK, a fast retransmission, a needless one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcpladder.tcp.explain import explain
from tests.tcp.scripts import script

LOSSES = """
    +0   > S  0:0(0) win 64240 <mss 1460, sackOK>
    +.01 < S. 0:0(0) ack 1 win 64240 <mss 1460, sackOK>
    +.01 > .  1:1(0) ack 1
    +.01 > P. 1:101(100) ack 1
    +.01 > P. 201:301(100) ack 1
    +.01 < .  1:1(0) ack 101
    +.01 > P. 301:401(100) ack 1
    +.01 < .  1:1(0) ack 101 <sack 201:401>
    +.01 > P. 401:501(100) ack 1
    +.01 < .  1:1(0) ack 101 <sack 201:501>
    +.01 > P. 101:201(100) ack 1
    +.01 < .  1:1(0) ack 501
    +.01 > P. 101:201(100) ack 1
    +.01 < .  1:1(0) ack 501
"""


@pytest.mark.parametrize(("step", "said", "not_said"), [
    (7, "number 101 is still missing", "nothing is missing"),
    (7, "SACK: bytes 201–400 have arrived beyond the gap", "D-SACK"),
    (10, "The capture does not hold the packet that carried them first.", "earlier, carried them first"),
    (10, "Duplicate ACKs asked for it", "this copy was not needed"),
    (12, "The server had acknowledged them already: this copy was not needed.", "Duplicate ACKs"),
    (13, "although nothing is missing", "still missing"),
])
def test_losses_are_explained(tmp_path: Path, step: int, said: str, not_said: str) -> None:
    connection = script(LOSSES, tmp_path / "losses.pcap").table.connection(0)
    sentences = " ".join(explain(connection, step).sentences)
    assert said in sentences
    assert not_said not in sentences
