"""Recording with tcpdump inside a host."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hosts import Host, LabError

PR_SET_PDEATHSIG = 1
BUFFER_KIB = 16_384  # immediate mode keeps room for the largest frame in every slot
UNTIL_WRITTEN_SECONDS = 0.2
_libc = ctypes.CDLL(None)


@contextmanager
def recording(host: Host, path: Path, interface: str, packet_filter: str) -> Iterator[None]:
    """Record what passes an interface of a host while the block runs.

    Raises LabError if tcpdump does not start, or lost packets.
    """
    command = ["tcpdump", "-n", "-U", "--immediate-mode", "-B", str(BUFFER_KIB), "-Z", "root",
               "--time-stamp-precision=nano"]
    with host.inside():
        tcpdump = subprocess.Popen(
            [*command, "-i", interface, "-w", str(path), packet_filter],
            stderr=subprocess.PIPE, text=True, preexec_fn=_end_with_parent,
        )
    assert tcpdump.stderr is not None
    try:
        said = ""
        while "listening on" not in said:
            line = tcpdump.stderr.readline()
            if not line:
                raise LabError(f"tcpdump did not start: {said.strip()}")
            said += line
        yield
        time.sleep(UNTIL_WRITTEN_SECONDS)
        tcpdump.send_signal(signal.SIGINT)
        summary = tcpdump.stderr.read()
        if "\n0 packets dropped by kernel" not in summary:
            raise LabError(f"tcpdump lost packets: {summary.strip()}")
    finally:
        tcpdump.kill()
        tcpdump.wait()
        tcpdump.stderr.close()


def _end_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
