"""What a desktop reads of the program agrees with the program, and with the desktops' own checks where they are."""

import shutil
import subprocess
import tomllib
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tcpladder import __version__
from tcpladder.resource_files import resource_path

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = resource_path("desktop")
NAME = "org.tcpladder.tcpladder"


def test_all_are_installed_where_desktops_look() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    targets = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert targets.pop("resources/man") == "share/man"
    assert {Path(source).name for source in targets} == {path.name for path in FOLDER.iterdir()}
    assert all((CHECKOUT / source).is_file() for source in targets)


def test_the_entry_starts_the_program_with_a_file() -> None:
    entry = ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(FOLDER / f"{NAME}.desktop", encoding="utf-8")
    assert entry["Desktop Entry"]["Exec"] == "tcpladder %f"
    assert entry["Desktop Entry"]["Icon"] == NAME
    assert entry["Desktop Entry"]["Comment[zh_CN]"]


def test_the_description_is_of_this_version() -> None:
    description = ElementTree.parse(FOLDER / f"{NAME}.metainfo.xml")
    release = description.find("releases/release")
    assert release is not None
    assert release.get("version") == __version__
    assert description.findtext("launchable") == f"{NAME}.desktop"


@pytest.mark.parametrize("command", [
    ["desktop-file-validate", f"{NAME}.desktop"],
    ["appstreamcli", "validate", "--no-net", "--pedantic", f"{NAME}.metainfo.xml"],
], ids=lambda command: command[0])
def test_the_desktops_own_checks(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([*command[:-1], str(FOLDER / command[-1])], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hint" not in done.stdout
