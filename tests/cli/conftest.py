"""The program, for every test of the command line."""

from collections.abc import Iterator

import pytest

from tcpladder.texts import use_language
from tests.cli.program import Program


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    """Call it with the words of a command line; a language that they choose ends with the test."""
    yield Program(capsys)
    use_language("en")
