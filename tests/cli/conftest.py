"""The program, for every test of the command line."""

import pytest

from tests.cli.program import Program


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str]) -> Program:
    """Call it with the words of a command line."""
    return Program(capsys)
