"""What holds for all tests: no display, no personal settings, English, UTC, tshark only where it is."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# Set before anything imports Qt or tcpladder: both look at the environment once.
_personal_folders = tempfile.TemporaryDirectory(prefix="tcpladder-tests-")
for _kind in ("CONFIG", "CACHE", "DATA", "STATE"):
    os.environ[f"XDG_{_kind}_HOME"] = os.path.join(_personal_folders.name, _kind.lower())
if not os.environ.get("QT_QPA_PLATFORM", "").startswith("offscreen:"):      # with a screen of its own
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.update(LC_ALL="C.UTF-8", LANGUAGE="en", TZ="UTC")
time.tzset()


def pytest_unconfigure() -> None:
    _personal_folders.cleanup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("tshark"):
        return
    without_tshark = pytest.mark.skip(reason="tshark is not installed, so there is nothing to compare with")
    for item in items:
        if item.get_closest_marker("tshark"):
            item.add_marker(without_tshark)


@pytest.fixture
def small_services(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Services are those of tests/services.py, whatever table the machine has."""
    from tests.services import TABLE, use_services

    table = tmp_path / "services"
    table.write_text(TABLE)
    with use_services(table, monkeypatch):
        yield
