"""The scenarios of the lab, by name. Each is a short program that reads like its story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from story import Story

Opening = Literal["three-way", "simultaneous", "fast-open", "refused", "unanswered", "incomplete"]
Closing = Literal["four-way", "three-way", "simultaneous", "reset", "half-closed", "none"]
Initiator = Literal["client", "server"]


Play = Callable[[Story], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the author of a scenario says of one connection: it is known, for it was made so."""

    opening: Opening
    closing: Closing
    initiator: Initiator | None = None  # who began the close; None in a simultaneous one


@dataclass(frozen=True, slots=True)
class Scenario:
    play: Play
    sentence: str
    verdicts: tuple[Verdict, ...]  # one for each connection, in the order of their first packets
    ipv6: bool


SCENARIOS: dict[str, Scenario] = {}


def scenario(*verdicts: Verdict, ipv6: bool = False) -> Callable[[Play], Play]:
    """Enter a function into the table, named like it with hyphens, explained by its docstring."""

    def enter(play: Play) -> Play:
        name = play.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(play, " ".join((play.__doc__ or "").split()), verdicts, ipv6)
        return play

    return enter
