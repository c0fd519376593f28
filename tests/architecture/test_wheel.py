"""The wheel holds what the program needs to run without a checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    # No build isolation and no network: hatchling is one of the test dependencies.
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=CHECKOUT, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.parametrize("folder", ["captures", "resources"])
def test_wheel_holds_every_tracked_file(wheel: zipfile.ZipFile, folder: str) -> None:
    shipped = {name for name in wheel.namelist() if name.startswith(f"tcpladder/{folder}/")}
    expected = {
        f"tcpladder/{path.relative_to(CHECKOUT)}" for path in (CHECKOUT / folder).rglob("*") if path.is_file()
    }
    assert expected
    assert shipped == expected


def test_installed_package_finds_its_files(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-c", FIND_FILES, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines() == [
        str(tmp_path / "tcpladder" / "captures"),
        str(tmp_path / "tcpladder" / "resources" / "README.md"),
        "resources/icons/no-such.svg was not installed with tcpladder.",
    ], done.stderr


FIND_FILES = """
import sys
sys.path.insert(0, sys.argv[1])
from tcpladder.resource_files import captures_path, resource_path
print(captures_path())
print(resource_path("README.md"))
try:
    resource_path("icons/no-such.svg")
except FileNotFoundError as error:
    print(error)
"""
