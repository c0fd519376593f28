"""Where the shipped files are: in an installed package, or in a checkout.

A wheel carries ``resources/`` and ``captures/`` inside the package. An editable install does
not, so there they are looked up at the top of the checkout, two folders above the package.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def resource_path(name: str) -> Path:
    """The shipped file or folder ``resources/NAME``, such as ``icons/open.svg``.

    Raises FileNotFoundError if nothing of that name was shipped.
    """
    return _shipped("resources", name)


def captures_path() -> Path:
    """The folder of the captures that come with the program.

    Raises FileNotFoundError if they were not shipped.
    """
    return _shipped("captures")


def _shipped(*parts: str) -> Path:
    candidates = [PACKAGE.joinpath(*parts), PACKAGE.parents[1].joinpath(*parts)]
    for path in candidates:
        if path.exists():
            return path
    raise FileNotFoundError(f"{'/'.join(parts)} was not installed with tcpladder.")
