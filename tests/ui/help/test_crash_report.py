"""A mistake leaves a report that tells where, and nothing of what was in the packets."""

import sys

import pytest

from tcpladder import __version__
from tcpladder.ui.help import crash_report
from tcpladder.ui.help.crash_report import report_mistakes

pytestmark = pytest.mark.gui


def make_a_mistake():
    secret = b"password"
    raise ValueError(secret)


@pytest.fixture
def reports(tmp_path, monkeypatch):
    monkeypatch.setattr(crash_report, "reports_folder", lambda: tmp_path / "reports")
    monkeypatch.setattr(sys, "excepthook", lambda *_error: None)
    told = []
    report_mistakes(told.append)
    return told


def raise_mistake():
    try:
        make_a_mistake()
    except ValueError:
        sys.excepthook(*sys.exc_info())


def test_the_report_tells_where_but_no_values(reports):
    raise_mistake()
    (path,) = reports
    text = path.read_text(encoding="utf-8")
    assert f"tcpladder {__version__}" in text
    assert "in make_a_mistake" in text
    assert text.endswith("ValueError\n")
    assert "password" not in text.replace('secret = b"password"', "")


def test_only_the_latest_are_kept(reports, tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    for day in range(1, 21):
        (folder / f"2020-01-{day:02} 00.00.00.txt").touch()
    raise_mistake()
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 10
    assert names[0] == "2020-01-12 00.00.00.txt"


def test_where_nothing_can_be_written_the_program_goes_on(reports, monkeypatch):
    def fail(*_args):
        raise OSError

    monkeypatch.setattr(crash_report, "write_report", fail)
    raise_mistake()
    assert reports == []
