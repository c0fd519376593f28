"""What the two SYNs said of each option, and what holds because of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tcpladder.tcp.connection import Connection, SideOptions
from tcpladder.texts import _


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An option of the handshake: what either side said, and what holds because of it."""

    name: str
    client: str
    server: str
    in_force: str


def negotiation(connection: Connection) -> tuple[OptionRow, ...]:
    """What the two SYNs said of each option, and what holds from then on."""
    client, server = connection.client_options, connection.server_options

    def offered(words: Callable[[SideOptions], str | None]) -> tuple[str, str]:
        """What each side said: its words, "–" for nothing, or that its SYN is missing."""
        client_words, server_words = (_("not captured") if side is None else words(side) or "–"
                                      for side in (client, server))
        return client_words, server_words

    def yes(value: bool) -> str:
        return _("yes") if value else _("no")

    return (
        OptionRow("MSS", *offered(lambda side: _number(side.mss)), _("each limits the other")),
        OptionRow(_("window scale"), *offered(lambda side: _shift(side.wscale)), yes(connection.window_scaling)),
        OptionRow("SACK", *offered(lambda side: _("offered") if side.sack_permitted else None), yes(connection.sack)),
        OptionRow(_("timestamps"), *offered(lambda side: _("offered") if side.timestamps else None),
                  yes(connection.timestamps)),
    )


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _shift(value: int | None) -> str | None:
    return None if value is None else _("{shift} (× {factor})").format(shift=value, factor=1 << value)
