"""Connections written down by hand, with the numbers of the lesson captures as tshark prints them.

A script has one line per segment: seconds, direction, flags (S . P F R), relative seq, ack ("-" without the ACK
flag), len, raw window, the client's and the server's state after it (RFC 9293), the phase's first letter, and marks:
"lost", "finding", "kind=…", "acks=N" (the step that it acknowledges first; "acks=-" for none).
"""

from dataclasses import replace

from tcpladder.tcp.connection import (
    ACK,
    FIN,
    PSH,
    RST,
    SHIFT_NOT_AGREED,
    SHIFT_UNKNOWN,
    SYN,
    Closing,
    Connection,
    Endpoint,
    Finding,
    Kind,
    Opening,
    Phase,
    SideOptions,
    State,
    Step,
    flags_label,
)

BEGIN_NS = 1_700_000_000_000_000_000
FLAGS = {"S": SYN, ".": ACK, "P": PSH, "F": FIN, "R": RST}
PHASES = {"o": Phase.OPENING, "d": Phase.DATA, "c": Phase.CLOSING}
SIDE = SideOptions(mss=1460, wscale=7, sack_permitted=True, timestamps=True)
SYN_OPTIONS = ("MSS=1460", "SACK_PERM", "TSval=2242348007", "TSecr=0", "WS=128")


def tell(script: str, *, opening: Opening, closing: Closing, client: Endpoint | None = None,
         server: Endpoint | None = None, client_start: State = State.CLOSED, server_start: State = State.LISTEN,
         options: tuple[SideOptions | None, SideOptions | None] = (SIDE, SIDE),
         isns: tuple[int | None, int | None] = (2_927_179_378, 1_721_825_043),
         syn_options: tuple[str, ...] = SYN_OPTIONS, roles_seen: bool = True,
         findings: tuple[Finding, ...] = ()) -> Connection:
    """The connection that a script tells."""
    steps: list[Step] = []
    captured = [side for side in options if side is not None]
    scaling = len(captured) == 2 and all(side.wscale is not None for side in captured)
    for line in script.strip().splitlines():
        words = line.split()
        at, way, letters, seq, ack, length, window_raw, client_state, server_state, phase = words[:10]
        marks = words[10:]
        from_client = way == ">"
        flags = sum(FLAGS[letter] for letter in letters)
        named = dict(mark.split("=") for mark in marks if "=" in mark)
        kind = (Kind(named["kind"]) if "kind" in named else Kind.RST if flags & RST else Kind.SYN if flags & SYN
                else Kind.FIN if flags & FIN else Kind.DATA if int(length) else Kind.ACK)
        side = options[0 if from_client else 1]
        shift = SHIFT_UNKNOWN if not captured else SHIFT_NOT_AGREED if not scaling else side.wscale
        window = (None if shift == SHIFT_UNKNOWN else
                  int(window_raw) if flags & SYN or shift < 0 else int(window_raw) << shift)
        own, peer = isns if from_client else isns[::-1]
        index = len(steps)
        steps.append(Step(
            index=index, row=index, time_ns=BEGIN_NS + round(float(at) * 1e9), from_client=from_client,
            phase=PHASES[phase], kind=kind, label=flags_label(flags), flags=flags,
            seq=int(seq), seq_raw=((own or 0) + int(seq)) % 2**32,
            ack=None if ack == "-" else int(ack), ack_raw=0 if ack == "-" else ((peer or 0) + int(ack)) % 2**32,
            length=int(length), window_raw=int(window_raw), window=window, window_shift=shift,
            options=syn_options if flags & SYN else (), client_state=State(client_state),
            server_state=State(server_state), lost="lost" in marks,
            tags={Kind.RETRANSMISSION: ("TCP Retransmission",), Kind.DUP_ACK: ("TCP Dup ACK 5#1",),
                  Kind.KEEP_ALIVE: ("TCP Keep-Alive",), Kind.ZERO_WINDOW: ("TCP ZeroWindow",),
                  Kind.OUT_OF_ORDER: ("TCP Out-Of-Order",)}.get(kind, ()),
            acknowledges=None if named.get("acks", "-") == "-" else int(named["acks"]),
            finding="finding" in marks))
    return Connection(
        stream=0, client=client or Endpoint("192.0.2.10", 54918), server=server or Endpoint("192.0.2.80", 8080),
        roles_seen=roles_seen, client_start=client_start, server_start=server_start,
        client_isn=isns[0], server_isn=isns[1], steps=tuple(steps), opening=opening, closing=closing,
        client_options=options[0], server_options=options[1], window_scaling=scaling,
        sack=len(captured) == 2 and all(side.sack_permitted for side in captured),
        timestamps=len(captured) == 2 and all(side.timestamps for side in captured), findings=findings,
        client_bytes=sum(step.length for step in steps if step.from_client),
        server_bytes=sum(step.length for step in steps if not step.from_client),
        completeness=31, retransmissions=sum(step.kind is Kind.RETRANSMISSION for step in steps))


