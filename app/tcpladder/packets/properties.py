"""What can be said of a capture, or of some of its packets, as a whole."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tcpladder.packets.capture import NO_TIME, Capture

_STEP: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes, times and rates of some packets, as capinfos has them; rates are None where no time passed."""

    packets: int
    wire_bytes: int
    captured_bytes: int
    first_ns: int | None
    last_ns: int | None

    @property
    def seconds(self) -> float | None:
        """From the earliest to the latest packet."""
        if self.first_ns is None or self.last_ns is None:
            return None
        return (self.last_ns - self.first_ns) / 1e9

    @property
    def packet_rate(self) -> float | None:
        """Packets per second."""
        return self.packets / self.seconds if self.seconds else None

    @property
    def byte_rate(self) -> float | None:
        """Bytes on the wire per second."""
        return self.wire_bytes / self.seconds if self.seconds else None

    @property
    def packet_size(self) -> float | None:
        """Bytes on the wire of a packet, on average."""
        return self.wire_bytes / self.packets if self.packets else None


def measures(capture: Capture, rows: NDArray[np.int64] | None = None) -> Measures:
    """Measures of some rows, or of all."""
    chosen = slice(0, capture.frame_count) if rows is None else rows
    times = capture.time_ns[chosen]
    times = times[times != NO_TIME]
    wire, captured = capture.wire_len[chosen], capture.captured_len[chosen]
    return Measures(len(wire), int(wire.sum(dtype=np.int64)), int(captured.sum(dtype=np.int64)),
                    int(times.min()) if len(times) else None, int(times.max()) if len(times) else None)


def file_hashes(path: Path, check: Callable[[], None]) -> dict[str, str]:
    """SHA-256 and SHA-1 of a file as it lies on the disk; check() is called often, and may raise. Raises OSError."""
    sha256, sha1 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
    with open(path, "rb") as file:
        while piece := file.read(_STEP):
            check()
            sha256.update(piece)
            sha1.update(piece)
    return {"SHA-256": sha256.hexdigest(), "SHA-1": sha1.hexdigest()}
