"""The colours of the diagram, light and dark, by what they are for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from tcpladder.tcp.connection import State


class Ink(Enum):
    """What a shape is painted with."""

    PAPER = "paper"
    HEAD = "head"               # behind the lifelines' heads
    TEXT = "text"
    MUTED = "muted"             # text of second rank
    CALL = "call"               # socket calls, which are inferred
    GRID = "grid"
    ACCENT = "accent"           # the selected step and its way back
    LIT = "lit"                 # behind the selected step
    OPENING = "opening"         # shades of the three phases, and of their titles
    DATA = "data"
    CLOSING = "closing"
    OPENING_TITLE = "opening title"
    DATA_TITLE = "data title"
    CLOSING_TITLE = "closing title"
    FOLD = "fold"
    WARNING = "warning"
    SYN_LINE = "syn line"
    FIN_LINE = "fin line"
    RST_LINE = "rst line"
    DATA_LINE = "data line"
    ACK_LINE = "ack line"
    TROUBLE_LINE = "trouble line"       # retransmission, out of order, duplicate ACK, zero window
    IDLE = "idle state"                 # CLOSED, LISTEN
    HANDSHAKE = "handshake state"       # SYN-SENT, SYN-RECEIVED
    ESTABLISHED = "established state"
    ENDING = "ending state"             # the states between the first FIN and the last ACK
    WAITING = "waiting state"           # TIME-WAIT
    ON_STATE = "text on a state"


TEXT_INKS = (Ink.TEXT, Ink.MUTED, Ink.CALL, Ink.ACCENT, Ink.WARNING, Ink.SYN_LINE, Ink.FIN_LINE, Ink.RST_LINE,
             Ink.DATA_LINE, Ink.TROUBLE_LINE)
PAPER_INKS = (Ink.PAPER, Ink.HEAD, Ink.LIT, Ink.OPENING, Ink.DATA, Ink.CLOSING, Ink.OPENING_TITLE, Ink.DATA_TITLE,
              Ink.CLOSING_TITLE, Ink.FOLD)


@dataclass(frozen=True, slots=True)
class DiagramPalette:
    """"#RRGGBB" for every ink. Every ink that text is written in is 4.5 : 1 from every paper."""

    is_dark: bool
    colours: Mapping[Ink, str]

    def __getitem__(self, ink: Ink) -> str:
        return self.colours[ink]


LIGHT = DiagramPalette(False, MappingProxyType({
    Ink.PAPER: "#FFFFFF", Ink.HEAD: "#F4F5F7", Ink.TEXT: "#1D2129", Ink.MUTED: "#565E6B", Ink.CALL: "#5B4A8A",
    Ink.GRID: "#D6DAE0", Ink.ACCENT: "#2459C4", Ink.LIT: "#DFE9FC",
    Ink.OPENING: "#F4FAF5", Ink.DATA: "#F7F8FC", Ink.CLOSING: "#FDF7F1",
    Ink.OPENING_TITLE: "#DFF1E3", Ink.DATA_TITLE: "#E4E8F5", Ink.CLOSING_TITLE: "#FAE8D7", Ink.FOLD: "#E9ECF6",
    Ink.WARNING: "#A33300",
    Ink.SYN_LINE: "#136B34", Ink.FIN_LINE: "#8F4700", Ink.RST_LINE: "#B00020", Ink.DATA_LINE: "#2F4AA8",
    Ink.ACK_LINE: "#6B7482", Ink.TROUBLE_LINE: "#AD1457",
    Ink.IDLE: "#A4ACB8", Ink.HANDSHAKE: "#E0A526", Ink.ESTABLISHED: "#5CBF7C", Ink.ENDING: "#EE9355",
    Ink.WAITING: "#B49BE6", Ink.ON_STATE: "#14171C",
}))

DARK = DiagramPalette(True, MappingProxyType({
    Ink.PAPER: "#181B20", Ink.HEAD: "#20242A", Ink.TEXT: "#E3E6EA", Ink.MUTED: "#A3ADBA", Ink.CALL: "#C3B4F0",
    Ink.GRID: "#3A414B", Ink.ACCENT: "#8FB4FF", Ink.LIT: "#22314F",
    Ink.OPENING: "#17201B", Ink.DATA: "#1A1D25", Ink.CLOSING: "#221D18",
    Ink.OPENING_TITLE: "#1E3A29", Ink.DATA_TITLE: "#272D40", Ink.CLOSING_TITLE: "#403020", Ink.FOLD: "#252A39",
    Ink.WARNING: "#FFB38A",
    Ink.SYN_LINE: "#6FD897", Ink.FIN_LINE: "#F2B06A", Ink.RST_LINE: "#FF9A9A", Ink.DATA_LINE: "#A3B8FF",
    Ink.ACK_LINE: "#8C96A4", Ink.TROUBLE_LINE: "#FF9CC2",
    Ink.IDLE: "#66707E", Ink.HANDSHAKE: "#C9952A", Ink.ESTABLISHED: "#4FAF70", Ink.ENDING: "#E0884A",
    Ink.WAITING: "#A58BD8", Ink.ON_STATE: "#101318",
}))

# For readers who do not tell red from green: hues of Okabe and Ito (2008), which differ in lightness, too.
_SAFE_LIGHT = MappingProxyType({
    Ink.WARNING: "#7A3B00", Ink.CALL: "#4A4A8F",
    Ink.SYN_LINE: "#076E65", Ink.FIN_LINE: "#735204", Ink.RST_LINE: "#491B03", Ink.DATA_LINE: "#0B2450",
    Ink.TROUBLE_LINE: "#840A8E",
    Ink.IDLE: "#D0D5DC", Ink.HANDSHAKE: "#F0E442", Ink.ESTABLISHED: "#2FB592", Ink.ENDING: "#E88A3C",
    Ink.WAITING: "#6FA8F0",
})
_SAFE_DARK = MappingProxyType({
    Ink.WARNING: "#FFC07A", Ink.CALL: "#C3C3F5",
    Ink.SYN_LINE: "#53ECC2", Ink.FIN_LINE: "#DFBF33", Ink.RST_LINE: "#F6AB74", Ink.DATA_LINE: "#AFD0F1",
    Ink.TROUBLE_LINE: "#FB61F8",
    Ink.IDLE: "#7C8694", Ink.HANDSHAKE: "#E8D84A", Ink.ESTABLISHED: "#1FA37F", Ink.ENDING: "#E07B2A",
    Ink.WAITING: "#56A4F0",
})
SAFE_LIGHT = DiagramPalette(False, MappingProxyType({**LIGHT.colours, **_SAFE_LIGHT}))
SAFE_DARK = DiagramPalette(True, MappingProxyType({**DARK.colours, **_SAFE_DARK}))

STATE_INKS: Mapping[State, Ink] = MappingProxyType({
    State.CLOSED: Ink.IDLE, State.LISTEN: Ink.IDLE,
    State.SYN_SENT: Ink.HANDSHAKE, State.SYN_RECEIVED: Ink.HANDSHAKE, State.ESTABLISHED: Ink.ESTABLISHED,
    State.FIN_WAIT_1: Ink.ENDING, State.FIN_WAIT_2: Ink.ENDING, State.CLOSE_WAIT: Ink.ENDING,
    State.CLOSING: Ink.ENDING, State.LAST_ACK: Ink.ENDING, State.TIME_WAIT: Ink.WAITING,
})