LOOPBACK = SideOptions(mss=65495, wscale=7, sack_permitted=True, timestamps=True)
LOOPBACK_OPTIONS = ("MSS=65495", "SACK_PERM", "TSval=2193763951", "TSecr=0", "WS=128")
THREE_WAY = Opening("three-way", (0, 1, 2), 1, 27_017, 27_017)


def four_way_close() -> Connection:
    """captures/loopback-four-way-close.pcapng."""
    return tell("""
        0.000000000 > S  0   -   0   65495 SYN-SENT    SYN-RECEIVED o
        0.000013963 < S. 0   1   0   65483 ESTABLISHED SYN-RECEIVED o acks=0
        0.000027017 > .  1   1   0   512   ESTABLISHED ESTABLISHED  o acks=1
        0.000156259 > P. 1   1   256 512   ESTABLISHED ESTABLISHED  d
        0.000161481 < .  1   257 0   510   ESTABLISHED ESTABLISHED  d acks=3
        0.000187211 < P. 1   257 128 512   ESTABLISHED ESTABLISHED  d
        0.000189034 > .  257 129 0   511   ESTABLISHED ESTABLISHED  d acks=5
        0.000201871 > F. 257 129 0   512   FIN-WAIT-1  CLOSE-WAIT   c
        0.045252376 < .  129 258 0   512   FIN-WAIT-2  CLOSE-WAIT   c acks=7
        2.000449214 < F. 129 258 0   512   TIME-WAIT   LAST-ACK     c
        2.000469379 > .  258 130 0   512   TIME-WAIT   CLOSED       c acks=9
        """, opening=THREE_WAY, closing=Closing("four-way", "client", (7, 8, 9, 10)),
        client=Endpoint("127.0.0.1", 54918), server=Endpoint("127.0.0.1", 8080),
        options=(LOOPBACK, LOOPBACK), syn_options=LOOPBACK_OPTIONS)


def three_way_close() -> Connection:
    """captures/loopback-three-way-close.pcapng."""
    return tell("""
        0.000000000 > S  0   -   0   65495 SYN-SENT    SYN-RECEIVED o
        0.000014459 < S. 0   1   0   65483 ESTABLISHED SYN-RECEIVED o acks=0
        0.000029581 > .  1   1   0   512   ESTABLISHED ESTABLISHED  o acks=1
        0.000163164 > P. 1   1   256 512   ESTABLISHED ESTABLISHED  d
        0.000168717 < .  1   257 0   510   ESTABLISHED ESTABLISHED  d acks=3
        0.000193843 < P. 1   257 128 512   ESTABLISHED ESTABLISHED  d
        0.000196071 > .  257 129 0   511   ESTABLISHED ESTABLISHED  d acks=5
        0.000209167 > F. 257 129 0   512   FIN-WAIT-1  CLOSE-WAIT   c
        0.000335190 < F. 129 258 0   512   TIME-WAIT   LAST-ACK     c acks=7
        0.000341943 > .  258 130 0   512   TIME-WAIT   CLOSED       c acks=8
        """, opening=THREE_WAY, closing=Closing("three-way", "client", (7, 8, 9)),
        client=Endpoint("127.0.0.1", 54918), server=Endpoint("127.0.0.1", 8080),
        options=(LOOPBACK, LOOPBACK), syn_options=LOOPBACK_OPTIONS)


def refused() -> Connection:
    """captures/connection-refused.pcap."""
    return tell("""
        0.000000 > S  0 - 0 64240 SYN-SENT CLOSED o
        0.000014 < R. 0 1 0 0     CLOSED   CLOSED o acks=0 finding
        """, opening=Opening("refused", (0, 1), 1, None, 13_697), closing=Closing("none", None, ()),
        server_start=State.CLOSED, options=(SIDE, None), isns=(2_927_179_378, None),
        findings=(Finding("error", 1, 1, "The connection was refused: nothing listens on 192.0.2.80:8080."),))


