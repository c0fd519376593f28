"""Writes a capture of any size for measuring.

usage: make_capture.py OUTPUT.(pcap|pcapng) [--packets 1000000] [--seed 1]

TCP connections short and long, many at a time, over IPv4 and IPv6, some with a VLAN tag, with the
options that Linux writes and resets; DNS over UDP. One data segment in a hundred is lost: half of the
connections are seen by the sender (the segment comes again), half by the receiver (a gap, duplicate ACKs with
SACK blocks, and the segment that fills it). About 930 bytes a packet. The
same arguments give the same file. Checksums are zero, as the sender's own capture may have them.
"""

import argparse
import heapq
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START_NS: Final = 1_700_000_000_000_000_000
MSS: Final = 1448
ROUND_TRIP_NS: Final = 8_000_000
CONNECTIONS_AT_A_TIME: Final = 48
FRAMES_AT_A_TIME: Final = 20_000
TCP, UDP = 6, 17
TO_FIRST_EDGE: Final = 36  # header, timestamps, two NOPs, kind and length of the SACK option
SERVER_PORTS: Final = (9502, 20_480, 21_000)  # no dissector claims them: the comparison is of TCP


@dataclass
class Conversation:
    """Frames between two hosts, as a template: hosts, ports and initial numbers are filled in later."""

    protocol: int
    server_port: int
    ipv6: bool = False
    vlan: bool = False
    frames: list[bytes] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    from_client: list[bool] = field(default_factory=list)
    numbers: list[tuple[int, int]] = field(default_factory=list)
    """Relative seq and ack of each TCP segment."""
    sacks: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Relative edges of the SACK block of a segment, by the index of its frame."""

    def add(self, from_client: bool, transport: bytes, pause_ns: int, seq: int = 0, ack: int = 0) -> None:
        """Appends one packet."""
        macs = b"\2\0\0\0\0\2\2\0\0\0\0\1" if from_client else b"\2\0\0\0\0\1\2\0\0\0\0\2"
        tag = b"\x81\x00\x00\x2a" if self.vlan else b""
        if self.ipv6:
            network = bytes.fromhex("20010db8") + bytes(12)
            ip = (
                b"\x86\xdd"
                + struct.pack("!IHBB", 0x60000000, len(transport), self.protocol, 64)
                + network * 2
            )
        else:
            head = struct.pack(
                "!BBHHHBBH", 0x45, 0, 20 + len(transport), len(self.frames) & 0xFFFF, 0x4000, 64, self.protocol, 0
            )
            ip = b"\x08\x00" + head + b"\x0a\0\0\0" * 2
        self.frames.append((macs + tag + ip + transport).ljust(60, b"\0"))
        self.times_ns.append((self.times_ns[-1] if self.times_ns else 0) + pause_ns)
        self.from_client.append(from_client)
        self.numbers.append((seq, ack))


class TcpWriter:
    """Appends TCP segments to a conversation and keeps count of both ends' numbers."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._next = {True: 0, False: 0}

    def send(
        self,
        from_client: bool,
        flags: int,
        data: bytes = b"",
        *,
        seq: int | None = None,
        ack: int | None = None,
        sack: tuple[int, int] | None = None,
        pause_ns: int = 20_000,
    ) -> int:
        """One segment, a retransmission if seq is given. Returns its sequence number.

        sack is a block in the other side's numbers.
        """
        if flags & SYN:
            options = b"\2\4\5\xb4\4\2\x08\x0a\0\0\0\1\0\0\0\0\1\3\3\7"
        else:
            options = b"\1\1\x08\x0a" + struct.pack("!II", len(self._conversation.frames), 1)
        if sack is not None:
            options += b"\1\1\5\x0a" + bytes(8)
            self._conversation.sacks[len(self._conversation.frames)] = sack
        first = self._next[from_client] if seq is None else seq
        if ack is None:
            ack = self._next[not from_client] if flags & ACK else 0
        header = struct.pack("!HHIIBBHHH", 0, 0, 0, 0, (20 + len(options)) // 4 << 4, flags, 502, 0, 0)
        self._conversation.add(from_client, header + options + data, pause_ns, first, ack)
        if seq is None:
            self._next[from_client] = first + len(data) + bool(flags & (SYN | FIN))
        return first

    def open(self) -> None:
        self.send(True, SYN)
        self.send(False, SYN | ACK, pause_ns=ROUND_TRIP_NS)
        self.send(True, ACK)

    def skip(self, from_client: bool, length: int) -> int:
        """Bytes that were sent and never seen here. Returns their sequence number."""
        first = self._next[from_client]
        self._next[from_client] += length
        return first

    def received(self, segments: int, chance: random.Random) -> None:
        """The same as the receiver sees it: a lost segment leaves a gap until it comes again."""
        for number in range(segments):
            if chance.random() < 0.01 and number + 4 < segments:
                gap = self.skip(False, MSS)
                for _segment in range(3):
                    first = self.send(False, ACK, chance.randbytes(MSS))
                    self.send(True, ACK, ack=gap, sack=(gap + MSS, first + MSS))
                self.send(False, ACK, chance.randbytes(MSS), seq=gap, pause_ns=ROUND_TRIP_NS)
                self.send(True, ACK)
                continue
            self.send(False, ACK, chance.randbytes(MSS))
            if number % 2:
                self.send(True, ACK)

    def transfer(self, segments: int, chance: random.Random) -> None:
        """Data from the server, acknowledged every second segment; one in a hundred comes again."""
        for number in range(segments):
            first = self.send(False, ACK, chance.randbytes(MSS))
            if number % 2:
                self.send(True, ACK)
            if chance.random() < 0.01:
                self.send(False, ACK, chance.randbytes(MSS), seq=first, pause_ns=ROUND_TRIP_NS)
                self.send(True, ACK)

    def close(self, reset: bool) -> None:
        if reset:
            self.send(True, RST | ACK)
            return
        self.send(True, FIN | ACK)
        self.send(False, FIN | ACK, pause_ns=ROUND_TRIP_NS)
        self.send(True, ACK)


def tcp_conversation(
    segments: int, ipv6: bool, vlan: bool, at_receiver: bool, chance: random.Random
) -> Conversation:
    conversation = Conversation(TCP, chance.choice(SERVER_PORTS), ipv6, vlan)
    tcp = TcpWriter(conversation)
    tcp.open()
    tcp.send(True, PSH | ACK, b"send me something\n")
    tcp.send(False, ACK, pause_ns=ROUND_TRIP_NS)
    (tcp.received if at_receiver else tcp.transfer)(segments, chance)
    tcp.close(reset=chance.random() < 0.05)
    return conversation


def dns_conversation(ipv6: bool, chance: random.Random) -> Conversation:
    conversation = Conversation(UDP, 53, ipv6)
    identity = chance.randbytes(2)
    question = b"\7example\3org\0\0\1\0\1"
    query = identity + b"\1\0\0\1\0\0\0\0\0\0" + question
    answer = (
        identity + b"\x81\x80\0\1\0\1\0\0\0\0" + question + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x33\x64\7"
    )
    for from_client, message in ((True, query), (False, answer)):
        header = struct.pack("!HHHH", 0, 0, 8 + len(message), 0)
        conversation.add(from_client, header + message, ROUND_TRIP_NS)
    return conversation


class Template:
    """A conversation laid out so that new hosts, ports and numbers are filled in by numpy."""

    def __init__(self, conversation: Conversation) -> None:
        frames = conversation.frames
        self.times_ns = conversation.times_ns
        self.bounds = np.cumsum([0, *map(len, frames)])
        self._bytes = np.frombuffer(b"".join(frames), np.uint8)
        ip_at = self.bounds[:-1] + (18 if conversation.vlan else 14)
        client = np.array(conversation.from_client)
        self._client = client
        source, target = (22, 38) if conversation.ipv6 else (14, 18)  # the last two bytes of an address
        transport = ip_at + (40 if conversation.ipv6 else 20)
        self._client_host = ip_at + np.where(client, source, target)
        self._server_host = ip_at + np.where(client, target, source)
        self._client_port = transport + np.where(client, 0, 2)
        self._server_port = transport + np.where(client, 2, 0)
        self._port = conversation.server_port
        self._seq_at = transport + 4 if conversation.protocol == TCP else None
        self._numbers = np.array(conversation.numbers, np.int64)
        self._sacked = np.fromiter(conversation.sacks, np.int64)
        self._edges = np.array([*conversation.sacks.values()], np.int64).reshape(-1, 2)
        self._edges_at = transport[self._sacked] + TO_FIRST_EDGE
        flags = [frame[at] for frame, at in zip(frames, transport - self.bounds[:-1] + 13, strict=True)]
        self._has_ack = (np.array(flags) & ACK).astype(bool)

    def instance(self, chance: random.Random) -> bytes:
        """The frames, one after the other, of one such conversation between some hosts."""
        data = self._bytes.copy()
        _fill(data, self._client_host, chance.randrange(256, 65_000), 2)
        _fill(data, self._server_host, chance.randrange(1, 200), 2)
        _fill(data, self._client_port, chance.randrange(32_768, 61_000), 2)
        _fill(data, self._server_port, self._port, 2)
        if self._seq_at is not None:
            client, server = chance.getrandbits(32), chance.getrandbits(32)
            own = np.where(self._client, client, server)
            other = np.where(self._client, server, client)
            _fill(data, self._seq_at, self._numbers[:, 0] + own, 4)
            _fill(data, self._seq_at + 4, np.where(self._has_ack, self._numbers[:, 1] + other, 0), 4)
            for edge in (0, 1):
                _fill(data, self._edges_at + 4 * edge, self._edges[:, edge] + other[self._sacked], 4)
        return data.tobytes()


def _fill(
    data: NDArray[np.uint8], at: NDArray[np.int64], numbers: int | NDArray[np.int64], width: int
) -> None:
    """Writes big-endian numbers at byte positions."""
    for place in range(width):
        data[at + place] = np.asarray(numbers) >> 8 * (width - 1 - place) & 0xFF


def templates(chance: random.Random) -> tuple[list[Template], list[int]]:
    """Conversations to choose from, and how often each is chosen."""
    chosen: list[Template] = []
    weights: list[int] = []
    for ipv6, vlan, share in ((False, False, 5), (True, False, 3), (False, True, 1), (True, True, 1)):
        for segments, weight in ((1, 30), (3, 30), (12, 20), (60, 6), (400, 2), (2_000, 1)):
            for at_receiver in (False, True):
                chosen.append(Template(tcp_conversation(segments, ipv6, vlan, at_receiver, chance)))
                weights.append(share * weight)
        chosen.append(Template(dns_conversation(ipv6, chance)))
        weights.append(share * 120)
    return chosen, weights


class FileWriter:
    """Writes frames to a pcap or pcapng file with nanosecond times, many at once."""

    def __init__(self, file: BinaryIO, pcapng: bool) -> None:
        self._file, self._pcapng = file, pcapng
        if pcapng:
            section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
            resolution = struct.pack("<HHI", 9, 1, 9)
            file.write(section + struct.pack("<IIHHI", 1, 28, 1, 0, 0) + resolution + struct.pack("<I", 28))
        else:
            file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1))

    def write(self, times_ns: list[int], frames: list[bytes | memoryview]) -> None:
        pack = struct.Struct("<IIIIIII" if self._pcapng else "<IIII").pack
        pieces: list[bytes | memoryview] = []
        for time_ns, frame in zip(times_ns, frames, strict=True):
            length = len(frame)
            if self._pcapng:
                padding = -length % 4
                block = 32 + length + padding
                pieces.append(pack(6, block, 0, time_ns >> 32, time_ns & 0xFFFFFFFF, length, length))
                pieces.append(frame)
                pieces.append(bytes(padding) + block.to_bytes(4, "little"))
            else:
                pieces.append(pack(*divmod(time_ns, 1_000_000_000), length, length))
                pieces.append(frame)
        self._file.write(b"".join(pieces))


