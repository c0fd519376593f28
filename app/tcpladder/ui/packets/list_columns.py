"""The columns of the packet list as data: which there are, in which order, what they are called, how they look."""

import json
from dataclasses import asdict, dataclass, replace
from enum import Enum

from PySide6.QtCore import Qt

from tcpladder.decode.columns import known_fields
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import show_text
from tcpladder.fields.spec import Base
from tcpladder.fields.types import FieldType
from tcpladder.texts import _
from tcpladder.ui.byte_text import visible_text
from tcpladder.ui.packets.sort_keys import Column

_MOST_VALUES = 20       # of one field in a cell
_WIDEST = 4000          # pixels


class Alignment(Enum):
    """Where the text of a cell stands."""

    USUAL = ""
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"

    @property
    def title(self) -> str:
        """The name in the menu."""
        return {Alignment.USUAL: _("Usual Alignment"), Alignment.LEFT: _("Align Left"),
                Alignment.CENTER: _("Align Centre"), Alignment.RIGHT: _("Align Right")}[self]


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column. Its key is "@time" and the like for those that the list always has, else a field's filter name."""

    key: str
    title: str = ""         # "": the usual one
    alignment: Alignment = Alignment.USUAL
    width: int = 0          # pixels, as the person made it; 0: as wide as the cells need
    is_hidden: bool = False

    @property
    def builtin(self) -> Column | None:
        """Which of the columns that are always there, or None for a field."""
        return BUILTIN_KEYS.get(self.key)

    @property
    def shown_title(self) -> str:
        """What stands in the header."""
        if self.title:
            return self.title
        builtin = self.builtin
        return self.key if builtin is None else builtin_title(builtin)

    @property
    def text_alignment(self) -> Qt.AlignmentFlag:
        """Where Qt puts the text of the cells."""
        side = self.alignment
        if side is Alignment.USUAL:
            is_number = self.builtin in (Column.NUMBER, Column.LENGTH) if self.builtin is not None \
                else _is_number(self.key)
            side = Alignment.RIGHT if is_number else Alignment.LEFT
        return _SIDES[side] | Qt.AlignmentFlag.AlignVCenter


Layout = tuple[ListColumn, ...]     # from left to right
BUILTIN_KEYS = {f"@{column.name.lower()}": column for column in Column}
USUAL_LAYOUT: Layout = tuple(map(ListColumn, BUILTIN_KEYS))
_SIDES = {Alignment.LEFT: Qt.AlignmentFlag.AlignLeft, Alignment.CENTER: Qt.AlignmentFlag.AlignHCenter,
          Alignment.RIGHT: Qt.AlignmentFlag.AlignRight}


def builtin_title(column: Column) -> str:
    """The usual name of a column that the list always has."""
    return ("", _("No."), _("Time"), _("Source"), _("Destination"), _("Protocol"), _("Length"), _("Info"))[column]


def sections_of(layout: Layout) -> Layout:
    """The columns as the list numbers them: the built-in ones in the order of Column, then the fields."""
    builtin = sorted((column for column in layout if column.builtin is not None),
                     key=lambda column: BUILTIN_KEYS[column.key])
    return (*builtin, *(column for column in layout if column.builtin is None))


def text_of_layout(layout: Layout) -> str:
    """A layout as a text that can be kept."""
    return json.dumps([asdict(column) | {"alignment": column.alignment.value} for column in layout])


def layout_of_text(text: str) -> Layout:
    """The layout of a text that was kept; the usual one where it holds none. Fields that do not exist are left out."""
    try:
        columns = [ListColumn(str(item["key"]), str(item["title"]), Alignment(item["alignment"]),
                              min(max(int(item["width"]), 0), _WIDEST), bool(item["is_hidden"]))
                   for item in json.loads(text)]
    except (ValueError, TypeError, KeyError):
        return USUAL_LAYOUT
    once = {column.key: column for column in columns
            if column.key in BUILTIN_KEYS or column.key in known_fields()}
    missing = [column for column in USUAL_LAYOUT if column.key not in once]
    mark = once.pop("@mark", ListColumn("@mark"))
    return (replace(mark, is_hidden=False), *once.values(), *(column for column in missing if column.key != "@mark"))


def field_cell(packet: DecodedPacket, name: str) -> str:
    """What a column of a field shows of a packet: its values, named where they have names, with commas between."""
    nodes = packet.find_all(name)
    texts = [visible_text(_value(node)) for node in nodes[:_MOST_VALUES]]
    return ",".join(texts) + ("…" if len(nodes) > _MOST_VALUES else "")


def _value(node: FieldNode) -> str:
    spec, value = node.spec, node.value
    if value is None or spec.type in (FieldType.NONE, FieldType.PROTOCOL):
        return "✓"
    if spec.type is FieldType.BOOLEAN:
        return spec.true if value else spec.false
    if spec.names is not None and spec.type.is_integer and value in spec.names:
        return spec.names[value]
    if spec.base is Base.HEX and spec.bits is not None:
        return f"0x{value:0{(spec.bits[1] + 3) // 4}x}"
    return show_text(node)


def _is_number(name: str) -> bool:
    spec = known_fields().get(name)
    return spec is not None and spec.names is None and (
        spec.type.is_integer or spec.type in (FieldType.RELATIVE_TIME, FieldType.DOUBLE))
