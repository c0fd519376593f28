"""What holds for all tests: no display, no personal settings, English, UTC, tshark only where it is."""

import os
import shutil
import tempfile
import time

import pytest

# Set before anything imports Qt or tcpladder: both look at the environment once.
_personal_folders = tempfile.TemporaryDirectory(prefix="tcpladder-tests-")
for _kind in ("CONFIG", "CACHE", "DATA", "STATE"):
    os.environ[f"XDG_{_kind}_HOME"] = os.path.join(_personal_folders.name, _kind.lower())
os.environ.update(QT_QPA_PLATFORM="offscreen", LC_ALL="C.UTF-8", LANGUAGE="en", TZ="UTC")
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
