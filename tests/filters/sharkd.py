"""Asks sharkd, tshark's program for other programs: it answers a filter in milliseconds."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

INSTALLED = shutil.which("sharkd") is not None


class Sharkd:
    """One capture, loaded in sharkd without name look-ups or reassembly."""

    def __init__(self, capture: Path, settings: Path) -> None:
        environment = {**os.environ, "WIRESHARK_CONFIG_DIR": str(settings), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        self._process = subprocess.Popen(["sharkd", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True, env=environment)
        self._count = 0
        for name in ("tcp.desegment_tcp_streams", "ip.defragment", "ipv6.defragment"):
            self._ask("setconf", name=name, value="FALSE")
        assert "error" not in self._ask("load", file=str(capture))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def frames_found(self, text: str) -> list[int] | None:
        """The frame numbers that a filter finds, or None where it is refused."""
        if "error" in self._ask("check", filter=text):
            return None
        return [frame["num"] for frame in self._ask("frames", filter=text)["result"]]

    def _ask(self, method: str, **parameters: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._count += 1
        request = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": parameters}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        while True:
            line = self._process.stdout.readline()
            assert line, "sharkd has ended"
            if line.strip():
                answer: dict[str, Any] = json.loads(line)
                return answer
