"""Imports go down only, and the commands that print text run without Qt."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tcpladder.resource_files import captures_path

CHECKOUT = Path(__file__).resolve().parents[2]
CAPTURE = str(captures_path() / "loopback-four-way-close.pcapng")


def test_import_contracts_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(CHECKOUT)
    assert lint_imports(cache_dir=str(tmp_path)) == EXIT_STATUS_SUCCESS


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["dump", CAPTURE],
        ["dump", CAPTURE, "-T", "pdml"],
        ["connections", CAPTURE],
        ["connections", CAPTURE, "-T", "json"],
    ],
    ids=lambda arguments: " ".join(arguments).replace(CAPTURE, "CAPTURE"),
)
def test_text_commands_import_no_qt(arguments: list[str]) -> None:
    # With -X importtime, Python names each module that it imports on stderr.
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "tcpladder", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    imported = set(re.findall(r"^import time: .*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert done.returncode == 0, done.stderr.splitlines()[-1]
    assert "tcpladder.cli" in imported
    assert not imported & {"PySide6", "shiboken6", "pyqtgraph"}
