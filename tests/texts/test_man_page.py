"""The manual pages that are shipped are those of the parsers, and roff that groff takes."""

import re
import shutil
import subprocess

import pytest

from tcpladder.arguments import PARSERS
from tcpladder.texts import LANGUAGES
from tests.texts.man_page import man_page, path_of


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_shipped_is_what_the_parsers_say(code: str) -> None:
    assert path_of(code).read_text(encoding="utf-8") == man_page(code), "run python -m tests.texts.man_page"


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_command_and_option_is_named(code: str) -> None:
    page = path_of(code).read_text(encoding="utf-8").replace("\\-", "-")
    _window, *parts = re.split(r"^\.SS tcpladder ", page, flags=re.MULTILINE)
    assert [part.split("\n")[0] for part in parts] == [command for command in PARSERS if command]
    for part, make in zip((_window, *parts), PARSERS.values(), strict=True):
        options = re.findall(r"\s(--?[a-zA-Z][a-z-]*)", make().format_help().split("\n\n", 2)[2])
        assert {"-h", "--help", "--lang"} <= set(options)
        assert set(options) <= set(re.findall(r"--?[a-zA-Z][a-z-]*", part))


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("code", LANGUAGES)
def test_groff_takes_it(code: str) -> None:
    done = subprocess.run(["groff", "-man", "-ww", "-Wbreak", "-Kutf8", "-Tutf8", "-P-c", str(path_of(code))],
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--screenshot" in done.stdout
