"""Runs the program as a script would: words in, exit status and both outputs back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tcpladder.cli import main

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
FOUR_WAY = CAPTURES / "loopback-four-way-close.pcapng"


class Answer(NamedTuple):
    """What a run left behind."""

    status: int
    output: str
    complaint: str

    @property
    def lines(self) -> list[str]:
        """The lines of the output."""
        return self.output.splitlines()


class Program:
    """The program in this process; its outputs are what pytest captured."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str | Path) -> Answer:
        self._capsys.readouterr()
        try:
            status = main([str(word) for word in words])
        except SystemExit as end:    # --help and --version
            status = int(end.code or 0)
        return Answer(status, *self._capsys.readouterr())


def in_a_process(*words: str | Path, environment: Mapping[str, str] | None = None,
                 output: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """The program in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tcpladder", *map(str, words)], stdout=output, stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})})