def lost_syn() -> Connection:
    """captures/syn-lost-then-answered.pcap, up to the answer to the first data."""
    return tell("""
        0.000000000 > S  0   -   0   64240 SYN-SENT    LISTEN       o lost
        1.018252891 > S  0   -   0   64240 SYN-SENT    SYN-RECEIVED o kind=retransmission finding
        1.019348109 < S. 0   1   0   65160 ESTABLISHED SYN-RECEIVED o acks=1
        1.019375725 > .  1   1   0   502   ESTABLISHED ESTABLISHED  o acks=2
        1.120263513 > P. 1   1   256 502   ESTABLISHED ESTABLISHED  d
        1.120639252 < .  1   257 0   508   ESTABLISHED ESTABLISHED  d acks=4
        1.221592361 < P. 1   257 128 508   ESTABLISHED ESTABLISHED  d
        1.221615392 > .  257 129 0   501   ESTABLISHED ESTABLISHED  d acks=6
        """, opening=Opening("three-way", (0, 1, 2, 3), 2, 1_019_375_725, 1_122_834),
        closing=Closing("none", None, ()),
        findings=(Finding("warning", 1, 1, "The SYN was sent 2 times: the first was lost."),))


def unanswered() -> Connection:
    """A SYN that nobody answers, sent every second (Linux 6.18)."""
    return tell("""
        0.000000 > S 0 - 0 64240 SYN-SENT LISTEN o lost
        1.018253 > S 0 - 0 64240 SYN-SENT LISTEN o lost kind=retransmission finding
        2.042031 > S 0 - 0 64240 SYN-SENT LISTEN o lost kind=retransmission finding
        """, opening=Opening("unanswered", (0, 1, 2), 3, None, None), closing=Closing("none", None, ()),
        options=(SIDE, None), isns=(2_927_179_378, None),
        findings=(Finding("error", 0, 0, "The SYN was sent 3 times and never answered."),))


def reset() -> Connection:
    """captures/reset-by-client.pcap."""
    return tell("""
        0.000000000 > S  0   -   0   64240 SYN-SENT    SYN-RECEIVED o
        0.000017287 < S. 0   1   0   65160 ESTABLISHED SYN-RECEIVED o acks=0
        0.000029750 > .  1   1   0   502   ESTABLISHED ESTABLISHED  o acks=1
        0.000134869 > P. 1   1   256 502   ESTABLISHED ESTABLISHED  d
        0.000141224 < .  1   257 0   508   ESTABLISHED ESTABLISHED  d acks=3
        0.000157050 < P. 1   257 128 508   ESTABLISHED ESTABLISHED  d
        0.000158026 > .  257 129 0   501   ESTABLISHED ESTABLISHED  d acks=5
        0.000199657 > R. 257 129 0   501   CLOSED      CLOSED       c finding
        """, opening=THREE_WAY, closing=Closing("reset", "client", (7,)),
        findings=(Finding("warning", 7, 7, "The client reset the connection."),))


def half_close() -> Connection:
    """captures/half-close.pcap: the client closes its half and the server goes on sending."""
    return tell("""
        0.000000000 > S  0   -   0   64240 SYN-SENT    SYN-RECEIVED o
        0.000020229 < S. 0   1   0   65160 ESTABLISHED SYN-RECEIVED o acks=0
        0.000032721 > .  1   1   0   502   ESTABLISHED ESTABLISHED  o acks=1
        0.000164754 > P. 1   1   256 502   ESTABLISHED ESTABLISHED  d
        0.000173496 < .  1   257 0   508   ESTABLISHED ESTABLISHED  d acks=3
        0.000190196 > F. 257 1   0   502   FIN-WAIT-1  CLOSE-WAIT   c
        0.041893082 < .  1   258 0   508   FIN-WAIT-2  CLOSE-WAIT   c acks=5
        0.100474960 < P. 1   258 128 508   FIN-WAIT-2  CLOSE-WAIT   c
        0.100508362 > .  258 129 0   501   FIN-WAIT-2  CLOSE-WAIT   c acks=7
        0.200795080 < P. 129 258 128 508   FIN-WAIT-2  CLOSE-WAIT   c
        0.200819270 > .  258 257 0   501   FIN-WAIT-2  CLOSE-WAIT   c acks=9
        0.301311566 < P. 257 258 128 508   FIN-WAIT-2  CLOSE-WAIT   c
        0.301338403 > .  258 385 0   501   FIN-WAIT-2  CLOSE-WAIT   c acks=11
        0.401592682 < F. 385 258 0   508   TIME-WAIT   LAST-ACK     c
        0.401614850 > .  258 386 0   501   TIME-WAIT   CLOSED       c acks=13
        """, opening=THREE_WAY, closing=Closing("four-way", "client", (5, 6, 13, 14)))