def write_capture(path: Path, packets: int, seed: int = 1) -> None:
    """Writes a capture of exactly so many packets; the suffix of the name chooses the format."""
    chance = random.Random(seed)
    chosen, weights = templates(chance)
    # The open conversations, the one with the earliest next frame first.
    open_ones: list[tuple[int, int, int, int, Template, memoryview]] = []
    number, now_ns = 0, START_NS
    with path.open("wb") as file:
        writer = FileWriter(file, path.suffix == ".pcapng")
        times_ns: list[int] = []
        frames: list[bytes | memoryview] = []
        for _packet in range(packets):
            while len(open_ones) < CONNECTIONS_AT_A_TIME:
                template = chance.choices(chosen, weights)[0]
                begin_ns = now_ns + chance.randrange(5_000_000)
                entry = (begin_ns, number, begin_ns, 0, template, memoryview(template.instance(chance)))
                heapq.heappush(open_ones, entry)
                number += 1
            now_ns, key, begin_ns, index, template, data = open_ones[0]
            times_ns.append(now_ns)
            frames.append(data[template.bounds[index] : template.bounds[index + 1]])
            index += 1
            if index == len(template.times_ns):
                heapq.heappop(open_ones)
            else:
                at_ns = begin_ns + template.times_ns[index]
                heapq.heapreplace(open_ones, (at_ns, key, begin_ns, index, template, data))
            if len(frames) == FRAMES_AT_A_TIME:
                writer.write(times_ns, frames)
                times_ns, frames = [], []
        writer.write(times_ns, frames)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes a capture of any size for measuring.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    write_capture(arguments.output, arguments.packets, arguments.seed)


if __name__ == "__main__":
    main()
