"""Measures how quickly the window of a followed stream answers, whatever the stream's size.

usage: follow.py CAPTURE [--make MEGABYTES] [--stacks SECONDS]

With --make, CAPTURE is written first: one stream of so many megabytes, lines of text with some beyond ASCII, one part
in eight random bytes, one segment in a hundred sent again or lost. Gaps are measured as window.py does.
"""

import argparse
import random
import re
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest

from tcpladder.tcp.follow_text import Form
from tcpladder.ui.windows.follow_window import FollowWindow
from tests.benchmarks.make_capture import (
    ACK,
    FRAMES_AT_A_TIME,
    MSS,
    START_NS,
    TCP,
    Conversation,
    FileWriter,
    TcpWriter,
    Template,
)
from tests.benchmarks.window import Bench

LAST_WORDS: Final = "the very last words"
SCROLLS: Final = 60


def write_stream(path: Path, megabytes: int, seed: int = 1) -> None:
    """Writes a capture of one stream."""
    chance = random.Random(seed)
    lines = "".join(f"{number:08d} GET /things/{chance.getrandbits(40):x}?q={'ä你' * (number % 9 == 0)} HTTP/1.1"
                    f"{' and so on' * chance.randrange(12)}\r\n" for number in range(20_000)).encode()
    conversation = Conversation(TCP, 9502)
    tcp = TcpWriter(conversation)
    tcp.open()
    at = 0
    for number in range(megabytes * 1_000_000 // (MSS + 66)):
        at = (at + MSS) % (len(lines) - MSS)
        data = chance.randbytes(MSS) if number // 64 % 8 == 7 else lines[at:at + MSS]
        chosen = chance.random()
        if chosen < 0.005:
            tcp.skip(False, MSS)
        first = tcp.send(False, ACK, data)
        if chosen > 0.995:
            tcp.send(False, ACK, data, seq=first)
        if number % 2:
            tcp.send(True, ACK, b"more, please\n" if number % 64 == 1 else b"")
    tcp.send(False, ACK, LAST_WORDS.encode())
    tcp.close(reset=False)
    template = Template(conversation)
    frames = memoryview(template.instance(chance))
    count = len(conversation.frames)
    with path.open("wb") as file:
        writer = FileWriter(file, path.suffix == ".pcapng")
        for begin in range(0, count, FRAMES_AT_A_TIME):
            places = range(begin, min(count, begin + FRAMES_AT_A_TIME))
            writer.write([START_NS + int(template.times_ns[place]) for place in places],
                         [frames[template.bounds[place]:template.bounds[place + 1]] for place in places])


def own_memory() -> int:
    """Anonymous memory of this process, MiB."""
    found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) >> 10 if found else 0


def measure(bench: Bench) -> None:
    """Opens the stream, and does what a reader does."""
    bench.window.open_file(bench.capture)
    bench.wait_idle()
    before = own_memory()
    bench.session.select_row(10)
    bench.wait_idle()
    print(f"own memory with the connection: {own_memory() - before} MiB more")
    before = own_memory()
    with bench.measured("follow the stream"):
        bench.window.statistics.follow_stream("tcp")
        bench.wait_idle()
        bench.pump(0.3)
    window = bench.window.findChild(FollowWindow)
    text = window.text
    print(f"{len(text.stream_text.pieces):,} pieces in {text.stream_text.count:,} blocks; "
          f"own memory {own_memory() - before} MiB more")
    bar = text.verticalScrollBar()
    for form in Form:
        with bench.measured(f"show as {form.value}"):
            window.form.setCurrentIndex(window.form.findData(form))
            bench.pump(0.2)
        left = list(range(SCROLLS))

        def drag(left: list[int] = left) -> None:
            bar.setValue(left.pop() * 7_919_993 % max(1, bar.maximum()))

        with bench.measured("  drag the bar to and fro"):
            bench.wait(lambda left=left: not left, drag)
        with bench.measured("  pages down"):
            for _page in range(SCROLLS):
                QTest.keyClick(text, Qt.Key.Key_PageDown)
                bench.pump(0.01)
        with bench.measured("  to the end, to the beginning"):
            for key in (Qt.Key.Key_End, Qt.Key.Key_Home):
                QTest.keyClick(text, key, Qt.KeyboardModifier.ControlModifier)
                bench.pump(0.1)
        with bench.measured("  wider and narrower"):
            for width in range(700, 1_000, 20):
                window.resize(width, 640)
                bench.pump(0.02)
        with bench.measured("  find the last words"):
            window.search.setText(LAST_WORDS if form in (Form.ASCII, Form.UTF8) else "77 6f" if form is Form.HEX
                                  else LAST_WORDS.encode().hex())
            window.find_next()
            bench.wait_idle()
        print(f"    {window.text.selection}")
    with bench.measured("select and copy a part"):
        text.go_to((0, 0))
        text.go_to((500 if text.stream_text.count > 500 else 0, 0), selecting=True)
        window.copy()
        bench.wait_idle()
    with bench.measured("save as text"):
        window.save_to(bench.capture.with_suffix(".txt"))
        bench.wait_idle()
    print(f"own memory in the end: {own_memory() - before} MiB more than before")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the window of a followed stream.")
    parser.add_argument("capture", type=Path)
    parser.add_argument("--make", type=int, metavar="MEGABYTES")
    parser.add_argument("--stacks", type=float)
    arguments = parser.parse_args()
    if arguments.make:
        write_stream(arguments.capture, arguments.make)
    bench = Bench(arguments.capture, arguments.stacks)
    measure(bench)
    bench.session.jobs.stop()
    QCoreApplication.quit()


if __name__ == "__main__":
    main()
