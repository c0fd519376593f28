"""What is remembered comes back as it was kept, from a file and from memory."""

import pytest
from PySide6.QtCore import QByteArray, QSettings

from tcpladder.ui.settings import Settings


@pytest.fixture(params=["file", "memory"])
def reopened(request, tmp_path):
    """Gives the settings anew, as a second run of the program sees them."""
    store = tmp_path / "settings.ini"
    in_memory = Settings(None)

    def reopen() -> Settings:
        if request.param == "memory":
            return in_memory
        settings = QSettings(str(store), QSettings.Format.IniFormat)
        settings.sync()
        return Settings(settings)

    return reopen


@pytest.mark.parametrize("names", [[], ["one"], ["one", "two, three"], [""]])
def test_lists_of_texts(reopened, names):
    reopened().keep("names", names)
    assert reopened().texts("names") == names


def test_other_values_and_their_defaults(reopened):
    settings = reopened()
    assert (settings.text("a", "x"), settings.number("b", 7), settings.switch("c", True)) == ("x", 7, True)
    assert settings.state("d") is None
    settings.keep("a", "ä")
    settings.keep("b", 12)
    settings.keep("c", False)
    settings.keep("d", QByteArray(b"\x00\xff"))
    again = reopened()
    assert (again.text("a", "x"), again.number("b", 7), again.switch("c", True)) == ("ä", 12, False)
    assert again.state("d") == QByteArray(b"\x00\xff")


def test_a_damaged_number_counts_as_none(reopened):
    reopened().keep("b", "many")
    assert reopened().number("b", 7) == 7


def test_recent_files_are_the_latest_ten_that_still_exist(reopened, tmp_path):
    paths = [tmp_path / f"{number}.pcap" for number in range(12)]
    for path in paths:
        path.touch()
        reopened().keep_recent_file(path)
    reopened().keep_recent_file(paths[5])
    paths[11].unlink()
    assert [path.stem for path in reopened().recent_files()] == ["5", "10", "9", "8", "7", "6", "4", "3", "2"]
