"""Display filters made from what the person points at."""

from collections.abc import Callable
from enum import Enum

from PySide6.QtWidgets import QMenu

from tcpladder.decode.columns import known_fields
from tcpladder.fields.node import DecodedPacket, FieldNode
from tcpladder.fields.show import show_text
from tcpladder.fields.types import FieldType
from tcpladder.texts import _
from tcpladder.ui.sort_keys import ADDRESS_FIELDS, Column


class Joining(Enum):
    """How a new condition joins the filter that stands in the bar."""

    SELECTED = "selected"
    NOT_SELECTED = "not selected"
    AND = "and"
    OR = "or"
    AND_NOT = "and not"
    OR_NOT = "or not"

    @property
    def title(self) -> str:
        """The name in the menu."""
        return {
            Joining.SELECTED: _("Selected"),
            Joining.NOT_SELECTED: _("Not Selected"),
            Joining.AND: _("…and Selected"),
            Joining.OR: _("…or Selected"),
            Joining.AND_NOT: _("…and Not Selected"),
            Joining.OR_NOT: _("…or Not Selected"),
        }[self]


def filter_for(node: FieldNode) -> str:
    """The filter that lets packets through which hold the field with the same value."""
    kind = node.spec.type
    if node.value is None or kind in (FieldType.PROTOCOL, FieldType.NONE):
        return node.name
    if kind in (FieldType.STRING, FieldType.ABSOLUTE_TIME):
        return f'{node.name} == "{_escaped(show_text(node))}"'
    if kind is FieldType.BYTES and not node.value:
        return node.name
    return f"{node.name} == {show_text(node)}"


def filter_for_cell(packet: DecodedPacket, column: Column, text: str) -> str:
    """The filter that lets packets through which have the same in a column of the list; "" where none does."""
    if column is Column.NUMBER:
        return f"frame.number == {packet.frame_number}"
    if column is Column.PROTOCOL:
        return text.lower() if text.lower() in known_fields() else ""
    names = ("frame.len",) if column is Column.LENGTH else ADDRESS_FIELDS.get(column, ())
    nodes = [node for name in names for node in packet.find_all(name) if show_text(node) == text]
    return filter_for(nodes[-1]) if nodes else ""


def add_filter_menu(menu: QMenu, apply: Callable[[Joining], None]) -> None:
    """Adds "Apply as Filter" with all ways of joining to a menu."""
    applying = menu.addMenu(_("Apply as &Filter"))
    for joining in Joining:
        applying.addAction(joining.title).triggered.connect(lambda _on, how=joining: apply(how))


def joined(present: str, condition: str, joining: Joining) -> str:
    """The filter in the bar, joined with a condition."""
    present = present.strip()
    if joining is Joining.NOT_SELECTED:
        return f"!({condition})"
    if joining is Joining.SELECTED or not present:
        return f"!({condition})" if joining in (Joining.AND_NOT, Joining.OR_NOT) else condition
    word = "&&" if joining in (Joining.AND, Joining.AND_NOT) else "||"
    negated = "!" if joining in (Joining.AND_NOT, Joining.OR_NOT) else ""
    return f"({present}) {word} {negated}({condition})"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
