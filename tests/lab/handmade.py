"""Captures of traffic that is past: HTTPS ends from their raw frames, a telnet session from printed values.

What was not recorded (times, some fields of the telnet session) is chosen; captures/README.md says what.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

import dpkt

FIRST_SECOND = 1_700_000_000  # 2023-11-14 22:13:20 UTC

# Each frame as it lay at the client's network card: microseconds after the first one, then its bytes.
# The IP checksum of outgoing frames is zero: left to the card.
HTTPS_HANDSHAKE = (
    # SYN: MSS 1460, window scale 8, SACK permitted
    (0, """7057bfe6ea00 a0369fa0c877 0800
           4500 0034 5eac 4000 80 06 0000 0a31e005 acfd765e
           f8ed 01bb e327ceb7 00000000 8002 2000 94f5 0000  020405b4 01 030308 01 01 0402"""),
    # SYN-ACK: MSS 1200, SACK permitted, window scale 8
    (41_000, """a0369fa0c877 7057bfe6ea00 0800
                4500 0034 0000 4000 6e 06 ff31 acfd765e 0a31e005
                01bb f8ed f2083313 e327ceb8 8012 ffff 90cc 0000  020404b0 01 01 0402 01 030308"""),
    (41_090, """7057bfe6ea00 a0369fa0c877 0800
                4500 0028 5ead 4000 80 06 0000 0a31e005 acfd765e
                f8ed 01bb e327ceb8 f2083314 5010 0101 cf9a 0000"""),
)

HTTPS_THREE_PACKET_CLOSE = (
    (0, """7057bfe6ea00 a0369fa0c877 0800
           4500 0028 51e7 4000 80 06 0000 0a31e005 8efbaf65
           c936 01bb 0143c808 76becc37 5011 0100 af08 0000"""),
    # ACK and FIN in one; after the TCP header Ethernet padding and the frame check sequence
    (38_000, """a0369fa0c877 7057bfe6ea00 0800
                4500 0028 503f 0000 6e 06 d3f9 8efbaf65 0a31e005
                01bb c936 76becc37 0143c809 5011 011b aeec 0000  0000 24ad4a14"""),
    (38_070, """7057bfe6ea00 a0369fa0c877 0800
                4500 0028 51fa 4000 80 06 0000 0a31e005 8efbaf65
                c936 01bb 0143c809 76becc38 5010 0100 af07 0000"""),
)


def write_https_handshake(path: Path) -> None:
    _write(path, ((at, bytes.fromhex(frame)) for at, frame in HTTPS_HANDSHAKE))


def write_https_three_packet_close(path: Path) -> None:
    _write(path, ((at, bytes.fromhex(frame)) for at, frame in HTTPS_THREE_PACKET_CLOSE))


# The telnet session: printed sequence numbers, windows, MSS and timestamps; lengths of the two lines.
CLIENT_PORT, SERVER_PORT = 55002, 9502
CLIENT_ISN, SERVER_ISN = 2927179378, 1721825043
OPENED_TICKS, TYPED_TICKS = 255474104, 255478182
TYPED, ANSWERED = b"hello\r\n", b"Server got hello\r\n"


def write_port_9502(path: Path) -> None:
    """Open, one line up, one line down, over the loopback interface of an older Linux (MTU 16436)."""
    syn, ack, push = dpkt.tcp.TH_SYN, dpkt.tcp.TH_ACK, dpkt.tcp.TH_PUSH
    up, down = CLIENT_ISN + 1, SERVER_ISN + 1  # the next number each side will use
    up_after, down_after = up + len(TYPED), down + len(ANSWERED)
    typed_at = (TYPED_TICKS - OPENED_TICKS) * 1000  # one tick is a millisecond
    both_opened, both_typed = _timestamps(OPENED_TICKS, OPENED_TICKS), _timestamps(TYPED_TICKS, TYPED_TICKS)
    _write(path, (
        (0, _up(1, syn, CLIENT_ISN, 0, 32792, _syn_options(0))),
        (14, _down(0, syn | ack, SERVER_ISN, up, 32768, _syn_options(OPENED_TICKS))),
        (24, _up(2, ack, up, down, 4099, both_opened)),
        (typed_at, _up(3, push | ack, up, down, 4099, _timestamps(TYPED_TICKS, OPENED_TICKS), TYPED)),
        (typed_at + 16, _down(1, ack, down, up_after, 4096, both_typed)),
        (typed_at + 240, _down(2, push | ack, down, up_after, 4096, both_typed, ANSWERED)),
        (typed_at + 252, _up(4, ack, up_after, down_after, 4099, both_typed)),
    ))


def _timestamps(value: int, echo: int) -> bytes:
    return bytes((dpkt.tcp.TCP_OPT_NOP, dpkt.tcp.TCP_OPT_NOP)) + _timestamps_alone(value, echo)


def _timestamps_alone(value: int, echo: int) -> bytes:
    return struct.pack(">BBII", dpkt.tcp.TCP_OPT_TIMESTAMP, 10, value, echo)


def _syn_options(echo: int) -> bytes:
    mss, sack_permitted, window_scale = b"\x02\x04\x40\x0c", b"\x04\x02", b"\x01\x03\x03\x03"
    return mss + sack_permitted + _timestamps_alone(OPENED_TICKS, echo) + window_scale


def _up(
    ip_id: int, flags: int, seq: int, ack: int, window: int, options: bytes, data: bytes = b""
) -> bytes:
    ports = CLIENT_PORT, SERVER_PORT
    return _loopback_frame(0x5A10 + ip_id, ports, flags, seq, ack, window, options, data)


def _down(
    ip_id: int, flags: int, seq: int, ack: int, window: int, options: bytes, data: bytes = b""
) -> bytes:
    ip_id += 0x2C40 if ip_id else 0  # a SYN-ACK has no number of its own
    ports = SERVER_PORT, CLIENT_PORT
    return _loopback_frame(ip_id, ports, flags, seq, ack, window, options, data)


def _loopback_frame(
    ip_id: int,
    ports: tuple[int, int],
    flags: int,
    seq: int,
    ack: int,
    window: int,
    options: bytes,
    data: bytes,
) -> bytes:
    segment = dpkt.tcp.TCP(
        sport=ports[0], dport=ports[1], flags=flags, seq=seq, ack=ack, win=window,
        off=(20 + len(options)) // 4, opts=options, data=data,
    )
    here = bytes((127, 0, 0, 1))
    packet = dpkt.ip.IP(id=ip_id, df=1, ttl=64, p=dpkt.ip.IP_PROTO_TCP, src=here, dst=here, data=segment)
    packet.len = len(packet)
    nobody = bytes(6)
    frame = dpkt.ethernet.Ethernet(src=nobody, dst=nobody, type=dpkt.ethernet.ETH_TYPE_IP, data=packet)
    return bytes(frame)



def _write(path: Path, frames: Iterable[tuple[int, bytes]]) -> None:
    """Write frames whose times are microseconds after FIRST_SECOND."""
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file)
        for at, frame in frames:
            writer.writepkt_time(frame, FIRST_SECOND + at / 1e6)