def mid_stream() -> Connection:
    """captures/mid-connection.pcap: no handshake, so no scale and no certain roles."""
    return tell("""
        0.000000000 > P. 1   1   256 501 ESTABLISHED ESTABLISHED d
        0.000064243 < P. 1   257 128 506 ESTABLISHED ESTABLISHED d acks=0
        0.000084148 > .  257 129 0   501 ESTABLISHED ESTABLISHED d acks=1
        0.100252372 > P. 257 129 256 501 ESTABLISHED ESTABLISHED d
        0.100294524 < P. 129 513 128 504 ESTABLISHED ESTABLISHED d acks=3
        0.100297624 > .  513 257 0   501 ESTABLISHED ESTABLISHED d acks=4
        0.200511517 > F. 513 257 0   501 FIN-WAIT-1  CLOSE-WAIT  c
        0.241867527 < .  257 514 0   504 FIN-WAIT-2  CLOSE-WAIT  c acks=6
        0.300740312 < F. 257 514 0   504 TIME-WAIT   LAST-ACK    c
        0.300757337 > .  514 258 0   501 TIME-WAIT   CLOSED      c acks=8
        """, opening=Opening("mid-stream", (), 0, None, None), closing=Closing("four-way", "client", (6, 7, 8, 9)),
        client_start=State.ESTABLISHED, server_start=State.ESTABLISHED, options=(None, None), roles_seen=False)


def long_data(segments: int = 40, *, retransmitted: int | None = None) -> Connection:
    """A download: every segment of 1,448 bytes, every second one acknowledged; one of them may be sent twice."""
    lines = ["0.0000 > S  0 - 0 64240 SYN-SENT SYN-RECEIVED o",
             "0.0300 < S. 0 1 0 65160 ESTABLISHED SYN-RECEIVED o acks=0",
             "0.0301 > .  1 1 0 502 ESTABLISHED ESTABLISHED o acks=1"]
    at, seq = 0.0310, 1
    for number in range(segments):
        at += 0.0001
        lines.append(f"{at:.6f} < . {seq} 1 1448 508 ESTABLISHED ESTABLISHED d")
        if number == retransmitted:
            at += 0.0002
            lines.append(f"{at:.6f} < . {seq} 1 1448 508 ESTABLISHED ESTABLISHED d kind=retransmission")
        seq += 1448
        if number % 2:
            at += 0.0001
            lines.append(f"{at:.6f} > . 1 {seq} 0 501 ESTABLISHED ESTABLISHED d acks={len(lines) - 1}")
    return tell("\n".join(lines), opening=Opening("three-way", (0, 1, 2), 1, 30_100_000, 30_100_000),
                closing=Closing("none", None, ()))


def one_packet() -> Connection:
    """The shortest connection that can be captured."""
    return tell("0.0 > . 1 1 0 501 ESTABLISHED ESTABLISHED d",
                opening=Opening("mid-stream", (), 0, None, None), closing=Closing("none", None, ()),
                client_start=State.ESTABLISHED, server_start=State.ESTABLISHED, options=(None, None),
                roles_seen=False)


def troubled() -> Connection:
    """Every kind of segment that is told apart, between long IPv6 addresses."""
    return tell("""
        0.000000 > S  0    -    0    64800 SYN-SENT    SYN-RECEIVED o
        0.030038 < S. 0    1    0    64260 ESTABLISHED SYN-RECEIVED o acks=0
        0.030050 > .  1    1    0    507   ESTABLISHED ESTABLISHED  o acks=1
        0.031000 > P. 1    1    512  507   ESTABLISHED ESTABLISHED  d
        0.061000 < .  1    513  0    501   ESTABLISHED ESTABLISHED  d acks=3
        0.062000 < .  1    513  1428 501   ESTABLISHED ESTABLISHED  d lost
        0.063000 < .  1429 513  1428 501   ESTABLISHED ESTABLISHED  d finding kind=out_of_order
        0.063050 > .  513  1    0    507   ESTABLISHED ESTABLISHED  d kind=dup_ack finding
        0.363000 < .  1    513  1428 501   ESTABLISHED ESTABLISHED  d kind=retransmission finding
        0.363050 > .  513  2857 0    0     ESTABLISHED ESTABLISHED  d kind=zero_window acks=6 finding
        5.400000 < .  2856 513  0    501   ESTABLISHED ESTABLISHED  d kind=keep_alive finding
        5.430000 > R. 513  2857 0    0     CLOSED      CLOSED       c finding
        """, opening=Opening("three-way", (0, 1, 2), 1, 30_050_000, 30_050_000),
        closing=Closing("reset", "client", (11,)),
        client=Endpoint("2001:db8:85a3:8d3:1319:8a2e:370:7348", 54918),
        server=Endpoint("2001:db8:85a3:8d3:1319:8a2e:370:7349", 8443))


def with_options(connection: Connection, options: tuple[str, ...]) -> Connection:
    """The same connection, its SYNs carrying other options."""
    return replace(connection, steps=tuple(
        replace(step, options=options) if step.flags & SYN else step for step in connection.steps))
