"""Captures whose bytes are known although the traffic is past: two HTTPS ends from raw frames, one telnet session from text.

Their times are chosen here and stated in captures/README.md; all else is as it was seen.
"""

from __future__ import annotations

import io

import dpkt

MICROSECOND = 1_000
MILLISECOND = 1_000_000

# Frames as they lay on the client's network interface: IP and TCP checksums of outgoing frames are left to the card.
HTTPS_HANDSHAKE = (
    # SYN: window scale 8, MSS 1460
    "7057bfe6ea00 a0369fa0c877 0800"
    "4500 0034 5eac 4000 80 06 0000 0a31e005 acfd765e"
    "f8ed 01bb e327ceb7 00000000 8002 2000 94f5 0000 020405b4 01 030308 01 01 0402",
    # SYN-ACK: MSS 1200, window scale 8
    "a0369fa0c877 7057bfe6ea00 0800"
    "4500 0034 0000 4000 6e 06 ff31 acfd765e 0a31e005"
    "01bb f8ed f2083313 e327ceb8 8012 ffff 90cc 0000 020404b0 01 01 0402 01 030308",
    # ACK
    "7057bfe6ea00 a0369fa0c877 0800"
    "4500 0028 5ead 4000 80 06 0000 0a31e005 acfd765e"
    "f8ed 01bb e327ceb8 f2083314 5010 0101 cf9a 0000",
)
HTTPS_HANDSHAKE_TIMES = (0, 41 * MILLISECOND, 41 * MILLISECOND + 90 * MICROSECOND)

HTTPS_THREE_PACKET_CLOSE = (
    # FIN of the client
    "7057bfe6ea00 a0369fa0c877 0800"
    "4500 0028 51e7 4000 80 06 0000 0a31e005 8efbaf65"
    "c936 01bb 0143c808 76becc37 5011 0100 af08 0000",
    # FIN of the server with the ACK of the client's, then two bytes of Ethernet padding... and the frame check sequence
    "a0369fa0c877 7057bfe6ea00 0800"
    "4500 0028 503f 0000 6e 06 d3f9 8efbaf65 0a31e005"
    "01bb c936 76becc37 0143c809 5011 011b aeec 0000 0000 24ad4a14",
    # ACK
    "7057bfe6ea00 a0369fa0c877 0800"
    "4500 0028 51fa 4000 80 06 0000 0a31e005 8efbaf65"
    "c936 01bb 0143c809 76becc38 5010 0100 af07 0000",
)
HTTPS_THREE_PACKET_CLOSE_TIMES = (0, 38 * MILLISECOND, 38 * MILLISECOND + 70 * MICROSECOND)
